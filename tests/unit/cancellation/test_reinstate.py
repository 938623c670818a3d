"""Taking a cancellation back after its hold: what comes back by itself, and what does not."""

from typing import Any

import pytest

from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from tests.support.mothers import (
    FIRST,
    PAYMENT_ID,
    a_cancel_command,
    a_capture,
    a_notification,
    a_refund_failure,
    a_refund_success,
    a_restock,
    a_restock_failure,
    an_authorization,
    an_order,
    cancellation_at,
)
from tests.support.spec import Story, story_of
from tests.support.wishes import (
    KIM,
    a_claim,
    a_policy,
    a_reinstatement,
    a_restock_by_hand,
    a_settlement,
    an_undo,
)

order = story_of(ORDER)
paid = order.given(an_order(), a_capture())
cancelled = paid.given(a_cancel_command())


def reinstated(story: Story[Any], cancellation_id: Any = FIRST) -> events.OrderReinstated:
    fact = story.when(a_reinstatement(cancellation_id)).facts[0]
    assert isinstance(fact, events.OrderReinstated), fact
    return fact


def aftermath(fact: events.OrderReinstated) -> dict[str, bool]:
    return {each.code: each.is_restored for each in fact.aftermath}


def test_the_units_are_open_again() -> None:
    story = cancelled.given(reinstated(cancelled))
    assert story.state.cancelled == {}
    story.when(a_claim()).then_names("order.fulfillment-claimed.v1")


def test_what_went_out_of_the_house_is_named() -> None:
    fact = reinstated(cancelled)
    assert aftermath(fact) == {
        "STOCK_TO_RESERVE": False, "MONEY_TO_CHARGE": False, "MESSAGE_TO_CORRECT": False,
    }  # fmt: skip
    assert fact.charge_minor == 2000
    assert {line.line_id: line.quantity for line in fact.reserve_lines} == {"1": 2, "2": 2}


def test_what_never_left_comes_back_by_itself() -> None:
    command = a_cancel_command(refund="LATER", restock=False, notify=False)
    fact = reinstated(paid.given(command))
    assert aftermath(fact) == {"STOCK_STAYED": True, "BALANCE_CLOSED": True}
    assert (fact.charge_minor, fact.reserve_lines) == (0, ())


def test_a_refund_and_a_restock_that_failed_left_everything_here() -> None:
    story = cancelled.given(a_refund_failure(), a_restock_failure())
    fact = reinstated(story)
    assert aftermath(fact) == {
        "STOCK_STAYED": True, "MONEY_STAYED": True, "BALANCE_CLOSED": True,
        "MESSAGE_TO_CORRECT": False,
    }  # fmt: skip
    assert fact.charge_minor == 0


def test_a_payment_to_be_released_takes_a_new_one() -> None:
    story = order.given(an_order(), an_authorization(), a_cancel_command(restock=False))
    assert aftermath(reinstated(story)) == {
        "STOCK_STAYED": True, "PAYMENT_TO_RENEW": False, "MESSAGE_TO_CORRECT": False,
    }  # fmt: skip


def test_a_payment_captured_after_all_was_not_released() -> None:
    story = order.given(an_order(), an_authorization(), a_cancel_command(notify=False), a_capture())
    codes = aftermath(reinstated(story))
    assert codes["PAYMENT_STAYED"] is True
    assert codes["MONEY_TO_CHARGE"] is False


def test_store_credit_and_fees_are_named() -> None:
    fee = {"name": "LATE", "percent_bps": 1000}
    story = paid.under(a_policy(fees=[fee])).given(a_cancel_command(refund_to="STORE_CREDIT"))
    codes = aftermath(reinstated(story))
    assert (codes["CREDIT_TO_TAKE_BACK"], codes["FEE_DROPPED"]) == (False, True)


def test_units_put_back_by_hand_are_needed_again() -> None:
    story = paid.given(a_cancel_command(restock=False), a_restock_by_hand(("1", 1)))
    fact = reinstated(story)
    assert {line.line_id: line.quantity for line in fact.reserve_lines} == {"1": 1}
    assert story.given(fact).state.seldom.off_shelf == {}


def test_a_reinstated_order_paid_again_is_cancelled_again_in_full() -> None:
    story = cancelled.given(a_reinstatement(FIRST), a_capture(2000, "pi_new"))
    (fact,) = story.when(a_cancel_command()).facts
    assert isinstance(fact, events.OrderCancelled)
    assert {due.payment_id: due.amount_minor for due in fact.refunds} == {"pi_new": 2000}


def test_a_reinstated_order_that_was_not_paid_again_gives_nothing_back_twice() -> None:
    fact = cancelled.given(a_reinstatement(FIRST)).when(a_cancel_command()).facts[0]
    assert isinstance(fact, events.OrderCancelled)
    assert fact.refunds == ()


def test_one_of_two_cancellations_is_taken_back_and_the_other_stands() -> None:
    story = paid.given(a_cancel_command(lines=[("1", 2)]), a_cancel_command(lines=[("2", 2)]))
    story = story.given(a_reinstatement(FIRST))
    assert story.state.cancelled == {"2": 2}


def test_legs_still_report_and_the_cancellation_still_completes() -> None:
    story = cancelled.given(a_reinstatement(FIRST), a_refund_success(), a_restock())
    story.when(a_notification()).then_names(
        "order.notification-reported.v1", "order.cancellation-completed.v1"
    )


def test_a_cancellation_that_waited_for_what_was_owed_alone_is_complete() -> None:
    story = paid.given(a_cancel_command(refund="LATER", restock=False, notify=False))
    story.when(a_reinstatement(FIRST)).then_names(
        "order.reinstated.v1", "order.cancellation-completed.v1"
    )
    story.given(a_reinstatement(FIRST)).when(a_settlement(1)).then_refused("NOTHING_OWED")


def test_it_is_taken_back_once() -> None:
    story = cancelled.given(a_reinstatement(FIRST))
    story.when(a_reinstatement(FIRST)).then_refused("ALREADY_REINSTATED")


def test_within_the_hold_it_is_undone_instead() -> None:
    held = paid.under(a_policy(hold_s=60)).given(a_cancel_command())
    held.when(a_reinstatement(FIRST)).then_refused("HOLD_RUNNING")
    held.given(an_undo(FIRST)).when(a_reinstatement(FIRST)).then_refused("ALREADY_REINSTATED")


@pytest.mark.parametrize(
    ("story", "cancellation_id", "actor", "code"),
    [
        (order, FIRST, None, "ORDER_NOT_FOUND"),
        (cancelled, cancellation_at(9), None, "CANCELLATION_NOT_FOUND"),
        (cancelled, FIRST, KIM, "MISSING_PERMISSION"),
    ],
)
def test_refuses_what_is_unknown_and_whoever_may_not(
    story: Story[Any], cancellation_id: Any, actor: Any, code: str
) -> None:
    command = a_reinstatement(cancellation_id, *([actor] if actor else []))
    story.when(command).then_refused(code)


def test_money_that_was_given_back_stays_given_back() -> None:
    assert cancelled.given(a_reinstatement(FIRST)).state.due == {PAYMENT_ID: 2000}
