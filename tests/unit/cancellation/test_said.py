"""What is said of the later commands: enough to act on, and nothing of who asked or why inside."""

from typing import Any

import pytest

from contracts import cancellation as public
from contracts.cancellation import Actor
from kit.facts import Fact
from services.cancellation.domain.decisions import ORDER
from services.cancellation.translation import PUBLISHES, translate
from tests.support.mothers import (
    A_CAUSE,
    FIRST,
    a_cancel_command,
    a_capture,
    an_order,
)
from tests.support.spec import Story, story_of
from tests.support.wishes import (
    a_claim,
    a_claim_release,
    a_denial,
    a_policy,
    a_publication,
    a_reinstatement,
    a_release,
    a_request,
    a_restock_by_hand,
    a_settlement,
    an_approval,
    an_undo,
)

order = story_of(ORDER)
paid = order.given(an_order(), a_capture())
held = paid.under(a_policy(hold_s=60)).given(a_cancel_command())
SECRET = "heard from Lea at the desk"
DESK = Actor(type="STAFF", id="lea-at-the-desk", role="ADMIN")
OWING = paid.given(a_cancel_command(refund="LATER", restock=False))


def published(*facts: Fact) -> list[Any]:
    return [translate(fact, A_CAUSE).message for fact in facts if fact.NAME in PUBLISHES]


EVERY: list[tuple[Story[Any], Any]] = [
    (paid, a_cancel_command(actor=DESK, staff_note=SECRET)),
    (paid.under(a_policy(approvals=[{"name": "A"}])), a_cancel_command(staff_note=SECRET)),
    (paid, a_request(customer_note=SECRET)),
    (paid.given(a_request()), an_approval(FIRST)),
    (paid.given(a_request()), a_denial(FIRST)),
    (held, a_release(FIRST)),
    (held, an_undo(FIRST)),
    (paid.given(a_cancel_command()), a_reinstatement(FIRST)),
    (OWING, a_settlement()),
    (OWING, a_restock_by_hand(("1", 1))),
    (paid, a_claim()),
    (paid.given(a_claim()), a_claim_release(FIRST)),
    (order, a_claim()),
    (order, an_undo(FIRST)),
    (order, a_publication(a_policy().policy)),
]


@pytest.mark.parametrize(("story", "command"), EVERY, ids=[type(c).__name__ for _, c in EVERY])
def test_neither_staff_notes_nor_who_asked_leave_the_service(story: Any, command: Any) -> None:
    private = {"actor": DESK, "staff_note": SECRET}
    known = {name: value for name, value in private.items() if hasattr(command, name)}
    facts = story.when(command.model_copy(update=known)).facts
    assert published(*facts)
    for message in published(*facts):
        sent = message.model_dump_json()
        assert SECRET not in sent
        assert DESK.id not in sent
        assert "rule_set" not in sent


@pytest.mark.parametrize(("story", "command"), EVERY, ids=[type(c).__name__ for _, c in EVERY])
def test_exactly_one_message_answers_a_command(story: Any, command: Any) -> None:
    messages = published(*story.when(command, message_id="command-7").facts)
    answers = [m for m in messages if getattr(m, "command_id", None) == "command-7"]
    assert len(answers) == 1


def test_a_refusal_the_released_message_can_carry_travels_in_it() -> None:
    (message,) = published(*order.when(a_cancel_command()).facts)
    assert isinstance(message, public.OrderCancellationRejected)
    assert [refusal.code for refusal in message.refusals] == ["ORDER_NOT_FOUND"]


def test_any_other_refusal_travels_in_a_message_with_open_codes() -> None:
    story = paid.given(a_claim())
    (message,) = published(*story.when(a_cancel_command()).facts)
    assert isinstance(message, public.CommandRejected)
    assert message.command == public.CancelOrder.TYPE
    assert [refusal.code for refusal in message.refusals] == ["CLAIMED_FOR_FULFILLMENT"]


def test_one_code_of_the_new_ones_is_enough() -> None:
    command = a_cancel_command(lines=[("9", 1)], expected_version=7)
    (message,) = published(*paid.when(command).facts)
    assert isinstance(message, public.CommandRejected)
    assert [refusal.code for refusal in message.refusals] == ["LINE_NOT_FOUND", "VERSION_STALE"]


def test_the_policy_travels_under_its_own_key() -> None:
    (fact,) = order.when(a_publication(a_policy().policy)).facts
    topic, key, message = translate(fact, A_CAUSE)
    assert (topic, key) == ("cancellation.events", "policy:default")
    assert message == public.PolicyPublished(
        version=1, command_id="command-1", published_at=A_CAUSE.recorded_at
    )
