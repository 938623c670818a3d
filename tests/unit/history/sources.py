"""Events and sources out of memory, for tests of what is done with them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from countermand.history.event import Event
from countermand.history.reading import Span

START = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def an_event(
    position: int = 1, seconds: float = 0, source: str = "cancellation", **more: Any
) -> Event:
    """Return an event recorded so many seconds after the start."""
    recorded_at = START + timedelta(seconds=seconds)
    event = Event(
        source=source, position=position, name="order.placed.v1", order_id="1",
        happened_at=recorded_at, recorded_at=recorded_at, id=f"{source}-{position}",
        causation_id="m", correlation_id="story", stream=None, version=None, data={},
    )  # fmt: skip
    return event._replace(**more)


class MemorySource:
    """A source that hands out a few positions at a time."""

    def __init__(
        self, name: str, events: Sequence[Event], *, page: int = 3, is_indexed: bool = False,
        wants: Callable[[Event], bool] = lambda _: True,
    ) -> None:  # fmt: skip
        self.name, self.is_indexed = name, is_indexed
        self.events = list(events)
        self._page, self._wants = page, wants

    async def span(self, after: int | None, up_to: int | None) -> Span:
        end = await self.end()
        return Span((after or 0) + 1, end if up_to is None else min(end, up_to + 1))

    async def end(self) -> int:
        return self.events[-1].position + 1 if self.events else 1

    async def read(self, start: int, end: int) -> tuple[list[Event], int]:
        last = min(start + self._page, end)
        found = [e for e in self.events if start <= e.position < last and self._wants(e)]
        return found, last
