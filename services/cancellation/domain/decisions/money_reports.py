"""What the refunds service reports: recorded once each, and a failure is never left alone."""

from collections.abc import Sequence
from typing import Any

from contracts import refunds
from kit.decider import Context, Unacceptable
from kit.facts import Fact
from kit.ids import event_id
from services.cancellation.domain import events
from services.cancellation.domain.decisions.answering import completed
from services.cancellation.domain.evolve import evolve
from services.cancellation.domain.fallback import Seen, choose_step, other_tenders
from services.cancellation.domain.legs import Legs
from services.cancellation.domain.order import Order
from services.cancellation.domain.policy import rulebook_of

REFUND_OUTCOMES: dict[type, Any] = {
    refunds.RefundSucceeded: "SUCCEEDED",
    refunds.GiftCardRefilled: "SUCCEEDED",
    refunds.StoreCreditRestored: "SUCCEEDED",
    refunds.ManualRefundPaid: "SUCCEEDED",
    refunds.RefundFailed: "FAILED",
    refunds.RefundCanceled: "FAILED",
    refunds.RefundUncertain: "UNCERTAIN",
}
VOID_OUTCOMES: dict[type, Any] = {
    refunds.PaymentVoidSucceeded: "SUCCEEDED",
    refunds.PaymentVoidFailed: "FAILED",
}
CREDIT_OUTCOMES: dict[type, Any] = {
    refunds.StoreCreditIssued: "SUCCEEDED",
    refunds.StoreCreditFailed: "FAILED",
}
PROGRESS: dict[type, Any] = {
    refunds.RefundPending: "PENDING",
    refunds.ManualRefundOwed: "OWED",
}
"""Words about refunds that are not done; a failure that is tried again is another."""


def legs_of(order: Order, message: Any) -> Legs:
    """Return the cancellation a report is about."""
    legs = order.cancellations.get(message.cancellation_id)
    if legs is None:
        detail = f"order {message.order_id} has no cancellation {message.cancellation_id}"
        raise Unacceptable("CANCELLATION_NOT_FOUND", detail)
    return legs


def record_refund(order: Order, message: Any, context: Context) -> Sequence[Fact]:
    """Record what became of one refund; a report that says nothing new changes nothing."""
    legs = legs_of(order, message)
    if message.refund_id in legs.later:
        known = legs.later[message.refund_id]
    elif message.payment_id in legs.refunds:
        known = legs.refunds[message.payment_id]
    else:
        raise Unacceptable("REFUND_NOT_DUE", f"no refund was due on {message.payment_id}")
    is_retried = isinstance(message, refunds.RefundFailed) and not message.is_final
    state = "RETRYING" if is_retried else PROGRESS.get(type(message))
    if state is not None:
        is_open = known in (None, "UNCERTAIN") or (known == "SUCCEEDED" and is_retried)
        if message.refund_id in legs.by_hand:  # a person has it, and may have paid of it
            return []
        return [events.RefundProgressed(state=state, message=message)] if is_open else []
    outcome = REFUND_OUTCOMES[type(message)]
    is_taken_back = known == "SUCCEEDED" and outcome == "FAILED"
    is_resolved = known == "UNCERTAIN" and outcome != "UNCERTAIN"
    if known is not None and not is_taken_back and not is_resolved:
        return []
    fact = events.RefundReported(outcome=outcome, message=message)
    after = evolve(order, fact)
    if outcome != "FAILED":
        return [fact, *_completion(after, message, context)]
    fallback = _fall_back(after, message, context)
    return [fact, fallback, *_completion(evolve(after, fallback), message, context)]


def _fall_back(order: Order, message: Any, context: Context) -> events.RefundFallbackChosen:
    """Choose what is done about a refund that failed for good."""
    legs, amount_minor = order.cancellations[message.cancellation_id], message.amount_minor
    code = getattr(message, "code", "canceled")
    due = other_tenders(order, legs, rulebook_of(context), message.payment_id, amount_minor)
    assert order.placed is not None  # noqa: S101 - it has a cancellation
    step = choose_step(
        Seen(
            stands=legs.stands,
            is_forbidden=code == "MORE_THAN_CAPTURED",
            has_room=bool(due),
            has_customer=order.placed.customer is not None,
        )
    )
    is_elsewhere = step == "OTHER_TENDER"
    reopened_minor = amount_minor if legs.stands and not is_elsewhere else 0
    return events.RefundFallbackChosen(
        order_id=message.order_id,
        cancellation_id=message.cancellation_id,
        refund_id=message.refund_id,
        payment_id=message.payment_id,
        step=step,
        after_success=getattr(message, "after_success", False),
        code=code,
        request_id=event_id(context.stream_id, context.version + 2),
        currency=message.currency,
        amount_minor=amount_minor,
        refunds=due if is_elsewhere else (),
        balance_minor=legs.balance_minor + reopened_minor,
    )


def record_void(order: Order, message: Any, context: Context) -> Sequence[Fact]:
    """Record what became of a release; what is certain stays."""
    known = legs_of(order, message).voids.get(message.payment_id, "NOT_DUE")
    is_uncertain = isinstance(message, refunds.PaymentVoidFailed) and message.is_uncertain
    outcome = "UNCERTAIN" if is_uncertain else VOID_OUTCOMES[type(message)]
    if known not in (None, "UNCERTAIN") or known == outcome:
        return []
    fact = events.VoidReported(outcome=outcome, message=message)
    return [fact, *_completion(evolve(order, fact), message, context)]


def record_credit(order: Order, message: Any, context: Context) -> Sequence[Fact]:
    """Record what became of store credit; a second report changes nothing."""
    if legs_of(order, message).credits.get(message.credit_id, "NOT_DUE") is not None:
        return []
    outcome = CREDIT_OUTCOMES[type(message)]
    fact = events.StoreCreditReported(outcome=outcome, message=message)
    return [fact, *_completion(evolve(order, fact), message, context)]


def record_card(order: Order, message: refunds.GiftCardDisabled, _: Context) -> Sequence[Fact]:
    """Record that a gift card bought with cancelled units is worth nothing."""
    legs_of(order, message)
    return [events.GiftCardReported(message=message)]


def _completion(after: Order, message: Any, context: Context) -> Sequence[Fact]:
    return completed(after.cancellations[message.cancellation_id], message.order_id, context)
