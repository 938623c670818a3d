"""Which notice says that a mail of ours came back, and which does not."""

import pytest

from services.notifier.bounces import NotABounceError, read_bounce
from services.notifier.domain import commands
from services.notifier.domain.events import MailBounced, NotificationRequested
from services.notifier.domain.messages import MESSAGES
from services.notifier.translation import translate
from tests.support.mothers import A_CAUSE, ORDER_ID, an_order_cancelled
from tests.support.said import a_notice
from tests.support.spec import story_of

messages = story_of(MESSAGES)
told = messages.given(an_order_cancelled())
(REQUEST,) = messages.when(an_order_cancelled()).facts
assert isinstance(REQUEST, NotificationRequested)
MESSAGE_ID = REQUEST.message_id
BOUNCE = commands.RecordBounce(
    order_id=ORDER_ID, message_id=MESSAGE_ID, code="5.1.1", detail="550 no such mailbox"
)
ACCEPTED = commands.RecordAcceptance(message_id=MESSAGE_ID)


def a_resend(why: str = "asked for it") -> commands.ResendMessage:
    return commands.ResendMessage(order_id=ORDER_ID, message_id=MESSAGE_ID, who="Lea", why=why)


def test_a_report_names_the_mail_and_the_reason() -> None:
    assert read_bounce(a_notice(MESSAGE_ID)) == (MESSAGE_ID, "5.1.1", "550 no such mailbox")


def test_the_headers_alone_are_enough() -> None:
    notice = a_notice(MESSAGE_ID).replace(b"message/rfc822", b"text/rfc822-headers")
    assert read_bounce(notice).message_id == MESSAGE_ID


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Action: failed", b"Action: delayed"),
        (b"Action: failed", b"X: y"),
        (b"@countermand>", b"@elsewhere>"),
        (b"multipart/report", b"multipart/mixed"),
        (b"message/delivery-status", b"text/plain"),
        (b"message/rfc822", b"text/plain"),
    ],
)
def test_what_is_no_final_report_on_a_mail_of_ours_is_none(old: bytes, new: bytes) -> None:
    with pytest.raises(NotABounceError):
        read_bounce(a_notice(MESSAGE_ID).replace(old, new))


@pytest.mark.parametrize("rubbish", [b"", b"\x00\xff", b"From: a\r\n\r\nhello", b"\n" * 9])
def test_rubbish_is_no_report(rubbish: bytes) -> None:
    with pytest.raises(NotABounceError):
        read_bounce(rubbish)


def test_a_bounce_is_recorded_once_and_leaves_the_leg_as_it_is() -> None:
    accepted = told.given(ACCEPTED)
    (fact,) = accepted.when(BOUNCE).facts
    assert isinstance(fact, MailBounced)
    _, key, message = translate(fact, A_CAUSE)
    assert key == ORDER_ID
    assert "ORDER_CANCELLED" in message.model_dump_json()
    accepted.given(BOUNCE).when(BOUNCE, message_id="again").then_nothing()
    messages.when(BOUNCE).then_set_aside("MESSAGE_NOT_FOUND")


def test_a_mail_sent_again_is_a_message_of_its_own_and_says_who_and_why() -> None:
    accepted = told.given(ACCEPTED)
    (fact,) = accepted.when(a_resend(), message_id="wish-1").facts
    assert isinstance(fact, NotificationRequested)
    assert fact.message_id != MESSAGE_ID
    assert (fact.resend_of, fact.resent_by, fact.resent_why) == (MESSAGE_ID, "Lea", "asked for it")
    again = accepted.given(fact)
    again.when(a_resend(), message_id="wish-1").then_nothing()
    again.when(a_resend(), message_id="wish-2").then_names("notification.requested.v1")
    again.when(commands.RecordAcceptance(message_id=fact.message_id)).then_names(
        "notification.reported.v1"
    )


def test_what_is_still_on_its_way_is_not_sent_again() -> None:
    told.when(a_resend()).then_set_aside("MESSAGE_NOT_SETTLED")
    messages.when(a_resend()).then_set_aside("MESSAGE_NOT_FOUND")
