"""A large shop read at a fixed rate: lists, searches, filters, details, figures, and the console.

Also how fresh what is read is while all that is asked: from a command to its effect in a read.
"""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import httpx2
import orjson

from countermand.bench import years
from countermand.bench.questions import Asked, figures_asked, orders_asked
from countermand.bench.visitor import ROLE, Visitor, let_in
from countermand.bench.world import World, helper, open_world
from countermand.endpoints import Endpoints
from countermand.errors import KnownError
from countermand.screen import print_rows, say, steps
from deploy.local.processes import url
from services.cancellation.projections.orders import OrdersProjection

PROCESSES = ("cancellation.api", "cancellation.projector", "console.web")
GOAL_MS, FIGURES_GOAL_MS, FRESH_GOAL_S = 50.0, 300.0, 2.0
FIGURES_PER_S = 5
"""Whoever looks at figures looks at them."""

COMMANDS_PER_S = 5
TENTHS_BELOW_MS = 10

MIXED_FACTOR = 4
"""The mixed load lasts so many times as long as each kind."""


_OPEN = """
    SELECT order_id FROM cancellation.order_summaries WHERE state = 'PLACED' AND version = 2
    ORDER BY placed_at DESC LIMIT $1"""
"""Orders that were paid, and nothing else."""


class Door(NamedTuple):
    """Where it is asked, and who asks."""

    url: str
    headers: dict[str, str]


class Pace(NamedTuple):
    """How fast something is asked, for how long, and how soon it should be answered."""

    rate: int
    seconds: int
    goal_ms: float


class Measured(NamedTuple):
    """How long answers took, in milliseconds since they were due."""

    what: str
    per_s: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    late_ms: float
    """How much later than due the 99th of 100 was sent; large when the asker was the bottleneck."""
    kb: float
    goal_ms: float
    load: float
    """Load average of the machine."""

    @property
    def is_met(self) -> bool:
        """True when it is as quick as wanted."""
        return self.p99_ms <= self.goal_ms


async def run(
    *, file: Path, order_count: int, rate: int, seconds: int, keep: Path | None
) -> dict[str, Any]:
    """Fill a shop unless it is there, measure, and return the figures; prints them for people."""
    async with open_world(keep) as world:
        endpoints = world.endpoints
        facts = await _fill(endpoints, file, order_count)
        async with world.processes(PROCESSES):
            measured, fresh = await _measure(world, rate, seconds)
    show(order_count, measured, fresh)
    return {
        "orders": order_count,
        "facts": facts,
        "rate_per_s": rate,
        "fresh_p99_s": fresh[0],
        "fresh_max_s": fresh[1],
        "ok": all(one.is_met for one in measured) and fresh[1] <= FRESH_GOAL_S,
        "measured": [one._asdict() for one in measured],
    }


async def _fill(endpoints: Endpoints, file: Path, order_count: int) -> int:
    """Fill the shop as far as it is not; returns how many facts it has."""
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    try:
        there = await connection.fetchval("SELECT count(*) FROM cancellation.order_summaries")
        if there > order_count:
            raise KnownError(f"The shop kept there has {there:,} orders. Choose another directory.")
        version = await connection.fetchval(
            "SELECT version FROM cancellation.projection_cursors WHERE projection = 'orders'"
        )
        if there < order_count or version != max(OrdersProjection.versions):
            started = time.perf_counter()
            with steps() as on_step:
                if there < order_count:
                    await years.fill(endpoints.settings(), file, order_count, on_step)
                else:
                    await years.project(endpoints.settings(), on_step)
            await connection.execute("VACUUM ANALYZE")
            await connection.execute("CHECKPOINT")
            say(f"Filled in {time.perf_counter() - started:,.0f} s.")
        return int(
            await connection.fetchval("SELECT max(position) FROM cancellation.projection_cursors")
        )
    finally:
        await connection.close()


async def _measure(
    world: World, rate: int, seconds: int
) -> tuple[list[Measured], tuple[float, float]]:
    endpoints = world.endpoints
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    try:
        count = await connection.fetchval("SELECT count(*) FROM cancellation.order_summaries")
        orders = await orders_asked(connection, count)
        open_ones = await connection.fetch(_OPEN, COMMANDS_PER_S * seconds * MIXED_FACTOR)
    finally:
        await connection.close()
    api, console = endpoints.api_url, url(world.stack.ports.console)
    quick, slow = Pace(rate, seconds, GOAL_MS), Pace(FIGURES_PER_S, seconds, FIGURES_GOAL_MS)
    visitor = await let_in(endpoints.postgres_dsn, console)
    at_api, at_console = Door(api, visitor.api), Door(console, visitor.console)
    found = [
        await _ask(door, what, paths, pace)
        for door, pace, asked in (
            (at_api, quick, orders), (at_api, slow, figures_asked()),
            (at_console, slow, _pages(orders)),
        )
        for what, paths in asked.items()
    ]  # fmt: skip
    mixed = [paths[n % len(paths)] for n in range(50) for paths in orders.values()]
    long = quick._replace(seconds=seconds * MIXED_FACTOR)
    loaded, times = await asyncio.gather(
        _ask(at_api, "all of it, with commands", mixed, long),
        _command(at_api, visitor, [row["order_id"] for row in open_ones]),
    )
    return [*found, loaded], (_share(times, 0.99), times[-1])


def _pages(orders: Asked) -> Asked:
    """Return what the console shows of it."""
    return {
        "console: list": ["/orders"],
        "console: search": [p.replace("/v1", "") for p in orders["search: word of a title"]],
        "console: order": [p.replace("/v1", "") for p in orders["order"]],
        "console: numbers": ["/numbers", "/numbers?by=PRODUCT", "/numbers?by=COUNTRY"],
    }


async def _ask(door: Door, what: str, paths: Sequence[str], pace: Pace) -> Measured:
    """Ask from a process of its own."""
    say(f"[dim]{what}[/]")
    rate, seconds, goal_ms = pace
    plan = {**door._asdict(), "paths": paths, "rate": rate, "seconds": seconds}
    pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
    async with helper(sys.executable, "-m", "countermand.bench.load", **pipes) as process:
        out, _ = await process.communicate(orjson.dumps(plan))
    if process.returncode:
        raise KnownError(f"{what}: the load ended with {process.returncode}.")
    told = orjson.loads(out)
    if told["refused"]:
        raise KnownError(f"{what}: {told['refused'][0]}")
    times = told["ms"]
    return Measured(
        what, rate, _share(times, 0.5), _share(times, 0.99), round(times[-1], 1),
        _share(told["late_ms"], 0.99), round(told["bytes"] / 1024, 1), goal_ms,
        round(os.getloadavg()[0], 1),
    )  # fmt: skip


def _share(times: Sequence[float], share: float) -> float:
    return round(times[min(len(times) - 1, int(len(times) * share))], 3)


async def _command(door: Door, visitor: Visitor, order_ids: Sequence[str]) -> list[float]:
    """Cancel orders while the load runs; returns after how many seconds each is read as such."""
    times: list[float] = []
    actor = {"type": "STAFF", "id": visitor.name, "role": ROLE}
    async with httpx2.AsyncClient(
        base_url=door.url, headers=door.headers, trust_env=False, timeout=30
    ) as client:

        async def one(order_id: str) -> None:
            body = {"reason": "CUSTOMER", "actor": actor}
            started = time.perf_counter()
            answer = await client.post(
                f"/v1/orders/{order_id}/cancellations", json=body,
                headers={"Idempotency-Key": f"bench-{order_id}"},
            )  # fmt: skip
            then = {"min_position": answer.json()["position"]}
            read = await client.get(f"/v1/orders/{order_id}", params=then)
            if read.json()["order"]["state"] != "CANCELLED":
                raise KnownError(f"Order {order_id} was cancelled and is not read as such.")
            times.append(time.perf_counter() - started)

        tasks = []
        for order_id in order_ids:
            tasks.append(asyncio.create_task(one(order_id)))
            await asyncio.sleep(1 / COMMANDS_PER_S)
        await asyncio.gather(*tasks)
    return sorted(times)


def show(order_count: int, measured: Sequence[Measured], fresh: tuple[float, float]) -> None:
    """Show it to a person, in a terminal of 80 columns; `--json` tells more of each kind."""
    print_rows(
        f"{order_count:,} orders read, times in ms",
        ("What", "/s", "p50", "p99", "Longest", "Goal", "Load", ""),
        [
            (one.what, f"{one.per_s:g}", *map(_ms, (one.p50_ms, one.p99_ms, one.max_ms)),
             _ms(one.goal_ms), one.load, "✓" if one.is_met else "✗")
            for one in measured
        ],
    )  # fmt: skip
    say(f"A command's effect is read after {fresh[0]:.2f} s (p99), {fresh[1]:.2f} s at most.")


def _ms(value: float) -> str:
    """Write milliseconds with as many digits as tell something."""
    return f"{value:.1f}" if value < TENTHS_BELOW_MS else f"{value:,.0f}"
