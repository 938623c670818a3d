"""Replays of a read model: every wrong row is listed before, put right after, and no other."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kit.projector import PAGE_MAX, Projector
from kit.settings import KitSettings
from services.cancellation.bootstrap import SERVICE
from services.cancellation.projections.orders import OrdersProjection
from tests.support.messages import captured, fulfilled, incoming, placed
from tests.support.replaying import Operator, cancel_orders
from tests.support.stack import fetch

pytestmark = pytest.mark.integration

SUMMARIES = "cancellation.order_summaries"
CASES = "cancellation.cases"


@pytest.fixture
async def operator(settings: KitSettings, tmp_path: Path) -> AsyncIterator[Operator]:
    async with Operator.at(settings, tmp_path) as operator:
        yield operator


async def project(operator: Operator) -> None:
    """Bring the read models up to date."""
    projector = Projector(
        schema=SERVICE.name, pool=operator.system.pool, store=SERVICE.store,
        projection=OrdersProjection(),
    )  # fmt: skip
    while await projector.advance() == PAGE_MAX:
        pass
    await projector.advance()


async def views(dsn: str) -> Any:
    """Return every row of the tables, as text."""
    return [
        sorted(row[0] for row in await fetch(dsn, f"SELECT t::text FROM {table} t"))
        for table in (SUMMARIES, CASES)
    ]


async def spoil(dsn: str, statement: str) -> None:
    await fetch(dsn, f"{statement} RETURNING 1")


async def test_wrong_missing_and_foreign_rows_are_listed_and_put_right(
    operator: Operator, settings: KitSettings, database: str
) -> None:
    await cancel_orders(settings, [f"{n}" for n in range(20)])
    await project(operator)
    right = await views(database)
    nothing = await operator.plan("projection:orders", "nothing")
    assert nothing.totals["do"] == 0
    await spoil(database, f"UPDATE {SUMMARIES} SET refunded_minor = 7 WHERE order_id = '3'")
    await spoil(database, f"DELETE FROM {SUMMARIES} WHERE order_id = '4'")
    await spoil(
        database, f"UPDATE {SUMMARIES} SET stream_id = gen_random_uuid() WHERE order_id = '5'"
    )  # fmt: skip
    wrong = await views(database)
    plan = await operator.plan("projection:orders")
    assert await views(database) == wrong, "a plan changes nothing"
    assert plan.totals["states"] == {"row differs": 1, "row missing": 2, "row too many": 1}
    [change] = [row["changes"] for row in plan.rows() if "changes" in row]
    assert change == {"refunded_minor": [7, 0]}
    ended = await operator.run(plan)
    assert (ended.is_clean, ended.progress.did) == (True, 4)
    assert await views(database) == right
    assert (await operator.run(plan)).outcome == "completed before"
    assert (await operator.plan("projection:orders", "after")).totals["do"] == 0


async def test_a_case_is_put_right_by_the_order_it_is_part_of(
    operator: Operator, settings: KitSettings, database: str
) -> None:
    await cancel_orders(settings, ["1", "2"])
    async with SERVICE.pool(settings, "test") as pool:
        parcels = [incoming(fulfilled(order, line_1=2), f"shipped-{order}") for order in "12"]
        await SERVICE.processor(settings, pool).process(parcels)
    await project(operator)
    right = await views(database)
    await spoil(database, f"UPDATE {CASES} SET kind = 'UNKNOWN' WHERE order_id = '1'")
    await spoil(database, f"DELETE FROM {CASES} WHERE order_id = '2'")
    plan = await operator.plan("projection:orders")
    assert plan.totals["states"] == {"row differs": 1, "row missing": 1}
    assert (await operator.run(plan)).is_clean
    assert await views(database) == right


async def test_only_the_orders_selected_are_put_right(
    operator: Operator, settings: KitSettings, database: str
) -> None:
    await cancel_orders(settings, ["1", "2"])
    await project(operator)
    await spoil(database, f"UPDATE {SUMMARIES} SET state = 'PLACED'")
    plan = await operator.plan("projection:orders", orders=("2",))
    assert (await operator.run(plan)).progress.did == 1
    rows = await fetch(database, f"SELECT order_id, state FROM {SUMMARIES} ORDER BY 1")
    assert [tuple(row) for row in rows] == [("1", "PLACED"), ("2", "CANCELLED")]


async def test_live_traffic_moves_a_row_and_the_plan_leaves_it_alone(
    operator: Operator, settings: KitSettings, database: str
) -> None:
    await cancel_orders(settings, ["1", "2"])
    await project(operator)
    await spoil(database, f"UPDATE {SUMMARIES} SET refunded_minor = 7")
    plan = await operator.plan("projection:orders")
    async with SERVICE.pool(settings, "test") as pool:
        await SERVICE.processor(settings, pool).process([incoming(placed("3"), "placed-3")])
    await project(operator)
    await spoil(database, f"UPDATE {SUMMARIES} SET refunded_minor = 8 WHERE order_id = '1'")
    refused = await operator.run(plan)
    assert (refused.outcome, refused.moved_count) == ("refused", 1)
    again = await operator.plan("projection:orders", "again")
    assert (await operator.run(again)).progress.did == 2


async def test_the_projector_waits_while_rows_are_put_right(
    operator: Operator, settings: KitSettings, database: str
) -> None:
    await cancel_orders(settings, ["1"])
    await project(operator)
    await spoil(database, f"UPDATE {SUMMARIES} SET total_minor = 1")
    plan = await operator.plan("projection:orders")
    target: Any = operator.target(plan)
    find, running = target._find, []

    async def find_and_let_a_fact_come(*arguments: Any, lock: bool = False) -> Any:
        found = await find(*arguments, lock=lock)
        if lock:
            async with SERVICE.pool(settings, "test") as pool:
                paid = incoming(captured("1", 5), "paid-late")
                await SERVICE.processor(settings, pool).process([paid])
            running.append(asyncio.create_task(project(operator)))
            await asyncio.sleep(0.5)
        return found

    target._find = find_and_let_a_fact_come
    assert (await operator.run(plan, target=target)).is_clean
    await asyncio.gather(*running)
    assert (await operator.plan("projection:orders", "after")).totals["do"] == 0


async def test_the_projector_goes_on_beside_a_replay(
    operator: Operator, settings: KitSettings, database: str
) -> None:
    await cancel_orders(settings, [f"old-{n}" for n in range(100)])
    await project(operator)
    await spoil(database, f"UPDATE {SUMMARIES} SET total_minor = 1")
    plan = await operator.plan("projection:orders")
    target: Any = operator.target(plan)
    target.chunk = 10

    async def live() -> None:
        for n in range(10):
            await cancel_orders(settings, [f"new-{n}-{m}" for m in range(5)])
            await project(operator)

    ended, _ = await asyncio.gather(operator.run(plan, target=target), live())
    assert (ended.is_clean, ended.progress.did) == (True, 100)
    assert (await operator.plan("projection:orders", "after")).totals["do"] == 0
