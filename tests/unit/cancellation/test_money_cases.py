"""Releases, store credit and mails that went wrong: somebody's, and what is owed stays owed."""

from datetime import timedelta
from typing import Any

import pytest

from kit.ids import child_id
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from tests.support.money_mothers import (
    a_bounce,
    a_credit_outcome,
    a_message_report,
    a_void_outcome,
)
from tests.support.mothers import (
    FIRST,
    PAYMENT_ID,
    a_cancel_command,
    a_capture,
    a_notification,
    a_refund_success,
    a_restock,
    an_authorization,
    an_order,
    cancellation_at,
)
from tests.support.spec import NOW, Story, story_of
from tests.support.wishes import a_reinstatement, a_settlement, a_void

order = story_of(ORDER)
held = order.given(an_order(), an_authorization(), a_cancel_command())
credited = order.given(an_order(), a_capture(), a_cancel_command(refund_to="STORE_CREDIT"))
VOID = child_id(FIRST, f"void/{PAYMENT_ID}")
CREDIT = child_id(FIRST, "store-credit")


def kinds(story: Story[Any], message: Any) -> list[str]:
    return [fact.kind for fact in story.when(message).facts if isinstance(fact, events.CaseOpened)]


def ended(story: Story[Any], message: Any) -> list[str]:
    return [f.resolution for f in story.when(message).facts if isinstance(f, events.CaseClosed)]


@pytest.mark.parametrize("word", ["FAILED", "UNCERTAIN"])
def test_a_payment_that_was_not_released_is_a_case(word: str) -> None:
    _, case = held.when(a_void_outcome(word)).facts[:2]
    assert isinstance(case, events.CaseOpened)
    assert (case.kind, case.case_id) == (f"VOID_{word}", child_id(VOID, "case:1"))
    assert (case.payment_id, case.stake_minor) == (PAYMENT_ID, 2000)


def test_a_release_that_succeeds_needs_nobody() -> None:
    assert kinds(held, a_void_outcome("SUCCEEDED")) == []


def test_a_payment_that_gave_money_meanwhile_needs_nobody() -> None:
    assert kinds(held.given(a_capture()), a_void_outcome()) == []


def test_what_was_uncertain_and_is_known_to_have_failed_is_another_case() -> None:
    story = held.given(a_void_outcome("UNCERTAIN"))
    assert ended(story, a_void_outcome()) == ["REPLACED"]
    assert kinds(story, a_void_outcome()) == ["VOID_FAILED"]


@pytest.mark.parametrize("word", [a_void(), a_capture(), a_void_outcome("SUCCEEDED")])
def test_the_case_ends_with_what_ends_the_hold_of_the_money(word: Any) -> None:
    assert ended(held.given(a_void_outcome("UNCERTAIN")), word) == ["RESOLVED"]


def test_store_credit_that_was_not_entered_is_owed_again_and_a_case() -> None:
    facts = credited.when(a_credit_outcome()).facts
    case = facts[1]
    assert isinstance(case, events.CaseOpened)
    assert (case.kind, case.case_id) == ("STORE_CREDIT_FAILED", child_id(CREDIT, "case:1"))
    assert case.stake_minor == 2000
    after = credited.given(*facts).state
    assert after.cancellations[FIRST].balance_minor == 2000
    assert after.cancellations[FIRST].is_reopened
    assert after.refundable_minor(PAYMENT_ID) == 2000


def test_until_then_the_cancellation_is_not_complete_and_it_may_be_settled_on_the_payment() -> None:
    story = credited.given(a_notification(), a_restock(), a_credit_outcome(), a_settlement())
    request = cancellation_at(8)
    refund_id = child_id(request, PAYMENT_ID)
    report = a_refund_success().model_copy(update={"refund_id": refund_id})
    names = [fact.NAME for fact in story.when(report).facts]
    assert names == [
        "order.refund-reported.v1", "order.cancellation-completed.v1", "order.case-closed.v1",
    ]  # fmt: skip


def test_settled_as_store_credit_again_it_ends_too() -> None:
    story = credited.given(a_credit_outcome())
    again = a_settlement(
        refund_to="STORE_CREDIT", store_credit_expires_at=NOW + timedelta(days=365)
    )
    request = cancellation_at(story.version + 1)
    assert ended(story.given(again), a_credit_outcome("SUCCEEDED", request)) == ["RESOLVED"]


def test_of_a_reinstated_order_failed_store_credit_owes_nothing() -> None:
    story = credited.given(a_reinstatement(FIRST)).given(a_credit_outcome())
    assert story.state.cancellations[FIRST].balance_minor == 0
    assert story.state.refundable_minor(PAYMENT_ID) == 2000


def test_reinstating_names_store_credit_to_take_back_only_where_it_was_given() -> None:
    def codes(story: Story[Any]) -> set[str]:
        fact = story.when(a_reinstatement(FIRST)).facts[0]
        assert isinstance(fact, events.OrderReinstated)
        return {item.code for item in fact.aftermath}

    assert "CREDIT_TO_TAKE_BACK" in codes(credited.given(a_credit_outcome("SUCCEEDED")))
    assert "CREDIT_TO_TAKE_BACK" not in codes(credited.given(a_credit_outcome()))


def test_a_report_of_store_credit_that_comes_again_owes_nothing_twice() -> None:
    credited.given(a_credit_outcome()).when(a_credit_outcome(), message_id="b").then_nothing()


@pytest.mark.parametrize("cancellation_id", [FIRST, None])
def test_a_mail_that_came_back_is_a_case_even_when_it_is_about_no_cancellation(
    cancellation_id: Any,
) -> None:
    _, case = credited.when(a_bounce(cancellation_id)).facts
    assert isinstance(case, events.CaseOpened)
    assert (case.kind, case.detail) == ("MAIL_BOUNCED", "5.1.1 no such mailbox")
    assert case.cancellation_id == cancellation_id


@pytest.mark.parametrize("outcome", ["FAILED", "UNCERTAIN"])
def test_a_further_mail_that_did_not_arrive_is_a_case_of_its_own_once(outcome: str) -> None:
    report = a_message_report(outcome, code="SMTP_550", detail="no such mailbox")
    _, case = credited.when(report).facts
    assert isinstance(case, events.CaseOpened)
    assert case.kind == f"MESSAGE_{outcome}"
    assert case.detail == "REFUND_SUCCEEDED: SMTP_550 no such mailbox"
    credited.given(report).when(report, message_id="again").then_names("order.message-reported.v1")


def test_a_further_mail_that_was_taken_is_no_case() -> None:
    credited.when(a_message_report("SUCCEEDED")).then_names("order.message-reported.v1")
