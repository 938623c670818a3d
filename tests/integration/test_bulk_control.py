"""Bulk plans under way on PostgreSQL: started once, paused, paced, killed, every order once."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta

import pytest

from kit.settings import KitSettings
from services.cancellation.bulk.desk import IdReusedError
from services.cancellation.domain.plan_commands import (
    CancelBulkPlan,
    PauseBulkPlan,
    ResumeBulkPlan,
)
from services.cancellation.domain.plan_terms import command_id_of
from tests.support.bulk import BulkWorld, answered_by_plan, open_bulk_world
from tests.support.messages import (
    MOMENT,
    cancel,
    incoming,
    placed,
)
from tests.support.stack import count

pytestmark = pytest.mark.integration

ITEMS = "cancellation.plan_items"


@pytest.fixture
async def world(settings: KitSettings) -> AsyncIterator[BulkWorld]:
    async with open_bulk_world(settings) as opened:
        yield opened


async def test_the_same_start_again_changes_nothing_though_other_orders_fit_by_now(
    world: BulkWorld,
) -> None:
    await world.shop("1")
    await world.project()
    wanted = {"filter": {"placed_from": MOMENT - timedelta(days=1)}}
    first = await world.start("recall", **wanted)
    await world.shop("2")
    await world.project()
    assert await world.start("recall", **wanted) == first
    assert list(await world.outcomes("recall")) == ["1"]
    with pytest.raises(IdReusedError):
        await world.start("recall", "1", "2")
    assert await count(world.dsn, ITEMS) == 1


async def test_ten_starts_at_once_make_one_plan(world: BulkWorld) -> None:
    order_ids = [str(number) for number in range(300)]
    answers = await asyncio.gather(*(world.start("recall", *order_ids) for _ in range(10)))
    assert all(answer == answers[0] for answer in answers)
    assert await count(world.dsn, ITEMS) == 300
    assert await count(world.dsn, "cancellation.bulk_plans") == 1


async def test_a_paused_plan_touches_nothing_until_it_is_resumed(world: BulkWorld) -> None:
    await world.shop(*(str(number) for number in range(20)))
    await world.start("recall", *(str(number) for number in range(20)), orders_per_s=20)
    worker = world.worker()
    await worker.turn()
    paused = await world.change(PauseBulkPlan, "recall", "p1", staff_note="wrong list?")
    assert paused == {"outcome": "PAUSED", "plan_id": "recall"}
    assert (await world.find("recall"))["handled"] == 5
    for _ in range(3):
        assert await worker.turn() > 0
    assert (await world.find("recall"))["handled"] == 5
    resumed = await world.change(ResumeBulkPlan, "recall", "r1", orders_per_s=1_000)
    assert resumed == {"outcome": "RUNNING", "plan_id": "recall", "orders_per_s": 1_000}
    plan = await world.finish("recall")
    assert plan["outcomes"] == {"CANCELLED": 20}
    assert await world.change(PauseBulkPlan, "recall", "p1", staff_note="wrong list?") == paused
    late = await world.change(PauseBulkPlan, "recall", "p2")
    assert [refusal["code"] for refusal in late["refusals"]] == ["PLAN_OVER"]


async def test_pausing_in_the_middle_of_a_batch_waits_for_it_and_nothing_follows(
    world: BulkWorld,
) -> None:
    """Whoever got the answer to a pause reads the same number of handled orders for ever."""
    order_ids = [str(number) for number in range(600)]
    await world.say(*(placed(order_id) for order_id in order_ids))
    for round_ in range(8):
        plan_id = f"plan-{round_}"
        await world.start(plan_id, *order_ids)
        working = asyncio.create_task(world.finish(plan_id))
        await asyncio.sleep(0.01 * round_)
        await world.change(PauseBulkPlan, plan_id, f"pause-{round_}")
        at_pause = (await world.find(plan_id))["handled"]
        await working
        await asyncio.sleep(0.05)
        assert (await world.find(plan_id))["handled"] == at_pause


async def test_a_cancelled_plan_leaves_the_rest_alone_for_ever(world: BulkWorld) -> None:
    await world.shop(*(str(number) for number in range(20)))
    await world.start("recall", *(str(number) for number in range(20)), orders_per_s=20)
    await world.worker().turn()
    assert (await world.change(CancelBulkPlan, "recall", "c1"))["outcome"] == "CANCELLED"
    assert (await world.change(CancelBulkPlan, "recall", "c2"))["outcome"] == "CANCELLED"
    resumed = await world.change(ResumeBulkPlan, "recall", "r1")
    assert [refusal["code"] for refusal in resumed["refusals"]] == ["PLAN_OVER"]
    await world.worker().turn()
    plan = await world.find("recall")
    assert (plan["handled"], plan["left"], plan["eta_s"]) == (5, 15, None)


async def test_a_plan_nobody_started_cannot_be_changed(world: BulkWorld) -> None:
    answer = await world.change(PauseBulkPlan, "nothing", "p1")
    assert [refusal["code"] for refusal in answer["refusals"]] == ["PLAN_NOT_FOUND"]


async def test_a_plan_keeps_to_its_pace(world: BulkWorld) -> None:
    await world.shop(*(str(number) for number in range(30)))
    await world.start("recall", *(str(number) for number in range(30)), orders_per_s=40)
    started = time.monotonic()
    await world.finish("recall")
    # The first batch of ten goes at once, the other two a quarter of a second apart.
    assert 0.5 <= time.monotonic() - started < 5


async def test_a_plan_paused_at_its_very_end_is_completed_after_it_is_resumed(
    world: BulkWorld,
) -> None:
    """The role has seen that nothing is left, and the pause comes before it says so."""
    await world.shop("1")
    await world.start("recall", "1")
    worker = world.worker()
    await worker.turn()
    await world.change(PauseBulkPlan, "recall", "p1")
    await worker._complete("recall")
    assert (await world.find("recall"))["state"] == "PAUSED"
    await world.change(ResumeBulkPlan, "recall", "r1")
    assert (await world.finish("recall"))["state"] == "COMPLETED"


async def test_two_plans_take_turns(world: BulkWorld) -> None:
    ids = [str(number) for number in range(400)]
    await world.say(*(placed(order_id) for order_id in ids))
    for plan_id, some in (("one", ids[:200]), ("two", ids[200:])):
        await world.start(plan_id, *some, orders_per_s=100)
    worker = world.worker()
    await worker.turn()
    assert [(await world.find(p))["handled"] for p in ("one", "two")] == [25, 25]


async def test_four_copies_of_the_role_that_die_at_any_moment_handle_every_order_once(
    world: BulkWorld,
) -> None:
    """How: turns are cancelled after a few milliseconds, which ends them at any await."""
    order_ids = [str(number) for number in range(1_000)]
    await world.say(*(placed(order_id) for order_id in order_ids))
    await world.start("recall", *order_ids)
    deaths = 0
    for round_ in range(100):
        turns = [asyncio.create_task(world.worker().turn()) for _ in range(4)]
        await asyncio.sleep(0.01 * (round_ % 20))
        for turn in turns:
            deaths += turn.cancel()
        for turn in turns:
            with suppress(asyncio.CancelledError):
                await turn
        if (await world.find("recall"))["state"] != "RUNNING":
            break
    assert deaths > 10
    plan = await world.finish("recall")
    assert plan["outcomes"] == {"CANCELLED": 1_000}
    assert await answered_by_plan(world, "recall") == dict.fromkeys(order_ids, 1)


async def test_a_stranger_who_used_the_commands_id_is_told_apart(world: BulkWorld) -> None:
    await world.shop("1", "2")
    (answer,) = await world.orders.process([incoming(cancel("2"), command_id_of("recall", "1"))])
    assert answer.status == "handled"
    await world.start("recall", "1")
    await world.finish("recall")
    assert await world.outcomes("recall") == {"1": ("SET_ASIDE", ["MESSAGE_ID_REUSED"])}


async def test_a_command_that_claims_to_be_a_plans_marks_nothing(world: BulkWorld) -> None:
    await world.shop("1")
    await world.start("recall", "1")
    await world.change(PauseBulkPlan, "recall", "p1")
    claims = cancel(
        "1", actor={"type": "BULK", "id": "recall", "role": "MANAGER"},
        lines=[{"line_id": "1", "quantity": 1}],
    )  # fmt: skip
    await world.orders.process([incoming(claims, "mine")])
    assert await world.outcomes("recall") == {"1": ("WAITING", None)}
