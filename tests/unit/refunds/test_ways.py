"""The ways money goes back beside a refund: releases, store credit, gift cards, and what is next.

Each once, whoever asks again; a way is closed as soon as another has taken the money.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.cancellation import (
    MoneyTerms,
    PaymentVoidRequested,
    RefundDue,
    RefundFallbackChosen,
    StoreCreditDue,
    VoidDue,
)
from kit.ids import child_id
from services.refunds.domain import commands, events
from services.refunds.domain.ledger import LEDGER
from tests.support.money_mothers import (
    CASH,
)
from tests.support.mothers import (
    FIRST,
    ORDER_ID,
    PAYMENT_ID,
    a_cancelled_line,
    a_refund_due,
    an_order_cancelled,
)
from tests.support.said import a_confirmation, a_held_cancellation
from tests.support.spec import NOW, story_of

ledger = story_of(LEDGER)
OTHER, REQUEST = UUID(int=2), UUID(int=3)
VOID_ID = child_id(FIRST, f"void/{PAYMENT_ID}")
CREDIT_ID = child_id(FIRST, "store-credit")


def releasing(**changes: Any) -> Any:
    terms = MoneyTerms(voids=(VoidDue(payment_id=PAYMENT_ID, amount_minor=2000),))
    return an_order_cancelled(refunds=(), money=terms, **changes)


def crediting(amount_minor: int = 2000, expires_at: Any = None, **changes: Any) -> Any:
    credit = StoreCreditDue(
        amount_minor=amount_minor, customer_id="13085", expires_at=expires_at,
        payments=(a_refund_due(amount_minor),),
    )  # fmt: skip
    return an_order_cancelled(refunds=(), money=MoneyTerms(store_credit=credit), **changes)


def word(status: Any, **more: Any) -> commands.RecordVoidOutcome:
    return commands.RecordVoidOutcome(order_id=ORDER_ID, void_id=VOID_ID, status=status, **more)


def with_tender(tender: Any, method: Any = None, **changes: Any) -> RefundDue:
    said = {"tender": tender, "method": method, **changes}
    return a_refund_due().model_copy(update=said)


# Releases

asked = ledger.given(releasing())


def test_a_payment_to_release_is_asked_for_once() -> None:
    (fact,) = ledger.when(releasing()).facts
    assert fact == events.VoidRequested(
        order_id=ORDER_ID, cancellation_id=FIRST, void_id=VOID_ID, payment_id=PAYMENT_ID,
        amount_minor=2000, currency="EUR",
    )  # fmt: skip
    asked.when(releasing(), message_id="again").then_nothing()


def test_a_release_that_is_asked_for_afterwards_is_the_same_release() -> None:
    later = PaymentVoidRequested(
        order_id=ORDER_ID, cancellation_id=FIRST, currency="EUR", requested_at=NOW,
        voids=(VoidDue(payment_id=PAYMENT_ID, amount_minor=2000),),
    )  # fmt: skip
    asked.when(later).then_nothing()
    ledger.when(later).then_names("void.requested.v1")


def test_while_a_cancellation_is_held_nothing_is_released() -> None:
    held = releasing(held_until=NOW + timedelta(minutes=15))
    ledger.when(held).then_nothing()


def test_what_gives_money_back_is_not_released() -> None:
    story = ledger.given(an_order_cancelled())
    (fact,) = story.when(releasing(cancellation_id=OTHER)).facts
    assert isinstance(fact, events.VoidFailed)
    assert (fact.code, fact.is_uncertain) == ("PAYMENT_CAPTURED", False)


@pytest.mark.parametrize(
    ("status", "name", "is_uncertain"),
    [
        ("voided", "void.succeeded.v1", None),
        ("failed", "void.failed.v1", False),
        ("uncertain", "void.failed.v1", True),
    ],
)
def test_what_became_of_a_release_is_recorded(status: str, name: str, is_uncertain: Any) -> None:
    (fact,) = asked.when(word(status, code="no_such_payment", detail="?")).facts
    assert name == fact.NAME
    assert getattr(fact, "is_uncertain", None) == is_uncertain


@pytest.mark.parametrize("first", ["voided", "failed"])
@pytest.mark.parametrize("second", ["voided", "failed", "uncertain"])
def test_what_is_known_of_a_release_stays(first: str, second: str) -> None:
    asked.given(word(first)).when(word(second), message_id="b").then_nothing()


@pytest.mark.parametrize("known", ["voided", "failed"])
def test_what_was_uncertain_about_a_release_may_become_certain_once(known: str) -> None:
    story = asked.given(word("uncertain"))
    story.when(word("uncertain"), message_id="b").then_nothing()
    assert len(story.when(word(known), message_id="c").facts) == 1


def test_a_word_on_a_release_nobody_asked_for_is_put_aside() -> None:
    ledger.when(word("voided")).then_set_aside("VOID_NOT_FOUND")


# Store credit


def test_store_credit_is_entered_once_and_takes_up_what_it_stands_for() -> None:
    (fact,) = ledger.when(crediting()).facts
    assert isinstance(fact, events.StoreCreditIssued)
    assert (fact.credit_id, fact.parts) == (CREDIT_ID, {PAYMENT_ID: 2000})
    story = ledger.given(crediting())
    story.when(crediting(), message_id="again").then_nothing()
    over = an_order_cancelled(cancellation_id=OTHER, refunds=(a_refund_due(1),))
    story.when(over).then_names("refund.failed.v1")


def test_store_credit_never_stands_for_more_than_was_captured() -> None:
    (fact,) = ledger.given(an_order_cancelled()).when(crediting(1, cancellation_id=OTHER)).facts
    assert isinstance(fact, events.StoreCreditFailed)
    assert fact.code == "MORE_THAN_CAPTURED"


def test_store_credit_that_would_have_lapsed_is_not_entered_and_takes_up_nothing() -> None:
    story = ledger.given(crediting(expires_at=NOW))
    (fact,) = ledger.when(crediting(expires_at=NOW)).facts
    assert isinstance(fact, events.StoreCreditFailed)
    assert fact.code == "EXPIRED"
    refunded = an_order_cancelled(cancellation_id=OTHER)
    story.when(refunded).then_names("refund.requested.v1")
    story.when(crediting(expires_at=NOW), message_id="again").then_nothing()


# Gift cards, and what store credit has paid


@pytest.mark.parametrize(
    ("tender", "method", "name"),
    [
        ("CARD", None, "refund.requested.v1"),
        ("GIFT_CARD", None, "gift-card.refilled.v1"),
        ("STORE_CREDIT", None, "store-credit.restored.v1"),
        ("STORE_CREDIT", CASH, "store-credit.restored.v1"),
        ("CASH", CASH, "manual-refund.owed.v1"),
        ("BANK_TRANSFER", None, "refund.requested.v1"),
    ],
)
def test_money_goes_back_the_way_it_came(tender: str, method: Any, name: str) -> None:
    cancelled = an_order_cancelled(refunds=(with_tender(tender, method),))
    ledger.when(cancelled).then_names(name)
    ledger.given(cancelled).when(cancelled, message_id="again").then_nothing()


@pytest.mark.parametrize("tender", ["GIFT_CARD", "STORE_CREDIT", "CASH"])
def test_the_provider_has_no_say_in_what_it_was_never_asked_for(tender: str) -> None:
    due = with_tender(tender, CASH if tender == "CASH" else None)
    story = ledger.given(an_order_cancelled(refunds=(due,)))
    said = commands.RecordProviderStatus(
        order_id=ORDER_ID, refund_id=child_id(FIRST, PAYMENT_ID), status="pending",
        provider_reference="re_1",
    )  # fmt: skip
    story.when(said).then_set_aside("REFUND_NOT_FOUND")


@pytest.mark.parametrize("tender", ["GIFT_CARD", "STORE_CREDIT"])
def test_what_went_back_without_the_provider_counts_as_given_back(tender: str) -> None:
    story = ledger.given(an_order_cancelled(refunds=(with_tender(tender),)))
    more = an_order_cancelled(cancellation_id=OTHER, refunds=(a_refund_due(1),))
    story.when(more).then_names("refund.failed.v1")
    assert story.state.committed == {PAYMENT_ID: 2000}


def test_gift_cards_that_were_bought_are_disabled_once_each() -> None:
    line = a_cancelled_line().model_copy(update={"gift_card_ids": ("gc_1", "gc_2")})
    cancelled = an_order_cancelled(refunds=(), lines=(line,))
    facts = ledger.when(cancelled).facts
    assert [f.gift_card_id for f in facts if isinstance(f, events.GiftCardDisabled)] == [
        "gc_1", "gc_2",
    ]  # fmt: skip
    ledger.given(cancelled).when(cancelled, message_id="again").then_nothing()


def test_once_a_hold_is_over_everything_goes_once() -> None:
    terms = MoneyTerms(voids=(VoidDue(payment_id="pi_held", amount_minor=5),))
    ledger.when(a_held_cancellation(money=terms)).then_nothing()
    ledger.when(a_confirmation(money=terms)).then_names("void.requested.v1", "refund.requested.v1")


# What is next when a refund fails


def fallback(*due: RefundDue) -> RefundFallbackChosen:
    return RefundFallbackChosen(
        order_id=ORDER_ID, cancellation_id=FIRST, refund_id=child_id(FIRST, PAYMENT_ID),
        step="OTHER_TENDER" if due else "CASE", after_success=False, code="expired",
        request_id=REQUEST, currency="EUR", amount_minor=2000, refunds=due,
        balance_minor=0 if due else 2000, chosen_at=NOW,
    )  # fmt: skip


FAILURE = commands.RecordProviderStatus(
    order_id=ORDER_ID,
    refund_id=child_id(FIRST, PAYMENT_ID),
    status="failed",
    failure_reason="expired_or_canceled_card",
)
failed = ledger.given(an_order_cancelled(), FAILURE)


def test_another_payment_is_asked_under_an_id_of_its_own_once() -> None:
    chosen = fallback(a_refund_due(2000, "pi_b", 2000))
    (fact,) = failed.when(chosen).facts
    assert isinstance(fact, events.RefundRequested)
    assert (fact.payment_id, fact.refund_id) == ("pi_b", child_id(REQUEST, "pi_b"))
    failed.given(chosen).when(chosen, message_id="again").then_nothing()


def test_another_payment_gives_no_more_than_was_captured_on_it() -> None:
    (fact,) = failed.when(fallback(a_refund_due(2000, "pi_b", 1999))).facts
    assert isinstance(fact, events.RefundFailed)
    assert fact.code == "MORE_THAN_CAPTURED"


def test_what_is_left_to_a_person_asks_for_nothing() -> None:
    failed.when(fallback()).then_nothing()


def test_what_failed_frees_its_payment_for_the_next_way() -> None:
    failed.when(crediting(cancellation_id=OTHER)).then_names("store-credit.issued.v1")


def test_a_retry_keeps_its_amount_until_it_has_failed_too() -> None:
    moment = FAILURE.model_copy(update={"failure_reason": "insufficient_funds"})
    story = ledger.given(an_order_cancelled(), moment)
    assert story.state.committed == {PAYMENT_ID: 2000}
    attempt = story.state.refunds[FAILURE.refund_id].attempt_id
    again = moment.model_copy(update={"refund_id": attempt})
    assert story.given(again).state.committed == {PAYMENT_ID: 0}
    story.when(FAILURE, message_id="of the first attempt").then_nothing()
