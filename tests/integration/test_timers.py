"""Timers on a real PostgreSQL: set with the fact, sent once when due, decided like all else."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from contracts import cancellation, fulfillment
from contracts.cancellation import Actor
from kit.settings import KitSettings
from services.cancellation.domain.default_policy import DEFAULT_POLICY
from services.cancellation.timers.rows import command_id_of
from tests.support.messages import MOMENT, cancel, captured, placed
from tests.support.stack import count, fetch
from tests.support.timers import (
    TIMERS,
    TimerWorld,
    With,
    held,
    open_timer_world,
    policy,
    unpaid,
    voided,
)

pytestmark = pytest.mark.integration

STAFF = Actor(type="STAFF", id="ada", role="MANAGER")


@pytest.fixture
async def world(settings: KitSettings) -> AsyncIterator[TimerWorld]:
    async with open_timer_world(settings) as opened:
        yield opened


async def test_the_plain_path_sets_no_timer_and_writes_no_row(world: TimerWorld) -> None:
    await world.say(placed("1"))
    await world.say(captured("1"))
    await world.say(cancel("1"))
    assert await count(world.dsn, TIMERS) == 0


async def test_a_held_cancellation_is_let_go_when_its_hold_ends_and_not_before(
    world: TimerWorld,
) -> None:
    world.policy = policy(1, hold_s=60)
    await world.say(placed("1"))
    await world.say(cancel("1"))
    world.after(seconds=59)
    assert await world.turn() == 0
    world.after(seconds=1)
    assert await world.turn() == 1
    assert await world.turn() == 0
    assert await world.names("1") == [
        "order.placed.v1", "order.cancelled.v1", "order.cancellation-confirmed.v1",
    ]  # fmt: skip
    assert await world.outcomes() == {"1": "DONE"}


async def test_a_clock_that_runs_ahead_loses_no_hold(world: TimerWorld) -> None:
    """The role looks by its own clock; the decision says that it is too early."""
    world.policy = policy(1, hold_s=60)
    await world.say(placed("1"))
    await world.say(cancel("1"))
    hasty = world.worker()
    hasty._clock = lambda: world.now + timedelta(hours=1)
    for _ in range(3):
        assert await hasty.turn() == 1
    assert await world.outcomes() == {"1": None}
    world.after(seconds=60)
    assert await hasty.turn() == 1
    assert await world.names("1") == [
        "order.placed.v1", "order.cancelled.v1", "order.cancellation-confirmed.v1",
    ]  # fmt: skip


async def test_a_hold_that_was_undone_is_nobodys_business_any_more(world: TimerWorld) -> None:
    world.policy = policy(1, hold_s=60)
    await world.say(placed("1"))
    (fact,) = await world.say(cancel("1"))
    await world.say(
        cancellation.UndoCancellation(
            order_id="1", cancellation_id=fact.cancellation_id, actor=STAFF
        )
    )
    story = await world.names("1")
    world.after(seconds=60)
    assert await world.turn() == 1
    assert await world.names("1") == story, "a timer that comes too late says nothing"
    assert await world.outcomes() == {"1": "NOT_HELD"}


async def test_a_request_nobody_answers_is_closed_the_way_the_policy_says(
    world: TimerWorld,
) -> None:
    await world.say(placed("1"))
    customer = Actor(type="CUSTOMER", id="C1")
    (fact,) = await world.say(cancellation.RequestCancellation(order_id="1", actor=customer))
    world.after(seconds=DEFAULT_POLICY.customer.answer_within_s)
    assert await world.turn() == 1
    assert (await world.names("1"))[-1] == "order.cancellation-denied.v1"
    [(timer_id, armed)] = await fetch(world.dsn, f"SELECT timer_id, armed FROM {TIMERS}")
    assert timer_id == fact.request_id
    answered = await count(
        world.dsn, f"cancellation.inbox WHERE message_id = '{command_id_of(timer_id, armed)}'"
    )
    assert answered == 1


async def test_an_order_nobody_pays_is_cancelled_and_one_that_is_paid_never(
    world: TimerWorld,
) -> None:
    for order_id in ("never", "paid", "held"):
        await world.say(unpaid(order_id))
    await world.say(captured("paid"))
    await world.say(held("held"))
    world.after(hours=1)
    assert await world.turn() == 3
    assert await world.names("never") == ["order.placed.v1", "order.cancelled.v1"]
    assert await world.names("paid") == ["order.placed.v1", "order.payment-captured.v1"]
    assert await world.names("held") == ["order.placed.v1", "order.payment-authorized.v1"]
    assert await world.outcomes() == {
        "never": "DONE", "paid": "PAYMENT_RECEIVED", "held": "PAYMENT_RECEIVED",
    }  # fmt: skip


async def test_money_that_is_gone_again_has_the_order_looked_at_again(world: TimerWorld) -> None:
    await world.say(unpaid("1"))
    await world.say(held("1"))
    world.after(hours=1)
    await world.turn()
    assert await world.outcomes() == {"1": "PAYMENT_RECEIVED"}
    await world.say(voided("1"))
    assert await world.turn() == 1
    assert (await world.names("1"))[-1] == "order.cancelled.v1"


async def test_money_that_is_gone_while_the_role_looks_is_not_missed(world: TimerWorld) -> None:
    """The payment is voided after it was seen and before the timer is put to rest."""
    await world.say(unpaid("1"))
    await world.say(held("1"))
    world.after(hours=1)
    worker = world.worker()
    foresee = world.processor.foresee

    async def meanwhile(*arguments: Any) -> Any:
        foreseen = await foresee(*arguments)
        await world.say(voided("1"))
        return foreseen

    worker._processor = With(world.processor, foresee=meanwhile)  # type: ignore[assignment]
    assert await worker.turn() == 1
    assert await world.outcomes() == {"1": None}, "it was armed anew meanwhile"
    assert await world.turn() == 1
    assert await world.outcomes() == {"1": "DONE"}


async def test_a_payment_that_comes_at_the_last_moment_saves_the_order(world: TimerWorld) -> None:
    """It arrives after the timer has looked and before its command is decided."""
    await world.say(unpaid("1"))
    world.after(hours=1)
    worker = world.worker()
    foresee = world.processor.foresee

    async def meanwhile(*arguments: Any) -> Any:
        foreseen = await foresee(*arguments)
        await world.say(captured("1"))
        return foreseen

    worker._processor = With(world.processor, foresee=meanwhile)  # type: ignore[assignment]
    assert await worker.turn() == 1
    assert await world.names("1") == [
        "order.placed.v1", "order.payment-captured.v1", "order.command-rejected.v1",
    ]  # fmt: skip
    assert await world.outcomes() == {"1": "PAYMENT_RECEIVED"}


async def test_what_is_said_beside_a_placement_has_time_to_arrive(world: TimerWorld) -> None:
    """An old order is announced late; its payment is right behind it."""
    world.now = MOMENT + timedelta(days=2)
    await world.say(unpaid("1"))
    assert await world.turn(grace_s=300) == 0
    world.after(seconds=300)
    assert await world.turn(grace_s=300) == 1


async def test_a_policy_that_sets_a_time_to_pay_covers_orders_placed_before_it(
    world: TimerWorld,
) -> None:
    for order_id in ("old", "old-paid"):
        await world.say(placed(order_id))
    await world.say(captured("old-paid"))
    await world.project()
    world.after(days=1)
    assert await world.turn() == 0
    world.policy = policy(1, unpaid_after_s=3_600)
    await world.say(placed("new", placed_at=world.now))
    await world.project()
    assert await world.turn() == 1
    assert await world.outcomes() == {"new": None, "old": "DONE"}
    assert (await world.names("old"))[-1] == "order.cancelled.v1"
    world.after(hours=1)
    assert await world.turn() == 1
    assert (await world.names("new"))[-1] == "order.cancelled.v1"


async def test_the_time_to_pay_is_the_one_of_the_policy_in_force(world: TimerWorld) -> None:
    world.policy = policy(1, unpaid_after_s=3_600)
    await world.say(placed("1", placed_at=world.now))
    await world.project()
    await world.turn()
    world.policy = policy(2, unpaid_after_s=7_200)
    world.after(hours=1)
    assert await world.turn() == 0, "the time was made longer"
    world.policy = policy(3)
    world.after(hours=9)
    assert await world.turn() == 0, "no time is set any more"
    world.policy = policy(4, unpaid_after_s=60)
    assert await world.turn() == 1
    assert await world.outcomes() == {"1": "DONE"}


async def test_what_a_policy_forbids_is_tried_again_under_the_next_one(world: TimerWorld) -> None:
    world.policy = policy(1, hold_s=60)
    await world.say(placed("1"))
    await world.say(cancel("1"))
    rights = tuple(grant for grant in DEFAULT_POLICY.rights if grant.actor != "TIMER")
    world.policy = policy(2, rights=rights)
    world.after(seconds=60)
    await world.turn()
    assert await world.outcomes() == {"1": "MISSING_PERMISSION"}
    assert await world.turn() == 0
    world.policy = policy(3)
    assert await world.turn() == 1
    assert await world.outcomes() == {"1": "DONE"}


async def test_units_being_packed_are_looked_at_again_when_the_packing_is_off(
    world: TimerWorld,
) -> None:
    await world.say(unpaid("1"))
    packer = Actor(type="SERVICE", id="warehouse")
    (claim,) = await world.say(fulfillment.ClaimFulfillment(order_id="1", actor=packer))
    world.after(hours=1)
    await world.turn()
    assert await world.outcomes() == {"1": "CLAIMED_FOR_FULFILLMENT"}
    await world.say(
        fulfillment.ReleaseFulfillmentClaim(order_id="1", claim_id=claim.claim_id, actor=packer)
    )
    assert await world.turn() == 1
    assert await world.outcomes() == {"1": "DONE"}


async def test_two_copies_of_the_role_send_each_command_once(world: TimerWorld) -> None:
    for number in range(50):
        await world.say(unpaid(str(number)))
    world.after(hours=1)
    await asyncio.gather(*(world.turn() for _ in range(4)))
    stories = [await world.names(str(number)) for number in range(50)]
    assert stories == [["order.placed.v1", "order.cancelled.v1"]] * 50
    assert set((await world.outcomes()).values()) == {"DONE"}


async def test_commands_of_strangers_under_our_ids_stop_no_timer(world: TimerWorld) -> None:
    world.policy = policy(1, hold_s=60)
    await world.say(placed("1"))
    (fact,) = await world.say(cancel("1"))
    await world.say(placed("2"))
    for id_ in ("timer:", "timer:nothing", f"timer:{fact.cancellation_id}", "timer:x:99999999999",
                f"timer:{fact.cancellation_id}:1"):  # fmt: skip
        await world.say(cancel("2", lines=[{"line_id": "1", "quantity": 1}]), id_)
    assert (await world.outcomes())["1"] is None
    world.after(seconds=60)
    for _ in range(2):
        await world.turn()
    assert (await world.names("1"))[-1] == "order.cancellation-confirmed.v1"
