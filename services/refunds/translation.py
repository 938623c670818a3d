"""Between private facts and public messages."""

from typing import Any
from uuid import UUID

from contracts import refunds as public
from contracts.topics import REFUNDS
from kit.facts import Cause, Fact
from kit.ids import stream_id
from kit.relay import Outgoing
from services.refunds.domain import events

PUBLISHES = frozenset(
    {events.RefundSucceeded.NAME, events.RefundFailed.NAME, events.RefundUncertain.NAME}
)
"""Stored names that become messages. That a refund was asked for is nobody's business yet."""


def stream_of(message: Any) -> tuple[str, UUID]:
    """Return the key and the stream of a message: its order, as this service sees it."""
    return message.order_id, stream_id(f"refunds:{message.order_id}")


def translate(fact: Fact, cause: Cause) -> Outgoing:
    """Write the public message of a published fact."""
    about = dict(fact)
    match fact:
        case events.RefundSucceeded():
            message: Any = public.RefundSucceeded(**about, succeeded_at=cause.recorded_at)
        case events.RefundFailed():
            message = public.RefundFailed(**about, failed_at=cause.recorded_at)
        case events.RefundUncertain():
            message = public.RefundUncertain(**about, noticed_at=cause.recorded_at)
        case _:
            raise TypeError(f"{fact.NAME} is private")
    return Outgoing(REFUNDS.name, message.order_id, message)
