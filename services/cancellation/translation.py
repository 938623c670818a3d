"""Between private facts and public messages; the only place where one becomes the other.

Staff notes and who asked stay here: the public message has no field for them.
"""

from typing import Any
from uuid import UUID

from contracts import cancellation as public
from contracts.topics import CANCELLATION
from kit.facts import Cause, Fact
from kit.ids import stream_id
from kit.relay import Outgoing
from services.cancellation.domain import events

PUBLISHES = frozenset(
    {
        events.OrderCancelled.NAME,
        events.CancellationRejected.NAME,
        events.CancellationCompleted.NAME,
    }
)
"""Stored names that become messages."""


def stream_of(message: Any) -> tuple[str, UUID]:
    """Return the key and the stream of a message: its order."""
    return message.order_id, stream_id(f"order:{message.order_id}")


def translate(fact: Fact, cause: Cause) -> Outgoing:
    """Write the public message of a published fact."""
    match fact:
        case events.OrderCancelled():
            message: Any = public.OrderCancelled(
                order_id=fact.order_id,
                cancellation_id=fact.cancellation_id,
                command_id=fact.command_id,
                reason=fact.reason,
                currency=fact.currency,
                lines=fact.lines,
                refund_minor=fact.refund_minor,
                refunds=fact.refunds,
                restock=fact.restock,
                recipient=fact.recipient,
                nothing_left=fact.nothing_left,
                cancelled_at=cause.recorded_at,
            )
        case events.CancellationRejected():
            message = public.OrderCancellationRejected(
                order_id=fact.order_id,
                command_id=fact.command_id,
                refusals=fact.refusals,
                rejected_at=cause.recorded_at,
            )
        case events.CancellationCompleted():
            message = public.OrderCancellationCompleted(
                order_id=fact.order_id,
                cancellation_id=fact.cancellation_id,
                refund=fact.refund,
                restock=fact.restock,
                notification=fact.notification,
                completed_at=cause.recorded_at,
            )
        case _:
            raise TypeError(f"{fact.NAME} is private")
    return Outgoing(CANCELLATION.name, message.order_id, message)
