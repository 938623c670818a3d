"""Which payment money goes back on: refunded, released, or neither until a capture has ended."""

from typing import Any

import pytest

from contracts.cancellation import VoidDue
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from tests.support.mothers import (
    PAYMENT_ID,
    a_cancel_command,
    a_capture,
    a_refund_due,
    a_shipment,
    an_authorization,
    an_order,
)
from tests.support.spec import Story, story_of
from tests.support.wishes import (
    a_capture_failure,
    a_capture_start,
    a_hold_of_money,
    a_policy,
    a_void,
)

order = story_of(ORDER)
placed = order.given(an_order())


def cancelled(story: Story[Any], **command: Any) -> events.OrderCancelled:
    fact = story.when(a_cancel_command(**command)).facts[0]
    assert isinstance(fact, events.OrderCancelled), fact
    return fact


def voids(fact: events.OrderCancelled) -> list[str]:
    return [void.payment_id for void in fact.money.voids] if fact.money else []


# Held or captured


def test_a_payment_that_was_never_captured_is_released() -> None:
    fact = cancelled(placed.given(an_authorization()))
    assert fact.refunds == ()
    assert fact.money is not None
    assert fact.money.voids == (VoidDue(payment_id=PAYMENT_ID, amount_minor=2000),)


def test_a_payment_that_was_captured_is_refunded_and_not_released() -> None:
    fact = cancelled(placed.given(an_authorization(), a_capture()))
    assert fact.refunds == (a_refund_due(2000),)
    assert voids(fact) == []


def test_of_a_partly_captured_payment_the_captured_part_is_refunded_and_nothing_released() -> None:
    fact = cancelled(placed.given(an_authorization(), a_capture(700)))
    assert fact.refunds == (a_refund_due(700, captured_minor=700),)
    assert voids(fact) == []


def test_each_payment_is_released_or_refunded_for_itself() -> None:
    story = placed.given(
        a_hold_of_money(500, "pi_a"), a_hold_of_money(1500, "pi_b"), a_capture(500, "pi_a")
    )
    fact = cancelled(story)
    assert [due.payment_id for due in fact.refunds] == ["pi_a"]
    assert voids(fact) == ["pi_b"]


def test_a_payment_that_holds_no_money_any_more_is_not_released_again() -> None:
    assert voids(cancelled(placed.given(an_authorization(), a_void()))) == []


def test_a_partial_cancel_releases_no_payment_that_the_rest_needs() -> None:
    story = placed.given(an_authorization())
    fact = cancelled(story, lines=[("1", 2)])
    assert (fact.refunds, voids(fact)) == ((), [])
    assert voids(cancelled(story.given(fact))) == [PAYMENT_ID]


def test_a_partial_cancel_releases_a_payment_that_the_rest_does_not_need() -> None:
    story = placed.given(a_hold_of_money(1000, "pi_a"), a_hold_of_money(1000, "pi_b"))
    assert voids(cancelled(story, lines=[("1", 2)])) == ["pi_a"]


def test_with_refund_none_held_money_stays_held() -> None:
    assert voids(cancelled(placed.given(an_authorization()), refund="NONE")) == []


# What the customer still has to pay for


def test_what_was_paid_for_units_that_shipped_is_not_given_back() -> None:
    story = placed.given(an_authorization(), a_capture(1000), a_shipment(("1", 2)))
    assert cancelled(story).refunds == ()


def test_a_deposit_stays_for_the_units_that_stay() -> None:
    story = placed.given(a_capture(1200))
    assert cancelled(story, lines=[("1", 2)]).refund_minor == 200
    assert cancelled(story).refund_minor == 1200


def test_pieces_give_back_in_all_what_was_paid_of_an_order_half_paid() -> None:
    story = placed.given(a_capture(1200))
    first = cancelled(story, lines=[("1", 2)])
    second = cancelled(story.given(first))
    assert first.refund_minor + second.refund_minor == 1200


# Sequence and tenders


def three_payments() -> Story[Any]:
    return placed.given(
        a_capture(800, "pi_a"),
        a_capture(700, "pi_b").model_copy(update={"tender": "GIFT_CARD"}),
        a_capture(500, "pi_c"),
    )


@pytest.mark.parametrize(
    ("terms", "sequence"),
    [
        ({}, ["pi_a", "pi_b"]),
        ({"refund_sequence": "LAST_FIRST"}, ["pi_c", "pi_b"]),
        ({"refund_first": ["GIFT_CARD"]}, ["pi_b", "pi_a"]),
        ({"refund_first": ["GIFT_CARD", "CARD"], "refund_sequence": "LAST_FIRST"},
         ["pi_b", "pi_c"]),
    ],
)  # fmt: skip
def test_money_goes_back_in_the_sequence_the_policy_wants(
    terms: dict[str, Any], sequence: list[str]
) -> None:
    fact = cancelled(three_payments().under(a_policy(**terms)), lines=[("1", 2)])
    assert [due.payment_id for due in fact.refunds] == sequence
    assert fact.refund_minor == 1000


def test_the_last_of_two_payments_comes_first_where_the_policy_wants_it() -> None:
    story = placed.given(a_capture(1000, "pi_a"), a_capture(1000, "pi_b"))
    fact = cancelled(story.under(a_policy(refund_sequence="LAST_FIRST")), lines=[("1", 1)])
    assert [due.payment_id for due in fact.refunds] == ["pi_b"]


def test_a_refund_says_what_the_payment_was_made_with() -> None:
    fact = cancelled(three_payments())
    assert {due.payment_id: due.tender for due in fact.refunds} == {
        "pi_a": "CARD", "pi_b": "GIFT_CARD", "pi_c": "CARD",
    }  # fmt: skip


# Captures in flight


def test_a_capture_in_flight_is_neither_refunded_nor_released() -> None:
    fact = cancelled(placed.given(an_authorization(), a_capture_start()))
    assert (fact.refunds, voids(fact)) == ((), [])
    assert fact.money is not None
    assert fact.money.awaited == (PAYMENT_ID,)


def test_where_all_is_covered_by_what_was_captured_nothing_is_awaited() -> None:
    fact = cancelled(placed.given(a_capture(2000, "pi_a"), a_capture_start(2000, "pi_b")))
    assert (fact.refund_minor, fact.money) == (2000, None)


def in_flight() -> Story[Any]:
    return placed.given(an_authorization(), a_capture_start(), a_cancel_command())


def test_when_it_brings_money_that_is_refunded_once_and_nobody_is_called() -> None:
    then = in_flight().when(a_capture())
    then.then_names("order.payment-captured.v1", "order.refund-requested.v1")
    requested = then.facts[1]
    assert isinstance(requested, events.RefundRequested)
    assert requested.refunds == (a_refund_due(2000),)
    assert (requested.cause, requested.command_id) == ("LATE_PAYMENT", None)


def test_when_it_fails_the_payment_is_released() -> None:
    then = in_flight().when(a_capture_failure())
    then.then_names("order.payment-capture-failed.v1", "order.payment-void-requested.v1")
    requested = then.facts[1]
    assert isinstance(requested, events.PaymentVoidRequested)
    assert requested.voids == (VoidDue(payment_id=PAYMENT_ID, amount_minor=2000),)


def test_when_it_fails_and_nothing_is_held_the_cancellation_waits_for_nothing_more() -> None:
    story = placed.given(
        a_capture_start(), a_cancel_command(restock=False, notify=False, lines=None)
    )
    then = story.when(a_capture_failure())
    then.then_names("order.payment-capture-failed.v1", "order.cancellation-completed.v1")


def test_of_several_captures_in_flight_each_ends_for_itself() -> None:
    story = placed.given(
        a_hold_of_money(2000), a_capture_start(1200), a_capture_start(800), a_cancel_command()
    )
    story.when(a_capture_failure(800)).then_names("order.payment-capture-failed.v1")
    after = story.given(a_capture_failure(800)).when(a_capture(1200))
    after.then_names("order.payment-captured.v1", "order.refund-requested.v1")


def test_a_capture_in_flight_that_the_rest_needs_gives_nothing_back() -> None:
    story = placed.given(an_authorization(), a_capture_start(1000))
    story = story.given(a_cancel_command(lines=[("1", 2)]))
    story.when(a_capture(1000)).then_names("order.payment-captured.v1")


# Money that comes late


def test_money_that_comes_after_the_cancellation_is_refunded_and_a_person_looks() -> None:
    story = placed.given(a_cancel_command())
    then = story.when(a_capture())
    then.then_names(
        "order.payment-captured.v1", "order.refund-requested.v1", "order.case-opened.v1"
    )
    case = then.facts[2]
    assert isinstance(case, events.CaseOpened)
    assert (case.kind, case.payment_id) == ("PAYMENT_AFTER_CANCELLATION", PAYMENT_ID)
    assert case.amount_minor == 2000


def test_late_money_is_refunded_once_however_it_comes() -> None:
    story = placed.given(a_cancel_command(), a_capture(1500), a_capture(500))
    assert story.state.due == {PAYMENT_ID: 2000}
    assert story.given(a_capture(100)).state.due == {PAYMENT_ID: 2100}


def test_late_money_stays_when_the_cancellation_kept_it() -> None:
    story = placed.given(a_cancel_command(refund="NONE"))
    story.when(a_capture()).then_names("order.payment-captured.v1")


def test_of_late_money_only_what_nothing_is_left_to_pay_with_goes_back() -> None:
    story = placed.given(an_authorization(), a_cancel_command(lines=[("1", 2)]))
    story.when(a_capture(1000)).then_names("order.payment-captured.v1")
    (_, requested) = story.when(a_capture(1700)).facts
    assert isinstance(requested, events.RefundRequested)
    assert requested.refund_minor == 700


def test_an_overpaid_order_gives_back_no_more_than_what_comes_late() -> None:
    story = placed.given(a_capture(9000), a_cancel_command())
    requested = story.when(a_capture(100)).facts[1]
    assert isinstance(requested, events.RefundRequested)
    assert requested.refund_minor == 100


def test_late_money_on_a_payment_to_be_released_is_refunded_and_its_release_has_failed() -> None:
    story = placed.given(an_authorization(), a_cancel_command()).given(a_capture())
    (legs,) = story.state.cancellations.values()
    assert (legs.void, legs.refund) == ("FAILED", None)
    assert story.state.due == {PAYMENT_ID: 2000}


def test_money_held_after_the_cancellation_is_released() -> None:
    story = placed.given(a_cancel_command())
    story.when(an_authorization()).then_names(
        "order.payment-authorized.v1", "order.payment-void-requested.v1"
    )


def test_money_held_for_what_is_left_stays_held() -> None:
    story = placed.given(a_cancel_command(lines=[("1", 2)]))
    story.when(an_authorization(1000)).then_names("order.payment-authorized.v1")


def test_more_held_than_we_can_count_is_put_aside() -> None:
    placed.given(an_authorization()).when(an_authorization(10**15)).then_set_aside(
        "AMOUNT_TOO_GREAT"
    )


# The release comes home


def test_a_release_ends_its_leg_and_is_not_called_a_refund() -> None:
    story = placed.given(an_authorization(), a_cancel_command(restock=False, notify=False))
    (_, completed) = story.when(a_void()).facts
    assert isinstance(completed, events.CancellationCompleted)
    assert (completed.void, completed.refund) == ("SUCCEEDED", "NOT_DUE")


def test_a_release_nobody_asked_for_is_recorded() -> None:
    placed.given(an_authorization()).when(a_void()).then_names("order.payment-voided.v1")
