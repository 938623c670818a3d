"""What a cancel command brings about: whole, partial, repeated, refused."""

import pytest

from contracts.cancellation import RejectionCode
from contracts.orders import Customer
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER, REMEDIES
from tests.support.mothers import (
    FIRST,
    ORDER_ID,
    PAYMENT_ID,
    a_cancel_command,
    a_cancelled_line,
    a_capture,
    a_line,
    a_recipient,
    a_refund_due,
    a_shipment,
    an_authorization,
    an_order,
)
from tests.support.spec import Story, Then, story_of

order = story_of(ORDER)
paid = order.given(an_order(), a_capture())

A_WHOLE_CANCELLATION = events.OrderCancelled(
    order_id=ORDER_ID,
    cancellation_id=FIRST,
    command_id="command-1",
    reason="CUSTOMER",
    requested_by="upstream",
    staff_note=None,
    currency="EUR",
    lines=(a_cancelled_line("1"), a_cancelled_line("2")),
    refunds=(a_refund_due(2000),),
    refund_minor=2000,
    restock=True,
    recipient=a_recipient(),
    nothing_left=True,
)


def cancelled(then: "Then[object]") -> events.OrderCancelled:
    fact = then.facts[0]
    assert isinstance(fact, events.OrderCancelled)
    return fact


def units(fact: events.OrderCancelled) -> dict[str, int]:
    return {line.line_id: line.quantity for line in fact.lines}


def test_a_paid_order_is_cancelled_whole() -> None:
    paid.when(a_cancel_command()).then(A_WHOLE_CANCELLATION)


def test_who_asked_why_and_the_staff_note_are_kept() -> None:
    command = a_cancel_command(reason="FRAUD", requested_by="kim", staff_note="called twice")
    paid.when(command, message_id="command-7").then(
        A_WHOLE_CANCELLATION.model_copy(
            update={
                "command_id": "command-7",
                "reason": "FRAUD",
                "requested_by": "kim",
                "staff_note": "called twice",
            }
        )
    )


def test_some_units_of_one_line_are_cancelled_at_their_price() -> None:
    fact = cancelled(paid.when(a_cancel_command(lines=[("2", 1)])))
    assert fact.lines == (a_cancelled_line("2", quantity=1, amount_minor=500),)
    assert fact.refunds == (a_refund_due(500),)
    assert not fact.nothing_left


def test_the_last_partial_cancel_leaves_nothing() -> None:
    story = paid.given(a_cancel_command(lines=[("1", 2)]))
    fact = cancelled(story.when(a_cancel_command(lines=[("2", 2)])))
    assert fact.nothing_left
    assert fact.refund_minor == 1000


def test_a_whole_cancel_after_a_partial_one_takes_the_rest_only() -> None:
    story = paid.given(a_cancel_command(lines=[("1", 1)]))
    fact = cancelled(story.when(a_cancel_command()))
    assert units(fact) == {"1": 1, "2": 2}
    assert fact.refund_minor == 1500


def test_a_line_named_twice_counts_twice() -> None:
    twice = a_cancel_command(lines=[("1", 1), ("1", 1)])
    assert units(cancelled(paid.when(twice))) == {"1": 2}
    paid.when(a_cancel_command(lines=[("1", 2), ("1", 1)])).then_refused("QUANTITY_TOO_GREAT")


def test_every_cancellation_has_its_own_id() -> None:
    first = cancelled(paid.when(a_cancel_command(lines=[("1", 1)])))
    second = cancelled(paid.given(first).when(a_cancel_command(lines=[("1", 1)])))
    assert first.cancellation_id == FIRST
    assert second.cancellation_id != first.cancellation_id


def test_what_was_shipped_stays_and_the_rest_is_cancelled() -> None:
    story = paid.given(a_shipment(("1", 1)))
    fact = cancelled(story.when(a_cancel_command()))
    assert units(fact) == {"1": 1, "2": 2}
    assert fact.nothing_left
    assert fact.refund_minor == 1500


def test_more_shipped_than_ordered_leaves_nothing_open() -> None:
    story = paid.given(a_shipment(("1", 9), ("2", 2)))
    story.when(a_cancel_command()).then_refused("ALREADY_FULFILLED")
    story.when(a_cancel_command(lines=[("1", 1)])).then_refused("ALREADY_FULFILLED")


def test_a_gift_is_cancelled_without_a_refund_of_its_own() -> None:
    story = order.given(an_order(a_line("1"), a_line("gift", price_minor=0)), a_capture(1000))
    fact = cancelled(story.when(a_cancel_command(lines=[("gift", 2)])))
    assert units(fact) == {"gift": 2}
    assert fact.refunds == ()


# Refusals


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
    assert cancelled(story.when(a_cancel_command())).refund_minor == 2000


def test_a_refusal_says_who_asked_and_answers_the_command() -> None:
    command = a_cancel_command(order_id="1", requested_by="kim", staff_note="hm")
    (fact,) = order.when(command, message_id="command-5").facts
    assert isinstance(fact, events.CancellationRejected)
    assert (fact.order_id, fact.command_id, fact.requested_by) == ("1", "command-5", "kim")


@pytest.mark.parametrize("code", RejectionCode.__args__)  # type: ignore[attr-defined]
def test_every_refusal_tells_the_way_out(code: RejectionCode) -> None:
    assert len(REMEDIES[code]) > 10


# Money


def test_nothing_is_refunded_before_money_has_moved() -> None:
    story = order.given(an_order(), an_authorization())
    fact = cancelled(story.when(a_cancel_command()))
    assert fact.refunds == ()
    assert fact.refund_minor == 0


def test_refund_none_moves_no_money() -> None:
    fact = cancelled(paid.when(a_cancel_command(refund="NONE")))
    assert fact.refunds == ()
    assert fact.refund_minor == 0


def test_money_kept_by_an_earlier_cancellation_can_still_be_refunded_later() -> None:
    story = paid.given(a_cancel_command(lines=[("1", 2)], refund="NONE"))
    fact = cancelled(story.when(a_cancel_command()))
    assert fact.refund_minor == 1000


def test_a_refund_never_exceeds_what_was_captured() -> None:
    story = order.given(an_order(), a_capture(700))
    assert cancelled(story.when(a_cancel_command())).refunds == (
        a_refund_due(700, captured_minor=700),
    )


def test_an_overpaid_order_gets_back_the_value_of_its_lines() -> None:
    story = order.given(an_order(), a_capture(9000))
    assert cancelled(story.when(a_cancel_command())).refund_minor == 2000


def test_captures_of_one_payment_add_up() -> None:
    story = order.given(an_order(), a_capture(300), a_capture(400))
    assert cancelled(story.when(a_cancel_command())).refunds == (
        a_refund_due(700, captured_minor=700),
    )


def test_several_payments_are_refunded_in_the_order_they_came() -> None:
    story = order.given(
        an_order(), a_capture(1200, "pi_b"), a_capture(300, "pi_a"), a_capture(900, "pi_c")
    )
    first = cancelled(story.when(a_cancel_command(lines=[("1", 2)])))
    assert first.refunds == (a_refund_due(1000, "pi_b", 1200),)
    second = cancelled(story.given(first).when(a_cancel_command()))
    assert second.refunds == (
        a_refund_due(200, "pi_b", 1200),
        a_refund_due(300, "pi_a", 300),
        a_refund_due(500, "pi_c", 900),
    )
    assert second.refund_minor == 1000


def test_a_capture_that_comes_late_is_refundable_by_the_next_cancellation() -> None:
    story = order.given(an_order(), a_cancel_command(lines=[("1", 2)]), a_capture(2000))
    assert cancelled(story.when(a_cancel_command())).refund_minor == 1000


# Stock and message


def test_restock_false_keeps_the_units_off_the_shelf() -> None:
    assert cancelled(paid.when(a_cancel_command(restock=False))).restock is False


def without_anyone_to_tell() -> list["Story[object]"]:
    return [
        order.given(an_order(customer=None), a_capture()),
        order.given(an_order(customer=Customer(customer_id="13085")), a_capture()),
    ]


@pytest.mark.parametrize("story", without_anyone_to_tell(), ids=["guest", "no address"])
def test_a_customer_without_an_address_cannot_be_told(story: "Story[object]") -> None:
    assert cancelled(story.when(a_cancel_command())).recipient is None


def test_notify_false_tells_nobody() -> None:
    assert cancelled(paid.when(a_cancel_command(notify=False))).recipient is None


def test_the_customer_is_written_to_in_their_language() -> None:
    customer = Customer(customer_id="1", email="zoe@example.fr", locale="fr")
    story = order.given(an_order(customer=customer))
    fact = cancelled(story.when(a_cancel_command()))
    assert fact.recipient == a_recipient("fr", "zoe@example.fr")


def test_completes_at_once_when_no_leg_is_due() -> None:
    command = a_cancel_command(refund="NONE", restock=False, notify=False)
    then = paid.when(command)
    then.then_names("order.cancelled.v1", "order.cancellation-completed.v1")
    completed = then.facts[1]
    assert isinstance(completed, events.CancellationCompleted)
    assert completed.cancellation_id == FIRST
    assert {completed.refund, completed.restock, completed.notification} == {"NOT_DUE"}


@pytest.mark.parametrize("open_leg", ["refund", "restock", "notify"])
def test_waits_as_long_as_one_leg_is_due(open_leg: str) -> None:
    none_due = {"refund": "NONE", "restock": False, "notify": False}
    due = {"refund": "NOW", "restock": True, "notify": True}
    command = a_cancel_command(**{**none_due, open_leg: due[open_leg]})
    paid.when(command).then_names("order.cancelled.v1")


def test_the_payment_of_the_story_is_the_one_refunded() -> None:
    (due,) = cancelled(paid.when(a_cancel_command())).refunds
    assert due.payment_id == PAYMENT_ID


@pytest.mark.parametrize("message_id", ["a b", "x" * 101, "é", "-1", ""])
def test_a_command_whose_id_no_answer_could_carry_is_put_aside(message_id: str) -> None:
    then = paid.when(a_cancel_command(), message_id=message_id)
    assert repr(message_id) in then.then_set_aside("COMMAND_ID_INVALID")
