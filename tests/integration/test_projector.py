"""Log to read models: rows and cursor together, whoever is killed, and the same after a rebuild."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx2
import pytest

from kit import projector as kit_projector
from kit.event_store import LogEntry
from kit.health import Health
from kit.postgres import UNAVAILABLE, AnyConnection, Pool, open_pool
from kit.projector import Projector
from kit.settings import KitSettings
from rebuild import filling
from rebuild.rebuilding import Terms, Told, rebuild
from services.cancellation import api
from services.cancellation.bootstrap import SERVICE, plan_processor
from services.cancellation.projections.history import HISTORY_COLUMNS, history_row
from services.cancellation.projections.orders import OrdersProjection
from services.cancellation.settings import CancellationSettings
from tests.support.history import read_models, storyteller, tell_stories
from tests.support.messages import cancel, incoming, placed
from tests.support.processes import ServiceProcess
from tests.support.stack import Servers, count, fetch, until

pytestmark = pytest.mark.integration

EVENTS = "cancellation.cancellation_events"
HEAD = f"SELECT max(notification_id) FROM {EVENTS}"
CURSOR = "SELECT position FROM cancellation.projection_cursors WHERE projection = 'orders'"
ORDERS = [f"order-{number}" for number in range(120)]


class Faulty(OrdersProjection):
    """The projection, with an accident after its rows are written and before they are committed."""

    def __init__(self, *, kills: bool) -> None:
        self.accidents_left = 1
        self._kills = kills

    async def apply(self, connection: AnyConnection, page: Sequence[LogEntry]) -> None:
        """Apply, then fail once."""
        await super().apply(connection, page)
        if self.accidents_left:
            self.accidents_left -= 1
            if not self._kills:
                raise ZeroDivisionError
            await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def projector(pool: Pool, projection: OrdersProjection | None = None) -> Projector:
    return Projector(
        schema=SERVICE.name, pool=pool, store=SERVICE.store,
        projection=projection or OrdersProjection(),
    )  # fmt: skip


async def catch_up(follower: Projector) -> None:
    while await follower.advance():
        pass


async def position(dsn: str) -> int:
    rows = await fetch(dsn, CURSOR)
    return int(rows[0][0]) if rows else 0


async def rebuilt(dsn: str) -> Mapping[str, Any]:
    """Rebuild the read models from nothing and return them."""
    done = await rebuild(
        dsn=dsn, schema=SERVICE.name, store=SERVICE.store, projection=OrdersProjection(),
        terms=Terms(), told=Told(),
    )  # fmt: skip
    assert done.facts > 0
    return await read_models(dsn)


@pytest.fixture
async def pool(settings: KitSettings) -> AsyncIterator[Pool]:
    """A pool as the projector has it."""
    async with open_pool(settings.postgres_dsn, size_max=4, name="test") as pool:
        yield pool


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that end inside streams."""
    monkeypatch.setattr(kit_projector, "PAGE_MAX", 37)
    monkeypatch.setattr(filling, "STREAM_PAGE_MAX", 41)


@pytest.mark.parametrize("kills", [False, True])
async def test_an_accident_after_the_rows_and_before_the_commit_leaves_no_trace(
    settings: KitSettings, database: str, pool: Pool, *, kills: bool
) -> None:
    async with storyteller(settings) as processor:
        await tell_stories(processor, ORDERS[:10], seed=1)
    faulty = projector(pool, Faulty(kills=kills))
    await faulty.advance()
    with pytest.raises(UNAVAILABLE if kills else ZeroDivisionError):
        await faulty.advance()
    assert await read_models(database) == {"order_summaries": [], "order_history": []}
    assert await position(database) == 0
    await catch_up(faulty)
    assert await position(database) == (await fetch(database, HEAD))[0][0]
    assert len((await read_models(database))["order_history"]) == await count(database, EVENTS)


@pytest.mark.usefixtures("small_pages")
async def test_followed_and_rebuilt_read_models_are_the_same_row_by_row(
    settings: KitSettings, database: str, pool: Pool
) -> None:
    async with storyteller(settings) as processor:
        await tell_stories(processor, ORDERS, seed=2)
    await catch_up(projector(pool))
    followed = await read_models(database)
    assert len(followed["order_summaries"]) == len(ORDERS)
    async with pool.acquire() as connection:
        log = await SERVICE.store.read_streams(
            connection, after=(UUID(int=0), 0), up_to=2**62, limit=2**62
        )
    told = [tuple(row) for row in followed["order_history"]]
    assert told == [history_row(entry) for entry in log], "the view says what is said of a fact"
    assert await rebuilt(database) == followed
    assert await rebuilt(database) == followed
    assert await position(database) == (await fetch(database, HEAD))[0][0]


async def test_the_history_is_as_far_as_the_read_models_whatever_older_code_writes(
    settings: KitSettings, database: str, pool: Pool
) -> None:
    async with storyteller(settings) as processor:
        await tell_stories(processor, ORDERS[:3], seed=5)
    await catch_up(projector(pool))
    before = (await read_models(database))["order_history"]
    async with storyteller(settings) as processor:
        await tell_stories(processor, ORDERS[3:6], seed=5)
    assert (await read_models(database))["order_history"] == before, "not projected yet"
    async with pool.acquire() as connection:
        await connection.copy_records_to_table(
            "order_history", schema_name="cancellation", columns=HISTORY_COLUMNS,
            records=[tuple(row) for row in before],
        )  # fmt: skip
    await catch_up(projector(pool))
    after = (await read_models(database))["order_history"]
    assert len(after) == await count(database, EVENTS) > len(before)


@pytest.mark.usefixtures("small_pages")
async def test_a_rebuild_beside_a_running_projector_and_writers_misses_nothing(
    settings: KitSettings, database: str, pool: Pool
) -> None:
    health = Health(SERVICE.name, 60)
    following = asyncio.create_task(projector(pool).run(settings.postgres_dsn, health))
    async with storyteller(settings) as processor:
        await tell_stories(processor, ORDERS[:60], seed=3)
        writing = asyncio.create_task(tell_stories(processor, ORDERS[60:], seed=4))
        while not writing.done():
            await rebuilt(database)
        await writing
    [[head]] = await fetch(database, HEAD)

    async def has_caught_up() -> bool:
        return bool(await position(database) == head)

    await until(has_caught_up, what="the projector has caught up")
    assert not following.done()
    live = await read_models(database)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    assert len(live["order_history"]) == await count(database, EVENTS)
    assert await rebuilt(database) == live


@pytest.mark.usefixtures("small_pages")
async def test_two_projectors_at_once_apply_each_fact_once(
    settings: KitSettings, database: str, pool: Pool
) -> None:
    async with storyteller(settings) as processor:
        await tell_stories(processor, ORDERS, seed=6)
    await asyncio.gather(catch_up(projector(pool)), catch_up(projector(pool)))
    both = await read_models(database)
    assert len(both["order_history"]) == await count(database, EVENTS)
    assert await rebuilt(database) == both


async def test_a_projector_killed_again_and_again_ends_where_a_rebuild_does(
    servers: Servers, settings: KitSettings, database: str, pool: Pool
) -> None:
    chance = random.Random(20261102)
    process = ServiceProcess(servers, database, "services.cancellation", "projector")
    async with storyteller(settings) as processor, process:
        for number in range(3):
            orders = [f"round-{number}-{order}" for order in range(150)]
            writing = asyncio.create_task(tell_stories(processor, orders, seed=number))
            reached = await position(database)

            async def has_moved(reached: int = reached) -> bool:
                return await position(database) > reached

            await until(has_moved, what="it projects")
            await asyncio.sleep(chance.uniform(0, 0.2))
            process.kill()
            await writing
            process.start()
        [[head]] = await fetch(database, HEAD)

        async def has_caught_up() -> bool:
            return bool(await position(database) == head)

        await until(has_caught_up, what="the projector has caught up")
    live = await read_models(database)
    assert len(live["order_history"]) == await count(database, EVENTS)
    assert await rebuilt(database) == live


@asynccontextmanager
async def door(settings: KitSettings, pool: Pool, wait_max_s: float) -> AsyncIterator[Any]:
    """The HTTP API in this process, whose read models nobody moves but the test."""
    own = CancellationSettings(read_wait_max_s=wait_max_s, access="open")
    app = api.build(
        pool=pool, store=SERVICE.store, processor=SERVICE.processor(settings, pool),
        plans=plan_processor(settings, pool), settings=own, dsn=settings.postgres_dsn,
    )  # fmt: skip
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://api") as client:
        yield client


async def test_a_read_waits_for_the_position_a_write_returned(
    settings: KitSettings, pool: Pool
) -> None:
    follower = projector(pool)
    async with door(settings, pool, 10) as client, storyteller(settings) as processor:
        await processor.process([incoming(placed("1"), "m1")])
        written = await client.post(
            "/v1/orders/1/cancellations",
            json={"reason": "CUSTOMER"}, headers={"Idempotency-Key": "c1"},
        )  # fmt: skip
        assert written.status_code == 201
        at = written.json()["position"]
        assert (await client.get("/v1/orders/1")).status_code == 404, "not projected yet"
        reads = [
            asyncio.create_task(client.get(path, params={"min_position": at}))
            for path in ("/v1/orders/1", "/v1/orders/1/history", "/v1/orders")
        ]
        await asyncio.sleep(0.3)
        assert not any(read.done() for read in reads)
        await catch_up(follower)
        order, history, listed = [(await read).json() for read in reads]
    assert order["as_of"] >= at
    assert order["order"]["state"] == "CANCELLED"
    assert [fact["name"] for fact in history["history"]] == [
        "order.placed.v1",
        "order.cancelled.v1",
    ]
    assert listed["orders"][0]["state"] == "CANCELLED"


async def test_a_read_that_waited_in_vain_says_so_and_may_be_sent_again(
    settings: KitSettings, pool: Pool
) -> None:
    async with door(settings, pool, 0.2) as client, storyteller(settings) as processor:
        [answer] = await processor.process([incoming(cancel("1"), "c1")])
        read = await client.get("/v1/orders", params={"min_position": answer.position})
    assert read.status_code == 503
    assert read.json()["code"] == "NOT_PROJECTED_YET"
    assert read.headers["Retry-After"] == "1"
