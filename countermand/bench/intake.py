"""Intake: command on Kafka → `OrderCancelled` readable on Kafka, ours and the raw limit.

Commands are laid onto the topic while the processes are held still; the clock runs from their
release until a committed reader has seen the last event.
"""

import time
import zlib
from typing import Any, NamedTuple

import asyncpg
from aiokafka import AIOKafkaProducer

from contracts.topics import CANCELLATION
from countermand.bench import orders, raw
from countermand.bench.world import CpuMeter, TopicCounter, World, paused
from countermand.upstream import open_upstream
from kit import tables
from kit.ids import stream_id

OURS = ("cancellation.consumer", "cancellation.consumer@1", "cancellation.relay")
"""Deciding is the most work, so each core has a consumer."""
WARM_UP_COUNT = 1_000


class Rate(NamedTuple):
    """One measurement."""

    per_s: float
    cpu_us: dict[str, float]
    """CPU per command, per process."""


async def measure_ours(world: World, prefix: str, count: int) -> Rate:
    """Measure the processes of the product."""
    dsn = world.endpoints.postgres_dsn
    await orders.store_orders(dsn, prefix, count)
    await orders.store_orders(dsn, f"warm-{prefix}", WARM_UP_COUNT)
    async with (
        world.processes(OURS) as supervisor,
        open_upstream(world.endpoints.kafka_bootstrap) as upstream,
        TopicCounter(
            world.endpoints.kafka_bootstrap, CANCELLATION.name, CANCELLATION.partitions
        ) as counter,
    ):
        await upstream.publish(orders.commands(f"warm-{prefix}", WARM_UP_COUNT))
        await counter.wait_for(WARM_UP_COUNT)
        pids = supervisor.pids()
        with paused(pids.values()):
            await upstream.publish(orders.commands(prefix, count))
            meter = CpuMeter({**pids, **world.server_pids()})
            started = time.perf_counter()
        await counter.wait_for(count)
        return Rate(count / (time.perf_counter() - started), meter.per_unit_us(count))


async def prepare_raw(world: World) -> None:
    """Make the raw limit's own tables and topics."""
    connection = await asyncpg.connect(world.endpoints.postgres_dsn)
    try:
        await connection.execute(f"CREATE SCHEMA {raw.SCHEMA}")
        for statement in (*tables.event_store(raw.SCHEMA), *tables.inbox(raw.SCHEMA)):
            await connection.execute(statement)
    finally:
        await connection.close()
    await world.create_topic(raw.COMMANDS, partitions=raw.PARTITIONS)
    await world.create_topic(raw.EVENTS, partitions=raw.PARTITIONS)
    await world.create_topic(raw.POSITIONS, partitions=1)


async def measure_raw(world: World, prefix: str, count: int) -> Rate:
    """Measure asyncpg and aiokafka alone."""
    dsn = world.endpoints.postgres_dsn
    await _store_raw_orders(dsn, prefix, count)
    more = {f"raw.{role}": ["countermand.bench.raw", role] for role in ("consumer", "relay")}
    async with (
        world.processes(more=more) as supervisor,
        TopicCounter(world.endpoints.kafka_bootstrap, raw.EVENTS, raw.PARTITIONS) as counter,
    ):
        await _publish_raw(world, f"{prefix}-warm", WARM_UP_COUNT)
        await counter.wait_for(WARM_UP_COUNT)
        pids = supervisor.pids()
        with paused(pids.values()):
            await _publish_raw(world, prefix, count)
            meter = CpuMeter({**pids, **world.server_pids()})
            started = time.perf_counter()
        await counter.wait_for(count)
        return Rate(count / (time.perf_counter() - started), meter.per_unit_us(count))


async def _store_raw_orders(dsn: str, prefix: str, count: int) -> None:
    """Copy streams of the same shape as ours: two rows of 780 and 400 bytes."""
    connection = await asyncpg.connect(dsn)
    try:
        records = [
            (stream_id(f"order:{prefix}-{n}"), version, "raw", b"x" * size)
            for n in range(count)
            for version, size in ((1, 780), (2, 400))
        ]
        await connection.copy_records_to_table(
            f"{raw.SCHEMA}_events", schema_name=raw.SCHEMA, records=records,
            columns=("originator_id", "originator_version", "topic", "state"),
        )  # fmt: skip
        await connection.execute(f"ANALYZE {raw.SCHEMA}.{raw.SCHEMA}_events")
    finally:
        await connection.close()


async def _publish_raw(world: World, prefix: str, count: int) -> None:
    producer: Any = AIOKafkaProducer(
        bootstrap_servers=world.endpoints.kafka_bootstrap, enable_idempotence=True, acks="all",
        max_batch_size=2_000_000, max_request_size=2_100_000,
    )  # fmt: skip
    await producer.start()
    try:
        for command in orders.commands(prefix, count):
            key = command.message.order_id.encode()  # type: ignore[attr-defined]
            await producer.send(
                raw.COMMANDS, command.message.model_dump_json().encode(), key=key,
                partition=zlib.crc32(key) % raw.PARTITIONS, headers=raw.HEADERS,
            )  # fmt: skip
        await producer.flush()
    finally:
        await producer.stop()
