"""Every decision, made again from its record: the same, or shown where it is not."""

from typing import Any

import pytest

from services.cancellation.domain import events
from services.cancellation.domain.policy import BUILT_IN
from services.cancellation.explaining.explanation import Entry
from tests.support.mothers import (
    A_CAUSE,
    a_cancel_command,
    a_cancelled_line,
    a_capture,
    a_recipient,
    a_refund_due,
    an_authorization,
    an_order,
    cancellation_at,
)
from tests.support.telling import Told
from tests.support.wishes import (
    KIM,
    LEA,
    a_capture_failure,
    a_capture_start,
    a_claim,
    a_claim_release,
    a_denial,
    a_policy,
    a_release,
    a_request,
    a_restock_by_hand,
    a_settlement,
    an_expiry,
    an_undo,
    an_unpaid_timer,
    units_back,
)

FIRST = cancellation_at(3)


def paid(**told: Any) -> Told:
    return Told(**told).say(an_order(), a_capture())


def last_entry(told: Told) -> Entry:
    return told.explained().entries[-1]


HELD = a_policy(hold_s=900)
GRANTING = a_policy(customer={"default_outcome": "APPROVE", "inside": "ASK"})

LIVES: dict[str, Any] = {
    "refunds by lines": lambda: paid().say(
        a_cancel_command(lines=[("1", 2)], refund_lines=[{"line_id": "1", "quantity": 1}])
    ),
    "exact shelves": lambda: paid().say(
        a_cancel_command(restock_lines=units_back(("1", 1), location="paris"))
    ),
    "by the policy": lambda: paid().say(a_cancel_command(restock=None, notify=None)),
    "store credit": lambda: paid().say(a_cancel_command(refund_to="STORE_CREDIT")),
    "settled": lambda: paid().say(
        a_cancel_command(refund="LATER"), a_settlement(700), a_settlement(is_final=True)
    ),
    "refused settlement": lambda: paid().say(a_settlement(700)),
    "restocked by hand": lambda: paid().say(
        a_cancel_command(restock=False), a_restock_by_hand(("1", 1)),
        a_restock_by_hand(("2", 1), condition="DAMAGED"), a_restock_by_hand(("1", 2)),
    ),
    "undone": lambda: paid(book=HELD).say(a_cancel_command(), an_undo(FIRST), an_undo(FIRST)),
    "released": lambda: paid(book=HELD).say(a_cancel_command(), a_release(FIRST, LEA)),
    "claimed": lambda: paid().say(
        a_claim(("1", 1)), a_claim(), a_cancel_command(), a_claim(("1", 1)),
    ),
    "claim over": lambda: paid().say(a_claim_release(FIRST)),
    "unpaid": lambda: Told(book=a_policy(unpaid_after_s=60)).say(an_order(), an_unpaid_timer()),
    "not unpaid": lambda: paid().say(an_unpaid_timer()),
    "denied": lambda: (told := paid().say(a_request())).say(
        a_denial(told.last.request_id, LEA, customer_message="too late")
    ),
    "asked by staff": lambda: paid(
        book=a_policy(approvals=[{"name": "ALL", "amount_from_minor": 0, "currency": "EUR"}])
    ).say(a_cancel_command(actor=KIM)),
    "too early": lambda: (told := paid().say(a_request())).say(an_expiry(told.last.request_id)),
    "granted at once": lambda: paid(book=a_policy(customer={"inside": "GRANT"})).say(a_request()),
    "released late": lambda: Told().say(
        an_order(), a_capture_start(2_000), a_cancel_command(), a_capture_failure(2_000),
        an_authorization(),
    ),
    "no such order": lambda: Told().say(a_cancel_command()),
}  # fmt: skip


@pytest.mark.parametrize("name", LIVES)
def test_every_decision_comes_out_the_same_again(name: str) -> None:
    told: Told = LIVES[name]()
    explained = told.explained()
    assert [entry.text for entry in explained.entries if entry.differences] == []
    assert all(entry.is_repeatable for entry in explained.entries)
    assert explained.is_same


@pytest.mark.parametrize("name", LIVES)
def test_both_languages_say_as_much(name: str) -> None:
    told: Told = LIVES[name]()
    english, french = told.explained("en"), told.explained("fr")
    for ours, theirs in zip(english.entries, french.entries, strict=True):
        assert len(ours.text) == len(theirs.text)
        assert ours.sums == () or ours.sums != theirs.sums
        assert ours.text[0] != theirs.text[0]


def test_a_request_nobody_answered_is_told_as_such() -> None:
    told = paid(book=GRANTING).say(a_request())
    request_id = told.last.request_id
    told.now = told.last.expires_at
    told.say(an_expiry(request_id))
    entry = last_entry(told)
    assert f"Nobody answered request {request_id} in time; it was granted." in entry.text
    assert entry.differences == ()


def test_a_decision_is_repeated_by_the_policy_it_named_not_by_todays() -> None:
    told = paid(book=a_policy(restock={"is_automatic": False})).say(a_cancel_command(restock=None))
    told.book = BUILT_IN
    assert last_entry(told).differences == ()
    assert "version 1 of the policy" in " ".join(last_entry(told).text)


def test_a_record_that_does_not_fit_its_grounds_is_shown() -> None:
    told = paid().say(a_cancel_command())
    fact = told.last.model_copy(update={"refund_minor": 1_900, "refunds": (a_refund_due(1_900),)})
    recorded = told.recorded.pop()
    told.state = None
    told.recorded.append(type(recorded)(recorded.originator_id, 3, fact, recorded.cause))
    explained = told.explained()
    assert not explained.is_same
    (amount, *_) = explained.entries[-1].differences
    assert amount.place == "order.cancelled.v1 refunds.0.amount_minor"
    assert (amount.recorded, amount.repeated) == (1_900, 2_000)
    assert any("was 1900, now 2000" in line for line in explained.entries[-1].text)


def test_a_fact_too_much_or_too_little_is_shown() -> None:
    told = Told().say(an_order(), a_cancel_command(notify=False, restock=False))
    completed = told.recorded.pop()
    (missing,) = told.explained().entries[-1].differences
    assert (missing.recorded, missing.repeated) == (None, "order.cancellation-completed.v1")
    told.recorded.append(completed)
    told.keep(completed.fact, completed.cause)
    (surplus,) = told.explained().entries[-1].differences
    assert (surplus.recorded, surplus.repeated) == ("order.cancellation-completed.v1", None)


def test_what_was_decided_before_grounds_were_recorded_is_not_judged() -> None:
    told = paid()
    told.keep(
        events.OrderCancelled(
            order_id="489434", cancellation_id=FIRST, command_id="old", reason="STAFF",
            requested_by="kim", staff_note=None, currency="EUR", lines=(a_cancelled_line(),),
            refunds=(a_refund_due(1_000),), refund_minor=1_000, restock=True,
            recipient=a_recipient(), nothing_left=False,
        ),
        A_CAUSE.model_copy(update={"message_id": "old"}),
    )  # fmt: skip
    entry = last_entry(told)
    assert not entry.is_repeatable
    assert entry.text[-1] == "Cannot be decided again: its grounds were not recorded yet."
    assert "Asked by: kim (service)." in entry.text
    assert [row.amount_minor for row in entry.sums] == [1_000, 1_000, 1_000]


def test_a_policy_that_is_gone_is_no_ground_for_a_judgement() -> None:
    told = paid(book=a_policy()).say(a_cancel_command())
    del told.books[1]
    assert not last_entry(told).is_repeatable
