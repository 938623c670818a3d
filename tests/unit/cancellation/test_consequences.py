"""What a cancellation sets in motion: money, stock, a message, or nothing at all."""

from typing import Any

import pytest

from contracts.orders import Customer
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from tests.support.mothers import (
    FIRST,
    PAYMENT_ID,
    a_cancel_command,
    a_capture,
    a_recipient,
    a_refund_due,
    an_authorization,
    an_order,
)
from tests.support.spec import Story, Then, story_of

order = story_of(ORDER)
paid = order.given(an_order(), a_capture())


def cancelled(then: Then[Any]) -> events.OrderCancelled:
    fact = then.facts[0]
    assert isinstance(fact, events.OrderCancelled)
    return fact


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


def without_anyone_to_tell() -> list[Story[Any]]:
    return [
        order.given(an_order(customer=None), a_capture()),
        order.given(an_order(customer=Customer(customer_id="13085")), a_capture()),
    ]


@pytest.mark.parametrize("story", without_anyone_to_tell(), ids=["guest", "no address"])
def test_a_customer_without_an_address_cannot_be_told(story: Story[Any]) -> None:
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
    none_due: dict[str, Any] = {"refund": "NONE", "restock": False, "notify": False}
    due: dict[str, Any] = {"refund": "NOW", "restock": True, "notify": True}
    command = a_cancel_command(**{**none_due, open_leg: due[open_leg]})
    paid.when(command).then_names("order.cancelled.v1")


def test_the_payment_of_the_story_is_the_one_refunded() -> None:
    (due,) = cancelled(paid.when(a_cancel_command())).refunds
    assert due.payment_id == PAYMENT_ID
