"""Several logs at work: batches divided between them, and a relay for each."""

import asyncio
from contextlib import AsyncExitStack
from types import SimpleNamespace

import asyncpg
import pytest

from countermand.recovery import rewinding
from countermand.shards import moving
from countermand.status import lag
from kit.postgres import Pool, open_pool
from kit.settings import KitSettings
from services.cancellation.bootstrap import SERVICE
from sharding.homes import home_of, logs_of
from tests.support.messages import incoming, placed
from tests.support.processes import ServiceProcess
from tests.support.relaying import relaying
from tests.support.sharding import (
    EVENTS,
    ORDERS,
    STORIES,
    arranged,
    aside,
    divided,
    story,
    stream_of,
    until_told,
)
from tests.support.stack import Servers, count, fetch

pytestmark = pytest.mark.integration


async def test_a_divided_batch_is_answered_in_its_sequence_and_absorbed_when_it_comes_again(
    settings: KitSettings, database: str, pool: Pool
) -> None:
    await arranged(database, 4)
    processor = divided(settings, pool, 4)
    await processor.read_ahead(STORIES)
    answers = await processor.process(STORIES, dead_letters=(), aside=aside)
    for message, answer in zip(STORIES, answers, strict=True):
        assert answer.status == "handled"
        rows = await fetch(
            database, f"SELECT originator_id FROM {EVENTS} WHERE notification_id = $1",
            answer.position,
        )  # fmt: skip
        assert rows == [(message.stream,)]
    again = await processor.process(STORIES, dead_letters=(), aside=aside)
    assert {answer.status for answer in again} == {"duplicate"}


async def test_what_a_part_has_done_stays_done_when_another_fails(
    settings: KitSettings, database: str, pool: Pool
) -> None:
    await arranged(database, 2)
    processor = divided(settings, pool, 2)
    first, last = (next(o for o in ORDERS if home_of(stream_of(o), 2) == n) for n in (0, 1))
    batch = [incoming(placed(last), "b"), incoming(placed(first), "a")]
    refused = "ALTER TABLE cancellation_1_of_2.cancellation_1_of_2_events ADD CHECK (false)"
    await fetch(database, refused)
    with pytest.raises(asyncpg.CheckViolationError):
        await processor.process(batch, dead_letters=(), aside=aside)
    assert await count(database, "cancellation.inbox") == 1
    table = "cancellation_1_of_2.cancellation_1_of_2_events"
    await fetch(database, f"ALTER TABLE {table} DROP CONSTRAINT cancellation_1_of_2_events_check")
    answers = await processor.process(batch, dead_letters=(), aside=aside)
    assert [answer.status for answer in answers] == ["handled", "duplicate"]
    assert await count(database, EVENTS) == 2


async def test_the_same_id_for_streams_of_two_logs_is_decided_once(
    settings: KitSettings, database: str, pool: Pool
) -> None:
    await arranged(database, 2)
    first, last = (next(o for o in ORDERS if home_of(stream_of(o), 2) == n) for n in (0, 1))
    batch = [incoming(placed(order), "the-same") for order in (first, last)]
    answers = await divided(settings, pool, 2).process(batch, dead_letters=(), aside=aside)
    assert sorted(answer.status for answer in answers) == ["handled", "id_reused"]
    assert await count(database, "cancellation.dead_letters") == 1
    assert await count(database, EVENTS) == 1


async def test_a_relay_per_log_killed_and_replaced_tells_each_story_once_and_in_its_sequence(
    servers: Servers, settings: KitSettings, database: str, pool: Pool
) -> None:
    await arranged(database, 2)
    topic = await servers.topic("events", partitions=4)
    target = {"topic": topic, "positions": await servers.topic("positions")}
    zero, one = logs_of(SERVICE.name, 2)
    processor = divided(settings, pool, 2)
    args = (target["topic"], target["positions"], "3", zero)
    async with relaying(settings, **target, log=one) as other:
        async with ServiceProcess(servers, database, "tests.support.relaying", *args) as frozen:
            await frozen.until_ready()
            for number in range(8):
                await processor.process(
                    [m for n in range(10) for m in story(f"{number}.{n}")],
                    dead_letters=(), aside=aside,
                )  # fmt: skip
                await asyncio.sleep(0.05)
            frozen.kill()
        assert other.is_ready()
        async with relaying(settings, **target, log=zero):
            await until_told(servers, database, topic)


async def test_facts_move_only_at_rest_and_are_told_once_by_the_new_relays(
    servers: Servers, settings: KitSettings, database: str, pool: Pool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    positions = SimpleNamespace(name=await servers.topic("positions"))
    monkeypatch.setattr(lag.topics, "RELAY_POSITIONS", positions)
    monkeypatch.setattr(rewinding, "RELAY_POSITIONS", positions)
    topic = await servers.topic("events", partitions=4)
    target = {"topic": topic, "positions": positions.name}

    async def move(shards: int) -> list[str]:
        logs = await moving.move(database, servers.kafka_bootstrap, shards, on_step=lambda *_: None)
        return [log.name for log in logs if log.service == SERVICE.name]

    processor = SERVICE.processor(settings, pool)
    await processor.process(STORIES)
    names = [SERVICE.name]
    for number, shards in enumerate((2, 4, 1, 3)):
        with pytest.raises(moving.AtWorkError, match="facts of cancellation are not on Kafka yet"):
            await move(shards)
        async with AsyncExitStack() as relays:
            for name in names:
                await relays.enter_async_context(relaying(settings, **target, log=name))
            await until_told(servers, database, topic)
            with pytest.raises(moving.AtWorkError, match=f"the relay of {names[0]}"):
                await move(shards)
        async with open_pool(database, name="cancellation-consumer"):
            with pytest.raises(
                moving.AtWorkError, match=r"Stop these first.*cancellation-consumer"
            ):
                await move(shards)
        names = await move(shards)
        assert names == logs_of(SERVICE.name, shards)
        await processor.process([m for order in ORDERS for m in story(f"{number}.{order}")])
