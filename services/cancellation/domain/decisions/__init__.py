"""What may be done with an order: one pure function per message.

A refusal the sender must see is a fact. What makes no sense and never will raises `Unacceptable`
and becomes a dead letter. Read `cancel`, `pending`, `holds`, `reinstate`, `later`, `by_hand`,
`claims`, `heard`, `consequences`, `money_reports`, `reports`, `cases`, `case_commands`.
"""

from collections.abc import Sequence
from typing import Any

from contracts import cancellation, fulfillment, inventory, notifier, refunds
from contracts.message import Command, Message
from kit.decider import Context, Decider
from kit.facts import Fact
from services.cancellation.domain.decisions.answering import check_command_id
from services.cancellation.domain.decisions.by_hand import record_manual_refund
from services.cancellation.domain.decisions.cancel import cancel_order
from services.cancellation.domain.decisions.case_commands import (
    add_note,
    assign_case,
    close_case,
    escalate_case,
)
from services.cancellation.domain.decisions.cases import record_stock_case, with_cases
from services.cancellation.domain.decisions.claims import claim_fulfillment, release_claim
from services.cancellation.domain.decisions.heard import record_heard
from services.cancellation.domain.decisions.holds import release_hold, undo_cancellation
from services.cancellation.domain.decisions.later import restock_items, settle_refund
from services.cancellation.domain.decisions.money_reports import (
    CREDIT_OUTCOMES,
    PROGRESS,
    REFUND_OUTCOMES,
    VOID_OUTCOMES,
    record_card,
    record_credit,
    record_refund,
    record_void,
)
from services.cancellation.domain.decisions.pending import (
    approve,
    deny,
    expire,
    request_cancellation,
)
from services.cancellation.domain.decisions.policies import publish_policy
from services.cancellation.domain.decisions.reinstate import reinstate_order
from services.cancellation.domain.decisions.reports import (
    MESSAGES,
    NOTIFICATION_OUTCOMES,
    RESTOCK_OUTCOMES,
    record_feedback,
    record_message,
    record_notification,
    record_restock,
)
from services.cancellation.domain.decisions.unpaid import cancel_unpaid
from services.cancellation.domain.events import HEARD
from services.cancellation.domain.evolve import evolve
from services.cancellation.domain.order import Order

DECISIONS: dict[type[Message], Any] = {
    **dict.fromkeys(HEARD, record_heard),
    cancellation.CancelOrder: cancel_order,
    cancellation.RequestCancellation: request_cancellation,
    cancellation.ApproveCancellation: approve,
    cancellation.DenyCancellation: deny,
    cancellation.ExpireCancellationRequest: expire,
    cancellation.CancelUnpaidOrder: cancel_unpaid,
    cancellation.ReleaseHold: release_hold,
    cancellation.UndoCancellation: undo_cancellation,
    cancellation.ReinstateOrder: reinstate_order,
    cancellation.SettleRefund: settle_refund,
    cancellation.RecordManualRefund: record_manual_refund,
    cancellation.RestockCancelledItems: restock_items,
    cancellation.AssignCase: assign_case,
    cancellation.EscalateCase: escalate_case,
    cancellation.AddCaseNote: add_note,
    cancellation.CloseCase: close_case,
    fulfillment.ClaimFulfillment: claim_fulfillment,
    fulfillment.ReleaseFulfillmentClaim: release_claim,
    cancellation.PublishPolicy: publish_policy,
    **dict.fromkeys((*PROGRESS, *REFUND_OUTCOMES), record_refund),
    **dict.fromkeys(VOID_OUTCOMES, record_void),
    **dict.fromkeys(CREDIT_OUTCOMES, record_credit),
    refunds.GiftCardDisabled: record_card,
    **dict.fromkeys(RESTOCK_OUTCOMES, record_restock),
    **dict.fromkeys(NOTIFICATION_OUTCOMES, record_notification),
    inventory.StockCaseOpened: record_stock_case,
    **dict.fromkeys(MESSAGES, record_message),
    notifier.FeedbackGiven: record_feedback,
}
"""Every message this service acts on, and the function that decides."""


def decide(order: Any, message: Message, context: Context) -> Sequence[Fact]:
    """Decide on any message this service acts on."""
    if isinstance(message, Command):
        check_command_id(context.message_id)
    return with_cases(order, DECISIONS[type(message)](order, message, context), context)


ORDER: Decider[Any] = Decider(initial=Order(), evolve=evolve, decide=decide)
"""One decider for orders and for the policy: a stream is either, by its first fact."""
