"""Latency at an open-loop rate: from the moment a command is due until its last leg is home.

The schedule is fixed in advance and latency counts from it, so a stall is not hidden by sending
less. A cancellation is done when a reader of the store sees its completion, after its commit.
"""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import asyncpg
import orjson

from contracts.cancellation import CancelOrder
from countermand.bench import orders
from countermand.bench.settled import COMMON, REAL
from countermand.bench.world import World, median
from countermand.feed import register_payments
from countermand.upstream import Outgoing, open_upstream
from kit.postgres import Wakeup

WARM_UP_COUNT = 300

_STAGES = {
    "intake": ("cancellation", "order.cancelled.v1"),
    "refund asked": ("refunds", "refund.requested.v1"),
    "refund done": ("refunds", "refund.succeeded.v1"),
    "refund home": ("cancellation", "order.refund-reported.v1"),
    "restock done": ("inventory", "stock.restocked.v1"),
    "restock home": ("cancellation", "order.restock-reported.v1"),
    "mail asked": ("notifier", "notification.requested.v1"),
    "mail accepted": ("notifier", "notification.accepted.v1"),
    "mail home": ("cancellation", "order.notification-reported.v1"),
    "completed": ("cancellation", "order.cancellation-completed.v1"),
}
"""Stage, and the fact that ends it; times are medians since the command was due."""


async def measure(
    world: World, *, rate_per_s: int, seconds: int
) -> tuple[list[float], dict[str, float]]:
    """Return all latencies in ms, sorted, and the median moment each stage is reached, in ms."""
    count = rate_per_s * seconds + WARM_UP_COUNT
    prefix = f"latency-{rate_per_s}"
    await orders.store_orders(world.endpoints.postgres_dsn, prefix, count)
    if world.endpoints.payments_url:
        await register_payments(world.endpoints.payments_url, orders.payments(prefix, count))
    async with (
        world.processes(COMMON + REAL),
        open_upstream(world.endpoints.kafka_bootstrap) as upstream,
    ):
        await asyncio.sleep(2)  # let the projector and the relays reach the end of the log
        done: dict[str, float] = {}
        watching = asyncio.create_task(_watch(world.endpoints.postgres_dsn, prefix, done))
        due = await _send(upstream, prefix, count, rate_per_s)
        async with asyncio.timeout(60):
            while len(done) < count:  # noqa: ASYNC110 - filled by the task above
                await asyncio.sleep(0.1)
        watching.cancel()
    measured = [f"{prefix}-{n}" for n in range(WARM_UP_COUNT, count)]
    latencies = sorted((done[order] - due[order]) * 1000 for order in measured)
    return latencies, await _stages(world.endpoints.postgres_dsn, measured, due)


async def _send(upstream: Any, prefix: str, count: int, rate_per_s: int) -> dict[str, float]:
    """Send on schedule; returns when each command was due, in Unix seconds."""
    due: dict[str, float] = {}
    start = time.time() + 0.2
    sending: set[asyncio.Task[Any]] = set()
    for n in range(count):
        at = start + n / rate_per_s
        await asyncio.sleep(max(0.0, at - time.time()))
        order_id = f"{prefix}-{n}"
        due[order_id] = at
        command = CancelOrder(order_id=order_id, reason="CUSTOMER", requested_by="bench")
        task = asyncio.create_task(upstream.publish([Outgoing(f"{order_id}-cancel", command)]))
        sending.add(task)
        task.add_done_callback(sending.discard)
    await asyncio.gather(*sending)
    return due


async def _watch(dsn: str, prefix: str, done: dict[str, float]) -> None:
    """Note when each completion becomes visible."""
    wakeup = Wakeup(dsn, "cancellation_events", poll_s=0.05)
    listener = asyncio.create_task(wakeup.listen())
    connection = await asyncpg.connect(dsn)
    position = await connection.fetchval(
        "SELECT max(notification_id) FROM cancellation.cancellation_events"
    )
    try:
        while True:
            rows = await connection.fetch(
                "SELECT notification_id, topic, state FROM cancellation.cancellation_events"
                " WHERE notification_id > $1 ORDER BY notification_id",
                position,
            )
            now = time.time()
            for row in rows:
                if row[1] == "order.cancellation-completed.v1":
                    order_id = orjson.loads(row[2])["fact"]["order_id"]
                    if order_id.startswith(prefix):
                        done[order_id] = now
            if rows:
                position = rows[-1][0]
            await wakeup.wait()
    finally:
        listener.cancel()
        await connection.close()


async def _stages(dsn: str, order_ids: list[str], due: dict[str, float]) -> dict[str, float]:
    wanted = set(order_ids)
    stages: dict[str, float] = {}
    connection = await asyncpg.connect(dsn)
    try:
        for stage, (service, name) in _STAGES.items():
            since = []
            for row in await connection.fetch(
                f"SELECT state FROM {service}.{service}_events WHERE topic = $1"
                " ORDER BY notification_id DESC LIMIT $2",
                name, len(order_ids) + WARM_UP_COUNT,
            ):  # fmt: skip
                stored = orjson.loads(row[0])
                fact = stored["fact"]
                order_id = fact.get("order_id") or fact["message"]["order_id"]
                if order_id in wanted:
                    at = datetime.fromisoformat(stored["cause"]["recorded_at"])
                    since.append((at.astimezone(UTC).timestamp() - due[order_id]) * 1000)
            stages[stage] = round(median(since), 1)
    finally:
        await connection.close()
    return stages
