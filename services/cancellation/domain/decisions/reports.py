"""What stock and message report: recorded once each; the last leg completes the cancellation."""

from collections.abc import Sequence
from typing import Any

from contracts import inventory, notifier
from kit.decider import Context, Unacceptable
from kit.facts import Fact
from services.cancellation.domain import events
from services.cancellation.domain.decisions.answering import completed
from services.cancellation.domain.decisions.money_reports import legs_of
from services.cancellation.domain.legs import Legs, reported_legs
from services.cancellation.domain.order import Order


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
    legs = legs_of(order, message)
    if legs.restock is not None:
        return []
    return _reported(legs, fact, context)


def record_notification(order: Order, message: Any, context: Context) -> Sequence[Fact]:
    """Record how the message ended; a second report changes nothing."""
    legs = legs_of(order, message)
    if legs.notification is not None:
        return []
    outcome = NOTIFICATION_OUTCOMES[type(message)]
    return _reported(legs, events.NotificationReported(outcome=outcome, message=message), context)


def record_message(order: Order, message: Any, _: Context) -> Sequence[Fact]:
    """Record what became of a mail that settles no leg."""
    if order.placed is None:
        raise Unacceptable("ORDER_NOT_FOUND", f"no order {message.order_id}")
    if isinstance(message, notifier.CustomerMailBounced):
        return [events.MailBounced(message=message)]
    return [events.MessageReported(message=message)]


def record_feedback(order: Order, message: Any, _: Context) -> Sequence[Fact]:
    """Record what a customer answered about a cancellation; the notifier says it once for each."""
    legs_of(order, message)
    return [events.FeedbackGiven(message=message)]


def _reported(legs: Legs, fact: Any, context: Context) -> Sequence[Fact]:
    after = reported_legs(legs, fact)
    return [fact, *completed(after, fact.message.order_id, context)]


RESTOCK_OUTCOMES: dict[type, Any] = {
    inventory.StockRestocked: "SUCCEEDED",
    inventory.RestockFailed: "FAILED",
}
NOTIFICATION_OUTCOMES: dict[type, Any] = {
    notifier.CustomerNotified: "SUCCEEDED",
    notifier.CustomerNotificationFailed: "FAILED",
    notifier.CustomerNotificationUncertain: "UNCERTAIN",
}
MESSAGES = (notifier.CustomerMessageReported, notifier.CustomerMailBounced)
"""What the notifier says beside the leg."""
