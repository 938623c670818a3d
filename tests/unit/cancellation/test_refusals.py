"""What is refused, with every reason and a way out; and that a refusal changes nothing."""

import pytest

from contracts.cancellation import RejectionCode
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from services.cancellation.domain.refusals import RULES
from tests.support.mothers import a_cancel_command, a_capture, a_shipment, an_order
from tests.support.spec import story_of

order = story_of(ORDER)
paid = order.given(an_order(), a_capture())


def test_refuses_an_order_nobody_placed() -> None:
    (refusal,) = order.when(a_cancel_command()).then_refused("ORDER_NOT_FOUND")
    assert refusal.line_id is None


def test_refuses_a_line_the_order_does_not_have() -> None:
    (refusal,) = paid.when(a_cancel_command(lines=[("9", 1)])).then_refused("LINE_NOT_FOUND")
    assert refusal.line_id == "9"


def test_refuses_more_units_than_were_ordered() -> None:
    (refusal,) = paid.when(a_cancel_command(lines=[("1", 3)])).then_refused("QUANTITY_TOO_GREAT")
    assert "3 asked, 2 of 2 open" in refusal.detail


def test_refuses_more_units_than_are_left() -> None:
    story = paid.given(a_cancel_command(lines=[("1", 1)]))
    story.when(a_cancel_command(lines=[("1", 2)])).then_refused("QUANTITY_TOO_GREAT")


def test_refuses_a_line_that_is_cancelled_already() -> None:
    story = paid.given(a_cancel_command(lines=[("1", 2)]))
    story.when(a_cancel_command(lines=[("1", 1)])).then_refused("NOTHING_LEFT")


def test_refuses_a_second_whole_cancel() -> None:
    paid.given(a_cancel_command()).when(a_cancel_command()).then_refused("NOTHING_LEFT")


def test_refuses_a_whole_cancel_once_everything_left_the_shop() -> None:
    story = paid.given(a_shipment(("1", 2), ("2", 2)))
    story.when(a_cancel_command()).then_refused("ALREADY_FULFILLED")


def test_refuses_units_that_left_the_shop() -> None:
    story = paid.given(a_shipment(("1", 1)))
    (refusal,) = story.when(a_cancel_command(lines=[("1", 2)])).then_refused("ALREADY_FULFILLED")
    assert "2 asked, 1 open, 1 shipped" in refusal.detail
    story.when(a_cancel_command(lines=[("1", 3)])).then_refused("QUANTITY_TOO_GREAT")


def test_a_refusal_names_every_failed_line_and_cancels_none() -> None:
    command = a_cancel_command(lines=[("9", 1), ("1", 5), ("2", 1)])
    refusals = paid.when(command).then_refused("LINE_NOT_FOUND", "QUANTITY_TOO_GREAT")
    assert [refusal.line_id for refusal in refusals] == ["9", "1"]


def test_a_refusal_changes_nothing_for_the_next_command() -> None:
    story = paid.given(a_cancel_command(lines=[("9", 1)]))
    assert story.state == paid.state
    (fact,) = story.when(a_cancel_command()).facts
    assert isinstance(fact, events.OrderCancelled)
    assert fact.refund_minor == 2000


def test_a_refusal_says_who_asked_and_answers_the_command() -> None:
    command = a_cancel_command(order_id="1", requested_by="kim", staff_note="hm")
    (fact,) = order.when(command, message_id="command-5").facts
    assert isinstance(fact, events.CancellationRejected)
    assert (fact.order_id, fact.command_id, fact.requested_by) == ("1", "command-5", "kim")


@pytest.mark.parametrize("code", RejectionCode.__args__)  # type: ignore[attr-defined]
def test_every_refusal_tells_the_way_out(code: RejectionCode) -> None:
    assert len(RULES[code].remedy) > 10


@pytest.mark.parametrize("message_id", ["a b", "x" * 101, "é", "-1", ""])
def test_a_command_whose_id_no_answer_could_carry_is_put_aside(message_id: str) -> None:
    then = paid.when(a_cancel_command(), message_id=message_id)
    assert repr(message_id) in then.then_set_aside("COMMAND_ID_INVALID")
