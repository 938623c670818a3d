"""What a mail tells of money: each word once, never more than the provider said, only news."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from contracts.values import Locale
from kit.ids import child_id
from services.notifier.domain import events
from services.notifier.domain.messages import MESSAGES
from services.notifier.words import span
from tests.support.mails import mail_of, shown
from tests.support.money_words import (
    HOURS,
    REFUND,
    canceled,
    credited,
    failure,
    paid,
    pending,
    refilled,
    released,
    restored,
    success,
)
from tests.support.mothers import FIRST, PAYMENT_ID, an_order_cancelled
from tests.support.spec import NOW, Then, story_of

messages = story_of(MESSAGES)
told = messages.given(an_order_cancelled())


def mail(story: Then[Any]) -> events.NotificationRequested:
    (fact,) = story.facts
    assert isinstance(fact, events.NotificationRequested)
    return fact


WORDS: dict[str, tuple[BaseModel, str, str]] = {
    "pending": (pending(), "has been started", "a été lancé"),
    "requires_action": (pending(status="requires_action"), "needs something", "a besoin"),
    "succeeded": (success(), "has been made", "a été effectué"),
    "failed": (failure(), "did not go through", "n'a pas abouti"),
    "failed after success": (failure(after_success=True), "has come back", "est revenu"),
    "canceled": (canceled(), "did not go through", "n'a pas abouti"),
    "gift card": (refilled(), "on your gift card again", "sur votre carte cadeau"),
    "store credit": (restored(), "is credit in your account with us again", "en avoir sur"),
    "by hand": (paid(), "We have given 20.00 EUR back", "Nous vous avons rendu 20,00 EUR"),
    "released": (released(), "you were not charged", "vous n'avez pas été débité"),
    "credited": (credited(), "until 1 March 2027", "jusqu'au 1er mars 2027"),
}


@pytest.mark.parametrize("word", WORDS)
def test_each_word_about_money_is_told_once_in_both_languages(word: str) -> None:
    heard, *expected = WORDS[word]
    fact = mail(told.when(heard))
    told.given(heard).when(heard, message_id="again").then_nothing()
    for locale, words in zip(get_args(Locale), expected, strict=True):
        recipient = fact.recipient.model_copy(update={"locale": locale})
        content = mail_of(fact.model_copy(update={"recipient": recipient}))
        for kind in ("plain", "html"):
            said = shown(content, kind)
            assert words in said
            assert ("20.00 EUR" if locale == "en" else "20,00 EUR") in said


def everything_said(heard: BaseModel) -> Iterator[str]:
    for locale in get_args(Locale):
        fact = mail(told.when(heard))
        recipient = fact.recipient.model_copy(update={"locale": locale})
        content = mail_of(fact.model_copy(update={"recipient": recipient}))
        yield from (str(content["Subject"]), shown(content), shown(content, "html"))


DONE = ("has been made", "on its way", "a été effectué", "sont en route", "has been refunded")
STARTED = ("has been started", "will go back", "a été lancé", "reviendront sur")


@pytest.mark.parametrize("word", WORDS)
def test_no_mail_says_more_than_the_word_it_tells(word: str) -> None:
    for said in everything_said(WORDS[word][0]):
        if word not in ("succeeded", "gift card", "store credit", "by hand"):
            assert not any(more in said for more in DONE)
        if word in ("requires_action", "failed", "canceled", "failed after success"):
            assert not any(more in said for more in STARTED)
        if word != "released":
            assert "charged" not in said
            assert "débité" not in said


@pytest.mark.parametrize("after_success", [True, False])
def test_a_refund_that_is_tried_again_sends_nothing(after_success: bool) -> None:
    open_ = failure(is_final=False, retry_at=NOW + HOURS, after_success=after_success)
    told.when(open_).then_nothing()
    early = messages.given(open_)
    early.when(an_order_cancelled()).then_names("notification.requested.v1")


def test_what_the_mail_about_the_cancellation_announced_is_no_news_when_it_is_prompt() -> None:
    told.when(pending(REFUND)).then_nothing()
    told.when(pending(REFUND, noticed_at=NOW + HOURS)).then_nothing()
    void_id = child_id(FIRST, f"void/{PAYMENT_ID}")
    credit_id = child_id(FIRST, "store-credit")
    told.when(released(void_id=void_id)).then_nothing()
    told.when(credited(credit_id=credit_id)).then_nothing()
    late = released(void_id=void_id, voided_at=NOW + HOURS)
    assert mail(told.when(late)).template == "payment_released"
    late_credit = credited(credit_id=credit_id, issued_at=NOW + HOURS)
    assert mail(told.when(late_credit)).template == "store_credit_issued"


def test_a_refund_that_was_said_to_be_started_is_told_again_only_when_it_took_its_time() -> None:
    started = told.given(pending())
    started.when(success(succeeded_at=NOW + timedelta(minutes=59))).then_nothing()
    assert mail(started.when(success(succeeded_at=NOW + HOURS))).template == "refund_succeeded"


def test_a_refund_that_waits_for_the_customer_is_always_told_and_so_is_what_follows() -> None:
    asked = told.given(pending(REFUND, status="requires_action"))
    assert mail(told.when(pending(REFUND, status="requires_action"))).needs_customer
    going_on = mail(asked.when(pending(REFUND)))
    assert (going_on.template, going_on.needs_customer) == ("refund_started", False)
    assert mail(asked.when(success(REFUND))).template == "refund_succeeded"


def test_what_was_told_as_made_is_taken_back_even_if_a_second_attempt_failed() -> None:
    made = told.given(success())
    assert mail(made.when(failure())).has_come_back
    assert not mail(told.when(failure())).has_come_back


def test_the_mail_says_when_the_money_comes_and_how_the_bank_can_find_it() -> None:
    known = success(
        arrival_from=date(2026, 3, 6), arrival_until=date(2026, 3, 11),
        acquirer_reference="7453760628", credit_note_number="489434/CN1",
    )  # fmt: skip
    said = shown(mail_of(mail(told.when(known))))
    assert "between 6 and 11 March 2026" in said
    assert "7453760628" in said
    assert "489434/CN1" in said
    unknown = shown(mail_of(mail(told.when(success()))))
    assert "depends on your bank" in unknown
    assert "between" not in unknown


def test_the_mail_about_the_cancellation_names_a_kept_fee_and_each_way_the_money_goes() -> None:
    fact = mail(messages.when(an_order_cancelled()))
    more = {"balance_minor": 500, "fee_minor": 150, "is_released": True, "credit_minor": 700}
    said = shown(mail_of(fact.model_copy(update=more)))
    for words in ("20.00 EUR", "5.00 EUR", "7.00 EUR", "fee of 1.50 EUR", "was not taken"):
        assert words in said


@pytest.mark.parametrize(
    ("first", "last", "english", "french"),
    [
        (
            (2026, 12, 2), (2026, 12, 7),
            "between 2 and 7 December 2026", "entre le 2 et le 7 décembre 2026",
        ),
        (
            (2026, 11, 28), (2026, 12, 1),
            "between 28 November and 1 December 2026",
            "entre le 28 novembre et le 1er décembre 2026",
        ),
        (
            (2026, 12, 29), (2027, 1, 3),
            "between 29 December 2026 and 3 January 2027",
            "entre le 29 décembre 2026 et le 3 janvier 2027",
        ),
        ((2026, 12, 2), (2026, 12, 2), "on 2 December 2026", "le 2 décembre 2026"),
    ],
)  # fmt: skip
def test_a_span_of_days_is_written_as_people_write_it(
    first: tuple[int, int, int], last: tuple[int, int, int], english: str, french: str
) -> None:
    days = date(*first), date(*last)
    assert (span(*days, "en"), span(*days, "fr")) == (english, french)
    assert span(None, date(*last), "en") is None
