"""Which rows of our own belong to a fact: timers, plans, outcomes. Most facts have none."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from contracts.cancellation import Actor, Policy
from kit.decider import Context
from kit.facts import Fact, RecordedFact
from services.cancellation.along import rows_along
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from services.cancellation.domain.default_policy import DEFAULT_POLICY
from services.cancellation.domain.plan_terms import command_id_of
from services.cancellation.domain.policy import Rulebook
from services.cancellation.timers.rows import command_id_of as timer_command_id_of
from services.cancellation.timers.worker import Timer, message_of
from tests.support.mothers import (
    A_CAUSE,
    ORDER_ID,
    PLACED_AT,
    a_cancel_command,
    a_capture,
    an_order,
)
from tests.support.spec import NOW, STREAM, story_of

PLAN = Actor(type="BULK", id="recall", role="MANAGER")
order = story_of(ORDER)


def rows(fact: Fact, stream: UUID = STREAM) -> list[dict[str, Any]]:
    """Return the rows of a fact, as the database reads them."""
    made = rows_along(RecordedFact(stream, 7, fact, A_CAUSE))
    return list(orjson.loads(orjson.dumps(list(made))))


def decided(message: Any, *history: Any, message_id: str = "c1", **terms: Any) -> Fact:
    """Return the first fact decided on a message, under a policy with these terms."""
    story = order.given(*history)
    policy = Policy(**{**DEFAULT_POLICY.model_dump(), "version": 3, **terms})
    context = Context(NOW, message_id, STREAM, story.version, Rulebook(policy))
    return ORDER.decide(story.state, message, context)[0]


def test_the_plain_path_has_no_rows() -> None:
    history = [an_order(), a_capture()]
    for fact in (
        events.OrderPlaced(message=an_order()),
        events.PaymentCaptured(message=a_capture()),
        decided(a_cancel_command(), *history),
        decided(a_cancel_command(lines=[("9", 1)]), *history),
    ):
        assert rows(fact) == []


def test_an_order_that_says_until_when_it_is_to_be_paid_sets_a_timer() -> None:
    due_at = PLACED_AT + timedelta(hours=1)
    [row] = rows(events.OrderPlaced(message=an_order(payment_due_at=due_at)))
    assert row == {
        "row": "timer_set", "timer_id": str(STREAM), "kind": "PAYMENT", "order_id": ORDER_ID,
        "moment": "2026-02-27T10:30:00+00:00", "known_at": NOW.isoformat(),
        "correlation_id": "story-1",
    }  # fmt: skip


def test_a_held_cancellation_sets_a_timer() -> None:
    fact: Any = decided(a_cancel_command(), an_order(), hold_s=600)
    [row] = rows(fact)
    assert (row["kind"], row["timer_id"]) == ("HOLD", str(fact.cancellation_id))
    assert row["moment"] == (NOW + timedelta(seconds=600)).isoformat()


def test_an_answer_to_a_timer_ends_it_and_a_refusal_says_why() -> None:
    id_ = uuid4()
    [row] = rows(decided(a_cancel_command(), an_order(), message_id=timer_command_id_of(id_, 4)))
    assert (row["row"], row["timer_id"], row["armed"]) == ("timer_ended", str(id_), 4)
    assert (row["outcome"], row["policy_version"]) == ("DONE", 3)
    timer = Timer(id_, "HOLD", ORDER_ID, 1, "story")
    message = message_of(timer)
    [row] = rows(decided(message.data, an_order(), message_id=message.id))
    assert (row["row"], row["outcome"]) == ("timer_ended", "CANCELLATION_NOT_FOUND")


def test_a_timer_that_came_too_early_is_armed_again() -> None:
    held = order.given(
        events.OrderPlaced(message=an_order()),
        decided(a_cancel_command(), an_order(), hold_s=600),
    )
    (legs,) = held.state.cancellations.values()
    message = message_of(Timer(legs.cancelled.cancellation_id, "HOLD", ORDER_ID, 1, "story"))
    (refusal,) = ORDER.decide(held.state, message.data, Context(NOW, message.id, STREAM, 2))
    [row] = rows(refusal)
    assert row == {"row": "timer_armed", "timer_id": str(legs.cancelled.cancellation_id)}


@pytest.mark.parametrize(
    "id_",
    ["timer:", "timer:x:1", f"timer:{uuid4()}", f"timer:{uuid4()}:0", f"timer:{uuid4()}:1234567890",
     f"timer:{str(uuid4())[:-1]}:1", f"timer:{uuid4()}:1:1", "TIMER:1"],
)  # fmt: skip
def test_ids_that_only_look_like_a_timers_do_nothing(id_: str) -> None:
    assert rows(decided(a_cancel_command(), an_order(), message_id=id_)) == []


def test_a_plans_cancellation_marks_its_order() -> None:
    command = a_cancel_command(actor=PLAN)
    id_ = command_id_of("recall", ORDER_ID)
    [row] = rows(decided(command, an_order(), a_capture(), message_id=id_))
    assert row == {
        "row": "item_handled", "plan_id": "recall", "order_id": ORDER_ID, "outcome": "CANCELLED",
        "at": NOW.isoformat(), "currency": "EUR", "refund_minor": 2_000, "units": 4,
        "is_told": True,
    }  # fmt: skip


def test_a_refusal_marks_it_with_every_code() -> None:
    command = a_cancel_command(actor=PLAN, lines=[("9", 1), ("1", 5)])
    [row] = rows(decided(command, an_order(), message_id=command_id_of("recall", ORDER_ID)))
    assert row["outcome"] == "REFUSED"
    assert row["codes"] == ["LINE_NOT_FOUND", "QUANTITY_TOO_GREAT"]


def test_a_request_for_a_second_person_marks_it_with_the_rule() -> None:
    command = a_cancel_command(actor=PLAN)
    id_ = command_id_of("recall", ORDER_ID)
    approvals = ({"name": "ALWAYS"},)
    made = rows(decided(command, an_order(), message_id=id_, approvals=approvals))
    assert [row["row"] for row in made] == ["timer_set", "item_handled"]
    assert (made[1]["outcome"], made[1]["codes"]) == ("REQUESTED", ["ALWAYS"])


@pytest.mark.parametrize(
    ("actor", "id_"),
    [
        (PLAN, "bulk:mine"),
        (PLAN, command_id_of("other", ORDER_ID)),
        (PLAN, command_id_of("recall", "489435")),
        (Actor(type="STAFF", id="recall"), command_id_of("recall", ORDER_ID)),
    ],
)
def test_a_command_that_only_claims_to_be_a_plans_marks_nothing(actor: Actor, id_: str) -> None:
    assert rows(decided(a_cancel_command(actor=actor), an_order(), message_id=id_)) == []
