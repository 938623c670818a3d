"""The real consumer on a real Kafka: poison, crashes and absences, and what reaches PostgreSQL."""

import asyncio
import itertools
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from faststream import AckPolicy

from kit import consumer as kit_consumer
from kit.metrics import LAG, SKIPPED
from kit.postgres import open_pool
from kit.settings import KitSettings
from services.cancellation.bootstrap import SERVICE
from tests.support.consuming import consuming
from tests.support.messages import headers, placed, record
from tests.support.poison import broken, with_header
from tests.support.processes import ServiceProcess
from tests.support.proxy import proxied
from tests.support.stack import Servers, count, fetch, until

pytestmark = pytest.mark.integration

EVENTS = "cancellation.cancellation_events"
INBOX = "cancellation.inbox"
DEAD_LETTERS = "cancellation.dead_letters"

_groups = (f"test-consumer-{number}" for number in itertools.count())


async def committed(servers: Servers, group: str) -> dict[TopicPartition, int]:
    """Return a group's committed offsets."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers.kafka_bootstrap)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(group)
        return {partition: meta.offset for partition, meta in offsets.items()}
    finally:
        await admin.close()


async def test_a_message_of_a_type_nobody_listens_to_is_skipped_and_counted(
    servers: Servers, settings: KitSettings, database: str, producer: Any
) -> None:
    topic, group = await servers.topic("orders"), next(_groups)
    async with open_pool(database, name="test") as pool:
        process = SERVICE.processor(settings, pool).process
        async with consuming(settings, group=group, topics=[topic], process=process):
            await producer.send(topic, **with_header("1", "ce_type", b"order.archived.v1"))
            await producer.send_and_wait(topic, **record(placed("2"), "m2"))

            async def is_done() -> bool:
                return await count(database, INBOX) == 1

            await until(is_done, what="the good message is handled")
            await until(
                lambda: SKIPPED.labels(group, "order.archived.v1")._value.get() == 1,
                what="the other is counted",
            )
    assert await count(database, DEAD_LETTERS) == 0


async def test_offsets_are_committed_only_after_the_transaction(
    servers: Servers, settings: KitSettings, database: str, producer: Any
) -> None:
    topic, group = await servers.topic("orders"), next(_groups)
    has_begun, may_end = asyncio.Event(), asyncio.Event()
    async with open_pool(database, name="test") as pool:
        processor = SERVICE.processor(settings, pool)

        async def process(messages: Any, **more: Any) -> Any:
            has_begun.set()
            await may_end.wait()
            return await processor.process(messages, **more)

        async with consuming(settings, group=group, topics=[topic], process=process):
            await producer.send_and_wait(topic, **record(placed("1"), "m1"))
            await has_begun.wait()
            await asyncio.sleep(2.5 * kit_consumer.COMMIT_EVERY_S)
            assert (await committed(servers, group)).get(TopicPartition(topic, 0), 0) == 0
            may_end.set()

            async def is_committed() -> bool:
                return (await committed(servers, group)).get(TopicPartition(topic, 0)) == 1

            await until(is_committed, what="the offset is committed")
    assert await count(database, INBOX) == 1


async def test_a_backlog_is_handled_whatever_becomes_of_reading_ahead(
    servers: Servers, settings: KitSettings, database: str, producer: Any
) -> None:
    topic, group, asked = await servers.topic("orders"), next(_groups), []
    for number in range(3 * kit_consumer.FULL):
        await producer.send(topic, **record(placed(f"{number}"), f"m{number}"))
    await producer.flush()

    async def fail(messages: Any) -> None:
        asked.append(len(messages))
        raise LookupError

    async with open_pool(database, name="test") as pool:
        process: Any = SERVICE.processor(settings, pool).process
        async with consuming(
            settings, group=group, topics=[topic], process=process, read_ahead=fail
        ):

            async def is_handled() -> bool:
                return await count(database, EVENTS) == 3 * kit_consumer.FULL

            await until(is_handled, what="the backlog is handled")
    assert asked
    assert min(asked) >= kit_consumer.FULL


async def test_what_is_delivered_again_after_a_crash_is_absorbed_and_counted(
    servers: Servers, database: str, producer: Any
) -> None:
    topic, group = await servers.topic("orders", partitions=2), next(_groups)
    module = "tests.support.consuming"
    for number in range(200):
        await producer.send(topic, **record(placed(f"{number}"), f"m{number}"))
        if number % 20 == 0:
            await producer.send(topic, **broken(f"poison-{number}", value=b"{"))
    await producer.flush()

    async def is_handled() -> bool:
        return await count(database, INBOX) == 200 and await count(database, DEAD_LETTERS) == 10

    async with ServiceProcess(servers, database, module, group, "3600", topic) as first:
        await until(is_handled, what="everything handled once")
        assert sum((await committed(servers, group)).values()) == 0
        first.kill()
    async with ServiceProcess(servers, database, module, group, "0.1", topic) as second:
        await second.until_ready()

        async def is_absorbed() -> bool:
            return await second.metric("countermand_duplicates_absorbed_total") == 200

        await until(is_absorbed, what="every repetition counted")

        async def is_committed() -> bool:
            return sum((await committed(servers, group)).values()) == 210

        await until(is_committed, what="the offsets are committed")
    assert await count(database, EVENTS) == 200
    assert await is_handled()


async def test_the_client_is_configured_as_the_design_demands(
    servers: Servers, settings: KitSettings, database: str
) -> None:
    """What FastStream does not know it drops in silence, so the client itself is asked."""
    topic, group = await servers.topic("orders"), next(_groups)
    async with open_pool(database, name="test") as pool:
        process = SERVICE.processor(settings, pool).process
        async with consuming(settings, group=group, topics=[topic], process=process) as (
            consumer,
            _,
            _,
        ):
            client: Any = consumer._subscriber.consumer
            effective = {
                "ack_policy": consumer._subscriber.ack_policy,
                "enable_auto_commit": client._enable_auto_commit,
                "isolation_level": client._isolation_level,
                "auto_offset_reset": client._auto_offset_reset,
                "group_id": client._group_id,
                "group_instance_id": client._group_instance_id,
                "session_timeout_ms": client._session_timeout_ms,
                "heartbeat_interval_ms": client._heartbeat_interval_ms,
                "max_poll_interval_ms": client._coordinator._max_poll_interval,
                "max_partition_fetch_bytes": client._max_partition_fetch_bytes,
                "fetch_max_wait_ms": client._fetch_max_wait_ms,
            }
    assert effective == {
        "ack_policy": AckPolicy.MANUAL,
        "enable_auto_commit": False,
        "isolation_level": "read_committed",
        "auto_offset_reset": "earliest",
        "group_id": group,
        "group_instance_id": f"{group}-{settings.instance}",
        "session_timeout_ms": 30_000,
        "heartbeat_interval_ms": 1_000,
        "max_poll_interval_ms": 600.0,
        "max_partition_fetch_bytes": 2_097_152,
        "fetch_max_wait_ms": 500,
    }


async def test_an_idle_consumer_of_a_transactional_topic_has_no_lag_and_is_not_stuck(
    servers: Servers, settings: KitSettings, database: str
) -> None:
    """The markers that end transactions take offsets which no record ever fills."""
    topic, group = await servers.topic("orders"), next(_groups)
    producer = AIOKafkaProducer(
        bootstrap_servers=servers.kafka_bootstrap, transactional_id=f"tx-{group}"
    )
    await producer.start()
    try:
        async with open_pool(database, name="test") as pool:
            process = SERVICE.processor(settings, pool).process
            async with consuming(settings, group=group, topics=[topic], process=process) as (
                _,
                _,
                health,
            ):
                for number in range(3):
                    async with producer.transaction():
                        await producer.send(topic, **record(placed(f"{number}"), f"m{number}"))

                async def is_handled() -> bool:
                    return await count(database, INBOX) == 3

                await until(is_handled, what="all handled")
                await asyncio.sleep(3)
                assert health.loops["consumer"].waited_s() == 0
                assert LAG.labels(group, "consumer")._value.get() == 0
    finally:
        await producer.stop()


async def test_lag_shows_what_waits_while_a_batch_takes_its_time(
    servers: Servers, settings: KitSettings, producer: Any
) -> None:
    topic, group = await servers.topic("orders"), next(_groups)
    may_end = asyncio.Event()

    async def process(messages: Any, **_: Any) -> Any:
        await may_end.wait()
        return []

    lag = LAG.labels(group, "consumer")
    small = settings.model_copy(update={"batch_max": 10})
    async with consuming(small, group=group, topics=[topic], process=process) as (_, _, health):
        for number in range(50):
            await producer.send(topic, **record(placed(f"{number}"), f"m{number}"))
        await producer.flush()
        await until(lambda: lag._value.get() == 50, what="50 messages wait")
        assert health.loops["consumer"].waited_s() > 0
        may_end.set()
        await until(lambda: lag._value.get() == 0, what="none waits")
        assert health.loops["consumer"].waited_s() == 0


async def test_postgres_going_away_for_seconds_loses_nothing_and_ends_nobody(
    servers: Servers, settings: KitSettings, database: str, producer: Any
) -> None:
    topic, group = await servers.topic("orders"), next(_groups)
    async with proxied(database) as (proxy, dsn), open_pool(dsn, name="test") as pool:
        process = SERVICE.processor(settings, pool).process
        async with consuming(settings, group=group, topics=[topic], process=process) as (
            _,
            task,
            _,
        ):
            for number in range(300):
                await producer.send(topic, **record(placed(f"{number}"), f"m{number}"))
                if number == 100:
                    proxy.is_away = True
                    proxy.cut()
                await asyncio.sleep(0.01)
            await producer.flush()
            before = await count(database, INBOX)
            assert before < 300
            assert (await committed(servers, group)).get(TopicPartition(topic, 0), 0) <= before
            proxy.is_away = False

            async def is_done() -> bool:
                return await count(database, INBOX) == 300

            await until(is_done, what="all handled")
            assert not task.done()
    assert await count(database, EVENTS) == 300
    assert await count(database, DEAD_LETTERS) == 0


async def test_headers_of_good_messages_reach_the_store(
    servers: Servers, settings: KitSettings, database: str, producer: Any
) -> None:
    topic, group = await servers.topic("orders"), next(_groups)
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    order = placed("1")
    sent = {**record(order, "m1"), "headers": headers(order, "m1", traceparent=trace)}
    async with open_pool(database, name="test") as pool:
        process = SERVICE.processor(settings, pool).process
        async with consuming(settings, group=group, topics=[topic], process=process):
            await producer.send_and_wait(topic, **sent)

            async def is_done() -> bool:
                return await count(database, EVENTS) == 1

            await until(is_done, what="the fact is stored")
    [row] = await fetch(database, f"SELECT topic, state FROM {EVENTS}")
    _, cause = SERVICE.store.mapper.read_body(*row)
    assert (cause.message_id, cause.correlation_id, cause.traceparent) == ("m1", "m1", trace)
