"""Mails of held cancellations, and what they say about money that is not simply refunded."""

import email
import email.policy
from email.message import EmailMessage
from typing import Any

import pytest

from contracts.cancellation import CancellationDetails, MoneyTerms, StoreCreditDue, VoidDue
from services.notifier.domain.events import NotificationRequested
from services.notifier.domain.messages import MESSAGES
from services.notifier.rendering import render
from tests.support.mothers import (
    A_CAUSE,
    SHOP,
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
    content = render(fact, A_CAUSE, sender=SHOP)
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    texts = []
    for kind in ("plain", "html"):
        part = mail.get_body(preferencelist=(kind,))
        assert part is not None
        texts.append(" ".join(str(part.get_content()).replace("&#39;", "'").split()))
    return texts


CREDIT = StoreCreditDue(
    amount_minor=2000, customer_id="13085", expires_at=None, payments=(a_refund_due(2000),)
)
RELEASED = (VoidDue(payment_id="pi_1", amount_minor=2000),)


@pytest.mark.parametrize(
    ("terms", "english", "french"),
    [
        (MoneyTerms(balance_minor=2000), "20.00 EUR", "20.00 EUR"),
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
