"""Mails of held cancellations, and what they say about money that is not simply refunded."""

from typing import Any

import pytest

from contracts.cancellation import CancellationDetails, MoneyTerms, StoreCreditDue, VoidDue
from services.notifier.domain.events import NotificationRequested
from services.notifier.domain.messages import MESSAGES
from tests.support.mails import mail_of, text_of
from tests.support.mothers import (
    a_recipient,
    a_refund_due,
    an_order_cancelled,
)
from tests.support.said import a_confirmation, a_held_cancellation
from tests.support.spec import story_of

messages = story_of(MESSAGES)


def test_while_a_cancellation_is_held_the_customer_hears_nothing() -> None:
    messages.when(a_held_cancellation()).then_nothing()


def test_once_the_hold_is_over_the_customer_hears_it_once() -> None:
    messages.when(a_confirmation()).then_names("notification.requested.v1")
    messages.given(a_confirmation()).when(a_confirmation(), message_id="b").then_nothing()


def words_of(locale: str, **changes: Any) -> list[str]:
    """Return the mail as text and as HTML, on one line each."""
    cancelled = an_order_cancelled(recipient=a_recipient(locale), **changes)
    (fact,) = messages.when(cancelled).facts
    assert isinstance(fact, NotificationRequested)
    mail = mail_of(fact)
    texts = (text_of(mail, kind).replace("&#39;", "'") for kind in ("plain", "html"))
    return [" ".join(text.split()) for text in texts]


CREDIT = StoreCreditDue(
    amount_minor=2000, customer_id="13085", expires_at=None, payments=(a_refund_due(2000),)
)
RELEASED = (VoidDue(payment_id="pi_1", amount_minor=2000),)


@pytest.mark.parametrize(
    ("terms", "english", "french"),
    [
        (MoneyTerms(balance_minor=2000), "20.00 EUR", "20,00 EUR"),
        (MoneyTerms(store_credit=CREDIT), "credited to your account", "crédités sur votre compte"),
        (MoneyTerms(voids=RELEASED), "Your payment was not taken", "n'a pas été encaissé"),
        (None, "No refund is due", "Aucun remboursement n'est dû"),
    ],
)
def test_the_mail_says_what_becomes_of_the_money_and_never_that_it_was_refunded(
    terms: Any, english: str, french: str
) -> None:
    for locale, expected in (("en", english), ("fr", french)):
        for text in words_of(locale, refunds=(), money=terms):
            assert expected in text
            assert "has been started" not in text
            assert "a été lancé" not in text


def test_the_reason_and_the_staffs_words_reach_the_customer() -> None:
    details = CancellationDetails(reason_label="Out of stock", customer_message="Sorry <b>!")
    plain, html = words_of("en", details=details)
    assert "Reason: Out of stock." in plain
    assert "Sorry <b>!" in plain
    assert "Sorry &lt;b&gt;!" in html
    for text in words_of("en"):
        assert "Reason" not in text
