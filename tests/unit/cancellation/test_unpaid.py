"""The timer that cancels unpaid orders, and the payment it looks at again."""

from datetime import timedelta
from typing import Any

import pytest

from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from tests.support.mothers import (
    PLACED_AT,
    a_cancel_command,
    a_capture,
    a_shipment,
    an_authorization,
    an_order,
)
from tests.support.spec import NOW, Story, story_of
from tests.support.wishes import (
    KIM,
    TIMER,
    a_capture_failure,
    a_capture_start,
    a_policy,
    a_void,
    an_unpaid_timer,
)

order = story_of(ORDER)
AGE_S = int((NOW - PLACED_AT).total_seconds())
DUE = a_policy(unpaid_after_s=AGE_S)
unpaid = order.given(an_order()).under(DUE)


def test_an_unpaid_order_is_cancelled_once_its_time_is_over() -> None:
    (fact,) = unpaid.when(an_unpaid_timer()).facts
    assert isinstance(fact, events.OrderCancelled)
    assert (fact.reason, fact.actor, fact.nothing_left) == ("OTHER", TIMER, True)
    assert fact.details is not None
    assert fact.details.sub_reason == "EXPIRED"
    unpaid.after(seconds=-1).when(an_unpaid_timer()).then_refused("NOT_DUE_YET")


def test_the_order_may_say_when_it_is_due() -> None:
    late = NOW + timedelta(days=1)
    story = order.given(an_order(payment_due_at=late)).under(DUE)
    story.when(an_unpaid_timer()).then_refused("NOT_DUE_YET")
    story.after(days=1).when(an_unpaid_timer()).then_names("order.cancelled.v1")


def test_where_no_time_is_set_nothing_expires() -> None:
    order.given(an_order()).when(an_unpaid_timer()).then_refused("NOT_DUE_YET")


@pytest.mark.parametrize(
    ("history", "seen"),
    [
        ([a_capture()], "captured"),
        ([an_authorization()], "held"),
        ([a_capture_start()], "in_flight"),
        ([an_authorization(), a_capture_start(), a_capture_failure()], "held"),
    ],
)
def test_it_looks_at_the_payment_again(history: list[Any], seen: str) -> None:
    (refusal,) = unpaid.given(*history).when(an_unpaid_timer()).then_refused("PAYMENT_RECEIVED")
    assert refusal.data[seen] == 2000


@pytest.mark.parametrize(
    "history", [[an_authorization(), a_void()], [a_capture_start(), a_capture_failure()]]
)
def test_what_came_to_nothing_is_no_payment(history: list[Any]) -> None:
    unpaid.given(*history).when(an_unpaid_timer()).then_names("order.cancelled.v1")


def test_money_that_comes_after_it_goes_back() -> None:
    unpaid.given(an_unpaid_timer()).when(a_capture()).then_names(
        "order.payment-captured.v1", "order.refund-requested.v1", "order.case-opened.v1"
    )


@pytest.mark.parametrize(
    ("story", "code"),
    [
        (order.under(DUE), "ORDER_NOT_FOUND"),
        (unpaid.given(a_cancel_command()), "NOTHING_LEFT"),
        (unpaid.given(a_shipment(("1", 2), ("2", 2))), "ALREADY_FULFILLED"),
    ],
)
def test_refuses_what_cannot_be_cancelled(story: Story[Any], code: str) -> None:
    story.when(an_unpaid_timer()).then_refused(code)


def test_only_a_timer_or_a_service_may() -> None:
    command = an_unpaid_timer().model_copy(update={"actor": KIM})
    unpaid.when(command).then_refused("MISSING_PERMISSION")


def test_a_timer_cannot_wait_for_a_second_person() -> None:
    terms = a_policy(unpaid_after_s=AGE_S, approvals=[{"name": "ALWAYS"}])
    unpaid.under(terms).when(an_unpaid_timer()).then_refused("APPROVAL_REQUIRED")


def test_the_policy_says_whether_units_go_back_and_the_customer_is_told() -> None:
    terms = a_policy(unpaid_after_s=AGE_S, restock={"is_automatic": False}, notify=False)
    fact = unpaid.under(terms).when(an_unpaid_timer()).facts[0]
    assert isinstance(fact, events.OrderCancelled)
    assert (fact.restock, fact.recipient) == (False, None)
