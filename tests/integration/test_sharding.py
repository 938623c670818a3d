"""An event store of several logs on a real PostgreSQL: it reads as one, and each log is its own."""

import asyncio
import shutil
from pathlib import Path

import asyncpg
import pytest

from kit.event_store import LogEntry, Pending
from kit.postgres import Pool
from kit.projector import Projector
from kit.settings import KitSettings
from rebuild.rebuilding import Terms, Told, rebuild
from services.cancellation.bootstrap import SERVICE
from services.cancellation.projections.orders import OrdersProjection
from sharding import making
from sharding.homes import home_of, logs_of
from sharding.making import ArrangementError, arrange, prepare_shards
from sharding.stores import Followed, count_shards, followed, stores_of
from tests.support.messages import incoming, placed
from tests.support.sharding import (
    EVENTS,
    ROWS,
    STORIES,
    arranged,
    aside,
    connected,
    divided,
    in_shard,
    stream_of,
)
from tests.support.stack import count, fetch

pytestmark = pytest.mark.integration


async def test_a_moved_store_reads_the_same_and_says_the_same_positions(
    settings: KitSettings, database: str, pool: Pool
) -> None:
    processor = SERVICE.processor(settings, pool)
    answers = await processor.process(STORIES)
    before = await fetch(database, ROWS)
    assert len(before) > len(STORIES)
    for number, shards in enumerate((2, 4, 3, 1, 4)):
        await arranged(database, shards)
        assert await fetch(database, ROWS) == before
        assert await count_shards(pool, SERVICE.name) == shards
        for shard, log in enumerate(logs_of(SERVICE.name, shards)):
            streams = await fetch(database, f"SELECT originator_id FROM {log}.{log}_events")
            assert streams
            assert {home_of(row[0], shards) for row in streams} == {shard}
        schemas = await fetch(database, "SELECT nspname FROM pg_namespace WHERE nspname ~ '_of_'")
        assert len(schemas) == (0 if shards == 1 else shards)
        again = await processor.process(STORIES)
        assert {answer.status for answer in again} == {"duplicate"}
        more = f"more-{number}"
        [own] = await processor.process([incoming(placed(more), more)])
        [row] = await fetch(
            database, f"SELECT notification_id FROM {EVENTS} WHERE originator_id = $1",
            stream_of(more),
        )  # fmt: skip
        assert row[0] == own.position > max(answer.position for answer in answers)
        before = await fetch(database, ROWS)


async def test_facts_are_not_moved_on_the_way_to_a_start(
    settings: KitSettings, database: str, pool: Pool
) -> None:
    async with connected(database) as connection:
        assert await prepare_shards(connection, SERVICE.name, 2)
        assert not await prepare_shards(connection, SERVICE.name, 2)
        assert await prepare_shards(connection, SERVICE.name, 4)
        await SERVICE.processor(settings, pool).process(STORIES[:1])
        with pytest.raises(ArrangementError, match=r"facts in 4 logs, and 2.*scale-out\.md"):
            await prepare_shards(connection, SERVICE.name, 2)
        with pytest.raises(ArrangementError, match="choose 1 to 32"):
            async with connection.transaction():
                await arrange(connection, SERVICE.name, 33)
        assert not await prepare_shards(connection, SERVICE.name, 4)
    assert await count(database, EVENTS) == 1


async def test_a_fact_lost_on_the_way_is_noticed_and_nothing_has_moved(
    settings: KitSettings, database: str, pool: Pool, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    await SERVICE.processor(settings, pool).process(STORIES)
    before = await fetch(database, ROWS)
    copied = shutil.copytree(making._TEXTS, tmp_path / "sql")
    text = (copied / "shard.sql").read_text("utf-8")
    lossy = text.replace("ORDER BY notification_id", "AND notification_id <> 5")
    assert lossy != text
    (copied / "shard.sql").write_text(lossy, "utf-8")
    monkeypatch.setattr(making, "_TEXTS", copied)
    with pytest.raises(ArrangementError, match="does not read the same"):
        await arranged(database, 2)
    assert await count_shards(pool, SERVICE.name) == 1
    assert await fetch(database, ROWS) == before
    assert {a.status for a in await SERVICE.processor(settings, pool).process(STORIES)} == {
        "duplicate"
    }


async def test_nobody_can_write_past_the_rule(database: str) -> None:
    await arranged(database, 2)
    wrong = in_shard(1, 2)
    row = f"(originator_id, originator_version, topic, state) VALUES ('{wrong}', 1, 'x', '')"
    for table in (EVENTS, "cancellation_0_of_2.cancellation_0_of_2_events"):
        with pytest.raises(asyncpg.CheckViolationError):
            await fetch(database, f"INSERT INTO {table} {row}")
    own = "cancellation_1_of_2.cancellation_1_of_2_events"
    await fetch(database, f"INSERT INTO {own} {row}")
    changes = [f"UPDATE {own} SET topic = 'y'"]
    changes += [
        f"{word} {table}" for word in ("DELETE FROM", "TRUNCATE") for table in (own, EVENTS)
    ]
    for change in changes:
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await fetch(database, change)


async def test_positions_come_back_in_the_sequence_of_the_rows(database: str) -> None:
    await arranged(database, 4)
    rows = [Pending(in_shard(n * 7 % 4, 4, n), 1, "x", b"%d" % n) for n in range(40)]
    async with connected(database) as connection, connection.transaction():
        positions = await SERVICE.store.append(connection, rows)
    stored = await fetch(database, f"SELECT notification_id, state FROM {EVENTS}")
    assert {(row[0], int(row[1])) for row in stored} == {*zip(positions, range(40), strict=True)}
    for shard in range(4):
        own = [place for place, row in zip(positions, rows, strict=True)
               if home_of(row.stream, 4) == shard]  # fmt: skip
        assert own == sorted(own)


async def test_whoever_follows_waits_for_a_position_that_is_still_to_come(database: str) -> None:
    await arranged(database, 2)
    late, early = Pending(in_shard(0, 2), 1, "late", b""), Pending(in_shard(1, 2), 1, "early", b"")
    follower = Followed(SERVICE.store)
    async with connected(database) as one, connected(database) as two, connected(database) as look:
        transaction = one.transaction()
        await transaction.start()
        [first] = await SERVICE.store.append(one, [late])
        async with two.transaction():
            [second] = await SERVICE.store.append(two, [early])
        assert first < second
        seen = await SERVICE.store.read_log(look, after=0, limit=10)
        assert [entry.position for entry in seen] == [second], "what it would have missed"
        page = asyncio.create_task(follower.read_log(look, after=0, limit=10))
        await asyncio.sleep(0.2)
        assert not page.done()
        # Meanwhile the other log takes facts: nobody holds its lock.
        async with asyncio.timeout(5), two.transaction():
            [third] = await SERVICE.store.append(two, [early._replace(version=2)])
        await transaction.commit()
        positions = [entry.position for entry in await page]
        assert positions == [first, second]
        assert await follower.head(look) == third


async def test_a_follower_misses_nothing_while_many_append(
    settings: KitSettings, database: str, pool: Pool
) -> None:
    await arranged(database, 4)
    store = await followed(pool, SERVICE.store)
    found: list[LogEntry] = []
    is_over = asyncio.Event()

    async def follow() -> None:
        async with pool.acquire() as connection:
            while True:
                ended, after = is_over.is_set(), found[-1].position if found else 0
                page = await store.read_log(connection, after=after, limit=50)
                found.extend(page)
                if ended and not page:
                    return

    async def work(number: int) -> None:
        processor = divided(settings, pool, 4)
        for batch in range(15):
            orders = [f"{number}.{batch}.{n}" for n in range(8)]
            await processor.process(
                [incoming(placed(order), order) for order in orders], dead_letters=(), aside=aside
            )

    follower = asyncio.create_task(follow())
    await asyncio.gather(*map(work, range(4)))
    is_over.set()
    await follower
    positions = [row[0] for row in await fetch(database, ROWS.replace("*", "notification_id", 1))]
    assert [entry.position for entry in found] == positions
    assert len(found) == 4 * 15 * 8


async def test_read_models_of_several_logs_are_those_of_one(
    settings: KitSettings, database: str, pool: Pool
) -> None:
    await SERVICE.processor(settings, pool).process(STORIES)
    digests = []
    for shards in (1, 4, 2):
        await arranged(database, shards)
        follower = Projector(
            schema=SERVICE.name, pool=pool, store=await followed(pool, SERVICE.store),
            projection=OrdersProjection(),
        )  # fmt: skip
        while await follower.advance():
            pass
        done = await rebuild(
            dsn=database, schema=SERVICE.name, store=SERVICE.store, projection=OrdersProjection(),
            terms=Terms(), told=Told(),
        )  # fmt: skip
        assert not done.differences
        digests.append(done.digests)
    assert digests[0] == digests[1] == digests[2]
    assert all(figure for figure in digests[0].values())


async def test_one_log_stays_as_it_is(pool: Pool) -> None:
    assert await followed(pool, SERVICE.store) is SERVICE.store
    assert stores_of(SERVICE.store, 1) == [SERVICE.store]
