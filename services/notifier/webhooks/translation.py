"""From messages to streams. Nothing of this lane is published: receivers are told by calls."""

from typing import Any, NoReturn
from uuid import UUID

from kit.facts import Cause, Fact
from kit.ids import stream_id

ENDPOINTS_STREAM = stream_id("webhooks:endpoints")
"""Every endpoint there is."""


def stream_of(message: Any) -> tuple[str, UUID]:
    """Return the key and the stream of a message: its order, as this lane sees it."""
    return message.order_id, stream_id(f"webhooks:order:{message.order_id}")


def stream_of_pings(endpoint_id: UUID) -> UUID:
    """Return the stream of what is sent to try a receiver."""
    return stream_id(f"webhooks:pings:{endpoint_id}")


def translate(fact: Fact, _: Cause) -> NoReturn:
    """Publish nothing."""
    raise TypeError(f"{fact.NAME} is private")
