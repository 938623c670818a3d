"""Afterwards: settling what is owed, putting units back by hand; never more than there is."""

from datetime import timedelta
from typing import Any

import pytest

from contracts import inventory
from contracts.cancellation import RestockLine
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from tests.support.mothers import (
    FIRST,
    ORDER_ID,
    PAYMENT_ID,
    a_cancel_command,
    a_capture,
    a_line,
    a_refund_due,
    a_refund_success,
    a_restock_failure,
    a_shipment,
    an_order,
    cancellation_at,
)
from tests.support.spec import NOW, Story, story_of
from tests.support.wishes import (
    VERA,
    a_restock_by_hand,
    a_settlement,
    tenders,
)

order = story_of(ORDER)
paid = order.given(an_order(), a_capture())
owing = paid.given(a_cancel_command(refund="LATER", restock=False, notify=False))


def settled(story: Story[Any], *args: Any, **changes: Any) -> events.RefundRequested:
    fact = story.when(a_settlement(*args, **changes)).facts[0]
    assert isinstance(fact, events.RefundRequested), fact
    return fact


# What is owed


def test_all_that_is_owed_is_settled_at_once() -> None:
    fact = settled(owing)
    assert fact.refunds == (a_refund_due(2000),)
    assert (fact.cause, fact.balance_minor, fact.cancellation_id) == ("SETTLEMENT", 0, FIRST)
    assert fact.request_id == cancellation_at(4)


def test_or_in_parts_until_nothing_is_owed() -> None:
    story = owing
    for amount_minor, left_minor in ((700, 1300), (1000, 300), (300, 0)):
        fact = settled(story, amount_minor)
        assert (fact.refund_minor, fact.balance_minor) == (amount_minor, left_minor)
        story = story.given(fact)
    story.when(a_settlement(1)).then_refused("NOTHING_OWED")
    assert story.state.due == {PAYMENT_ID: 2000}


def test_never_more_than_is_owed() -> None:
    story = owing.given(a_settlement(1500))
    (refusal,) = story.when(a_settlement(501)).then_refused("OPEN_BALANCE_TOO_SMALL")
    assert refusal.data == {"asked": 501, "owed": 500}


def test_never_more_than_was_paid() -> None:
    story = order.given(an_order(), a_capture(700), a_cancel_command(refund="LATER"))
    (refusal,) = story.when(a_settlement(701)).then_refused("REFUND_TOO_GREAT")
    assert refusal.data == {"asked": 701, "limit": 700}
    assert settled(story).refund_minor == 700
    unpaid = order.given(an_order(), a_cancel_command(refund="LATER"))
    unpaid.when(a_settlement()).then_refused("REFUND_TOO_GREAT")


def test_money_that_comes_after_refund_later_waits_to_be_settled() -> None:
    story = order.given(an_order(), a_cancel_command(refund="LATER"))
    story.when(a_capture()).then_names("order.payment-captured.v1", "order.case-opened.v1")
    assert settled(story.given(a_capture())).refund_minor == 2000


def test_the_rest_can_be_closed() -> None:
    fact = settled(owing, 500, is_final=True)
    assert (fact.refund_minor, fact.kept_minor, fact.balance_minor) == (500, 1500, 0)
    story = owing.given(fact)
    story.when(a_settlement(1)).then_refused("NOTHING_OWED")
    nothing = settled(owing, 0, is_final=True)
    assert (nothing.refunds, nothing.kept_minor) == ((), 2000)
    story.when(a_capture(300)).then_names(
        "order.payment-captured.v1", "order.refund-requested.v1", "order.case-opened.v1"
    )


def test_closed_without_money_the_cancellation_is_complete() -> None:
    owing.when(a_settlement(0, is_final=True)).then_names(
        "order.refund-requested.v1", "order.cancellation-completed.v1"
    )


def test_settled_the_cancellation_completes_with_the_last_refund() -> None:
    story = owing.given(a_settlement(1500), a_settlement(500))
    first, second = story.state.cancellations[FIRST].later
    about = a_refund_success(FIRST)
    story.when(about.model_copy(update={"refund_id": first})).then_names("order.refund-reported.v1")
    story = story.given(about.model_copy(update={"refund_id": first}))
    then = story.when(about.model_copy(update={"refund_id": second}))
    then.then_names("order.refund-reported.v1", "order.cancellation-completed.v1")
    story.when(about.model_copy(update={"refund_id": first})).then_nothing()
    story.when(a_refund_success(FIRST, "pi_x")).then_set_aside("REFUND_NOT_DUE")


def test_per_payment() -> None:
    story = order.given(an_order(), a_capture(1500, "pi_a"), a_capture(500, "pi_b"))
    story = story.given(a_cancel_command(refund="LATER"))
    fact = settled(story, tenders=tenders(pi_b=400, pi_a=100))
    assert fact.refunds == (a_refund_due(400, "pi_b", 500), a_refund_due(100, "pi_a", 1500))
    story.when(a_settlement(tenders=tenders(pi_b=501))).then_refused("REFUND_TOO_GREAT")
    story.when(a_settlement(tenders=tenders(pi_x=1))).then_refused("TENDER_NOT_FOUND")


def test_as_store_credit() -> None:
    fact = settled(owing, 800, refund_to="STORE_CREDIT")
    assert fact.refunds == ()
    assert fact.store_credit is not None
    assert (fact.store_credit.amount_minor, fact.balance_minor) == (800, 1200)
    assert owing.given(fact).state.due == {PAYMENT_ID: 800}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount_minor": 0}, "CHOICES_CONTRADICT"),
        ({"amount_minor": 5, "tenders": tenders(pi_489434=6)}, "CHOICES_CONTRADICT"),
        ({"tenders": tenders(pi_489434=6) * 2}, "CHOICES_CONTRADICT"),
        ({"tenders": tenders(pi_489434=6), "refund_to": "STORE_CREDIT"}, "CHOICES_CONTRADICT"),
        ({"store_credit_expires_at": NOW + timedelta(days=1)}, "CHOICES_CONTRADICT"),
        (
            {"refund_to": "STORE_CREDIT", "store_credit_expires_at": NOW},
            "STORE_CREDIT_EXPIRY_PAST",
        ),
        ({"actor": VERA}, "MISSING_PERMISSION"),
        ({"cancellation_id": cancellation_at(9)}, "CANCELLATION_NOT_FOUND"),
    ],
)
def test_refuses_what_makes_no_sense(changes: dict[str, Any], code: str) -> None:
    owing.when(a_settlement(**{"amount_minor": None, **changes})).then_refused(code)


def test_a_guest_has_no_account_for_credit() -> None:
    story = order.given(an_order(customer=None), a_capture(), a_cancel_command(refund="LATER"))
    story.when(a_settlement(refund_to="STORE_CREDIT")).then_refused("STORE_CREDIT_CUSTOMER_MISSING")


def test_of_several_cancellations_that_owe_one_must_be_named() -> None:
    story = paid.given(
        a_cancel_command(refund="LATER", lines=[("1", 2)]),
        a_cancel_command(refund="LATER", lines=[("2", 2)]),
    )
    story.when(a_settlement()).then_refused("CANCELLATION_NOT_NAMED")
    fact = settled(story, cancellation_id=cancellation_at(4))
    assert (fact.refund_minor, fact.cancellation_id) == (1000, cancellation_at(4))


def test_nothing_is_owed_of_unknown_orders_and_of_those_refunded_at_once() -> None:
    order.when(a_settlement()).then_refused("ORDER_NOT_FOUND")
    paid.given(a_cancel_command()).when(a_settlement()).then_refused("NOTHING_OWED")


# Units back by hand


def restocked(story: Story[Any], *units: tuple[str, int], **where: Any) -> Any:
    (fact,) = story.when(a_restock_by_hand(*units, **where)).facts
    assert isinstance(fact, events.RestockRequested), fact
    return fact


def test_units_left_out_go_back_by_hand() -> None:
    fact = restocked(owing, ("1", 1), location="paris")
    assert fact.lines == (
        RestockLine(
            line_id="1", sku="SKU-1", quantity=1, ordered_quantity=2, location="paris"
        ),
    )  # fmt: skip
    assert (fact.cancellation_id, fact.request_id) == (FIRST, cancellation_at(4))


def test_in_parts_and_never_twice() -> None:
    story = owing.given(a_restock_by_hand(("1", 1)), a_restock_by_hand(("1", 1), ("2", 2)))
    (refusal,) = story.when(a_restock_by_hand(("1", 1))).then_refused("RESTOCK_TOO_GREAT")
    assert refusal.data == {"asked": 1, "limit": 0}


def test_what_went_back_by_itself_does_not_go_back_by_hand() -> None:
    story = paid.given(a_cancel_command())
    story.when(a_restock_by_hand(("1", 1))).then_refused("RESTOCK_TOO_GREAT")


def test_what_failed_to_go_back_may() -> None:
    story = paid.given(a_cancel_command(), a_restock_failure())
    restocked(story, ("1", 2), ("2", 2))


def answer(restock: events.RestockRequested, *, failed: bool = False) -> Any:
    about = {"order_id": ORDER_ID, "cancellation_id": FIRST, "request_id": restock.request_id}
    if failed:
        return inventory.RestockFailed(
            **about, code="MORE_THAN_ORDERED", detail="no", failed_at=NOW
        )  # fmt: skip
    return inventory.StockRestocked(**about, lines=(), restocked_at=NOW)


def test_its_report_is_recorded_once_and_completes_nothing() -> None:
    fact = restocked(owing, ("1", 1))
    story = owing.given(fact)
    story.when(answer(fact)).then_names("order.restock-reported.v1")
    story.given(answer(fact)).when(answer(fact)).then_nothing()
    owing.when(answer(fact)).then_set_aside("RESTOCK_NOT_REQUESTED")


def test_what_failed_by_hand_may_be_tried_again() -> None:
    fact = restocked(owing, ("1", 2))
    restocked(owing.given(fact, answer(fact, failed=True)), ("1", 2))


def test_damaged_units_are_recorded_and_stay_off() -> None:
    fact = restocked(owing, ("1", 1), condition="DAMAGED")
    assert fact.lines == ()
    assert [(units.line_id, units.quantity) for units in fact.kept_out] == [("1", 1)]


def test_units_that_shipped_all_the_same_cannot_go_back() -> None:
    story = owing.given(a_shipment(("1", 2)))
    story.when(a_restock_by_hand(("1", 1))).then_refused("RESTOCK_TOO_GREAT")


def test_some_goods_never_go_back() -> None:
    line = a_line().model_copy(update={"tags": ("perishable",)})
    story = order.given(an_order(line), a_cancel_command())
    story.when(a_restock_by_hand(("1", 1))).then_refused("EXCLUDED_BY_POLICY")


def test_unknown_lines_and_orders_and_whoever_may_not() -> None:
    owing.when(a_restock_by_hand(("9", 1))).then_refused("LINE_NOT_FOUND")
    order.when(a_restock_by_hand(("1", 1))).then_refused("ORDER_NOT_FOUND")
    command = a_restock_by_hand(("1", 1)).model_copy(update={"actor": VERA})
    owing.when(command).then_refused("MISSING_PERMISSION")
