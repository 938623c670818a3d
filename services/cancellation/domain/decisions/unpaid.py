"""The timer that cancels what nobody paid for: it looks at the payment again before it does."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from contracts.cancellation import CancelOrder, CancelUnpaidOrder, Refusal
from kit.decider import Context
from kit.facts import Fact
from services.cancellation.domain.decisions.answering import rejected
from services.cancellation.domain.decisions.cancel import (
    approval_required,
    cancelled,
    consider,
    find_approval,
)
from services.cancellation.domain.draft import draft
from services.cancellation.domain.order import Order
from services.cancellation.domain.policy import Asker, rulebook_of
from services.cancellation.domain.refusals import refuse

RULE_SET = "cancel-unpaid-order.v1"


def cancel_unpaid(order: Order, command: CancelUnpaidOrder, context: Context) -> Sequence[Fact]:
    """Cancel all that is left, unless somebody has paid or is paying, or still has time to."""
    wish = CancelOrder(
        order_id=command.order_id,
        reason="OTHER",
        sub_reason="EXPIRED",
        restock=None,
        notify=None,
        actor=command.actor,
        requested_by=command.actor.id,
    )
    asker = Asker.of(command.actor)
    case, found = consider(order, wish, asker, context, "CANCEL_UNPAID")
    refusals = [*found, *payment_received(order), *not_due_yet(order, context)]
    if case is None or refusals:
        return [rejected(command, context, refusals, RULE_SET)]
    planned = draft(case)
    if approval := find_approval(case, planned):
        return [rejected(command, context, [approval_required(approval)], RULE_SET)]
    return cancelled(case, planned, RULE_SET)


def payment_received(order: Order) -> list[Refusal]:
    """Refuse while money has come, is held, or is on its way."""
    seldom = order.seldom
    held = {p: m for p, m in order.authorized.items() if p not in seldom.voided}
    found: dict[str, int] = {
        "captured": sum(order.captured.values()) - sum(order.due.values()),
        "held": sum(held.values()),
        "in_flight": sum(seldom.in_flight.values()),
    }
    if not any(amount_minor > 0 for amount_minor in found.values()):
        return []
    detail = ", ".join(f"{amount} {what}" for what, amount in found.items() if amount > 0)
    return [refuse("PAYMENT_RECEIVED", f"{detail}, in minor units", seen=found)]


def due_at(order: Order, context: Context) -> datetime | None:
    """Return when an unpaid order may be cancelled; None for never."""
    assert order.placed is not None  # noqa: S101 - asked only about orders that were placed
    if order.placed.payment_due_at is not None:
        return order.placed.payment_due_at
    unpaid_after_s = rulebook_of(context).policy.unpaid_after_s
    if unpaid_after_s is None:
        return None
    return order.placed.placed_at + timedelta(seconds=unpaid_after_s)


def not_due_yet(order: Order, context: Context) -> list[Refusal]:
    """Refuse while there is time to pay, or for ever where no time is set."""
    if order.placed is None:
        return []
    moment = due_at(order, context)
    if moment is None:
        return [refuse("NOT_DUE_YET", "neither order nor policy sets a time to pay")]
    if context.now < moment:
        detail = f"it may be paid until {moment.isoformat()}"
        return [refuse("NOT_DUE_YET", detail, due_at=moment.isoformat())]
    return []
