"""The whole way over event stores of one log and of several, each run compared book by book.

A run has servers of its own, and a deciding consumer and a relay for every log. One machine shares
its cores out over all of them, so the figures show what several logs cost; what they are worth
shows where each process has a core to itself.
"""

import os
import time
from collections.abc import Sequence
from typing import Any

import asyncpg

from countermand.bench import announced, orders
from countermand.bench.settled import REAL, until_projected
from countermand.bench.world import CpuMeter, World, open_world, paused
from countermand.feed import register_payments
from countermand.progress import ProgressReader
from countermand.screen import print_rows, say
from countermand.specs import SPECS
from countermand.upstream import open_upstream
from countermand.verify.report import verify
from kit.postgres import OwnConnection
from sharding.homes import logs_of

DECIDING = "cancellation.consumer"


def names_of(shards: int) -> list[str]:
    """Return the processes of a run."""
    further = range(1, shards)
    consumers = [*(f"{name}.consumer" for name in SPECS), *(f"{DECIDING}@{n}" for n in further)]
    relays = [f"{name}.relay" for name in SPECS]
    relays += [f"{relay}@{n}" for n in further for relay in relays]
    return [*consumers, *relays, *REAL, "cancellation.projector"]


async def run(*, order_count: int, counts: Sequence[int]) -> dict[str, Any]:
    """Measure each number of logs and return the figures; prints them for people too."""
    runs: list[dict[str, Any]] = []
    for shards in counts:
        say(f"{shards} log{'s' * (shards > 1)}: {order_count:,} orders cancelled, every call real")
        async with open_world(consumers=shards, shards=shards) as world:
            runs.append(await _measure(world, shards, order_count))
    for one in runs:
        one["of_first"] = round(one["settled_per_s"] / runs[0]["settled_per_s"], 2)
    print_rows(
        "Event stores of several logs",
        ("Logs", "Decided/s", "Settled/s", "Of the first", "Facts/s of each log", "All books"),
        [
            (
                one["shards"], f"{one['decided_per_s']:,}", f"{one['settled_per_s']:,}",
                one["of_first"],
                ", ".join(f"{log['facts_per_s']:,}" for log in one["logs"]),
                "agree" if one["verify_ok"] else "do not agree",
            )
            for one in runs
        ],
    )  # fmt: skip
    return {"orders": order_count, "cores": os.cpu_count(), "runs": runs}


async def _measure(world: World, shards: int, count: int) -> dict[str, Any]:
    endpoints, prefix = world.endpoints, "shards"
    if endpoints.payments_url:
        await register_payments(endpoints.payments_url, orders.payments(prefix, count))
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    try:
        async with (
            world.processes(names_of(shards)) as supervisor,
            open_upstream(endpoints.kafka_bootstrap) as upstream,
        ):
            await upstream.publish(announced.facts(prefix, count))
            await announced.until_heard(connection, prefix, count)
            await until_projected(connection)
            before = await _facts(connection, shards)
            reader = await ProgressReader.open(connection)
            pids = supervisor.pids()
            deciding = [pid for name, pid in pids.items() if name.startswith(DECIDING)]
            with paused(deciding):
                await upstream.publish(orders.commands(prefix, count))
                meter = CpuMeter({**pids, **world.server_pids()})
                started = time.perf_counter()
            await reader.wait_until(lambda p: p.answered >= count, every_s=0.02)
            decided_s = time.perf_counter() - started
            await reader.wait_until(lambda p: p.completed >= count, every_s=0.1)
            await until_projected(connection)
            settled_s = time.perf_counter() - started
            cpu_us = meter.per_unit_us(count)
            after = await _facts(connection, shards)
            books = await verify(endpoints, lambda _: None)
    finally:
        await connection.close()
    return {
        "shards": shards,
        "processes": len(names_of(shards)),
        "decided_per_s": round(count / decided_s),
        "settled_per_s": round(count / settled_s),
        "logs": [
            {"log": log, "facts": after[log] - before[log],
             "facts_per_s": round((after[log] - before[log]) / settled_s)}
            for log in after
        ],
        "cpu_us": cpu_us,
        "verify_ok": books.is_ok,
        "mismatches": books.to_json()["mismatches"],
    }  # fmt: skip


async def _facts(connection: OwnConnection, shards: int) -> dict[str, int]:
    return {
        log: await connection.fetchval(f"SELECT count(*) FROM {log}.{log}_events")
        for log in logs_of("cancellation", shards)
    }
