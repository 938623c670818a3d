"""Settled: command on Kafka → all three legs recorded, come home and projected."""

import time
from typing import Literal

import asyncpg

from countermand.bench import orders
from countermand.bench.intake import WARM_UP_COUNT, Rate
from countermand.bench.world import CpuMeter, World, paused
from countermand.feed import register_payments
from countermand.progress import ProgressReader
from countermand.upstream import open_upstream
from kit.postgres import OwnConnection

COMMON = (
    "cancellation.consumer", "cancellation.relay", "cancellation.projector",
    "inventory.consumer", "inventory.relay",
    "refunds.consumer", "refunds.relay", "notifier.consumer", "notifier.relay",
)  # fmt: skip
REAL = ("refunds.worker", "notifier.worker")
INSTANT = {
    "bench.refunds": ["countermand.bench.instant", "refunds"],
    "bench.notifier": ["countermand.bench.instant", "notifier"],
}


async def measure(
    world: World, prefix: str, count: int, *, calls: Literal["in-process", "real"]
) -> Rate:
    """Measure with the outside calls answered in-process, or every one real."""
    dsn = world.endpoints.postgres_dsn
    warm = f"warm-{prefix}"
    for name, size in ((prefix, count), (warm, WARM_UP_COUNT)):
        await orders.store_orders(dsn, name, size)
        if world.endpoints.payments_url:
            await register_payments(world.endpoints.payments_url, orders.payments(name, size))
    names = COMMON if calls == "in-process" else COMMON + REAL
    more = INSTANT if calls == "in-process" else None
    connection = await asyncpg.connect(dsn)
    try:
        async with (
            world.processes(names, more=more) as supervisor,
            open_upstream(world.endpoints.kafka_bootstrap) as upstream,
        ):
            reader = await ProgressReader.open(connection)
            await upstream.publish(orders.commands(warm, WARM_UP_COUNT))
            await reader.wait_until(lambda p: p.completed >= WARM_UP_COUNT)
            await until_projected(connection)
            reader = await ProgressReader.open(connection)
            pids = supervisor.pids()
            consumer = [pids["cancellation.consumer"]]
            with paused(consumer):
                await upstream.publish(orders.commands(prefix, count))
                meter = CpuMeter({**pids, **world.server_pids()})
                started = time.perf_counter()
            await reader.wait_until(lambda p: p.completed >= count, every_s=0.1)
            await until_projected(connection)
            return Rate(count / (time.perf_counter() - started), meter.per_unit_us(count))
    finally:
        await connection.close()


async def until_projected(connection: OwnConnection) -> None:
    """Wait until the read models are where the log is."""
    head = await connection.fetchval(
        "SELECT max(notification_id) FROM cancellation.cancellation_events"
    )
    while True:
        position = await connection.fetchval(
            "SELECT position FROM cancellation.projection_cursors WHERE projection = 'orders'"
        )
        if position is not None and position >= head:
            return
        await connection.execute("SELECT pg_sleep(0.02)")
