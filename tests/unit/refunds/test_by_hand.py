"""Refunds that a person makes: owed, paid in parts, and one credit note once nothing is left."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.cancellation import ManualRefundRecorded
from kit.ids import child_id
from services.refunds.domain import events
from services.refunds.domain.ledger import LEDGER
from tests.support.money_mothers import (
    CASH,
)
from tests.support.mothers import (
    FIRST,
    ORDER_ID,
    PAYMENT_ID,
    a_refund_due,
    an_order_cancelled,
)
from tests.support.spec import NOW, story_of

ledger = story_of(LEDGER)
REFUND_ID = child_id(FIRST, PAYMENT_ID)


def in_cash(**changes: Any) -> Any:
    due = a_refund_due().model_copy(update={"tender": "CASH", "method": CASH, **changes})
    return an_order_cancelled(refunds=(due,))


def paid(amount_minor: int, left_minor: int, **changes: Any) -> ManualRefundRecorded:
    return ManualRefundRecorded.model_validate(
        {
            "order_id": ORDER_ID, "cancellation_id": FIRST, "refund_id": REFUND_ID,
            "payment_id": PAYMENT_ID, "command_id": "command-9", "currency": "EUR",
            "amount_minor": amount_minor, "left_minor": left_minor, "proof": "receipt 17",
            "paid_at": NOW, "recorded_at": NOW, **changes,
        }
    )  # fmt: skip


owed = ledger.given(in_cash())


@pytest.mark.parametrize(("said_s", "days"), [(None, 7), (86_400, 1), (0, 0)])
def test_what_no_provider_can_reverse_is_owed_and_somebody_is_reminded(
    said_s: int | None, days: int
) -> None:
    (fact,) = ledger.when(in_cash(by_hand_within_s=said_s)).facts
    assert isinstance(fact, events.ManualRefundOwed)
    assert fact.remind_at == NOW + timedelta(days=days)


def test_paid_at_once_it_has_its_credit_note() -> None:
    (fact,) = owed.when(paid(2000, 0)).facts
    assert isinstance(fact, events.ManualRefundPaid)
    assert (fact.amount_minor, fact.credit_note_number) == (2000, f"{ORDER_ID}/CN1")
    assert (fact.proof, fact.paid_at) == ("receipt 17", NOW)


def test_paid_in_parts_it_has_one_credit_note_over_all_of_it() -> None:
    story = owed.given(paid(500, 1500), paid(700, 800))
    (fact,) = story.when(paid(800, 0, proof="receipt 19")).facts
    assert isinstance(fact, events.ManualRefundPaid)
    assert (fact.amount_minor, fact.proof) == (2000, "receipt 19")
    assert story.given(fact).state.credit_note_count == 1


def test_a_part_is_what_is_missing_from_what_was_left() -> None:
    (fact,) = owed.given(paid(500, 1500)).when(paid(700, 800)).facts
    assert isinstance(fact, events.ManualRefundPartPaid)
    assert (fact.paid_minor, fact.left_minor, fact.amount_minor) == (700, 800, 2000)


@pytest.mark.parametrize("late", [paid(500, 1500), paid(700, 800)])
def test_a_word_that_comes_again_or_late_changes_nothing(late: Any) -> None:
    story = owed.given(paid(500, 1500), paid(700, 800))
    story.when(late, message_id="again").then_nothing()
    story.given(paid(800, 0)).when(late, message_id="again").then_nothing()


def test_a_word_that_overtook_another_says_it_all() -> None:
    (fact,) = owed.when(paid(700, 800)).facts
    assert isinstance(fact, events.ManualRefundPartPaid)
    assert fact.paid_minor == 1200


def test_its_amount_stays_taken_whether_paid_or_not() -> None:
    other = an_order_cancelled(cancellation_id=REFUND_ID, refunds=(a_refund_due(1),))
    for story in (owed, owed.given(paid(500, 1500)), owed.given(paid(2000, 0))):
        story.when(other).then_names("refund.failed.v1")


@pytest.mark.parametrize("story", [ledger, ledger.given(an_order_cancelled())])
def test_what_is_not_owed_by_hand_cannot_have_been_paid_by_hand(story: Any) -> None:
    story.when(paid(2000, 0)).then_set_aside("REFUND_NOT_OWED")
