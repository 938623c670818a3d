"""Money a person has to give back: owed, recorded part by part, and never more than is owed."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.cancellation import EscalateCase
from kit.ids import child_id
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from tests.support.money_mothers import (
    CASH,
    a_cash_payment,
    a_manual_refund_owed,
    a_manual_refund_paid,
)
from tests.support.mothers import (
    FIRST,
    ORDER_ID,
    PAYMENT_ID,
    a_cancel_command,
    a_capture,
    a_notification,
    a_refund_failure,
    a_refund_success,
    a_restock,
    an_order,
    cancellation_at,
)
from tests.support.spec import NOW, story_of
from tests.support.wishes import (
    ADA,
    KIM,
    TIMER,
    VERA,
    a_manual_refund,
    a_policy,
    a_reinstatement,
    a_settlement,
)

order = story_of(ORDER)
cancelled = order.given(an_order(), a_cash_payment(), a_cancel_command())
owed = cancelled.given(a_manual_refund_owed())
REFUND = child_id(FIRST, PAYMENT_ID)
CASE = child_id(REFUND, "case:1")


def test_what_is_paid_in_cash_is_due_with_its_way_and_the_policy_says_for_how_long() -> None:
    under = order.under(a_policy(manual_refund_within_s=60)).given(an_order(), a_cash_payment())
    fact = under.when(a_cancel_command()).facts[0]
    assert isinstance(fact, events.OrderCancelled)
    (due,) = fact.refunds
    assert (due.method, due.by_hand_within_s) == (CASH, 60)


def test_what_was_paid_is_recorded_with_its_proof_and_what_is_left() -> None:
    (fact,) = owed.when(a_manual_refund(500, staff_note="at the till")).facts
    assert isinstance(fact, events.ManualRefundRecorded)
    assert (fact.refund_id, fact.payment_id) == (REFUND, PAYMENT_ID)
    assert (fact.amount_minor, fact.left_minor) == (500, 1500)
    assert (fact.proof, fact.paid_at, fact.actor) == ("receipt 17", NOW, KIM)
    assert fact.command_id == "command-1"


def test_when_it_was_paid_is_as_the_person_says() -> None:
    yesterday = NOW - timedelta(days=1)
    (fact,) = owed.when(a_manual_refund(paid_at=yesterday)).facts
    assert isinstance(fact, events.ManualRefundRecorded)
    assert fact.paid_at == yesterday


def test_in_parts_at_most_what_is_owed() -> None:
    story = owed.given(a_manual_refund(500), a_manual_refund(700))
    (refusal,) = story.when(a_manual_refund(801)).then_refused("PAID_MORE_THAN_OWED")
    assert refusal.data == {"asked": 801, "owed": 800}
    (fact,) = story.when(a_manual_refund(800)).facts
    assert isinstance(fact, events.ManualRefundRecorded)
    assert fact.left_minor == 0
    story.given(fact).when(a_manual_refund(1)).then_refused("NOTHING_OWED_BY_HAND")


@pytest.mark.parametrize(
    ("command", "codes"),
    [
        (a_manual_refund(currency="GBP"), ["CURRENCY_DIFFERENT"]),
        (a_manual_refund(refund_id=FIRST), ["MANUAL_REFUND_NOT_FOUND"]),
        (a_manual_refund(payment_id="pi_9"), ["MANUAL_REFUND_NOT_FOUND"]),
        (a_manual_refund(paid_at=NOW + timedelta(seconds=1)), ["PAID_AT_IN_FUTURE"]),
        (a_manual_refund(actor=ADA), ["MISSING_PERMISSION"]),
        (a_manual_refund(actor=VERA, currency="GBP"), ["MISSING_PERMISSION", "CURRENCY_DIFFERENT"]),
    ],
)
def test_what_does_not_fit_is_refused_with_every_reason(command: Any, codes: list[str]) -> None:
    owed.when(command).then_refused(*codes)


def test_of_an_order_nobody_knows_nothing_is_recorded() -> None:
    order.when(a_manual_refund()).then_refused("ORDER_NOT_FOUND")


def test_before_it_is_owed_nothing_is_recorded() -> None:
    cancelled.when(a_manual_refund()).then_refused("NOTHING_OWED_BY_HAND")


def test_of_several_the_one_that_was_paid_is_named() -> None:
    second = cancellation_at(8)
    story = order.given(
        an_order(), a_cash_payment(), a_cancel_command(lines=[("1", 2)]),
        a_manual_refund_owed(amount_minor=1000),
    ).given(a_notification(), a_restock(), a_cancel_command())  # fmt: skip
    story = story.given(a_manual_refund_owed(second, amount_minor=1000))
    (refusal,) = story.when(a_manual_refund(1000)).then_refused("MANUAL_REFUND_NOT_NAMED")
    other = child_id(second, PAYMENT_ID)
    assert str(REFUND) in refusal.detail
    assert str(other) in refusal.detail
    (fact,) = story.when(a_manual_refund(1000, refund_id=other)).facts
    assert isinstance(fact, events.ManualRefundRecorded)
    assert fact.cancellation_id == second


def test_it_is_refunded_once_the_books_of_the_refunds_service_say_so_and_not_before() -> None:
    paid = owed.given(a_manual_refund())
    assert paid.state.cancellations[FIRST].refund is None
    booked = paid.given(a_manual_refund_paid())
    assert booked.state.cancellations[FIRST].refund == "SUCCEEDED"


def test_the_cancellation_is_complete_with_the_last_of_it() -> None:
    story = owed.given(a_notification(), a_restock(), a_manual_refund())
    names = [fact.NAME for fact in story.when(a_manual_refund_paid()).facts]
    assert names == [
        "order.refund-reported.v1", "order.cancellation-completed.v1", "order.case-closed.v1",
    ]  # fmt: skip


def test_that_it_is_owed_is_news_once_and_not_after_a_part_was_paid() -> None:
    owed.when(a_manual_refund_owed(), message_id="again").then_nothing()
    paid = owed.given(a_manual_refund(500))
    paid.when(a_manual_refund_owed(), message_id="again").then_nothing()


def test_reinstating_the_order_does_not_take_the_debt_away() -> None:
    story = owed.given(a_reinstatement(FIRST))
    (fact,) = story.when(a_manual_refund()).facts
    assert isinstance(fact, events.ManualRefundRecorded)


def test_what_is_owed_by_hand_is_not_settled_a_second_time() -> None:
    owed.when(a_settlement()).then_refused("NOTHING_OWED")


# The case


def test_a_case_is_open_until_all_of_it_is_in_the_books() -> None:
    _, case = cancelled.when(a_manual_refund_owed()).facts
    assert isinstance(case, events.CaseOpened)
    assert (case.kind, case.case_id) == ("MANUAL_REFUND_OWED", CASE)
    assert (case.stake_minor, case.payment_id) == (2000, PAYMENT_ID)
    assert case.due_at == NOW + timedelta(days=7), "when refunds wants somebody reminded"
    story = owed.given(a_manual_refund(500))
    story.when(a_manual_refund(1500)).then_names("order.manual-refund-recorded.v1")
    booked = story.given(a_manual_refund(1500)).when(a_manual_refund_paid()).facts[-1]
    assert isinstance(booked, events.CaseClosed)
    assert (booked.case_id, booked.resolution) == (CASE, "RESOLVED")


def test_it_goes_up_when_its_time_is_over_and_again_after_as_long() -> None:
    remind = EscalateCase(order_id=ORDER_ID, case_id=CASE, actor=TIMER)
    owed.after(days=6).when(remind).then_refused("CASE_NOT_DUE")
    under = owed.under(a_policy(manual_refund_within_s=60)).after(days=8)
    (fact,) = under.when(remind).facts
    assert isinstance(fact, events.CaseEscalated)
    assert fact.due_at == under.now + timedelta(seconds=60)
    (fact,) = owed.after(days=8).when(remind).facts
    assert isinstance(fact, events.CaseEscalated)
    assert fact.due_at == NOW + timedelta(days=15)


LATE_FAILURE = a_refund_failure().model_copy(update={"after_success": True})
reopened = order.given(
    an_order(), a_capture(), a_cancel_command(), a_restock(), a_notification(),
    a_refund_success(), LATE_FAILURE,
)  # fmt: skip


def test_what_the_provider_gave_and_took_back_can_be_owed_by_a_person_instead() -> None:
    (fact,) = reopened.when(a_settlement(refund_to="BY_HAND")).facts
    assert isinstance(fact, events.RefundRequested)
    (due,) = fact.refunds
    assert due.method is not None
    assert (due.payment_id, due.amount_minor, due.tender) == (PAYMENT_ID, 2000, "CARD")
    assert due.method.is_offline
    assert (fact.balance_minor, fact.store_credit) == (0, None)


def test_it_is_never_owed_twice_by_the_balance_and_by_a_person() -> None:
    by_hand = reopened.given(a_settlement(refund_to="BY_HAND"))
    by_hand.when(a_settlement(refund_to="BY_HAND"), message_id="b").then_refused("NOTHING_OWED")
    by_hand.when(a_settlement(), message_id="c").then_refused("NOTHING_OWED")


def test_once_a_person_has_paid_the_trouble_is_over_and_every_case_closes() -> None:
    (asked,) = reopened.when(a_settlement(refund_to="BY_HAND")).facts
    assert isinstance(asked, events.RefundRequested)
    of_it = {"refund_id": child_id(asked.request_id, PAYMENT_ID)}
    owed = a_manual_refund_owed().model_copy(update=of_it)
    paid = reopened.given(asked, owed, a_manual_refund())
    in_books = a_manual_refund_paid().model_copy(update=of_it)
    names = [fact.NAME for fact in paid.when(in_books).facts]
    assert names.count("order.refund-reported.v1") == 1
    assert names.count("order.case-closed.v1") == 2


def test_a_part_can_be_settled_by_hand_and_the_rest_as_it_was_paid() -> None:
    part = reopened.given(a_settlement(500, refund_to="BY_HAND"))
    (fact,) = part.when(a_settlement(), message_id="b").facts
    assert isinstance(fact, events.RefundRequested)
    assert [(due.amount_minor, due.method) for due in fact.refunds] == [(1500, None)]


def test_store_credit_goes_back_into_the_account_whoever_wants_it_by_hand() -> None:
    credit = a_capture().model_copy(update={"tender": "STORE_CREDIT"})
    left = order.given(an_order(), credit, a_cancel_command(refund="LATER", restock=False))
    (fact,) = left.when(a_settlement(refund_to="BY_HAND")).facts
    assert isinstance(fact, events.RefundRequested)
    assert [due.method for due in fact.refunds] == [None]
