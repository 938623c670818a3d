"""What the legs report, and when a cancellation is complete."""

from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from tests.support.money_mothers import an_answer
from tests.support.mothers import (
    FIRST,
    ORDER_ID,
    a_cancel_command,
    a_capture,
    a_notification,
    a_notification_failure,
    a_notification_uncertainty,
    a_refund_failure,
    a_refund_success,
    a_refund_uncertainty,
    a_restock,
    a_restock_failure,
    an_order,
    cancellation_at,
)
from tests.support.spec import NOW, story_of

order = story_of(ORDER)
cancelled = order.given(an_order(), a_capture(), a_cancel_command())
two_payments = order.given(
    an_order(), a_capture(1500, "pi_a"), a_capture(500, "pi_b"), a_cancel_command()
)
OF_TWO = cancellation_at(4)
SUCCESSES = (a_refund_success(), a_restock(), a_notification())
UNKNOWN = UUID(int=7)


def completion(**outcomes: str) -> events.CancellationCompleted:
    return events.CancellationCompleted.model_validate(
        {
            "order_id": ORDER_ID,
            "cancellation_id": FIRST,
            "refund": "SUCCEEDED",
            "restock": "SUCCEEDED",
            "notification": "SUCCEEDED",
            "decided_at": NOW,
            **outcomes,
        }
    )


def test_what_a_customer_answered_is_recorded_about_a_cancellation_there_is() -> None:
    (fact,) = cancelled.when(an_answer("FAIR")).facts
    assert fact == events.FeedbackGiven(message=an_answer("FAIR"))
    assert cancelled.given(fact).state == cancelled.state
    cancelled.when(an_answer(cancellation_id=UNKNOWN)).then_set_aside("CANCELLATION_NOT_FOUND")


REFUND_WORDS: list[tuple[Any, Any]] = [
    (a_refund_success(), "SUCCEEDED"),
    (a_refund_uncertainty(), "UNCERTAIN"),
]
RESTOCK_WORDS: list[tuple[Any, Any]] = [(a_restock(), "SUCCEEDED"), (a_restock_failure(), "FAILED")]
NOTIFICATION_WORDS: list[tuple[Any, Any]] = [
    (a_notification(), "SUCCEEDED"),
    (a_notification_failure(), "FAILED"),
    (a_notification_uncertainty(), "UNCERTAIN"),
]


@pytest.mark.parametrize(("message", "outcome"), [*REFUND_WORDS, (a_refund_failure(), "FAILED")])
def test_a_refund_report_is_recorded_as_heard(message: Any, outcome: Any) -> None:
    (reported, *_) = cancelled.when(message).facts
    assert reported == events.RefundReported(outcome=outcome, message=message)


@pytest.mark.parametrize(("message", "outcome"), RESTOCK_WORDS)
def test_a_restock_report_is_recorded_as_heard(message: Any, outcome: Any) -> None:
    (reported, *_) = cancelled.when(message).facts
    assert reported == events.RestockReported(outcome=outcome, message=message)


@pytest.mark.parametrize(("message", "outcome"), NOTIFICATION_WORDS)
def test_a_notification_report_is_recorded_as_heard(message: Any, outcome: Any) -> None:
    (reported, *_) = cancelled.when(message).facts
    assert reported == events.NotificationReported(outcome=outcome, message=message)


@pytest.mark.parametrize("reports", list(permutations(SUCCESSES)))
def test_completes_with_the_last_leg_whichever_it_is(reports: tuple[Any, ...]) -> None:
    *earlier, last = reports
    (_, completed) = cancelled.given(*earlier).when(last).facts
    assert completed == completion()


@pytest.mark.parametrize(("refund", "refund_word"), REFUND_WORDS)
@pytest.mark.parametrize(("restock", "restock_word"), RESTOCK_WORDS)
@pytest.mark.parametrize(("notification", "notification_word"), NOTIFICATION_WORDS)
def test_the_completion_says_how_each_leg_ended(
    *,
    refund: Any,
    refund_word: str,
    restock: Any,
    restock_word: str,
    notification: Any,
    notification_word: str,
) -> None:
    (_, completed, *_) = cancelled.given(refund, restock).when(notification).facts
    assert completed == completion(
        refund=refund_word, restock=restock_word, notification=notification_word
    )


@pytest.mark.parametrize(
    ("first", "second", "worst"),
    [
        (a_refund_success, a_refund_success, "SUCCEEDED"),
        (a_refund_success, a_refund_uncertainty, "UNCERTAIN"),
        (a_refund_uncertainty, a_refund_success, "UNCERTAIN"),
    ],
)
def test_the_worst_refund_speaks_for_the_money_leg(first: Any, second: Any, worst: str) -> None:
    story = two_payments.given(a_restock(OF_TWO), a_notification(OF_TWO))
    facts = story.when(first(OF_TWO, "pi_a", 1500)).facts
    assert not any(isinstance(fact, events.CancellationCompleted) for fact in facts)
    story = story.given(first(OF_TWO, "pi_a", 1500))
    (_, completed, *_) = story.when(second(OF_TWO, "pi_b", 500)).facts
    assert isinstance(completed, events.CancellationCompleted)
    assert completed.refund == worst


def test_legs_that_are_not_due_are_not_waited_for() -> None:
    story = order.given(an_order(customer=None), a_capture(), a_cancel_command(restock=False))
    (_, completed) = story.when(a_refund_success()).facts
    assert completed == completion(restock="NOT_DUE", notification="NOT_DUE")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (a_refund_success(), a_refund_uncertainty()),
        (a_refund_failure(), a_refund_success()),
        (a_refund_failure(), a_refund_uncertainty()),
        *permutations([a_restock(), a_restock_failure()], 2),
        *permutations(
            [a_notification(), a_notification_failure(), a_notification_uncertainty()], 2
        ),
        *((message, message) for message in SUCCESSES),
    ],
)
def test_a_second_word_on_a_settled_leg_changes_nothing(first: Any, second: Any) -> None:
    cancelled.given(first).when(second).then_nothing()


@pytest.mark.parametrize("late", SUCCESSES)
def test_nothing_completes_twice(late: Any) -> None:
    cancelled.given(*SUCCESSES).when(late).then_nothing()


@pytest.mark.parametrize(
    "message", [a_refund_success(UNKNOWN), a_restock(UNKNOWN), a_notification(UNKNOWN)]
)
def test_a_report_on_an_unknown_cancellation_is_put_aside(message: Any) -> None:
    detail = cancelled.when(message).then_set_aside("CANCELLATION_NOT_FOUND")
    assert str(UNKNOWN) in detail
    order.when(message).then_set_aside("CANCELLATION_NOT_FOUND")


def test_a_report_on_a_payment_that_was_not_due_is_put_aside() -> None:
    stranger = a_refund_success(FIRST, "pi_stranger")
    cancelled.when(stranger).then_set_aside("REFUND_NOT_DUE")


def test_two_cancellations_of_one_order_complete_each_for_itself() -> None:
    story = order.given(
        an_order(),
        a_capture(),
        a_cancel_command(lines=[("1", 2)]),
        a_cancel_command(lines=[("2", 2)]),
    )
    second = cancellation_at(4)
    story = story.given(a_refund_success(FIRST), a_restock(FIRST))
    story = story.given(a_refund_success(second), a_restock(second))
    (_, completed) = story.when(a_notification(second)).facts
    assert isinstance(completed, events.CancellationCompleted)
    assert completed.cancellation_id == second
    story.given(a_notification(second)).when(a_notification(FIRST)).then_names(
        "order.notification-reported.v1", "order.cancellation-completed.v1"
    )
