"""Messages beside the one about the cancellation: what is news, who hears nothing."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts import cancellation, refunds
from contracts.notifier import CustomerMessageReported
from kit.ids import child_id
from services.notifier.domain import commands, events
from services.notifier.domain.messages import HEARD, MESSAGES
from services.notifier.translation import translate
from tests.support.money_words import (
    canceled,
    credited,
    paid,
    pending,
    refilled,
    released,
    restored,
)
from tests.support.mothers import (
    A_CAUSE,
    FIRST,
    ORDER_ID,
    PAYMENT_ID,
    a_refund_failure,
    a_refund_success,
    an_order_cancelled,
)
from tests.support.said import ASKED, a_confirmation, a_customers_request, a_denial, a_reinstatement
from tests.support.spec import NOW, story_of

messages = story_of(MESSAGES)
told = messages.given(an_order_cancelled())
silent = messages.given(an_order_cancelled(recipient=None))
REFUND = child_id(FIRST, PAYMENT_ID)


def a_success(**changes: Any) -> refunds.RefundSucceeded:
    return a_refund_success().model_copy(update={"refund_id": REFUND, **changes})


def a_failure(**changes: Any) -> refunds.RefundFailed:
    return a_refund_failure().model_copy(update={"refund_id": REFUND, **changes})


def an_approval() -> cancellation.OrderCancellationApproved:
    return cancellation.OrderCancellationApproved(
        order_id=ORDER_ID, request_id=ASKED, cancellation_id=FIRST, is_by_default=False,
        approved_at=NOW,
    )  # fmt: skip


def template_of(story: Any) -> str:
    (fact,) = story.facts
    assert isinstance(fact, events.NotificationRequested)
    return fact.template


def test_a_refund_that_succeeds_at_once_costs_no_second_mail() -> None:
    told.when(a_success()).then_nothing()
    told.when(a_success(succeeded_at=NOW + timedelta(minutes=59))).then_nothing()


def test_a_refund_that_took_its_time_is_told() -> None:
    late = a_success(succeeded_at=NOW + timedelta(hours=2))
    assert template_of(told.when(late)) == "refund_succeeded"
    told.given(late).when(late, message_id="again").then_nothing()


def test_a_refund_asked_for_later_is_told_because_no_mail_announced_it() -> None:
    assert template_of(told.when(a_success(refund_id=UUID(int=5)))) == "refund_succeeded"


def test_a_failed_refund_is_always_told_and_what_succeeds_after_it_too() -> None:
    assert template_of(told.when(a_failure())) == "refund_failed"
    failed = told.given(a_failure())
    assert template_of(failed.when(a_success())) == "refund_succeeded"
    failed.given(a_success()).when(a_success(), message_id="again").then_nothing()


def test_a_success_that_is_taken_back_and_made_good_is_told_each_time() -> None:
    late = a_success(succeeded_at=NOW + timedelta(hours=2))
    again = told.given(late).given(a_failure()).when(late, message_id="again")
    assert template_of(again) == "refund_succeeded"


def test_news_of_last_week_is_no_news() -> None:
    old = a_failure(failed_at=NOW - timedelta(days=8))
    (fact,) = told.when(old).facts
    assert isinstance(fact, events.NotificationSuppressed)
    assert fact.why == "TOO_LATE"
    told.given(old).when(old, message_id="again").then_nothing()


def test_money_that_is_heard_of_before_its_cancellation_waits_for_it() -> None:
    early = messages.given(a_failure())
    early.when(a_failure(), message_id="again").then_nothing()
    facts = early.when(an_order_cancelled()).facts
    names = [fact.template for fact in facts if isinstance(fact, events.NotificationRequested)]
    assert names == ["order_cancelled", "refund_failed"]
    early.given(an_order_cancelled()).when(a_failure(), message_id="again").then_nothing()
    messages.given(a_success()).when(an_order_cancelled()).then_names("notification.requested.v1")


def test_who_was_told_of_a_cancellation_is_told_that_it_is_taken_back() -> None:
    (fact,) = told.when(a_reinstatement()).facts
    assert isinstance(fact, events.NotificationRequested)
    assert (fact.template, fact.amount_minor) == ("order_reinstated", 500)
    told.given(a_reinstatement()).when(a_reinstatement(), message_id="again").then_nothing()
    messages.when(a_reinstatement()).then_nothing()


def test_a_customers_request_is_acknowledged_and_its_denial_told_in_the_same_language() -> None:
    assert template_of(messages.when(a_customers_request())) == "request_received"
    asked = messages.given(a_customers_request())
    asked.when(a_customers_request(), message_id="again").then_nothing()
    (fact,) = asked.when(a_denial()).facts
    assert isinstance(fact, events.NotificationRequested)
    assert (fact.template, fact.recipient.locale) == ("request_denied", "fr")
    assert fact.customer_message == "It is packed already."
    asked.given(a_denial()).when(a_denial(), message_id="again").then_nothing()


def test_whoever_takes_a_request_back_is_not_told_that_it_was_denied() -> None:
    taken_back = a_denial().model_copy(update={"is_taken_back": True})
    messages.given(a_customers_request()).when(taken_back).then_nothing()


def test_that_a_request_is_granted_the_mail_about_the_cancellation_says() -> None:
    messages.given(a_customers_request()).when(an_approval()).then_nothing()


def test_what_the_staff_asks_itself_stays_in_the_house() -> None:
    messages.when(a_customers_request(kind="APPROVAL")).then_nothing()
    messages.when(a_denial()).then_nothing()


EVERY_PATH: dict[type, Any] = {
    cancellation.OrderCancelled: an_order_cancelled(recipient=None),
    cancellation.OrderCancellationConfirmed: a_confirmation(recipient=None),
    cancellation.OrderReinstated: a_reinstatement(),
    cancellation.OrderCancellationRequested: a_customers_request(recipient=None),
    cancellation.OrderCancellationApproved: an_approval(),
    cancellation.OrderCancellationDenied: a_denial(),
    refunds.RefundSucceeded: a_success(succeeded_at=NOW + timedelta(days=1)),
    refunds.RefundFailed: a_failure(),
    refunds.RefundPending: pending(),
    refunds.RefundCanceled: canceled(),
    refunds.GiftCardRefilled: refilled(),
    refunds.StoreCreditRestored: restored(),
    refunds.ManualRefundPaid: paid(),
    refunds.PaymentVoidSucceeded: released(),
    refunds.StoreCreditIssued: credited(),
}


def test_every_way_to_a_mail_is_tried_without_a_recipient() -> None:
    assert EVERY_PATH.keys() == set(HEARD)


@pytest.mark.parametrize("heard", EVERY_PATH.values(), ids=lambda heard: type(heard).__name__)
def test_who_is_not_to_be_told_hears_nothing_on_any_path(heard: Any) -> None:
    quiet = messages.given(a_customers_request(recipient=None), an_order_cancelled(recipient=None))
    confirmed = messages.given(a_customers_request(recipient=None), a_confirmation(recipient=None))
    for story in (quiet, confirmed, messages):
        for fact in story.when(heard, message_id="again").facts:
            assert not isinstance(fact, events.NotificationRequested)


def test_money_heard_of_early_is_told_to_nobody_when_nobody_may_be_told() -> None:
    early = messages.given(a_failure())
    early.when(an_order_cancelled(recipient=None)).then_names("notification.suppressed.v1")
    quiet = early.given(an_order_cancelled(recipient=None))
    quiet.when(a_failure(), message_id="again").then_nothing()


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        (commands.RecordAcceptance, "SUCCEEDED"),
        (commands.RecordRejection, "FAILED"),
        (commands.RecordUncertainty, "UNCERTAIN"),
    ],
)
def test_how_a_further_message_ended_is_published_as_an_event_of_its_own(
    word: type, outcome: str
) -> None:
    failed = told.given(a_failure())
    message_id = child_id(REFUND, "refund_failed")
    more = {"code": "SMTP_550"} if outcome == "FAILED" else {}
    said = word(message_id=message_id, detail="no", **more)
    (fact,) = failed.when(said).facts
    topic, key, message = translate(fact, A_CAUSE)
    assert (topic, key) == ("notifier.events", ORDER_ID)
    assert isinstance(message, CustomerMessageReported)
    assert (message.kind, message.outcome) == ("REFUND_FAILED", outcome)
    assert "@" not in message.model_dump_json()
    failed.given(said).when(said, message_id="again").then_nothing()
