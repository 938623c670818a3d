"""Read models built anew beside live traffic: killed, planted with a bug, changed by a deploy."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from kit.health import Health
from kit.ids import stream_id
from kit.postgres import Pool, open_pool
from kit.projector import OtherVersionError, Projector
from kit.settings import KitSettings
from rebuild.following import follow
from rebuild.rebuilding import DifferencesError, Rebuilt, Terms, Told, rebuild
from rebuild.repairing import repair
from services.cancellation.bootstrap import SERVICE
from services.cancellation.projections import folding
from services.cancellation.projections.orders import OrdersProjection
from tests.support import command_line
from tests.support.history import read_models, storyteller, tell_stories
from tests.support.processes import ServiceProcess
from tests.support.stack import Servers, count, fetch, until

pytestmark = pytest.mark.integration

KILLS = 10
CAPTURED = "order.payment-captured.v1"
CURSOR = "SELECT position, version FROM cancellation.projection_cursors"
INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'cancellation' ORDER BY 1"
HEAD = "SELECT max(notification_id) FROM cancellation.cancellation_events"
SEEN = f"""
    SELECT (SELECT position FROM ({CURSOR}) c), (SELECT count(*) FROM cancellation.order_history),
        (SELECT sum(version) FROM cancellation.order_summaries)"""
STORIES = [f"order-{number}" for number in range(60)]


TODAY = max(OrdersProjection.versions)
NEXT = TODAY + 1


class Next(OrdersProjection):
    """The projection as the next release has it: captured money counts double."""

    versions: Mapping[int, Collection[str]] = {
        **OrdersProjection.versions, NEXT: ("order_summaries.captured_minor",),
    }  # fmt: skip


class NextUnsaid(OrdersProjection):
    """The same, but nobody has said what changes."""

    versions: Mapping[int, Collection[str]] = {**OrdersProjection.versions, NEXT: ()}


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the code count captured money twice from now on."""
    right = folding.FOLD[CAPTURED]

    def twice(row: Any, fact: Any, at: str) -> None:
        right(row, fact, at)
        row.captured_minor *= 2

    monkeypatch.setitem(folding.FOLD, CAPTURED, twice)


@pytest.fixture
async def pool(settings: KitSettings) -> AsyncIterator[Pool]:
    async with open_pool(settings.postgres_dsn, size_max=4, name="test") as pool:
        yield pool


async def project(pool: Pool, settings: KitSettings) -> None:
    """Tell stories and bring the read models up to date."""
    async with storyteller(settings) as processor:
        await tell_stories(processor, STORIES, seed=1)
    await catch_up(pool, OrdersProjection())


async def catch_up(pool: Pool, projection: OrdersProjection) -> None:
    projector = Projector(
        schema=SERVICE.name, pool=pool, store=SERVICE.store, projection=projection
    )
    while await projector.advance():
        pass


async def rebuilt(dsn: str, told: Told | None = None, **terms: Any) -> Rebuilt:
    return await rebuild(
        dsn=dsn, schema=SERVICE.name, store=SERVICE.store, projection=OrdersProjection(),
        terms=Terms(**terms), told=told or Told(),
    )  # fmt: skip


@asynccontextmanager
async def reading(dsn: str) -> AsyncIterator[list[tuple[int, ...]]]:
    """Look at the read models all the time: never refused, never back in time."""
    seen: list[tuple[int, ...]] = [(0, 0, 0)]

    async def look() -> None:
        connection = await asyncpg.connect(dsn, command_timeout=5)
        try:
            while True:
                now = tuple(int(value or 0) for value in await connection.fetchrow(SEEN) or ())
                assert all(a <= b for a, b in zip(seen[-1], now, strict=True)), (seen[-1], now)
                seen.append(now)
                await asyncio.sleep(0.01)
        finally:
            connection.terminate()

    task = asyncio.create_task(look())
    try:
        yield seen
        assert not task.done(), task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def kill_a_rebuild(database: str, chance: random.Random) -> bool:
    """Start a rebuild and kill it after its new tables are there; False when it came through."""
    process = await command_line.start("rebuild", "--json")
    try:

        async def has_begun() -> bool:
            rows = await fetch(database, "SELECT to_regclass('cancellation.order_summaries_next')")
            return rows[0][0] is not None or process.returncode is not None

        await until(has_begun, what="the rebuild has begun")
        await asyncio.sleep(chance.uniform(0, 0.15))
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
    return process.returncode != 0


async def test_a_rebuild_killed_ten_times_beside_live_traffic_ends_with_the_same_rows(
    servers: Servers, settings: KitSettings, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERMAND_POSTGRES_DSN", database)
    monkeypatch.setenv("COUNTERMAND_KAFKA_BOOTSTRAP", servers.kafka_bootstrap)
    chance, killed, is_over = random.Random(20261127), 0, asyncio.Event()

    async def live() -> None:
        number = 0
        while not is_over.is_set():
            number += 1
            some = [f"live-{number}-{n}" for n in range(8)]
            await tell_stories(processor, some, seed=number)
            await asyncio.sleep(0.05)

    projector = ServiceProcess(servers, database, "services.cancellation", "projector")
    async with storyteller(settings) as processor, projector:
        await tell_stories(processor, [f"before-{n}" for n in range(1_200)], seed=0)
        await until(lambda: is_projected(database), what="the projector has caught up")
        async with reading(database) as seen:
            writing = asyncio.create_task(live())
            while killed < KILLS:
                killed += await kill_a_rebuild(database, chance)
            done = (await command_line.run("rebuild", "--json")).json
            is_over.set()
            await writing
            await until(lambda: is_projected(database), what="the projector has caught up")
    assert done["swapped"]
    assert done["differences"] == {}
    assert seen[-1][1] > seen[1][1], "there was live traffic"
    live_rows = await read_models(database)
    assert len(live_rows["order_history"]) == (await fetch(database, HEAD))[0][0]
    again = await rebuilt(database)
    assert again.differences == {}
    assert await read_models(database) == live_rows
    assert await fetch(database, "SELECT relname FROM pg_class WHERE relname LIKE '%_next'") == []


async def is_projected(dsn: str) -> bool:
    rows = await fetch(dsn, CURSOR)
    return bool(rows) and rows[0][0] == (await fetch(dsn, HEAD))[0][0]


async def test_a_planted_bug_is_caught_before_the_swap(
    settings: KitSettings, database: str, pool: Pool, request: pytest.FixtureRequest
) -> None:
    await project(pool, settings)
    before, indexes = await read_models(database), await fetch(database, INDEXES)
    request.getfixturevalue("planted")
    found: list[Any] = []
    with pytest.raises(DifferencesError) as refused:
        await rebuilt(database, Told(on_difference=found.append))
    wrong = [row for row in before["order_summaries"] if row[column("captured_minor")]]
    assert refused.value.counts["order_summaries.captured_minor"] == len(wrong)
    assert {one.stream for one in found} == {row[0] for row in wrong}, "each row by name"
    assert await read_models(database) == before
    assert await count(database, "cancellation.projection_rebuilds") == 0
    accepted = await rebuilt(database, accept=frozenset(refused.value.counts))
    assert accepted.differences == refused.value.counts
    assert await read_models(database) != before
    assert await fetch(database, INDEXES) == indexes


def column(name: str) -> int:
    return list(OrdersProjection.tables["order_summaries"]).index(name)


@asynccontextmanager
async def deployed(
    settings: KitSettings, pool: Pool, projection: OrdersProjection
) -> AsyncIterator[None]:
    """Run the projector as its role does."""
    task = asyncio.create_task(
        follow(
            health=Health(SERVICE.name, 60), dsn=settings.postgres_dsn, pool=pool,
            schema=SERVICE.name, store=SERVICE.store, projection=projection,
        )
    )  # fmt: skip
    try:
        yield
        assert not task.done(), task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_changed_projection_is_rebuilt_by_its_deploy(
    settings: KitSettings, database: str, pool: Pool, request: pytest.FixtureRequest
) -> None:
    await project(pool, settings)
    before = await read_models(database)
    request.getfixturevalue("planted")
    async with deployed(settings, pool, Next()):

        async def is_renewed() -> bool:
            return bool((await fetch(database, CURSOR))[0][1] == NEXT)

        await until(is_renewed, what="the read model is the next version")
    where = column("captured_minor")
    money = [(row[0], row[where]) for row in before["order_summaries"]]
    after = {row[0]: row[where] for row in (await read_models(database))["order_summaries"]}
    assert all(after[stream] >= 2 * amount for stream, amount in money)
    [entry] = await fetch(database, "SELECT who, why FROM cancellation.projection_rebuilds")
    assert tuple(entry) == ("cancellation projector", f"version {NEXT}")
    with pytest.raises(OtherVersionError):
        await catch_up(pool, OrdersProjection())


async def test_a_deploy_that_changes_more_than_it_says_is_not_put_in_place(
    settings: KitSettings, database: str, pool: Pool, request: pytest.FixtureRequest
) -> None:
    await project(pool, settings)
    before = await read_models(database)
    request.getfixturevalue("planted")
    async with deployed(settings, pool, NextUnsaid()):
        await asyncio.sleep(1)
    assert await read_models(database) == before
    assert [tuple(row) for row in await fetch(database, CURSOR)] == [
        ((await fetch(database, HEAD))[0][0], TODAY)
    ]


async def test_one_order_is_put_right_in_less_than_a_second(
    settings: KitSettings, database: str, pool: Pool
) -> None:
    await project(pool, settings)
    before, stream = await read_models(database), stream_id("order:order-7")
    await pool.execute(
        "UPDATE cancellation.order_summaries SET captured_minor = 1 WHERE stream_id = $1", stream
    )
    started = time.monotonic()
    async with pool.acquire() as connection:
        done = await repair(
            connection, schema=SERVICE.name, store=SERVICE.store, projection=OrdersProjection(),
            stream=stream, who="Ada", why="was wrong",
        )  # fmt: skip
    assert time.monotonic() - started < 1
    assert [one.names for one in done.differences] == [["order_summaries.captured_minor"]]
    assert await read_models(database) == before
