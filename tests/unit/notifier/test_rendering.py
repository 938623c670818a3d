"""What the customer reads, in both languages, and what no text can do to the mail."""

import email
import email.policy
import email.utils
import re
from email.message import EmailMessage
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.cancellation import CancellationDetails, CancelReason, OrderCancelled
from services.cancellation.domain.default_policy import DEFAULT_POLICY
from services.notifier.domain.choices import Template
from services.notifier.domain.events import NotificationRequested
from services.notifier.domain.messages import MESSAGES
from services.notifier.mime import encode_sender
from services.notifier.rendering import render
from services.notifier.words import CAUSES
from tests.support.mails import mail_of, shown, text_of
from tests.support.mothers import (
    A_CAUSE,
    ORDER_ID,
    SHOP,
    a_cancelled_line,
    a_recipient,
    an_order_cancelled,
)
from tests.support.spec import NOW, story_of

messages = story_of(MESSAGES)
LANGUAGES = ("en", "fr")


def a_request(locale: str = "en", **changes: Any) -> NotificationRequested:
    cancelled = an_order_cancelled(**{"recipient": a_recipient(locale), **changes})
    (fact,) = messages.when(cancelled).facts
    assert isinstance(fact, NotificationRequested)
    return fact


def whole(mail: EmailMessage) -> str:
    return "\n".join([str(mail["Subject"]), text_of(mail), text_of(mail, "html")])


SUBJECTS = {
    ("en", True): f"Your order {ORDER_ID} has been cancelled",
    ("en", False): f"Part of your order {ORDER_ID} has been cancelled",
    ("fr", True): f"Votre commande {ORDER_ID} a été annulée",
    ("fr", False): f"Une partie de votre commande {ORDER_ID} a été annulée",
}


@pytest.mark.parametrize(("locale", "nothing_left"), SUBJECTS)
def test_says_whether_the_whole_order_is_gone(locale: str, nothing_left: bool) -> None:
    mail = mail_of(a_request(locale, nothing_left=nothing_left))
    assert mail["Subject"] == SUBJECTS[locale, nothing_left]
    assert SUBJECTS[locale, nothing_left] in text_of(mail, "html")
    words = text_of(mail).replace("\n", " ").lower()
    assert SUBJECTS[locale, nothing_left].lower() in words


@pytest.mark.parametrize("kind", ["plain", "html"])
@pytest.mark.parametrize(
    ("locale", "started", "none"),
    [
        ("en", "has been started", "No refund is due"),
        ("fr", "a été", "Aucun remboursement n'est dû"),
    ],
)
def test_says_that_a_refund_is_started_or_that_none_is_due(
    locale: str, started: str, none: str, *, kind: str
) -> None:
    due = text_of(mail_of(a_request(locale)), kind)
    assert ("20,00 EUR" if locale == "fr" else "20.00 EUR") in due
    assert started in due
    assert none not in due
    not_due = shown(mail_of(a_request(locale, refunds=())), kind)
    assert none in not_due
    assert "20.00" not in not_due


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("nothing_left", [True, False])
@pytest.mark.parametrize("has_refund", [True, False])
def test_never_calls_a_refund_done(locale: str, nothing_left: bool, has_refund: bool) -> None:
    changes: dict[str, Any] = {"nothing_left": nothing_left}
    if not has_refund:
        changes["refunds"] = ()
    said = whole(mail_of(a_request(locale, **changes))).lower()
    assert "refunded" not in said
    assert not re.search(r"rembours[ée]{1,2}e?s?\b", said)
    assert not re.search(r"has been (refunded|paid|returned|credited)", said)


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("kind", ["plain", "html"])
def test_lists_every_line_with_its_value(locale: str, kind: str) -> None:
    lines = (a_cancelled_line("1"), a_cancelled_line("2", quantity=1, amount_minor=500))
    said = text_of(mail_of(a_request(locale, lines=lines)), kind)
    point = "," if locale == "fr" else "\\."
    assert re.search(rf"Mug no\. 1\b.*10{point}00 EUR", said, re.DOTALL)
    assert re.search(rf"Mug no\. 2\b.*5{point}00 EUR", said, re.DOTALL)


def test_a_line_without_a_title_is_named_by_its_article() -> None:
    line = a_cancelled_line().model_copy(update={"title": "  "})
    assert "2 x SKU-1" in text_of(mail_of(a_request(lines=(line,))))


@pytest.mark.parametrize("locale", LANGUAGES)
def test_markup_in_a_title_is_shown_and_not_run(locale: str) -> None:
    attack = '<script>alert("x")</script>&"\'>'
    line = a_cancelled_line().model_copy(update={"title": attack})
    mail = mail_of(a_request(locale, lines=(line,)))
    assert "<script" not in text_of(mail, "html")
    assert "&lt;script&gt;" in text_of(mail, "html")
    assert attack in text_of(mail)


def test_a_template_in_a_title_is_shown_and_not_run() -> None:
    line = a_cancelled_line().model_copy(update={"title": "{{ 7 * 7 }} {% raise %}"})
    assert "{{ 7 * 7 }} {% raise %}" in text_of(mail_of(a_request(lines=(line,))))


@pytest.mark.parametrize(
    "name", ["Zoé & Fils", "Kaffeerösterei „Süß“", "花屋", 'Shop "of" Ada', "Ada, Inc."]
)
def test_a_sender_of_any_name_is_one_address_in_an_ascii_header(name: str) -> None:
    quoted = name.replace('"', '\\"')
    content = render(a_request(), A_CAUSE, sender=f'"{quoted}" <orders@shop.example>')
    assert content.partition(b"\r\n\r\n")[0].isascii()
    mail = email.message_from_bytes(content, policy=email.policy.default)
    (address,) = mail["From"].addresses
    assert (address.display_name, address.addr_spec) == (name, "orders@shop.example")


@pytest.mark.parametrize(
    "sender",
    ["", "orders", "Ada <orders>", "Ada <zoé@shop.example>", "a@b.c\r\nBcc: x@y.z", "A\n<a@b.c>"],
)
def test_a_sender_that_is_no_address_is_refused(sender: str) -> None:
    with pytest.raises(ValueError, match="is not a sender"):
        encode_sender(sender)


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("template", get_args(Template))
def test_every_message_has_its_words_in_every_language(locale: str, template: Template) -> None:
    request = a_request(locale).model_copy(update={"template": template})
    mail = mail_of(request.model_copy(update={"amount_minor": 700, "expires_at": NOW}))
    assert ORDER_ID in mail["Subject"]
    assert f'lang="{locale}"' in text_of(mail, "html")
    for kind in ("plain", "html"):
        assert not re.search(r"\[(items|said|panel)\]|\{[{%]|None", text_of(mail, kind))
    said = whole(mail).lower()
    if template != "refund_succeeded":
        assert not re.search(r"(has been|was|were) (refunded|paid back|credited)", said)
        assert "effectué" not in said


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_reason_is_said_as_a_customer_would_say_it(locale: str) -> None:
    causes = CAUSES[locale]
    for reason in get_args(CancelReason):
        (cause,) = {causes[reason]} if reason in causes else {""}
        assert cause in shown(mail_of(a_request(locale, reason=reason)), "html")
    known = {terms.code for terms in DEFAULT_POLICY.reasons} - {"OTHER", "FRAUD_SUSPECTED"}
    assert known <= causes.keys()
    assert CAUSES["en"].keys() == CAUSES["fr"].keys()


def test_a_merchants_own_reason_is_said_by_its_label() -> None:
    details = CancellationDetails(sub_reason="MOVED", reason_label="You moved")
    said = whole(mail_of(a_request(details=details)))
    assert "Reason: You moved." in said
    assert CAUSES["en"]["CUSTOMER"] not in said


def test_headers_name_the_sender_the_recipient_and_the_language() -> None:
    mail = mail_of(a_request("fr"), traceparent="00-1-2-01")
    assert mail["From"] == SHOP
    assert mail["To"] == "ada@example.com"
    assert mail["Content-Language"] == "fr"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Order-ID"] == ORDER_ID
    assert mail["X-Correlation-ID"] == "story-1"
    assert mail["X-Traceparent"] == "00-1-2-01"
    assert email.utils.parsedate_to_datetime(mail["Date"]) == NOW


def test_the_same_message_is_the_same_mail_up_to_its_boundary() -> None:
    request = a_request()
    first, second = mail_of(request), mail_of(request)
    assert first["Message-ID"] == second["Message-ID"] == f"<{request.message_id}@countermand>"
    assert whole(first) == whole(second)


@pytest.mark.parametrize("order_id", ["1\r\nBcc: x@y.z", "1\n", "1\x00", "1 2", "é", ""])
def test_an_order_number_cannot_hold_a_line_break(order_id: str) -> None:
    with pytest.raises(ValidationError):
        an_order_cancelled(order_id=order_id)
    body = an_order_cancelled().model_dump(mode="json") | {"order_id": order_id}
    with pytest.raises(ValidationError):
        OrderCancelled.model_validate(body)


@pytest.mark.parametrize(
    "address", ["a@b.c\r\nBcc: x@y.z", "a@b.c\n", "a@b.c,d@e.f", "a@b.c;d@e.f", "A <a@b.c>", "a@b"]
)
def test_an_address_is_one_address(address: str) -> None:
    with pytest.raises(ValidationError):
        a_recipient(email=address)


@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r", "\x0b", "\x1c", "\x85", "\u2028"])
def test_a_line_break_in_a_correlation_id_adds_no_header(line_end: str) -> None:
    injected = f"story{line_end}Bcc: spy@example.com"
    mail = mail_of(a_request(), correlation_id=injected, traceparent=injected)
    assert mail["Bcc"] is None
    assert mail["X-Correlation-ID"].startswith("story")
    assert mail["X-Correlation-ID"].endswith("Bcc: spy@example.com")


def test_lines_end_as_mail_servers_want_them() -> None:
    content = render(a_request("fr"), A_CAUSE, sender=SHOP)
    assert b"\r\n" in content
    assert content.replace(b"\r\n", b"").count(b"\n") == 0
    assert max(len(line) for line in content.split(b"\r\n")) <= 998


@settings(max_examples=100, deadline=None, database=None)
@given(
    title=st.text(max_size=200),
    correlation_id=st.text(max_size=200),
    address=st.from_regex(r"^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+$"),
)
def test_no_text_makes_it_fail_or_adds_a_header(
    title: str, correlation_id: str, address: str
) -> None:
    try:
        recipient = a_recipient(email=address)
    except ValidationError:  # longer than an address may be
        return
    line = a_cancelled_line().model_copy(update={"title": title})
    request = a_request(lines=(line,), recipient=recipient)
    mail = mail_of(request, correlation_id=correlation_id)
    plain = mail_of(a_request(), correlation_id="x")
    assert set(mail.keys()) | {"X-Correlation-ID"} == set(plain.keys())
    assert [name for name in mail.keys() if name == "To"] == ["To"]  # noqa: SIM118 - repeats
