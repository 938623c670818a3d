"""`countermand events` on the services' logs: complete, flat in memory, and followed."""

import asyncio
import random
import tracemalloc
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from countermand.endpoints import Endpoints
from countermand.history import logs
from countermand.history.asking import AWAY_S, Answer, Question, ask
from countermand.history.event import Event
from countermand.history.selection import Place, Selection, read_place
from kit.clock import utc_now
from kit.ids import stream_id
from kit.settings import KitSettings
from tests.support.asking import Shown, endpoints_on, shown
from tests.support.history import storyteller, tell_stories
from tests.support.logs import body_of, insert, write_log
from tests.support.messages import MOMENT, captured, incoming, placed
from tests.support.stack import Servers, count, until

pytestmark = pytest.mark.integration

ORDERS = [f"order-{number}" for number in range(40)]


@pytest.fixture
def endpoints(servers: Servers, database: str) -> Endpoints:
    return endpoints_on(servers, database)


@pytest.fixture
async def connection(database: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


async def tell(settings: KitSettings, connection: Any) -> None:
    """Fill two services' logs: the one with stories, the other with what they led to."""
    async with storyteller(settings) as processor:
        await tell_stories(processor, ORDERS, seed=7)
    rows = [
        (stream_id(f"refunds:{order}"), 1, "refund.requested.v1", body_of(
            {"order_id": order, "refund_id": order}, utc_now() + timedelta(seconds=n), f"{order}-c0"
        ))
        for n, order in enumerate(ORDERS)
    ]  # fmt: skip
    await insert(connection, rows, service="refunds", gaps=random.Random(1))


async def test_all_logs_are_shown_as_one_and_each_in_its_own_sequence(
    endpoints: Endpoints, settings: KitSettings, connection: Any
) -> None:
    await tell(settings, connection)
    events, told = await shown(endpoints)
    for service in ("cancellation", "refunds"):
        own = [event.position for event in events if event.source == service]
        table = f"{service}.{service}_events"
        assert own == sorted(own)
        assert len(own) == await count(endpoints.postgres_dsn, table) > 0
        assert told.as_of[service] == own[-1]
    assert told.as_of["inventory"] == 0
    assert not told.is_more
    alone, _ = await shown(endpoints, "refunds")
    assert alone == [event for event in events if event.source == "refunds"]


async def test_every_question_shows_all_that_is_wanted_and_nothing_else(
    endpoints: Endpoints, settings: KitSettings, connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the database is asked to hold back is never something that was wanted."""
    monkeypatch.setattr(logs, "WINDOW", 50)
    monkeypatch.setattr(logs, "ROWS_MAX", 20)
    await tell(settings, connection)
    everything, _ = await shown(endpoints)
    chance = random.Random(11)
    sizes = []
    for _ in range(80):
        one, other = chance.choice(everything), chance.choice(everything)
        possible: dict[str, Any] = {
            "orders": frozenset({str(one.order_id), str(other.order_id)}),
            "types": (chance.choice(("order.*", "*.v1", "order.c?ncelled.v1", "*[rd].v1", "*e*")),),
            "since": min(one.recorded_at, other.recorded_at),
            "until": max(one.recorded_at, other.recorded_at),
            "happened_since": one.happened_at,
            "happened_until": other.happened_at,
            "correlation": one.correlation_id,
            "causation": one.causation_id,
        }
        asked = {
            name: possible[name] for name in chance.sample(list(possible), chance.randint(1, 3))
        }
        found, _ = await shown(endpoints, **asked)
        assert found == [event for event in everything if Selection(**asked).wants(event)], asked
        sizes.append(len(found))
    assert max(sizes) > 50
    assert sum(size > 0 for size in sizes) > 30


async def test_pages_and_the_last_ones(
    endpoints: Endpoints, settings: KitSettings, connection: Any
) -> None:
    await tell(settings, connection)
    everything, _ = await shown(endpoints)
    last, told = await shown(endpoints, limit=7)
    assert last == everything[-7:]
    assert not told.is_more
    assert await shown(endpoints, limit=0) == ([], told_nothing(told))
    pages: list[Event] = []
    place = Place(0)
    while True:
        page, told = await shown(endpoints, limit=33, after=place)
        pages += page
        place = read_place(told.next_after)
        if not told.is_more:
            break
    assert pages == everything
    up_to, _ = await shown(endpoints, "cancellation", after=Place(5), up_to=Place(9))
    assert [event.position for event in up_to] == [6, 7, 8, 9]


def told_nothing(told: Answer) -> Answer:
    """Return what is told when nothing was to be shown."""
    return Answer(0, False, told.next_after, told.as_of)  # noqa: FBT003 - in their sequence


async def test_memory_stays_flat_whatever_the_length(endpoints: Endpoints, connection: Any) -> None:
    class Counted(Shown):
        count = 0

        def show(self, event: Event) -> None:
            self.count += 1

    async def peak() -> tuple[int, int]:
        sink = Counted()
        tracemalloc.start()
        await ask(endpoints, Question(sources=(), selection=Selection()), sink, Answer())
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return sink.count, most

    await write_log(connection, [MOMENT] * 3_000)
    short = await peak()
    rows = [
        (stream_id(f"order:long-{n}"), 1, "order.placed.v1", body_of({"order_id": str(n)}, MOMENT))
        for n in range(27_000)
    ]
    await insert(connection, rows)
    long = await peak()
    assert (short[0], long[0]) == (3_000, 30_000)
    assert long[1] < short[1] * 1.5


async def test_an_event_that_is_being_written_is_followed_once_and_a_lost_server_waited_for(
    endpoints: Endpoints, settings: KitSettings, connection: Any
) -> None:
    sink, told = Shown(), Answer()
    question = Question(sources=(), selection=Selection(), limit=1, follow=True)
    async with storyteller(settings) as processor:
        await processor.process([incoming(placed("1"), "m1"), incoming(placed("2"), "m2")])
        following = asyncio.create_task(ask(endpoints, question, sink, told))
        await until(lambda: len(sink.events) == 1, what="the last one is shown")
        await processor.process([incoming(captured("1"), "m3")])
        await until(lambda: len(sink.events) == 2, what="the new one is shown")
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND application_name = ''"
            " AND datname = current_database()"
        )
        await processor.process([incoming(captured("2"), "m4"), incoming(placed("3"), "m5")])
        await until(lambda: len(sink.events) == 4, what="it goes on", timeout_s=AWAY_S + 10)
    assert not following.done()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    assert [event.causation_id for event in sink.events] == ["m2", "m3", "m4", "m5"]
    assert told.count == 4
    assert read_place(told.next_after).of("cancellation") == 5
