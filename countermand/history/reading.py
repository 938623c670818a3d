"""Several sources read as one: forwards, from the last so many on, and onwards for ever.

Each source keeps its own sequence; between them the time of recording decides. Nothing is held in
memory but a page of each.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from heapq import heappop, heappush, heapreplace
from typing import NamedTuple, Protocol

from countermand.history.event import Event
from countermand.history.selection import Place

FIRST_CHUNK, GROWTH, CHUNK_MAX = 500, 4, 200_000
"""How far back is looked for the last events: a little, then more each time."""

POLL_S = 0.25
"""How often what is followed is asked for more."""


class Span(NamedTuple):
    """Positions from `start` up to, and not with, `end`."""

    start: int
    end: int


class Source(Protocol):
    """Something with positions that only ever grows."""

    name: str

    is_indexed: bool
    """Whether what is wanted is found without looking through everything."""

    async def span(self, after: int | None, up_to: int | None) -> Span:
        """Return the positions worth looking at."""

    async def end(self) -> int:
        """Return the position after the newest."""

    async def read(self, start: int, end: int) -> tuple[list[Event], int]:
        """Return the next wanted events from `start` on, and where to go on."""


class Cursor:
    """How far one source has been read."""

    def __init__(self, source: Source, span: Span) -> None:
        self.source, self.span = source, span
        self._next = span.start
        self._page: deque[Event] = deque()

    @property
    def done_to(self) -> int:
        """Position up to which nothing wanted is left."""
        return (self._page[0].position if self._page else self._next) - 1

    async def peek(self) -> Event | None:
        """Return the next event and leave it; None at the end of the span."""
        while not self._page and self._next < self.span.end:
            events, self._next = await self.source.read(self._next, self.span.end)
            self._page.extend(events)
        return self._page[0] if self._page else None

    def take(self) -> None:
        """Go past the event that was looked at."""
        self._page.popleft()

    async def extend(self) -> None:
        """Take in what the source has gained."""
        self.span = self.span._replace(end=max(self.span.end, await self.source.end()))


async def open_cursors(sources: Sequence[Source], after: Place, up_to: Place) -> list[Cursor]:
    """Return a cursor at the beginning of each source's span."""
    return [
        Cursor(source, await source.span(after.of(source.name), up_to.of(source.name)))
        for source in sources
    ]


async def forwards(cursors: Sequence[Cursor]) -> AsyncIterator[Event]:
    """Yield events in sequence until every cursor has reached the end of its span."""
    heap: list[tuple[datetime, int, Event]] = []

    async def following(index: int) -> tuple[datetime, int, Event] | None:
        event = await cursors[index].peek()
        return None if event is None else (event.recorded_at, index, event)

    for index in range(len(cursors)):
        if entry := await following(index):
            heappush(heap, entry)
    while heap:
        _, index, event = heap[0]
        cursors[index].take()
        yield event
        if entry := await following(index):
            heapreplace(heap, entry)
        else:
            heappop(heap)


async def last(cursors: Sequence[Cursor], count: int) -> list[Cursor]:
    """Return cursors that stand before the last `count` events."""
    heap: list[tuple[float, int, int]] = []
    starts = [cursor.span.end for cursor in cursors]
    older = [_backwards(cursor.source, cursor.span) for cursor in cursors]

    async def look_back(index: int) -> None:
        async for when, position in older[index]:
            heappush(heap, (-when, index, position))
            return

    for index in range(len(cursors)):
        await look_back(index)
    for _ in range(count):
        if heap:
            _, index, starts[index] = heappop(heap)
            await look_back(index)
    return [
        Cursor(cursor.source, cursor.span._replace(start=start))
        for cursor, start in zip(cursors, starts, strict=True)
    ]


async def _backwards(source: Source, span: Span) -> AsyncIterator[tuple[float, int]]:
    """Yield time and position of every wanted event, the newest first."""
    end, size = span.end, FIRST_CHUNK
    while end > span.start:
        start = span.start if source.is_indexed else max(span.start, end - size)
        found: list[tuple[float, int]] = []
        position = start
        while position < end:
            events, position = await source.read(position, end)
            found += [(event.recorded_at.timestamp(), event.position) for event in events]
        for entry in reversed(found):
            yield entry
        end, size = start, min(size * GROWTH, CHUNK_MAX)


async def onwards(cursors: Sequence[Cursor], when_idle: Callable[[], None]) -> AsyncIterator[Event]:
    """Yield what comes, for ever; `when_idle` is called when there is nothing more just now."""
    while True:
        async for event in forwards(cursors):
            yield event
        when_idle()
        await asyncio.sleep(POLL_S)
        for cursor in cursors:
            await cursor.extend()
