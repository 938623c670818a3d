"""The refund ledger: asks once, never for more than was captured, takes one word as final."""

from datetime import date
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from kit.ids import child_id
from services.refunds.domain import commands, events
from services.refunds.domain.ledger import LEDGER
from tests.support.mothers import FIRST, ORDER_ID, PAYMENT_ID, a_refund_due, an_order_cancelled
from tests.support.spec import story_of

ledger = story_of(LEDGER)
SECOND = UUID(int=2)
REFUND_ID = child_id(FIRST, PAYMENT_ID)
ABOUT: dict[str, Any] = {
    "order_id": ORDER_ID,
    "cancellation_id": FIRST,
    "refund_id": REFUND_ID,
    "payment_id": PAYMENT_ID,
    "amount_minor": 2000,
    "currency": "EUR",
}
requested = ledger.given(an_order_cancelled())
SUCCESS = commands.RecordProviderStatus(
    order_id=ORDER_ID, refund_id=REFUND_ID, status="succeeded", provider_reference="re_1"
)
FAILURE = commands.RecordProviderStatus(
    order_id=ORDER_ID, refund_id=REFUND_ID, status="failed", failure_reason="disputed", detail="no"
)
UNCERTAINTY = commands.RecordRefundUncertainty(refund_id=REFUND_ID, detail="HTTP 503")


def cancelled_again(amount_minor: int, captured_minor: int = 2000) -> Any:
    due = a_refund_due(amount_minor, captured_minor=captured_minor)
    return an_order_cancelled(cancellation_id=SECOND, refunds=(due,))


def test_asks_for_the_refund_that_is_due() -> None:
    ledger.when(an_order_cancelled()).then(events.RefundRequested(**ABOUT))


def test_asks_once_per_payment() -> None:
    due = (a_refund_due(1500, "pi_a", 1500), a_refund_due(500, "pi_b", 700))
    facts = ledger.when(an_order_cancelled(refunds=due)).facts
    assert [(f.payment_id, f.amount_minor) for f in facts if isinstance(f, events.RefundFact)] == [
        ("pi_a", 1500),
        ("pi_b", 500),
    ]
    assert len({f.refund_id for f in facts if isinstance(f, events.RefundFact)}) == 2


def test_asks_for_nothing_when_nothing_is_due() -> None:
    ledger.when(an_order_cancelled(refunds=())).then_nothing()


def test_the_refund_id_is_made_of_cancellation_and_payment() -> None:
    (first,) = ledger.when(an_order_cancelled(), message_id="a").facts
    (again,) = ledger.when(an_order_cancelled(), message_id="b").facts
    assert first == again


def test_a_cancellation_heard_twice_asks_once() -> None:
    requested.when(an_order_cancelled(), message_id="another id").then_nothing()


@pytest.mark.parametrize("word", [SUCCESS, FAILURE, UNCERTAINTY])
def test_a_settled_refund_is_never_asked_for_again(word: Any) -> None:
    requested.given(word).when(an_order_cancelled()).then_nothing()


def test_a_payment_named_twice_in_one_cancellation_is_asked_for_once() -> None:
    due = (a_refund_due(1000), a_refund_due(1000))
    ledger.when(an_order_cancelled(refunds=due)).then_names("refund.requested.v1")


def test_a_second_cancellation_may_take_what_is_left() -> None:
    first = an_order_cancelled(refunds=(a_refund_due(1200),))
    ledger.given(first).when(cancelled_again(800)).then_names("refund.requested.v1")


def test_never_asks_for_more_than_was_captured() -> None:
    first = an_order_cancelled(refunds=(a_refund_due(1200),))
    (failed,) = ledger.given(first).when(cancelled_again(801)).facts
    assert isinstance(failed, events.RefundFailed)
    assert failed.code == "MORE_THAN_CAPTURED"
    assert "2001" in failed.detail


def test_what_the_ledger_forbade_stays_forbidden() -> None:
    story = ledger.given(an_order_cancelled(refunds=(a_refund_due(2001),)))
    story.when(an_order_cancelled(refunds=(a_refund_due(2001),))).then_nothing()


def test_what_the_ledger_forbade_neither_takes_nor_frees_an_amount() -> None:
    """It was never asked for, so its failure gives nothing back."""
    story = ledger.given(an_order_cancelled(refunds=(a_refund_due(1200),)), cancelled_again(900))
    third = UUID(int=3)
    over = an_order_cancelled(cancellation_id=third, refunds=(a_refund_due(801),))
    story.when(over).then_names("refund.failed.v1")
    within = an_order_cancelled(cancellation_id=third, refunds=(a_refund_due(800),))
    story.when(within).then_names("refund.requested.v1")


def test_another_payment_has_a_bound_of_its_own() -> None:
    due = a_refund_due(700, "pi_other", 700)
    other = an_order_cancelled(cancellation_id=SECOND, refunds=(due,))
    requested.when(other).then_names("refund.requested.v1")


def test_a_failure_frees_the_amount() -> None:
    requested.when(cancelled_again(2000)).then_names("refund.failed.v1")
    requested.given(FAILURE).when(cancelled_again(2000)).then_names("refund.requested.v1")


@pytest.mark.parametrize("word", [SUCCESS, UNCERTAINTY])
def test_success_and_uncertainty_keep_the_amount(word: Any) -> None:
    requested.given(word).when(cancelled_again(1)).then_names("refund.failed.v1")


def test_the_providers_word_is_recorded() -> None:
    requested.when(SUCCESS).then(
        events.RefundSucceeded(
            **ABOUT,
            provider_reference="re_1",
            arrival_from=date(2026, 3, 6),
            arrival_until=date(2026, 3, 13),
            credit_note_number=f"{ORDER_ID}/CN1",
        )
    )
    requested.when(FAILURE).then(events.RefundFailed(**ABOUT, code="disputed", detail="no"))
    requested.when(UNCERTAINTY).then(events.RefundUncertain(**ABOUT, detail="HTTP 503"))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        *((word, word) for word in (SUCCESS, FAILURE, UNCERTAINTY)),
        *product([SUCCESS, FAILURE], [UNCERTAINTY]),
        (FAILURE, SUCCESS),
    ],
)
def test_a_word_that_says_no_more_changes_nothing(first: Any, second: Any) -> None:
    requested.given(first).when(second).then_nothing()


def test_a_refund_that_was_canceled_and_fails_frees_its_amount_once() -> None:
    canceled = SUCCESS.model_copy(update={"status": "canceled"})
    story = requested.given(canceled)
    story.when(FAILURE, message_id="b").then_nothing()
    assert story.state.committed == {PAYMENT_ID: 0}


def test_a_word_on_a_refund_nobody_asked_for_is_put_aside() -> None:
    ledger.when(SUCCESS).then_set_aside("REFUND_NOT_FOUND")
