"""Refunds of held cancellations, and of money that is due afterwards."""

from kit.ids import child_id
from services.refunds.domain import events
from services.refunds.domain.ledger import LEDGER
from tests.support.mothers import FIRST, PAYMENT_ID, a_refund_due, an_order_cancelled
from tests.support.said import REQUEST, a_confirmation, a_held_cancellation, a_later_refund
from tests.support.spec import story_of

ledger = story_of(LEDGER)


def test_while_a_cancellation_is_held_nothing_is_asked_for() -> None:
    ledger.when(a_held_cancellation()).then_nothing()


def test_once_the_hold_is_over_it_is_asked_for_once_under_the_same_id() -> None:
    (fact,) = ledger.when(a_confirmation()).facts
    assert isinstance(fact, events.RefundRequested)
    assert fact.refund_id == child_id(FIRST, PAYMENT_ID)
    ledger.given(a_confirmation()).when(a_confirmation(), message_id="b").then_nothing()


def test_money_due_afterwards_has_an_id_of_its_own() -> None:
    story = ledger.given(an_order_cancelled(refunds=(a_refund_due(1500),)))
    (fact,) = story.when(a_later_refund()).facts
    assert isinstance(fact, events.RefundRequested)
    assert (fact.refund_id, fact.amount_minor) == (child_id(REQUEST, PAYMENT_ID), 500)
    assert fact.cancellation_id == FIRST
    story.given(a_later_refund()).when(a_later_refund(), message_id="b").then_nothing()


def test_never_more_than_was_captured_whoever_asks_and_whenever() -> None:
    story = ledger.given(an_order_cancelled())
    (fact,) = story.when(a_later_refund()).facts
    assert isinstance(fact, events.RefundFailed)
    assert fact.code == "MORE_THAN_CAPTURED"
    more = a_later_refund(a_refund_due(500, captured_minor=2500))
    story.when(more).then_names("refund.requested.v1")
