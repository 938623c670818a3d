"""Runs of a plan on a real PostgreSQL: refused, paused, killed, and never doing a thing twice."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from countermand.replay import decisions
from countermand.replay.journal import RefusedError
from countermand.replay.plan import NoPlanError, read_plan
from countermand.replay.running import BusyError
from countermand.specs import SPECS
from kit.settings import KitSettings
from tests.support.messages import cancelled, incoming
from tests.support.processes import ServiceProcess
from tests.support.replaying import BOB, Operator, cancel_orders, deliver, everything
from tests.support.stack import Servers, count, fetch, until

pytestmark = pytest.mark.integration

EFFECTS = "refunds.effects"
EVENTS = "refunds.refunds_events"


@pytest.fixture
async def operator(settings: KitSettings, tmp_path: Path) -> AsyncIterator[Operator]:
    async with Operator.at(settings, tmp_path) as operator:
        yield operator


async def test_a_run_is_refused_when_the_world_has_moved(
    operator: Operator, settings: KitSettings, database: str
) -> None:
    await cancel_orders(settings, ["1", "2", "3"])
    plan = await operator.plan("leg:refunds")
    await deliver(settings, "refunds", ["2"])
    before = await everything(database)
    ended = await operator.run(plan)
    assert (ended.outcome, ended.moved_count, ended.is_clean) == ("refused", 1, False)
    [row] = [row for row in plan.rows() if row["key"] == "2"]
    assert ended.moved == (row["row"],)
    assert await everything(database) == before
    *_, refusal = await operator.system.journal.history(plan.hash)
    assert (refusal.fact.NAME, refusal.fact.who) == ("replay.refused.v1", "Ada")  # type: ignore[attr-defined]


async def test_a_row_that_moves_during_the_run_is_left_alone(
    operator: Operator, settings: KitSettings, database: str
) -> None:
    await cancel_orders(settings, [f"{n}" for n in range(6)])
    plan = await operator.plan("leg:refunds")
    target: Any = operator.target(plan)
    target.chunk, act = 2, target.act

    async def act_and_let_live_traffic_pass(rows: Any, advance: Any) -> int:
        did: int = await act(rows, advance)
        await deliver(settings, "refunds", ["3"])
        return did

    target.act = act_and_let_live_traffic_pass
    ended = await operator.run(plan, target=target)
    assert (ended.outcome, ended.progress.did, ended.progress.moved) == ("completed", 5, 1)
    assert not ended.is_clean
    assert await count(database, EFFECTS) == 6


async def test_a_message_handled_between_the_look_and_the_deed_is_not_done_twice(
    operator: Operator, settings: KitSettings, database: str
) -> None:
    await cancel_orders(settings, ["1", "2"])
    plan = await operator.plan("leg:refunds")
    target: Any = operator.target(plan)
    act = target.act

    async def act_too_late(rows: Any, advance: Any) -> int:
        await deliver(settings, "refunds", ["1"])
        did: int = await act(rows, advance)
        return did

    target.act = act_too_late
    ended = await operator.run(plan, target=target)
    assert (ended.progress.did, ended.progress.moved) == (1, 1)
    assert await count(database, EFFECTS) == 2


async def test_a_decision_that_would_come_out_otherwise_is_not_made(
    operator: Operator, settings: KitSettings, database: str
) -> None:
    """At the last moment another cancellation takes the whole payment: there is nothing left."""
    await cancel_orders(settings, ["1", "2"])
    plan = await operator.plan("leg:refunds")
    target: Any = operator.target(plan)
    act, spec = target.act, SPECS["refunds"]
    other = incoming(cancelled("1"), "other", stream_of=spec.stream_of)

    async def act_too_late(rows: Any, advance: Any) -> int:
        async with spec.pool(settings, "test") as pool:
            await spec.processor(settings, pool).process([other])
        did: int = await act(rows, advance)
        return did

    target.act = act_too_late
    ended = await operator.run(plan, target=target)
    assert (ended.progress.did, ended.progress.moved) == (1, 1)
    names = await fetch(database, f"SELECT DISTINCT topic FROM {EVENTS}")
    assert [row[0] for row in names] == ["refund.requested.v1"], "no failure was recorded"


async def test_a_run_is_paused_resumed_cancelled_and_had_only_once(
    operator: Operator, settings: KitSettings, database: str
) -> None:
    await cancel_orders(settings, [f"{n}" for n in range(20)])
    plan = await operator.plan("leg:refunds")
    run = asyncio.create_task(operator.run(plan, rate=5))

    async def has_begun() -> bool:
        return await count(database, EFFECTS) > 0

    await until(has_begun, what="the run has begun")
    with pytest.raises(BusyError):
        await operator.run(plan)
    await operator.record(plan, decisions.Pause(**BOB))
    paused = await run
    assert paused.outcome == "paused"
    assert 0 < paused.progress.done_to < 20
    resumed = await operator.run(plan)
    assert (resumed.outcome, resumed.progress.did) == ("completed", 20)
    assert await count(database, EFFECTS) == 20
    other = await operator.plan("leg:notifier", "other")
    await operator.record(other, decisions.Cancel(**BOB))
    with pytest.raises(RefusedError, match="CANCELLED"):
        await operator.run(other)
    assert await count(database, "notifier.effects") == 0


async def test_a_run_killed_twice_ends_with_every_row_done_once(
    operator: Operator, settings: KitSettings, servers: Servers, database: str
) -> None:
    await cancel_orders(settings, [f"{n}" for n in range(60)])
    plan = await operator.plan("leg:refunds")
    for at_least in (10, 25):
        words = "tests.support.replaying", str(plan.path), "20"
        async with ServiceProcess(servers, database, *words) as process:

            async def is_far_enough(at_least: int = at_least) -> bool:
                return await count(database, EFFECTS) >= at_least

            await until(is_far_enough, what="the run is under way")
            process.kill()
    assert await count(database, EFFECTS) < 60
    ended = await operator.run(plan)
    assert (ended.outcome, ended.progress.did, ended.progress.moved) == ("completed", 60, 0)
    assert await count(database, EFFECTS) == await count(database, EVENTS) == 60
    names = [one.fact.NAME for one in await operator.system.journal.history(plan.hash)]
    assert names == [
        "replay.planned.v1", "replay.started.v1", "replay.resumed.v1", "replay.resumed.v1",
        "replay.completed.v1",
    ]  # fmt: skip


async def test_a_plan_whose_file_was_changed_is_another_plan(
    operator: Operator, settings: KitSettings, tmp_path: Path
) -> None:
    await cancel_orders(settings, ["1"])
    plan = await operator.plan("leg:refunds")
    forged = tmp_path / "forged.jsonl"
    forged.write_bytes(plan.path.read_bytes().replace(b'"refund"', b'"refunt"'))
    with pytest.raises(RefusedError, match="PLAN_UNKNOWN"):
        await operator.run(read_plan(forged))
    forged.write_bytes(plan.path.read_bytes()[:-20])
    with pytest.raises(NoPlanError):
        read_plan(forged)
