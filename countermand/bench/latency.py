"""Latency at an open-loop rate: from the moment a command is due until its last leg is home.

The schedule is fixed in advance and latency counts from it, so a stall is not hidden by sending
less. A cancellation is done when a reader of the store sees its completion, after its commit.
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import orjson

from contracts.cancellation import CancelOrder
from countermand.bench import orders
from countermand.bench.settled import COMMON, REAL
from countermand.bench.world import CLOCK_TICKS, CpuMeter, World, median
from countermand.feed import register_payments
from countermand.upstream import Outgoing, open_upstream
from kit.postgres import Wakeup

WARM_UP_S = 3

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


class Latency(NamedTuple):
    """What one rate came to."""

    rate_per_s: int
    ms: list[float]
    """From due to home, sorted."""
    stages_ms: dict[str, float]
    """The median moment each stage is reached, since the command was due."""
    cpu_us: dict[str, float]
    """Per command and process, servers included."""
    cores: float
    """Cores of the machine that were busy, with whatever: sender, mail server and provider too."""

    def quantile_ms(self, share: float) -> float:
        """Return the time that such a share of the commands did not exceed."""
        return round(self.ms[int(len(self.ms) * share)], 1)

    def figures(self) -> dict[str, float]:
        """Return it in short."""
        return {
            "rate_per_s": self.rate_per_s, "p50_ms": self.quantile_ms(0.5),
            "p99_ms": self.quantile_ms(0.99), "cores": self.cores,
        }  # fmt: skip


async def measure(world: World, *, rate_per_s: int, seconds: int) -> Latency:
    """Send at a rate for so many seconds, after a few that are not counted."""
    warm_up = rate_per_s * WARM_UP_S
    count = warm_up + rate_per_s * seconds
    prefix = f"latency-{rate_per_s}"
    await orders.store_orders(world.endpoints.postgres_dsn, prefix, count)
    if world.endpoints.payments_url:
        await register_payments(world.endpoints.payments_url, orders.payments(prefix, count))
    async with (
        world.processes(COMMON + REAL) as supervisor,
        open_upstream(world.endpoints.kafka_bootstrap) as upstream,
    ):
        await asyncio.sleep(2)  # let the projector and the relays reach the end of the log
        done: dict[str, float] = {}
        watching = asyncio.create_task(_watch(world.endpoints.postgres_dsn, prefix, done))
        pids = {**supervisor.pids(), **world.server_pids()}
        due = await _send(upstream, prefix, range(warm_up), rate_per_s)
        meter, started, busy = CpuMeter(pids), time.monotonic(), _busy_s()
        due |= await _send(upstream, prefix, range(warm_up, count), rate_per_s)
        cpu_us = meter.per_unit_us(rate_per_s * seconds)
        cores = (_busy_s() - busy) / (time.monotonic() - started)
        async with asyncio.timeout(60):
            while len(done) < count:  # noqa: ASYNC110 - filled by the task above
                await asyncio.sleep(0.1)
        watching.cancel()
    measured = [f"{prefix}-{n}" for n in range(warm_up, count)]
    ms = sorted((done[order] - due[order]) * 1000 for order in measured)
    stages_ms = await _stages(world.endpoints.postgres_dsn, measured, due)
    return Latency(rate_per_s, ms, stages_ms, cpu_us, round(cores, 2))


def _busy_s() -> float:
    """Return the seconds that all cores together have spent on anything."""
    fields = [int(f) for f in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / CLOCK_TICKS


async def _send(upstream: Any, prefix: str, numbers: range, rate_per_s: int) -> dict[str, float]:
    """Send on schedule; returns when each command was due, in Unix seconds."""
    due: dict[str, float] = {}
    start = time.time()
    sending: set[asyncio.Task[Any]] = set()
    for place, n in enumerate(numbers):
        at = start + place / rate_per_s
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


async def _stages(dsn: str, order_ids: list[str], due: Mapping[str, float]) -> dict[str, float]:
    wanted = set(order_ids)
    stages: dict[str, float] = {}
    connection = await asyncpg.connect(dsn)
    try:
        for stage, (service, name) in _STAGES.items():
            since = []
            for row in await connection.fetch(
                f"SELECT state FROM {service}.{service}_events WHERE topic = $1"
                " ORDER BY notification_id DESC LIMIT $2",
                name, 2 * len(order_ids),
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
