"""Log to topic: each published fact once and in order, whatever happens to the relay."""

import asyncio
import itertools
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat

from contracts.cancellation import OrderCancelled
from kit.cloudevents import Incoming
from kit.health import Health
from kit.ids import event_id
from kit.postgres import open_pool
from kit.processor import Processor
from kit.settings import KitSettings, SettingsError
from services.cancellation.bootstrap import SERVICE
from services.cancellation.translation import PUBLISHES
from tests.support.messages import cancel, captured, incoming, placed
from tests.support.processes import ServiceProcess
from tests.support.relaying import build, relaying
from tests.support.stack import Servers, fetch, until

pytestmark = pytest.mark.integration

MODULE = "tests.support.relaying"
EVENTS = "cancellation.cancellation_events"
ORDERS = 30
KILLS = 5


class Target(NamedTuple):
    """Where a relay publishes to in one test."""

    topic: str
    positions: str


@pytest.fixture
async def target(servers: Servers) -> Target:
    """Topics of one test."""
    return Target(await servers.topic("events", partitions=4), await servers.topic("positions"))


@pytest.fixture
async def processor(settings: KitSettings) -> AsyncIterator[Processor[Any]]:
    """A processor that fills the log."""
    async with open_pool(settings.postgres_dsn, name="test") as pool:
        yield SERVICE.processor(settings, pool)


def story(order_id: str) -> list[Incoming]:
    """Return what makes eight facts of one order, six of them published."""
    line = [{"line_id": "1", "quantity": 1}]
    quiet: dict[str, Any] = {"restock": False, "notify": False, "refund": "NONE"}
    return [
        incoming(placed(order_id), f"{order_id}-placed"),
        incoming(captured(order_id), f"{order_id}-captured"),
        incoming(cancel(order_id, lines=line, **quiet), f"{order_id}-c1"),
        incoming(cancel(order_id, **quiet), f"{order_id}-c2"),
        incoming(cancel(order_id, **quiet), f"{order_id}-c3"),
        incoming(cancel(order_id, **quiet), f"{order_id}-c4"),
    ]


async def published(dsn: str) -> list[str]:
    """Return the message ids the store wants on the topic, in log order."""
    rows = await fetch(
        dsn,
        f"SELECT originator_id, originator_version FROM {EVENTS} WHERE topic = ANY($1)"
        " ORDER BY notification_id",
        list(PUBLISHES),
    )
    return [str(event_id(*row)) for row in rows]


async def until_published(servers: Servers, dsn: str, topic: str) -> None:
    """Wait until the topic holds as many messages as the store wants there."""
    wanted = len(await published(dsn))

    async def is_done() -> bool:
        return len(await servers.read_topic(topic)) >= wanted

    await until(is_done, what=f"{wanted} messages on {topic}")


async def assert_topic_is_store(servers: Servers, dsn: str, topic: str) -> None:
    """The topic holds every published fact once, and every partition is in log order."""
    wanted = await published(dsn)
    place = {message_id: number for number, message_id in enumerate(wanted)}
    records = await servers.read_topic(topic)
    found = [dict(record.headers)["ce_id"].decode() for record in records]
    assert len(found) == len(set(found)), "no message twice"
    assert set(found) == set(wanted), "no gap, and nothing else"
    for _, group in itertools.groupby(records, key=lambda record: record.partition):
        places = [place[dict(record.headers)["ce_id"].decode()] for record in group]
        assert places == sorted(places), "log order"
    partitions: dict[bytes, set[int]] = {}
    for record in records:
        partitions.setdefault(record.key, set()).add(record.partition)
    assert {len(used) for used in partitions.values()} == {1}, "one partition per order"


@asynccontextmanager
async def filling(processor: Processor[Any]) -> AsyncIterator[None]:
    """Add to the log all the time while the body runs."""
    is_over = asyncio.Event()

    async def fill() -> None:
        for number in itertools.count():
            if is_over.is_set():
                return
            await processor.process(story(f"load-{number}"))
            await asyncio.sleep(0.01)

    task = asyncio.create_task(fill())
    try:
        yield
    finally:
        is_over.set()
        await task


async def test_the_log_reaches_the_topic_once_and_in_order(
    servers: Servers, settings: KitSettings, processor: Processor[Any], database: str,
    target: Target,
) -> None:  # fmt: skip
    for number in range(ORDERS):
        await processor.process(story(f"{number}"))
    async with relaying(settings, **target._asdict()) as health:
        await until_published(servers, database, target.topic)
        await until(health.is_ready, what="the relay has told of its progress")
        for number in range(ORDERS, 2 * ORDERS):
            await processor.process(story(f"{number}"))
        await until_published(servers, database, target.topic)
    await assert_topic_is_store(servers, database, target.topic)
    assert len(await published(database)) == 2 * ORDERS * 6


async def test_a_relay_killed_at_random_under_load_loses_and_doubles_nothing(
    servers: Servers, processor: Processor[Any], database: str, target: Target
) -> None:
    chance = random.Random(20261102)
    async with ServiceProcess(servers, database, MODULE, *target) as relay, filling(processor):
        for _ in range(KILLS):
            await relay.until_ready()

            async def has_published() -> bool:
                return await relay.metric("countermand_messages_published_total") > 0

            await until(has_published, what="it publishes")
            await asyncio.sleep(chance.uniform(0, 0.4))
            assert relay.exit_code is None
            relay.kill()
            relay.start()
        await relay.until_ready()
    async with ServiceProcess(servers, database, MODULE, *target):
        await until_published(servers, database, target.topic)
    await assert_topic_is_store(servers, database, target.topic)


async def test_of_two_relays_one_leads_and_the_other_takes_over(
    servers: Servers, settings: KitSettings, processor: Processor[Any], database: str,
    target: Target,
) -> None:  # fmt: skip
    async with relaying(settings, **target._asdict()) as second:
        await until(second.is_ready, what="the first to come leads")
        async with relaying(settings, **target._asdict()) as other, filling(processor):
            await asyncio.sleep(1.5)
            assert second.is_ready()
            assert not other.is_ready()
            held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            own = " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            assert (await fetch(database, held + own))[0][0] == 1
    async with relaying(settings, **target._asdict()) as successor:
        await until(successor.is_ready, what="the successor leads")
        await processor.process(story("late"))
        await until_published(servers, database, target.topic)
    await assert_topic_is_store(servers, database, target.topic)


async def test_the_waiting_relay_leads_when_the_leader_dies(
    servers: Servers, settings: KitSettings, processor: Processor[Any], database: str,
    target: Target,
) -> None:  # fmt: skip
    async with ServiceProcess(servers, database, MODULE, *target) as leader, filling(processor):
        await leader.until_ready()
        async with relaying(settings, **target._asdict()) as waiting:
            await asyncio.sleep(0.5)
            assert not waiting.is_ready()
            leader.kill()
            took_s = await until(waiting.is_ready, what="the waiting one leads")
            assert took_s < 5
            await asyncio.sleep(0.5)
            await until_published(servers, database, target.topic)
    async with relaying(settings, **target._asdict()):
        await until_published(servers, database, target.topic)
    await assert_topic_is_store(servers, database, target.topic)


TERMINATE_LEADER = """
    SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


async def test_a_relay_that_slept_through_its_replacement_is_fenced(
    servers: Servers, settings: KitSettings, processor: Processor[Any], database: str,
    target: Target,
) -> None:  # fmt: skip
    for number in range(ORDERS):
        await processor.process(story(f"{number}"))
    async with ServiceProcess(servers, database, MODULE, *target, "1") as zombie:

        def is_asleep() -> bool:
            pid, status = os.waitpid(zombie.pid, os.WUNTRACED | os.WNOHANG)
            return pid == zombie.pid and os.WIFSTOPPED(status)

        await until(is_asleep, what="it stops between sending and committing")
        assert await servers.read_topic(target.topic) == []
        # It looks dead: its session is lost, and with it the lock.
        assert len(await fetch(database, TERMINATE_LEADER)) == 1
        async with relaying(settings, **target._asdict()) as successor:
            await until(successor.is_ready, what="the successor leads")
            await until_published(servers, database, target.topic)
            zombie.signal(signal.SIGCONT)
            await until(
                lambda: "relay.interrupted" in zombie.log.read_text(), what="the zombie noticed"
            )
            await processor.process(story("late"))
            await until_published(servers, database, target.topic)
            await asyncio.sleep(1)
            assert zombie.exit_code is None, "it goes back to waiting"
    assert "ProducerFenced" in zombie.log.read_text()
    await assert_topic_is_store(servers, database, target.topic)


async def test_an_empty_kafka_gets_the_whole_history_again(
    servers: Servers, settings: KitSettings, processor: Processor[Any], database: str,
    target: Target,
) -> None:  # fmt: skip
    for number in range(ORDERS):
        await processor.process(story(f"{number}"))
    async with relaying(settings, **target._asdict()):
        await until_published(servers, database, target.topic)
    empty = Target(await servers.topic("events", partitions=4), await servers.topic("positions"))
    async with relaying(settings, **empty._asdict()):
        await until_published(servers, database, empty.topic)
    for topic in (target.topic, empty.topic):
        await assert_topic_is_store(servers, database, topic)


async def test_a_log_that_was_set_back_is_refused_in_words(
    servers: Servers, settings: KitSettings, processor: Processor[Any], database: str,
    target: Target,
) -> None:  # fmt: skip
    await processor.process(story("1"))
    async with relaying(settings, **target._asdict()):
        await until_published(servers, database, target.topic)
    with servers.database() as restored:
        health = Health(SERVICE.name, settings.stuck_after_s)
        relay = build(servers.settings(restored), health, **target._asdict())
        wanted = r"position \d+, and the log ends at 0.*recovery\.md"
        with pytest.raises(SettingsError, match=wanted):
            await asyncio.wait_for(relay.run(), 30)


async def test_a_message_is_a_valid_cloudevent_that_tells_its_story(
    servers: Servers, settings: KitSettings, processor: Processor[Any], database: str,
    target: Target,
) -> None:  # fmt: skip
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    command = incoming(cancel("1", staff_note="sssh"), "the-command", traceparent=trace)
    await processor.process([incoming(placed("1"), "place"), incoming(captured("1"), "capture")])
    await processor.process([command._replace(correlation_id="the-story")])
    async with relaying(settings, **target._asdict()):
        await until_published(servers, database, target.topic)
    [record] = await servers.read_topic(target.topic)
    event = from_binary(KafkaMessage(dict(record.headers), record.key, record.value), JSONFormat())
    assert event.get_specversion() == "1.0"
    assert event.get_type() == OrderCancelled.TYPE
    assert event.get_source() == "/countermand/cancellation"
    assert event.get_id() == (await published(database))[0]
    assert event.get_subject() == "1"
    assert event.get_datacontenttype() == "application/json"
    assert event.get_time() is not None
    assert event.get_extension("partitionkey") == "1"
    assert event.get_extension("correlationid") == "the-story"
    assert event.get_extension("causationid") == "the-command"
    assert event.get_extension("traceparent") == trace
    message = OrderCancelled.model_validate(event.get_data())
    assert (message.order_id, message.command_id) == ("1", "the-command")
    assert b"sssh" not in record.value
