"""Bulk plans: given what became of a plan, when somebody wants something, then this."""

from typing import Any

import pytest
from pydantic import ValidationError

from contracts.cancellation import Actor, CancelOrder
from kit.decider import Context
from services.cancellation.domain import events
from services.cancellation.domain.decisions.plans import PLAN
from services.cancellation.domain.default_policy import DEFAULT_POLICY
from services.cancellation.domain.plan_commands import (
    CancelBulkPlan,
    CompleteBulkPlan,
    PauseBulkPlan,
    ResumeBulkPlan,
    StartBulkPlan,
)
from services.cancellation.domain.plan_terms import (
    ORDERS_MAX,
    BulkWish,
    OrderFilter,
    Target,
    command_id_of,
    command_of,
    digest_of,
)
from services.cancellation.domain.policy import Rulebook
from tests.support.spec import NOW, STREAM, story_of

PLAN_ID = "recall-2026-11"
ADA = Actor(type="STAFF", id="ada", role="MANAGER")
WISH = BulkWish(reason="INVENTORY")
plan = story_of(PLAN)


def a_start(**changes: Any) -> StartBulkPlan:
    return StartBulkPlan(
        **{
            "plan_id": PLAN_ID, "wish": WISH, "order_count": 3, "digest": "a" * 64, "actor": ADA,
            "orders_per_s": 50, **changes,
        }
    )  # fmt: skip


def a(model: type, **changes: Any) -> Any:
    return model(**{"plan_id": PLAN_ID, "actor": ADA, **changes})


def test_a_plan_starts_with_what_was_found() -> None:
    (fact,) = plan.when(a_start()).facts
    assert isinstance(fact, events.BulkPlanStarted)
    assert (fact.plan_id, fact.order_count, fact.digest) == (PLAN_ID, 3, "a" * 64)
    assert (fact.command_id, fact.actor, fact.orders_per_s) == ("command-1", ADA, 50)


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"order_count": 0}, ["PLAN_EMPTY"]),
        ({"order_count": ORDERS_MAX + 1}, ["PLAN_TOO_LARGE"]),
        ({"expected_digest": "b" * 64}, ["SELECTION_CHANGED"]),
        ({"actor": Actor(type="STAFF", id="eve", role="VIEWER")}, ["MISSING_PERMISSION"] * 2),
        ({"actor": Actor(type="CUSTOMER", id="C1"), "order_count": 0},
         ["MISSING_PERMISSION", "PLAN_EMPTY"]),
    ],
)  # fmt: skip
def test_a_plan_that_makes_no_sense_does_not_start(changes: Any, codes: list[str]) -> None:
    plan.when(a_start(**changes)).then_refused(*codes)


def test_a_plan_of_just_as_many_orders_as_allowed_starts() -> None:
    plan.when(a_start(order_count=ORDERS_MAX, expected_digest="a" * 64)).then_names(
        "bulk.plan-started.v1"
    )


def test_whoever_may_not_choose_the_money_may_not_have_a_plan_choose_it() -> None:
    """A service may; a plan it starts has no role, and plans without one may only cancel."""
    service = Actor(type="SERVICE", id="erp")
    plan.when(a_start(actor=service)).then_names("bulk.plan-started.v1")
    chosen = BulkWish(reason="INVENTORY", refund="LATER")
    plan.when(a_start(actor=service, wish=chosen)).then_refused("MISSING_PERMISSION")
    plan.when(a_start(wish=chosen)).then_names("bulk.plan-started.v1")


def test_the_rights_are_those_of_the_policy_in_force() -> None:
    rights = tuple(grant for grant in DEFAULT_POLICY.rights if grant.actor != "BULK")
    book = Rulebook(DEFAULT_POLICY.model_copy(update={"rights": rights, "version": 1}))
    (fact,) = PLAN.decide(PLAN.initial, a_start(), Context(NOW, "command-1", STREAM, 0, book))
    assert isinstance(fact, events.CommandRejected)
    assert [refusal.data["actor"] for refusal in fact.refusals] == ["BULK"]


def test_a_name_is_used_once() -> None:
    plan.given(a_start()).when(a_start()).then_refused("PLAN_EXISTS")


@pytest.mark.parametrize("model", [PauseBulkPlan, ResumeBulkPlan, CancelBulkPlan])
def test_nothing_can_be_done_with_a_plan_nobody_started(model: type) -> None:
    plan.when(a(model)).then_refused("PLAN_NOT_FOUND")


def test_a_plan_is_paused_once_and_resumed_at_the_pace_it_had() -> None:
    running = plan.given(a_start())
    paused = running.given(a(PauseBulkPlan, staff_note="wait"))
    paused.when(a(PauseBulkPlan)).then_nothing()
    (fact,) = paused.when(a(ResumeBulkPlan)).facts
    assert isinstance(fact, events.BulkPlanResumed)
    assert fact.orders_per_s == 50
    running.when(a(ResumeBulkPlan)).then_nothing()


def test_a_running_plan_takes_another_pace() -> None:
    running = plan.given(a_start())
    running.when(a(ResumeBulkPlan, orders_per_s=50)).then_nothing()
    faster = running.given(a(ResumeBulkPlan, orders_per_s=500))
    faster.when(a(ResumeBulkPlan, orders_per_s=500)).then_nothing()
    assert faster.given(a(PauseBulkPlan)).state.orders_per_s == 500


@pytest.mark.parametrize("history", [[], [a(PauseBulkPlan)]])
def test_a_cancelled_plan_stays_so(history: list[Any]) -> None:
    over = plan.given(a_start(), *history, a(CancelBulkPlan))
    over.when(a(CancelBulkPlan)).then_nothing()
    over.when(a(ResumeBulkPlan)).then_refused("PLAN_OVER")
    over.when(a(PauseBulkPlan)).then_refused("PLAN_OVER")


def test_a_plan_is_completed_once_and_only_while_it_runs() -> None:
    done = CompleteBulkPlan(plan_id=PLAN_ID, outcomes={"CANCELLED": 3}, refund_minor={"EUR": 9})
    running = plan.given(a_start())
    running.given(a(PauseBulkPlan)).when(done).then_nothing()
    completed = running.given(done)
    completed.when(done).then_nothing()
    completed.when(a(CancelBulkPlan)).then_refused("PLAN_OVER")


@pytest.mark.parametrize("model", [PauseBulkPlan, ResumeBulkPlan, CancelBulkPlan])
def test_who_may_not_cancel_may_not_touch_a_plan(model: type) -> None:
    eve = Actor(type="STAFF", id="eve", role="VIEWER")
    plan.given(a_start()).when(a(model, actor=eve)).then_refused("MISSING_PERMISSION")


def test_the_command_about_an_order_asks_for_the_wish_in_the_name_of_the_plan() -> None:
    wish = BulkWish(
        reason="OTHER", sub_reason="SUPPLIER_ISSUE", refund="LATER", restock=None, notify=False,
        customer_message="Sorry.", staff_note="Recall", is_statutory_withdrawal=True,
        shipping="NOW",
    )  # fmt: skip
    command = command_of(PLAN_ID, wish, "MANAGER", Target("489434", (("1", 2),)))
    said = command.model_dump(exclude_unset=True)
    assert {name: said[name] for name in BulkWish.model_fields} == wish.model_dump()
    assert said["actor"] == {"type": "BULK", "id": PLAN_ID, "role": "MANAGER"}
    assert (said["requested_by"], said["order_id"]) == (PLAN_ID, "489434")
    assert said["lines"] == ({"line_id": "1", "quantity": 2},)


def test_every_field_of_a_wish_is_one_of_the_cancel_commands() -> None:
    for name, field in BulkWish.model_fields.items():
        original = CancelOrder.model_fields[name]
        assert (field.annotation, field.default) == (original.annotation, original.default), name


def test_ids_of_commands_follow_from_plan_and_order_alone() -> None:
    first = command_id_of(PLAN_ID, "489434")
    assert first == command_id_of(PLAN_ID, "489434") == (
        "bulk:715f4523-63d0-50b9-9bfc-61fce57e9a19"
    )  # fmt: skip
    assert len({first, command_id_of(PLAN_ID, "489435"), command_id_of("other", "489434")}) == 3


def test_a_digest_tells_orders_lines_and_sequence_apart() -> None:
    one, two = Target("1"), Target("2")
    selections = [[one, two], [two, one], [one], [Target("1", (("1", 1),)), two], []]
    assert len({digest_of(selection) for selection in selections}) == len(selections)
    assert digest_of(iter([one, two])) == digest_of([one, two])


@pytest.mark.parametrize("wanted", [{}, {"only_item": True}, {"country": "France", "only_item": 1}])
def test_a_filter_that_would_mean_everything_is_not_one(wanted: Any) -> None:
    with pytest.raises(ValidationError):
        OrderFilter(**wanted)
