"""A held cancellation: nothing moves, it can be undone without a trace, and it is released once."""

from typing import Any

import pytest

from contracts.cancellation import VoidDue
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from tests.support.mothers import (
    FIRST,
    PAYMENT_ID,
    a_cancel_command,
    a_capture,
    a_refund_success,
    a_restock,
    a_shipment,
    an_authorization,
    an_order,
    cancellation_at,
)
from tests.support.spec import NOW, Story, story_of
from tests.support.wishes import (
    KIM,
    LEA,
    VERA,
    a_capture_failure,
    a_capture_start,
    a_claim,
    a_policy,
    a_release,
    a_restock_by_hand,
    a_settlement,
    an_undo,
)

order = story_of(ORDER)
HELD = a_policy(hold_s=900)
paid = order.given(an_order(), a_capture()).under(HELD)
held = paid.given(a_cancel_command())


def test_the_order_is_cancelled_at_once_and_says_until_when_it_is_held() -> None:
    (fact,) = paid.when(a_cancel_command()).facts
    assert isinstance(fact, events.OrderCancelled)
    assert fact.held_until is not None
    assert (fact.held_until - NOW).total_seconds() == 900
    assert held.state.cancelled == {"1": 2, "2": 2}


def test_without_a_leg_it_is_complete_only_once_it_is_released() -> None:
    command = a_cancel_command(refund="NONE", restock=False, notify=False)
    paid.when(command).then_names("order.cancelled.v1")
    paid.given(command).after(minutes=15).when(a_release(FIRST)).then_names(
        "order.cancellation-confirmed.v1", "order.cancellation-completed.v1"
    )


def test_a_release_says_the_same_again_so_that_the_legs_can_go() -> None:
    (cancelled,) = paid.when(a_cancel_command()).facts
    (confirmed,) = held.after(minutes=15).when(a_release(FIRST), message_id="release-1").facts
    assert isinstance(confirmed, events.CancellationConfirmed)
    assert isinstance(cancelled, events.OrderCancelled)
    for name in set(events.Cancellation.model_fields) - {"command_id", "basis"}:
        assert getattr(confirmed, name) == getattr(cancelled, name), name
    assert (confirmed.command_id, confirmed.cancelled_at) == ("release-1", NOW)


def test_a_timer_waits_for_the_end_and_a_person_need_not() -> None:
    held.when(a_release(FIRST)).then_refused("HOLD_RUNNING")
    held.when(a_release(FIRST, LEA)).then_names("order.cancellation-confirmed.v1")
    held.when(a_release(FIRST, KIM)).then_refused("MISSING_PERMISSION")


def test_a_hold_ends_once() -> None:
    released = held.after(minutes=15).given(a_release(FIRST))
    (refusal,) = released.when(a_release(FIRST)).then_refused("NOT_HELD")
    assert refusal.detail == "its hold has ended"
    released.when(an_undo(FIRST)).then_refused("NOT_HELD")


def test_what_was_never_held_is_neither_released_nor_undone() -> None:
    story = order.given(an_order(), a_cancel_command())
    second = cancellation_at(2)
    (refusal,) = story.when(a_release(second)).then_refused("NOT_HELD")
    assert refusal.detail == "it was never held"
    story.when(an_undo(second)).then_refused("NOT_HELD")


def test_an_unknown_cancellation_and_an_unknown_order_are_told_apart() -> None:
    held.when(an_undo(cancellation_at(9))).then_refused("CANCELLATION_NOT_FOUND")
    order.when(an_undo(FIRST)).then_refused("ORDER_NOT_FOUND")


# Undo


@pytest.mark.parametrize("seconds", [0, 450, 899])
def test_undone_within_the_hold_the_order_is_as_it_was(seconds: float) -> None:
    story = held.after(seconds=seconds).given(an_undo(FIRST))
    before, after = paid.state, story.state
    assert after._replace(cancellations={}) == before._replace(cancellations={})
    assert [legs.status for legs in after.cancellations.values()] == ["UNDONE"]


@pytest.mark.parametrize(
    "command",
    [
        {"refund": "LATER"}, {"refund": "NONE"}, {"restock": False}, {"refund_amount_minor": 100},
        {"refund_to": "STORE_CREDIT"}, {"lines": [("1", 1)]},
    ],
)  # fmt: skip
def test_undone_whatever_was_chosen(command: dict[str, Any]) -> None:
    story = paid.given(a_cancel_command(**command), an_undo(FIRST))
    assert story.state._replace(cancellations={}) == paid.state._replace(cancellations={})


def test_at_the_end_of_the_hold_it_is_too_late_to_undo() -> None:
    held.after(seconds=900).when(an_undo(FIRST)).then_refused("HOLD_OVER")


def test_after_an_undo_everything_can_be_cancelled_again_and_nothing_twice() -> None:
    story = held.given(an_undo(FIRST))
    (refusal,) = story.when(an_undo(FIRST)).then_refused("NOT_HELD")
    assert refusal.detail == "it was taken back"
    fact = story.when(a_cancel_command()).facts[0]
    assert isinstance(fact, events.OrderCancelled)
    assert (fact.refund_minor, fact.nothing_left) == (2000, True)


def test_not_everybody_may_undo() -> None:
    held.when(an_undo(FIRST, VERA)).then_refused("MISSING_PERMISSION")


# What happens meanwhile


def test_held_units_cannot_be_packed_cancelled_settled_or_put_back_by_hand() -> None:
    held.when(a_claim()).then_refused("NOTHING_LEFT")
    held.when(a_cancel_command()).then_refused("NOTHING_LEFT")
    later = paid.given(a_cancel_command(refund="LATER", restock=False))
    later.when(a_settlement(1)).then_refused("HOLD_RUNNING")
    later.when(a_restock_by_hand(("1", 1))).then_refused("RESTOCK_TOO_GREAT")


def test_money_that_comes_meanwhile_waits_and_goes_back_with_the_release() -> None:
    story = order.given(an_order()).under(HELD).given(a_cancel_command())
    second = cancellation_at(2)
    then = story.when(a_capture())
    then.then_names("order.payment-captured.v1", "order.case-opened.v1")
    story = story.given(a_capture()).after(minutes=15)
    (_, requested) = story.when(a_release(second)).facts
    assert isinstance(requested, events.RefundRequested)
    assert requested.refund_minor == 2000
    undone = order.given(an_order()).under(HELD).given(
        a_cancel_command(), a_capture(), an_undo(second)
    )  # fmt: skip
    assert undone.state.due == {}


def test_a_payment_captured_meanwhile_is_refunded_and_no_longer_released() -> None:
    story = order.given(an_order(), an_authorization()).under(HELD).given(a_cancel_command())
    story = story.given(a_capture()).after(minutes=15)
    confirmed, requested = story.when(a_release(FIRST)).facts
    assert isinstance(confirmed, events.CancellationConfirmed)
    assert confirmed.money is not None
    assert confirmed.money.voids == ()
    assert isinstance(requested, events.RefundRequested)
    assert requested.refund_minor == 2000


def test_a_payment_whose_capture_failed_meanwhile_is_released() -> None:
    story = order.given(an_order(), an_authorization(), a_capture_start()).under(HELD)
    story = story.given(a_cancel_command(), a_capture_failure()).after(minutes=15)
    (confirmed,) = story.when(a_release(cancellation_at(4))).facts
    assert isinstance(confirmed, events.CancellationConfirmed)
    assert confirmed.money is not None
    assert confirmed.money.voids == (VoidDue(payment_id=PAYMENT_ID, amount_minor=2000),)
    assert confirmed.money.awaited == ()


def test_a_payment_awaited_during_the_hold_is_awaited_after_it() -> None:
    story = order.given(an_order(), an_authorization(), a_capture_start()).under(HELD)
    story = story.given(a_cancel_command()).after(minutes=15)
    (confirmed,) = story.when(a_release(cancellation_at(4))).facts
    assert isinstance(confirmed, events.CancellationConfirmed)
    assert confirmed.money is not None
    assert confirmed.money.awaited == (PAYMENT_ID,)


def test_a_payment_made_meanwhile_is_released_with_the_confirmation() -> None:
    story = order.given(an_order()).under(HELD).given(a_cancel_command())
    story.when(an_authorization()).then_names("order.payment-authorized.v1")
    story = story.given(an_authorization()).after(minutes=15)
    (confirmed,) = story.when(a_release(cancellation_at(2))).facts
    assert isinstance(confirmed, events.CancellationConfirmed)
    assert confirmed.money is not None
    assert confirmed.money.voids == (VoidDue(payment_id=PAYMENT_ID, amount_minor=2000),)


def test_what_another_hold_may_still_need_is_not_released() -> None:
    story = order.given(an_order(), an_authorization()).under(HELD)
    story = story.given(a_cancel_command(lines=[("1", 2)]), a_cancel_command(lines=[("2", 2)]))
    story = story.after(minutes=15)
    (first,) = story.when(a_release(FIRST)).facts
    assert isinstance(first, events.CancellationConfirmed)
    assert first.money is None or first.money.voids == ()
    (second,) = story.given(first).when(a_release(cancellation_at(4))).facts
    assert isinstance(second, events.CancellationConfirmed)
    assert second.money is not None
    assert [void.payment_id for void in second.money.voids] == [PAYMENT_ID]


def test_money_that_comes_beside_a_hold_counts_the_hold_as_not_decided() -> None:
    story = order.given(an_order(), a_capture(2000)).given(a_cancel_command(lines=[("1", 2)]))
    story = story.under(HELD).given(a_cancel_command(lines=[("2", 1)]))
    (_, requested) = story.when(a_capture(400, "pi_late")).facts
    assert isinstance(requested, events.RefundRequested)
    assert requested.refund_minor == 400
    assert requested.cancellation_id == FIRST


def units_back(story: Story[Any]) -> dict[str, int]:
    confirmed = story.after(minutes=15).when(a_release(FIRST)).facts[0]
    assert isinstance(confirmed, events.CancellationConfirmed)
    lines = confirmed.lines if confirmed.restock_lines is None else confirmed.restock_lines
    return {line.line_id: line.quantity for line in lines}


def test_units_that_shipped_meanwhile_do_not_go_back_on_the_shelf() -> None:
    assert units_back(held) == {"1": 2, "2": 2}
    assert units_back(held.given(a_shipment(("1", 1)))) == {"1": 1, "2": 2}
    assert units_back(held.given(a_shipment(("1", 2), ("2", 2)))) == {}


def test_two_holds_end_each_for_itself() -> None:
    story = paid.given(a_cancel_command(lines=[("1", 2)]), a_cancel_command(lines=[("2", 2)]))
    second = cancellation_at(4)
    story = story.given(an_undo(FIRST)).after(minutes=15).given(a_release(second))
    assert story.state.cancelled == {"2": 2}
    assert story.state.due == {PAYMENT_ID: 1000}


def test_reports_on_a_held_cancellation_close_its_legs_when_they_come() -> None:
    story = held.after(minutes=15).given(a_release(FIRST), a_refund_success(), a_restock())
    (legs,) = story.state.cancellations.values()
    assert (legs.refund, legs.restock, legs.notification) == ("SUCCEEDED", "SUCCEEDED", None)
