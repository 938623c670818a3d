"""One bulk plan over real orders: how long its preview takes, how long itself, what comes of it."""

import asyncio
import time
from collections.abc import Awaitable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import asyncpg

from countermand.bench.shop import Shop, fill
from countermand.bench.world import World, open_world, peak_mb
from countermand.bulk import asking
from countermand.endpoints import Endpoints
from countermand.errors import KnownError
from countermand.screen import OnStep, console, print_rows, say, steps
from services.cancellation.domain.plan_terms import RATE_MAX

T = TypeVar("T")

PLAN = "bench"
PROCESSES = tuple(f"cancellation.{role}" for role in ("api", "relay", "projector", "bulk"))
WISH = {"reason": "INVENTORY", "sub_reason": "OUT_OF_STOCK"}
ACTOR = {"type": "STAFF", "id": "bench", "role": "MANAGER"}

_ANSWERS = """
    SELECT count(*), count(DISTINCT originator_id) FROM cancellation.cancellation_events
    WHERE topic IN ('order.cancelled.v1', 'order.cancellation-rejected.v1')
        AND position($1::bytea IN state) > 0"""


class _Memory(NamedTuple):
    """Most memory a process ever had, in MB."""

    api: int
    bulk: int


async def run(*, file: Path, order_count: int) -> dict[str, Any]:
    """Cancel so many real orders as one plan and return the figures; prints them for people too."""
    async with open_world() as world:
        settings = world.endpoints.settings()
        with steps() as on_step:
            shop = await fill(settings, file, order_count, on_step)
        figures = await _measure(world, shop)
    _print(figures)
    return figures


async def _measure(world: World, shop: Shop) -> dict[str, Any]:
    endpoints = world.endpoints
    async with world.processes(PROCESSES) as supervisor:
        with steps() as on_step:
            await _until_projected(endpoints, shop.facts, on_step)
        body: dict[str, Any] = {"order_ids": shop.order_ids, "wish": WISH, "actor": ACTOR}
        preview_s, preview = await _timed(_preview(endpoints, body))
        body |= {"orders_per_s": RATE_MAX, "expected_digest": preview["digest"]}
        start_s, _ = await _timed(asking.send(endpoints, "", body, PLAN))
        run_s, plan = await _timed(_finish(endpoints))
        pids = supervisor.pids()
        memory = _Memory(*(peak_mb(pids[f"cancellation.{role}"]) for role in _Memory._fields))
    compared = ("outcomes", "money", "units", "messages")
    return {
        "orders": plan["order_count"],
        "copies": shop.copies,
        "preview_s": round(preview_s, 1),
        "preview_per_s": round(plan["order_count"] / preview_s),
        "start_s": round(start_s, 2),
        "run_s": round(run_s, 1),
        "run_per_s": round(plan["order_count"] / run_s),
        "outcomes": plan["outcomes"],
        "refusals": {refusal["code"]: refusal["orders"] for refusal in plan["refusals"]},
        "money": plan["money"],
        "units": plan["units"],
        "messages": plan["messages"],
        "as_foreseen": all(preview[name] == plan[name] for name in compared),
        "answered_once": await _is_answered_once(endpoints, plan["order_count"]),
        "api_peak_mb": memory.api,
        "bulk_peak_mb": memory.bulk,
    }


async def _timed(work: Awaitable[T]) -> tuple[float, T]:
    started = time.perf_counter()
    result = await work
    return time.perf_counter() - started, result


async def _preview(endpoints: Endpoints, body: dict[str, Any]) -> dict[str, Any]:
    with steps() as on_step:
        return await asking.look_ahead(endpoints, body, partial(on_step, "Preview"))


async def _finish(endpoints: Endpoints) -> dict[str, Any]:
    with steps() as on_step:
        async for plan in asking.follow(endpoints, PLAN):
            on_step("Plan", plan["handled"], plan["order_count"])
    if plan["state"] != "COMPLETED":
        raise KnownError(f"The plan ended {plan['state']}.")
    return plan


async def _until_projected(endpoints: Endpoints, facts: int, on_step: OnStep) -> None:
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    try:
        position = 0
        while position < facts:
            position = await connection.fetchval(
                "SELECT coalesce(max(position), 0) FROM cancellation.projection_cursors"
                " WHERE projection = 'orders'"
            )
            on_step("Facts projected", position, facts)
            await asyncio.sleep(0.25)
    finally:
        await connection.close()


async def _is_answered_once(endpoints: Endpoints, order_count: int) -> bool:
    """Count the plan's answers in the log itself, not in what the plan says about it."""
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    try:
        row = await connection.fetchrow(_ANSWERS, b'"command_id":"bulk:')
    finally:
        await connection.close()
    return row is not None and tuple(row) == (order_count, order_count)


def _print(figures: dict[str, Any]) -> None:
    rows = [(name, value) for name, value in figures.items() if not isinstance(value, dict)]
    print_rows(f"A plan of {figures['orders']:,} orders", ("Figure", "Measured"), rows)
    for name in ("outcomes", "refusals"):
        print_rows(name.capitalize(), ("", "Orders"), list(figures[name].items()))
    for currency, amounts in figures["money"].items():
        moved = [(name, amount) for name, amount in amounts.items() if amount]
        print_rows(currency, ("", "Minor units"), moved)
    if not (figures["as_foreseen"] and figures["answered_once"]):
        console.print("[bold red]✗[/] The plan did not do what was foreseen, each order once.")
    else:
        say("[green]✓[/] Each order was answered once, and all came as foreseen.")
