"""How each fact changes the state of its stream.

Read `heard`, `decided`, `later`, `cases`, `plans`.
"""

from collections.abc import Callable
from typing import Any

from kit.facts import Fact
from services.cancellation.domain import events
from services.cancellation.domain.evolve import cases, decided, heard, later, plans
from services.cancellation.domain.publishing import Published


def _stay(state: Any, _: Fact) -> Any:
    return state


def _publish(_: Any, fact: events.PolicyPublished) -> Published:
    return Published(fact.policy)


EVOLVE: dict[type[Fact], Callable[[Any, Any], Any]] = {
    events.OrderPlaced: heard.place,
    events.PaymentAuthorized: heard.authorize,
    events.PaymentCaptureStarted: heard.start_capture,
    events.PaymentCaptured: heard.capture,
    events.PaymentCaptureFailed: heard.fail_capture,
    events.PaymentVoided: heard.void,
    events.LinesFulfilled: heard.fulfill,
    events.ItemsReturned: heard.take_back_items,
    events.OrderCancelled: decided.cancel,
    events.CancellationConfirmed: decided.confirm,
    events.CancellationUndone: decided.undo,
    events.OrderReinstated: decided.reinstate,
    events.CancellationRejected: _stay,
    events.CommandRejected: _stay,
    events.CancellationRequested: later.request,
    events.CancellationApproved: later.close_request,
    events.CancellationDenied: later.close_request,
    events.RefundRequested: later.request_refund,
    events.PaymentVoidRequested: later.request_void,
    events.RestockRequested: later.request_restock,
    events.CaseOpened: cases.open_,
    events.CaseAssigned: cases.assign,
    events.CaseEscalated: cases.escalate,
    events.CaseNoteAdded: _stay,
    events.CaseClosed: cases.close,
    events.FulfillmentClaimed: later.claim,
    events.FulfillmentClaimRejected: _stay,
    events.FulfillmentClaimReleased: later.release_claim,
    events.RefundProgressed: decided.report,
    events.ManualRefundRecorded: later.record_by_hand,
    events.RefundReported: decided.report,
    events.RefundFallbackChosen: later.fall_back,
    events.VoidReported: later.report_void,
    events.StoreCreditReported: later.report_credit,
    events.GiftCardReported: _stay,
    events.RestockReported: decided.report_restock,
    events.NotificationReported: decided.report,
    events.MessageReported: _stay,
    events.MailBounced: _stay,
    events.FeedbackGiven: _stay,
    events.CancellationCompleted: decided.complete,
    events.PolicyPublished: _publish,
    events.BulkPlanStarted: plans.start,
    events.BulkPlanPaused: plans.pause,
    events.BulkPlanResumed: plans.resume,
    events.BulkPlanCancelled: plans.cancel,
    events.BulkPlanCompleted: plans.complete,
    # Accounts are folded where they are decided on, in `domain.people`.
    **dict.fromkeys(events.PEOPLE, _stay),
}
"""How each fact is folded."""


def evolve(state: Any, fact: Fact) -> Any:
    """Return the state of a stream after `fact`: an order, a plan, or the policy."""
    return EVOLVE[type(fact)](state, fact)
