"""Several sources read as one: nothing lost, nothing twice, each in its own sequence."""

import asyncio
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from countermand.history import reading
from countermand.history.event import Event
from countermand.history.reading import forwards, last, onwards, open_cursors
from countermand.history.selection import EVERYWHERE, Place, read_place, write_place
from tests.unit.history.sources import MemorySource, an_event

laws = settings(max_examples=100, deadline=None, database=None)


@st.composite
def sources(draw: st.DrawFn) -> list[MemorySource]:
    """Up to three sources with gaps and with times that nearly rise; some events are unwanted."""
    found = []
    for name in draw(st.lists(st.sampled_from("abc"), unique=True, min_size=1)):
        positions = sorted(draw(st.sets(st.integers(1, 60), max_size=25)))
        events = [
            an_event(p, p + draw(st.integers(-4, 4)), name, order_id=draw(st.sampled_from("12")))
            for p in positions
        ]
        found.append(
            MemorySource(
                name, events, page=draw(st.integers(1, 9)), is_indexed=draw(st.booleans()),
                wants=lambda event: event.order_id == "1",
            )
        )  # fmt: skip
    return found


def wanted(source: MemorySource) -> list[Event]:
    return [event for event in source.events if event.order_id == "1"]


async def read(cursors: Sequence[Any], limit: int | None = None) -> list[Event]:
    found: list[Event] = []
    async for event in forwards(cursors):
        found.append(event)
        if len(found) == limit:
            break
    return found


def by_source(events: Sequence[Event], name: str) -> list[Event]:
    return [event for event in events if event.source == name]


@laws
@given(sources=sources())
async def test_every_source_is_read_whole_and_in_its_own_sequence(sources: Any) -> None:
    found = await read(await open_cursors(sources, EVERYWHERE, EVERYWHERE))
    for source in sources:
        assert by_source(found, source.name) == wanted(source)
    assert len(found) == sum(len(wanted(source)) for source in sources)


@laws
@given(sources=sources())
async def test_times_decide_between_sources(sources: Any) -> None:
    """Whoever comes next is never later than what another source has to offer."""
    found = await read(await open_cursors(sources, EVERYWHERE, EVERYWHERE))
    left = {source.name: wanted(source) for source in sources}
    for event in found:
        offers = [events[0].recorded_at for events in left.values() if events]
        assert event.recorded_at == min(offers)
        left[event.source].pop(0)


@laws
@given(sources=sources(), limit=st.integers(1, 12))
async def test_pages_joined_are_the_whole(sources: Any, limit: int) -> None:
    whole = await read(await open_cursors(sources, EVERYWHERE, EVERYWHERE))
    pages: list[Event] = []
    after = EVERYWHERE
    while True:
        cursors = await open_cursors(sources, after, EVERYWHERE)
        page = await read(cursors, limit)
        pages += page
        after = read_place(write_place({c.source.name: c.done_to for c in cursors}))
        if len(page) < limit:
            break
    assert pages == whole


@laws
@given(sources=sources(), count=st.integers(0, 20))
async def test_the_last_ones_are_the_latest_of_each_source(sources: Any, count: int) -> None:
    whole = await read(await open_cursors(sources, EVERYWHERE, EVERYWHERE))
    found = await read(await last(await open_cursors(sources, EVERYWHERE, EVERYWHERE), count))
    assert len(found) == min(count, len(whole))
    for source in sources:
        own = by_source(found, source.name)
        assert own == wanted(source)[len(wanted(source)) - len(own) :]


async def test_the_last_ones_are_found_without_looking_at_everything() -> None:
    class Watched(MemorySource):
        lowest = 10**9

        async def read(self, start: int, end: int) -> tuple[list[Event], int]:
            self.lowest = min(self.lowest, start)
            return await super().read(start, end)

    source = Watched("a", [an_event(p, p) for p in range(1, 100_001)], page=500)
    found = await read(await last(await open_cursors([source], EVERYWHERE, EVERYWHERE), 50))
    assert [event.position for event in found] == list(range(99_951, 100_001))
    assert source.lowest > 99_000


async def test_positions_bound_what_is_read() -> None:
    sources = [MemorySource(name, [an_event(p, p, name) for p in range(1, 9)]) for name in "ab"]
    bounds = Place(None, {"a": 6, "b": 2}), Place(None, {"a": 7, "b": 4})
    found = await read(await open_cursors(sources, *bounds))
    assert [(e.source, e.position) for e in found] == [("b", 3), ("b", 4), ("a", 7)]


async def test_what_is_followed_goes_on_with_what_comes(monkeypatch: Any) -> None:
    monkeypatch.setattr(reading, "POLL_S", 0)
    one, two = MemorySource("a", [an_event(1, 1, "a")]), MemorySource("b", [])
    cursors = await open_cursors([one, two], EVERYWHERE, EVERYWHERE)
    idle = asyncio.Event()
    stream = onwards(cursors, idle.set)
    assert (await anext(stream)).id == "a-1"
    assert not idle.is_set()
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.wait_for(idle.wait(), 5)
    two.events.append(an_event(7, 2, "b"))
    assert (await waiting).id == "b-7"
    one.events.append(an_event(4, 3, "a"))
    assert (await anext(stream)).id == "a-4"
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.01)
    assert not waiting.done(), "nothing comes twice"
    waiting.cancel()
    assert {c.source.name: c.done_to for c in cursors} == {"a": 4, "b": 7}
