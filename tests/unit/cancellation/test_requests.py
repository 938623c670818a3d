"""Requests: customers ask, a second person answers, a timer closes what nobody answered."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from tests.support.mothers import (
    FIRST,
    PLACED_AT,
    a_cancel_command,
    a_capture,
    a_shipment,
    an_order,
    cancellation_at,
)
from tests.support.spec import NOW, Story, story_of
from tests.support.wishes import (
    ADA,
    BULK,
    KIM,
    LEA,
    ROOT,
    TIMER,
    a_denial,
    a_policy,
    a_request,
    an_approval,
    an_expiry,
)

order = story_of(ORDER)
paid = order.given(an_order(), a_capture())
asked = paid.given(a_request())
LARGE = {"name": "LARGE_REFUND", "amount_from_minor": 1500, "currency": "EUR"}
four_eyes = paid.under(a_policy(approvals=[LARGE]))


def the_request(story: Story[Any], message: Any) -> events.CancellationRequested:
    (fact,) = story.when(message).facts
    assert isinstance(fact, events.CancellationRequested), fact
    return fact


# Customers


def test_a_customer_asks_and_a_person_has_to_answer_in_time() -> None:
    fact = the_request(paid, a_request(customer_note="ordered twice"))
    assert (fact.kind, fact.default_outcome) == ("CUSTOMER_REQUEST", "DENY")
    assert fact.expires_at == NOW + timedelta(days=3)
    assert (fact.refund_minor, fact.request_id) == (2000, FIRST)
    assert {line.line_id: line.quantity for line in fact.lines} == {"1": 2, "2": 2}


def test_a_request_changes_nothing_about_the_order() -> None:
    assert asked.state.cancelled == {}
    asked.when(a_cancel_command()).then_names("order.cancelled.v1")


def test_within_the_window_the_policy_may_grant_at_once() -> None:
    age_s = (NOW - PLACED_AT).total_seconds()
    story = paid.under(a_policy(customer={"window_s": int(age_s) + 1, "inside": "GRANT"}))
    (fact,) = story.when(a_request()).facts
    assert isinstance(fact, events.OrderCancelled)
    assert (fact.actor, fact.requested_by) == (ADA, "13085")
    story.after(seconds=1).when(a_request()).then_names("order.cancellation-requested.v1")


def test_after_the_window_the_policy_may_refuse() -> None:
    story = paid.under(a_policy(customer={"window_s": 60, "outside": "REFUSE"}))
    story.when(a_request()).then_refused("WINDOW_CLOSED")


def test_a_customer_cannot_cancel_by_the_staffs_door() -> None:
    paid.when(a_cancel_command(actor=ADA)).then_refused("MISSING_PERMISSION")


def test_a_request_is_refused_for_every_reason_a_cancellation_is() -> None:
    paid.when(a_request([("9", 1)], sub_reason="MOON")).then_refused(
        "LINE_NOT_FOUND", "REASON_UNKNOWN"
    )
    order.when(a_request()).then_refused("ORDER_NOT_FOUND")


# Approval


def test_granted_the_cancellation_answers_and_the_request_is_closed() -> None:
    cancelled, approved = asked.when(an_approval(FIRST), message_id="approve-1").facts
    assert isinstance(cancelled, events.OrderCancelled)
    assert isinstance(approved, events.CancellationApproved)
    assert cancelled.command_id == "approve-1"
    assert cancelled.actor == ADA
    assert cancelled.details is not None
    assert cancelled.details.request_id == FIRST
    assert approved.cancellation_id == cancelled.cancellation_id
    story = asked.given(an_approval(FIRST))
    story.when(an_approval(FIRST)).then_refused("REQUEST_CLOSED")
    story.when(a_denial(FIRST)).then_refused("REQUEST_CLOSED")
    story.when(an_expiry(FIRST)).then_refused("REQUEST_CLOSED")


def test_with_no_leg_due_it_is_complete_at_once() -> None:
    story = order.given(an_order(customer=None)).under(a_policy(restock={"is_automatic": False}))
    story = story.given(a_request())
    story.when(an_approval(cancellation_at(2))).then_names(
        "order.cancelled.v1", "order.cancellation-approved.v1", "order.cancellation-completed.v1"
    )


def test_it_is_decided_anew_as_the_order_stands_now() -> None:
    story = asked.given(a_shipment(("1", 2)))
    cancelled = story.when(an_approval(FIRST)).facts[0]
    assert isinstance(cancelled, events.OrderCancelled)
    assert {line.line_id: line.quantity for line in cancelled.lines} == {"2": 2}
    gone = asked.given(a_cancel_command())
    gone.when(an_approval(FIRST)).then_refused("NOTHING_LEFT")


def test_it_is_decided_by_the_policy_of_now_and_says_so() -> None:
    fee = {"name": "LATE", "percent_bps": 1000}
    fact = asked.under(a_policy(fees=[fee])).when(an_approval(FIRST)).facts[0]
    assert isinstance(fact, events.OrderCancelled)
    assert fact.basis is not None
    assert (fact.refund_minor, fact.basis.policy_version) == (1800, 1)
    assert the_request(paid, a_request()).basis.policy_version == 0


def test_the_version_seen_when_asking_is_no_longer_the_question() -> None:
    story = paid.given(a_request(expected_version=2))
    story.when(an_approval(FIRST)).then_names(
        "order.cancelled.v1", "order.cancellation-approved.v1"
    )


@pytest.mark.parametrize(
    ("actor", "codes"),
    [(LEA, ()), (ROOT, ()), (KIM, ("MISSING_PERMISSION",)), (ADA, ("MISSING_PERMISSION",
     "SAME_PERSON"))],
)  # fmt: skip
def test_who_may_grant(actor: Any, codes: tuple[str, ...]) -> None:
    then = asked.when(an_approval(FIRST, actor))
    if codes:
        then.then_refused(*codes)
    else:
        then.then_names("order.cancelled.v1", "order.cancellation-approved.v1")


def test_unknown_requests_and_orders_are_refused() -> None:
    asked.when(an_approval(UUID(int=7))).then_refused("REQUEST_NOT_FOUND")
    order.when(a_denial(UUID(int=7))).then_refused("ORDER_NOT_FOUND")


# A second person


def test_a_large_refund_waits_for_a_second_person() -> None:
    fact = the_request(four_eyes, a_cancel_command(actor=LEA))
    assert (fact.kind, fact.approval) == ("APPROVAL", "LARGE_REFUND")
    assert (fact.refund_minor, fact.default_outcome) == (2000, "DENY")


def test_a_smaller_one_does_not() -> None:
    command = a_cancel_command(actor=KIM, lines=[("1", 2)])
    four_eyes.when(command).then_names("order.cancelled.v1")


def test_who_asks_cannot_approve_whatever_their_rank() -> None:
    story = four_eyes.given(a_cancel_command(actor=LEA))
    story.when(an_approval(FIRST, LEA)).then_refused("SAME_PERSON")
    cancelled = story.when(an_approval(FIRST, ROOT)).facts[0]
    assert isinstance(cancelled, events.OrderCancelled)
    assert (cancelled.actor, cancelled.refund_minor) == (LEA, 2000)


def test_what_is_owed_for_later_counts_too() -> None:
    fact = the_request(four_eyes, a_cancel_command(actor=KIM, refund="LATER"))
    assert fact.refund_minor == 2000


@pytest.mark.parametrize(
    ("terms", "asks"),
    [
        ({"reasons": ["FRAUD"]}, False),
        ({"reasons": ["CUSTOMER"]}, True),
        ({"actors": ["BULK"]}, False),
        ({"actors": ["STAFF"]}, True),
        ({"sub_reasons": ["BETTER_OFFER"]}, False),
        ({"currency": "USD"}, False),
        ({"amount_from_minor": None}, True),
    ],
)
def test_by_amount_reason_and_actor(terms: dict[str, Any], *, asks: bool) -> None:
    story = paid.under(a_policy(approvals=[{**LARGE, **terms}]))
    (fact,) = story.when(a_cancel_command(actor=KIM)).facts
    assert isinstance(fact, events.CancellationRequested) is asks


def test_a_bulk_plan_waits_too() -> None:
    assert the_request(four_eyes, a_cancel_command(actor=BULK)).kind == "APPROVAL"


def test_granting_at_once_still_needs_the_second_person() -> None:
    terms = a_policy(approvals=[LARGE], customer={"inside": "GRANT"})
    fact = the_request(paid.under(terms), a_request())
    assert (fact.kind, fact.approval) == ("CUSTOMER_REQUEST", "LARGE_REFUND")


# Denial and time


def test_denied_nothing_moves() -> None:
    (fact,) = asked.when(a_denial(FIRST, customer_message="engraved")).facts
    assert isinstance(fact, events.CancellationDenied)
    assert (fact.customer_message, fact.is_by_default) == ("engraved", False)
    assert asked.given(fact).state.cancelled == {}


def test_who_asked_may_take_it_back_and_others_need_the_right() -> None:
    asked.when(a_denial(FIRST, ADA)).then_names("order.cancellation-denied.v1")
    asked.when(a_denial(FIRST, KIM)).then_refused("MISSING_PERMISSION")


def test_out_of_time_it_can_only_expire() -> None:
    late = asked.after(days=3)
    late.when(an_approval(FIRST)).then_refused("REQUEST_EXPIRED")
    (fact,) = late.when(an_expiry(FIRST)).facts
    assert isinstance(fact, events.CancellationDenied)
    assert (fact.is_by_default, fact.actor) == (True, TIMER)
    asked.when(an_expiry(FIRST)).then_refused("REQUEST_NOT_EXPIRED")


def by_default_granted() -> Story[Any]:
    return paid.under(a_policy(customer={"default_outcome": "APPROVE"})).given(a_request())


def test_nobody_answers_and_the_policy_grants() -> None:
    cancelled, approved = by_default_granted().after(days=3).when(an_expiry(FIRST)).facts
    assert isinstance(cancelled, events.OrderCancelled)
    assert isinstance(approved, events.CancellationApproved)
    assert approved.is_by_default


def test_what_can_no_longer_be_granted_is_denied() -> None:
    story = by_default_granted().given(a_cancel_command()).after(days=3)
    story.when(an_expiry(FIRST)).then_names("order.cancellation-denied.v1")


def test_only_a_timer_lets_requests_expire() -> None:
    command = an_expiry(FIRST).model_copy(update={"actor": KIM})
    asked.after(days=3).when(command).then_refused("MISSING_PERMISSION")
