"""Between private facts and public messages."""

from typing import Any
from uuid import UUID

from contracts import inventory as public
from contracts.topics import INVENTORY
from kit.facts import Cause, Fact
from kit.ids import stream_id
from kit.relay import Outgoing
from services.inventory.domain import events

PUBLISHES = frozenset({events.StockRestocked.NAME, events.RestockFailed.NAME})
"""Stored names that become messages."""


def stream_of(message: Any) -> tuple[str, UUID]:
    """Return the key and the stream of a message: its order, as this service sees it."""
    return message.order_id, stream_id(f"inventory:{message.order_id}")


def translate(fact: Fact, cause: Cause) -> Outgoing:
    """Write the public message of a published fact."""
    match fact:
        case events.StockRestocked():
            message: Any = public.StockRestocked(
                order_id=fact.order_id,
                cancellation_id=fact.cancellation_id,
                lines=fact.lines,
                restocked_at=cause.recorded_at,
                request_id=fact.request_id,
            )
        case events.RestockFailed():
            message = public.RestockFailed(
                order_id=fact.order_id,
                cancellation_id=fact.cancellation_id,
                code=fact.code,
                detail=fact.detail,
                failed_at=cause.recorded_at,
                request_id=fact.request_id,
            )
        case _:
            raise TypeError(f"{fact.NAME} is private")
    return Outgoing(INVENTORY.name, message.order_id, message)
