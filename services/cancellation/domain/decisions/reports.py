"""What the legs report: recorded once each; the last one completes the cancellation."""

from collections.abc import Sequence
from typing import Any

from contracts import inventory, notifier, refunds
from kit.decider import Context, Unacceptable
from kit.facts import Fact
from services.cancellation.domain import events
from services.cancellation.domain.decisions.answering import completed
from services.cancellation.domain.legs import Legs, reported_legs
from services.cancellation.domain.order import Order


def record_refund(order: Order, message: Any, context: Context) -> Sequence[Fact]:
    """Record how one refund ended; a second report of the same refund changes nothing."""
    legs = _legs(order, message)
    if message.refund_id in legs.later:
        known = legs.later[message.refund_id]
    elif message.payment_id in legs.refunds:
        known = legs.refunds[message.payment_id]
    else:
        raise Unacceptable("REFUND_NOT_DUE", f"no refund was due on {message.payment_id}")
    if known is not None:
        return []
    outcome = REFUND_OUTCOMES[type(message)]
    return _reported(legs, events.RefundReported(outcome=outcome, message=message), context)


def record_restock(order: Order, message: Any, context: Context) -> Sequence[Fact]:
    """Record how the restock ended; a second report changes nothing."""
    outcome = RESTOCK_OUTCOMES[type(message)]
    fact = events.RestockReported(outcome=outcome, message=message)
    if message.request_id is not None:
        request = order.seldom.restocks.get(message.request_id)
        if request is None:
            detail = f"order {message.order_id} has no request {message.request_id}"
            raise Unacceptable("RESTOCK_NOT_REQUESTED", detail)
        return [] if request.outcome is not None else [fact]
    legs = _legs(order, message)
    if legs.restock is not None:
        return []
    return _reported(legs, fact, context)


def record_notification(order: Order, message: Any, context: Context) -> Sequence[Fact]:
    """Record how the message ended; a second report changes nothing."""
    legs = _legs(order, message)
    if legs.notification is not None:
        return []
    outcome = NOTIFICATION_OUTCOMES[type(message)]
    return _reported(legs, events.NotificationReported(outcome=outcome, message=message), context)


def _legs(order: Order, message: Any) -> Legs:
    legs = order.cancellations.get(message.cancellation_id)
    if legs is None:
        detail = f"order {message.order_id} has no cancellation {message.cancellation_id}"
        raise Unacceptable("CANCELLATION_NOT_FOUND", detail)
    return legs


def _reported(legs: Legs, fact: Any, context: Context) -> Sequence[Fact]:
    after = reported_legs(legs, fact)
    return [fact, *completed(after, fact.message.order_id, context)]


REFUND_OUTCOMES: dict[type, Any] = {
    refunds.RefundSucceeded: "SUCCEEDED",
    refunds.RefundFailed: "FAILED",
    refunds.RefundUncertain: "UNCERTAIN",
}
RESTOCK_OUTCOMES: dict[type, Any] = {
    inventory.StockRestocked: "SUCCEEDED",
    inventory.RestockFailed: "FAILED",
}
NOTIFICATION_OUTCOMES: dict[type, Any] = {
    notifier.CustomerNotified: "SUCCEEDED",
    notifier.CustomerNotificationFailed: "FAILED",
    notifier.CustomerNotificationUncertain: "UNCERTAIN",
}
