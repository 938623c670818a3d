"""The messages of one order, and the decisions about them: one message per fact and recipient."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from contracts.cancellation import MoneyTerms, OrderCancellationConfirmed, OrderCancelled
from kit.decider import Context, Decider, Unacceptable
from kit.facts import Fact
from kit.ids import child_id
from services.notifier.domain import commands, events


@dataclass(frozen=True, slots=True)
class Messages:
    """Everything the customer of one order was told or is to be told."""

    requested: Mapping[UUID, events.NotificationRequested] = field(default_factory=dict)
    """Every message asked for."""
    settled: frozenset[UUID] = frozenset()
    """Messages with a final word."""


def evolve(messages: Messages, fact: Fact) -> Messages:
    """Return the messages after `fact`."""
    match fact:
        case events.NotificationRequested():
            return replace(messages, requested={**messages.requested, fact.message_id: fact})
        case events.NotificationFact():
            return replace(messages, settled=messages.settled | {fact.message_id})
        case _:
            raise TypeError(type(fact).__name__)


HEARD: tuple[type[Any], ...] = (OrderCancelled, OrderCancellationConfirmed)
"""Messages that may bring mails."""

_NO_TERMS = MoneyTerms()


def request_notification(messages: Messages, cancelled: Any, _: Context) -> Sequence[Fact]:
    """Tell the customer of a cancellation, unless nobody may be told or it was told before.

    While it is held the customer hears nothing: it may be undone.
    """
    message_id = child_id(cancelled.cancellation_id, "order_cancelled")
    if cancelled.recipient is None or message_id in messages.requested:
        return []
    if isinstance(cancelled, OrderCancelled) and cancelled.held_until is not None:
        return []
    terms, details = cancelled.money or _NO_TERMS, cancelled.details
    return [
        events.NotificationRequested(
            order_id=cancelled.order_id,
            cancellation_id=cancelled.cancellation_id,
            message_id=message_id,
            template="order_cancelled",
            recipient=cancelled.recipient,
            currency=cancelled.currency,
            refund_minor=cancelled.refund_minor,
            lines=cancelled.lines,
            nothing_left=cancelled.nothing_left,
            balance_minor=terms.balance_minor,
            credit_minor=terms.store_credit.amount_minor if terms.store_credit else 0,
            is_released=bool(terms.voids),
            reason_label=details.reason_label if details else None,
            customer_message=details.customer_message if details else None,
        )
    ]


def record_outcome(messages: Messages, command: Any, _: Context) -> Sequence[Fact]:
    """Record the server's word; a second word on a settled message changes nothing."""
    requested = messages.requested.get(command.message_id)
    if requested is None:
        raise Unacceptable("MESSAGE_NOT_FOUND", f"message {command.message_id} was never asked for")
    if command.message_id in messages.settled:
        return []
    about: dict[str, Any] = {
        "order_id": requested.order_id,
        "cancellation_id": requested.cancellation_id,
        "message_id": command.message_id,
    }
    match command:
        case commands.RecordAcceptance():
            return [events.CustomerNotified(**about)]
        case commands.RecordRejection(code=code, detail=detail):
            return [events.CustomerNotificationFailed(**about, code=code, detail=detail)]
        case commands.RecordUncertainty(detail=detail):
            return [events.CustomerNotificationUncertain(**about, detail=detail)]
        case _:
            raise TypeError(type(command).__name__)


def decide(messages: Messages, message: Any, context: Context) -> Sequence[Fact]:
    """Decide on a cancellation heard or a word of the mail server."""
    if isinstance(message, HEARD):
        return request_notification(messages, message, context)
    return record_outcome(messages, message, context)


MESSAGES = Decider(initial=Messages(), evolve=evolve, decide=decide)
