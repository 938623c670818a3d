"""Choices of a cancel command: money, shelves, messages, reasons; and those that contradict."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.cancellation import CancellationDetails
from contracts.orders import Customer
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from tests.support.mothers import (
    ORDER_ID,
    PAYMENT_ID,
    a_cancel_command,
    a_capture,
    a_line,
    a_refund_due,
    a_shipment,
    an_order,
    cancellation_at,
)
from tests.support.spec import NOW, Story, story_of
from tests.support.wishes import a_policy, lines_of, tenders, units_back

order = story_of(ORDER)
paid = order.given(an_order(), a_capture())
NEVER = NOW + timedelta(days=365)


def cancelled(story: Story[Any], **command: Any) -> events.OrderCancelled:
    fact = story.when(a_cancel_command(**command)).facts[0]
    assert isinstance(fact, events.OrderCancelled), fact
    return fact


def kept(fact: events.OrderCancelled) -> int:
    return fact.money.kept_minor if fact.money else 0


# Money


def test_refund_later_moves_no_money_and_leaves_it_owed() -> None:
    fact = cancelled(paid, refund="LATER")
    assert fact.money is not None
    assert (fact.refunds, fact.money.balance_minor) == ((), 2000)


def test_a_stated_amount_goes_back_and_the_rest_is_kept() -> None:
    fact = cancelled(paid, refund_amount_minor=1200)
    assert (fact.refunds, kept(fact)) == ((a_refund_due(1200),), 800)


def test_a_stated_amount_can_be_owed_and_the_rest_kept() -> None:
    fact = cancelled(paid, refund="LATER", refund_amount_minor=1200)
    assert fact.money is not None
    assert (fact.money.balance_minor, fact.money.kept_minor) == (1200, 800)


def test_lines_measure_the_money() -> None:
    fact = cancelled(paid, refund_lines=lines_of([("1", 1)]))
    assert (fact.refund_minor, kept(fact)) == (500, 1500)


def test_money_is_named_per_payment() -> None:
    story = order.given(an_order(), a_capture(1500, "pi_a"), a_capture(500, "pi_b"))
    fact = cancelled(story, refund_tenders=tenders(pi_b=500, pi_a=100))
    assert fact.refunds == (a_refund_due(500, "pi_b", 500), a_refund_due(100, "pi_a", 1500))
    assert kept(fact) == 1400


def test_store_credit_stands_for_the_payments_and_nothing_is_refunded() -> None:
    fact = cancelled(paid, refund_to="STORE_CREDIT", store_credit_expires_at=NEVER)
    assert (fact.refunds, fact.refund_minor) == ((), 0)
    assert fact.money is not None
    credit = fact.money.store_credit
    assert credit is not None
    assert (credit.amount_minor, credit.customer_id, credit.expires_at) == (2000, "13085", NEVER)
    assert credit.payments == (a_refund_due(2000),)
    assert paid.given(fact).state.due == {PAYMENT_ID: 2000}


def test_store_credit_keeps_the_money_leg_open() -> None:
    command = a_cancel_command(refund_to="STORE_CREDIT", restock=False, notify=False)
    paid.when(command).then_names("order.cancelled.v1")


@pytest.mark.parametrize(
    ("command", "limit"),
    [
        ({"refund_amount_minor": 2001}, 2000),
        ({"refund_tenders": tenders(pi_489434=2001)}, 2000),
        ({"refund": "LATER", "refund_amount_minor": 2001}, 2000),
        ({"refund_amount_minor": 1001, "lines": lines_of([("1", 2)])}, 1000),
    ],
)
def test_refuses_to_give_back_more_than_there_is(command: dict[str, Any], limit: int) -> None:
    given = {name: value for name, value in command.items() if name != "lines"}
    wish = a_cancel_command(**given).model_copy(update={"lines": command.get("lines")})
    refusal = paid.when(wish).facts[0].refusals[0]  # type: ignore[attr-defined]
    assert (refusal.code, refusal.data["limit"]) == ("REFUND_TOO_GREAT", limit)


def test_refuses_to_give_back_more_than_one_payment_has() -> None:
    story = order.given(an_order(), a_capture(1500, "pi_a"), a_capture(500, "pi_b"))
    (refusal,) = story.when(
        a_cancel_command(refund_tenders=tenders(pi_b=501))
    ).then_refused("REFUND_TOO_GREAT")  # fmt: skip
    assert refusal.data == {"payment_id": "pi_b", "asked": 501, "limit": 500}


def test_refuses_to_state_an_amount_of_money_that_never_came() -> None:
    order.given(an_order()).when(a_cancel_command(refund_amount_minor=1)).then_refused(
        "REFUND_TOO_GREAT"
    )


def test_refuses_a_payment_the_order_does_not_have() -> None:
    paid.when(a_cancel_command(refund_tenders=tenders(pi_x=1))).then_refused("TENDER_NOT_FOUND")


def test_refuses_money_for_units_that_are_not_cancelled() -> None:
    command = a_cancel_command(lines=[("1", 1)], refund_lines=lines_of([("1", 2), ("2", 1)]))
    refusals = paid.when(command).then_refused(*["REFUND_LINE_NOT_CANCELLED"] * 2)
    assert [refusal.line_id for refusal in refusals] == ["1", "2"]


def test_refuses_store_credit_for_a_guest() -> None:
    story = order.given(an_order(customer=None), a_capture())
    story.when(a_cancel_command(refund_to="STORE_CREDIT")).then_refused(
        "STORE_CREDIT_CUSTOMER_MISSING"
    )


def test_refuses_store_credit_that_has_lapsed() -> None:
    command = a_cancel_command(refund_to="STORE_CREDIT", store_credit_expires_at=NOW)
    paid.when(command).then_refused("STORE_CREDIT_EXPIRY_PAST")


@pytest.mark.parametrize(
    "choices",
    [
        {"refund": "NONE", "refund_amount_minor": 1},
        {"refund": "NONE", "refund_to": "STORE_CREDIT"},
        {"refund": "NONE", "refund_lines": lines_of([("1", 1)])},
        {"refund": "LATER", "refund_to": "STORE_CREDIT"},
        {"refund": "LATER", "refund_tenders": tenders(pi_489434=1)},
        {"refund_lines": lines_of([("1", 1)]), "refund_amount_minor": 1},
        {"refund_tenders": tenders(pi_489434=1), "refund_amount_minor": 2},
        {"refund_tenders": tenders(pi_489434=1), "refund_to": "STORE_CREDIT"},
        {"refund_tenders": tenders(pi_489434=1) * 2},
        {"store_credit_expires_at": NEVER},
        {"restock": False, "restock_lines": units_back(("1", 1))},
    ],
)
def test_refuses_choices_that_exclude_each_other(choices: dict[str, Any]) -> None:
    paid.when(a_cancel_command(**choices)).then_refused("CHOICES_CONTRADICT")


# Messages and reasons


@pytest.mark.parametrize("told", [True, False])
def test_the_policy_says_whether_the_customer_is_told(*, told: bool) -> None:
    fact = cancelled(paid.under(a_policy(notify=told)), notify=None)
    assert (fact.recipient is not None) is told


def test_a_reason_of_the_merchant_comes_in_the_customers_language() -> None:
    customer = Customer(customer_id="1", email="zoe@example.fr", locale="fr")
    story = order.given(an_order(customer=customer))
    fact = cancelled(story, sub_reason="CHANGED_MIND", customer_message="À bientôt")
    assert fact.details == CancellationDetails(
        sub_reason="CHANGED_MIND",
        reason_label="Vous avez changé d'avis",
        customer_message="À bientôt",
    )


@pytest.mark.parametrize(("reason", "sub_reason"), [("STAFF", "CHANGED_MIND"), ("OTHER", "MOON")])
def test_refuses_a_reason_the_policy_does_not_list_there(reason: str, sub_reason: str) -> None:
    paid.when(a_cancel_command(reason=reason, sub_reason=sub_reason)).then_refused("REASON_UNKNOWN")


def test_refuses_a_view_that_is_out_of_date() -> None:
    paid.when(a_cancel_command(expected_version=2)).then_names("order.cancelled.v1")
    (refusal,) = paid.when(a_cancel_command(expected_version=1)).then_refused("VERSION_STALE")
    assert refusal.data == {"expected": 1, "version": 2}


def test_a_refusal_lists_every_failed_rule_with_what_it_saw() -> None:
    command = a_cancel_command(
        lines=[("1", 3)], expected_version=7, sub_reason="MOON", refund_tenders=tenders(pi_x=1)
    )
    refusals = paid.when(command).then_refused(
        "QUANTITY_TOO_GREAT", "VERSION_STALE", "REASON_UNKNOWN", "TENDER_NOT_FOUND"
    )
    assert all(refusal.data for refusal in refusals)


# What left the shop


def test_a_partly_shipped_order_is_cancelled_as_far_as_it_goes_and_offers_a_return() -> None:
    fact = cancelled(paid.given(a_shipment(("1", 2), ("2", 1))))
    assert {line.line_id: line.quantity for line in fact.lines} == {"2": 1}
    assert fact.details is not None
    proposal = fact.details.return_proposal
    assert proposal is not None
    assert {line.line_id: line.quantity for line in proposal.lines} == {"1": 2, "2": 1}
    assert proposal.amount_minor == 1500
    assert fact.nothing_left


def test_a_shipped_order_is_refused_with_a_return_ready_to_offer() -> None:
    story = paid.given(a_shipment(("1", 2), ("2", 2)))
    (refusal,) = story.when(a_cancel_command()).then_refused("ALREADY_FULFILLED")
    assert refusal.return_proposal is not None
    assert refusal.return_proposal.amount_minor == 2000


def test_asked_for_lines_the_return_is_offered_for_those_alone() -> None:
    story = paid.given(a_shipment(("1", 2), ("2", 2)))
    command = a_cancel_command(lines=[("1", 1)])
    (refusal,) = story.when(command).then_refused("ALREADY_FULFILLED")
    assert refusal.return_proposal is not None
    assert [(x.line_id, x.quantity) for x in refusal.return_proposal.lines] == [("1", 1)]


def test_the_return_offered_is_for_what_can_no_longer_be_cancelled_alone() -> None:
    story = order.given(an_order(a_line("1", quantity=4)), a_shipment(("1", 3)))
    command = a_cancel_command(lines=[("1", 2)])
    (refusal,) = story.when(command).then_refused("ALREADY_FULFILLED")
    assert refusal.return_proposal is not None
    assert [(x.line_id, x.quantity) for x in refusal.return_proposal.lines] == [("1", 1)]


def test_an_order_with_lines_of_its_own_keeps_its_ids() -> None:
    fact = cancelled(paid)
    assert (fact.order_id, fact.cancellation_id) == (ORDER_ID, cancellation_at(3))
