"""Announced: orders placed and paid, on Kafka → known to every service and projected.

Most orders are never cancelled, so this is most of what a shop's machines do. Also what an order
and a cancellation take in store, which a shop pays for by the year.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import asyncpg

from contracts.orders import PaymentCaptured
from countermand.bench import orders, settled
from countermand.bench.intake import WARM_UP_COUNT, Rate
from countermand.bench.settled import until_projected
from countermand.bench.world import CpuMeter, World, paused
from countermand.upstream import Outgoing, open_upstream
from kit.postgres import OwnConnection

NAMES = (
    "cancellation.consumer", "cancellation.relay", "cancellation.projector",
    "inventory.consumer", "inventory.relay",
)  # fmt: skip
LOOK_S = 0.05


class Stored(NamedTuple):
    """Bytes in store."""

    postgres: int
    kafka: int


async def measure(world: World, prefix: str, count: int) -> tuple[Rate, Stored]:
    """Return orders per second, and what one order takes in store."""
    connection = await asyncpg.connect(world.endpoints.postgres_dsn)
    try:
        async with (
            world.processes(NAMES) as supervisor,
            open_upstream(world.endpoints.kafka_bootstrap) as upstream,
        ):
            before = await stored(world, connection)
            pids = supervisor.pids()
            with paused(pids.values()):
                await upstream.publish(facts(prefix, count))
                meter = CpuMeter({**pids, **world.server_pids()})
                started = time.perf_counter()
            await until_heard(connection, prefix, count)
            await until_projected(connection)
            rate = Rate(count / (time.perf_counter() - started), meter.per_unit_us(count))
            return rate, per_unit(before, await stored(world, connection), count)
    finally:
        await connection.close()


async def measure_cancelled(world: World, prefix: str, count: int) -> Stored:
    """Return what a cancelled order takes in store, all three legs done."""
    connection = await asyncpg.connect(world.endpoints.postgres_dsn)
    try:
        before = await stored(world, connection)
        await settled.measure(world, prefix, count, calls="in-process")
        return per_unit(before, await stored(world, connection), count + WARM_UP_COUNT)
    finally:
        await connection.close()


async def stored(world: World, connection: OwnConnection) -> Stored:
    """Return what is in store now."""
    await connection.execute("CHECKPOINT")
    size = await connection.fetchval("SELECT pg_database_size(current_database())")
    return Stored(int(size), _taken(world.directory / "kafka"))


def per_unit(before: Stored, after: Stored, count: int) -> Stored:
    """Return how much more one unit takes."""
    return Stored(
        round((after.postgres - before.postgres) / count),
        round((after.kafka - before.kafka) / count),
    )


def _taken(directory: Path) -> int:
    """Return the bytes of records; indexes are set aside in advance and would hide them."""
    return sum(file.stat().st_size for file in directory.rglob("*.log"))


def facts(prefix: str, count: int) -> Iterator[Outgoing]:
    """Return what makes so many orders known: each is placed and paid."""
    now = datetime.now(UTC)
    for n in range(count):
        order_id = f"{prefix}-{n}"
        yield Outgoing(f"{order_id}-placed", orders.placed(order_id, now))
        captured = PaymentCaptured(
            order_id=order_id, payment_id=f"pi_{order_id}", amount_minor=orders.TOTAL_MINOR,
            captured_at=now,
        )  # fmt: skip
        yield Outgoing(f"{order_id}-captured", captured)


async def until_heard(connection: OwnConnection, prefix: str, count: int) -> None:
    """Wait until two facts of every order are in the log, and each has its stock movements."""
    while True:
        heard = await connection.fetchval(
            "SELECT count(*) FROM cancellation.inbox WHERE message_id LIKE $1", f"{prefix}-%"
        )
        taken = await connection.fetchval(
            "SELECT count(*) FROM inventory.inbox WHERE message_id LIKE $1", f"{prefix}-%-placed"
        )
        if heard >= 2 * count and taken >= count:
            return
        await connection.execute("SELECT pg_sleep($1)", LOOK_S)
