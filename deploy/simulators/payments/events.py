"""What happened to refunds, as the provider tells it: Stripe's event objects, newest first.

Source: docs.stripe.com/api/events and docs.stripe.com/api/events/types.
"""

from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

import orjson

API_VERSION = "2026-10-28.endive"
REMEMBERED_MAX = 100_000
"""Stripe lists the events of 30 days."""


class Event(NamedTuple):
    """One event; its id depends on the refund and its place only, so a restart keeps it."""

    event_id: str
    type: str
    created: int
    subject: bytes
    """The object as it stood then, JSON."""

    @property
    def body(self) -> bytes:
        """The event object, as it is listed and delivered."""
        return orjson.dumps(
            {
                "id": self.event_id,
                "object": "event",
                "api_version": API_VERSION,
                "created": self.created,
                "data": {"object": orjson.Fragment(self.subject)},
                "livemode": False,
                "pending_webhooks": 1,
                "request": {"id": None, "idempotency_key": None},
                "type": self.type,
            }
        )


class Events:
    """The newest events, and who is told of each."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque(maxlen=REMEMBERED_MAX)
        self._counts: dict[str, int] = {}
        """Events so far of refunds that are not over."""
        self.tell: Callable[[Event], None] = lambda _: None
        """Called with each new event."""

    def created(self, refund: dict[str, Any], body: bytes, at: datetime) -> list[Event]:
        """Note a new refund."""
        charge = {
            "id": f"ch_{refund['payment_intent']}",
            "object": "charge",
            "currency": refund["currency"],
            "payment_intent": refund["payment_intent"],
            "refunded": False,
        }
        said = [("refund.created", body), ("charge.refunded", orjson.dumps(charge))]
        if refund["status"] == "failed":
            said.append(("refund.failed", body))
        return self._note(refund["id"], said, at)

    def changed(self, refund: dict[str, Any], body: bytes, at: datetime) -> list[Event]:
        """Note another status of a refund."""
        said = [("refund.updated", body)]
        if refund["status"] == "failed":
            said.append(("refund.failed", body))
        return self._note(refund["id"], said, at)

    def _note(self, refund_id: str, said: list[tuple[str, bytes]], at: datetime) -> list[Event]:
        before = self._counts.get(refund_id, 0)
        self._counts[refund_id] = before + len(said)
        stem = f"evt_{refund_id.removeprefix('re_')}"
        events = [
            Event(f"{stem}{number:02d}", type_, int(at.timestamp()), subject)
            for number, (type_, subject) in enumerate(said, before)
        ]
        self._events += events
        return events

    def announce(self, events: list[Event]) -> None:
        """Tell whoever listens."""
        for event in events:
            self.tell(event)

    def newest_first(self, types: set[str], since: int) -> Iterator[Event]:
        """Yield the events of these types, of all when empty, created at `since` or later."""
        for event in reversed(self._events):
            if event.created < since:
                return
            if not types or event.type in types:
                yield event
