"""Mails as those who get them read them."""

import email
import email.policy
import html
from email.message import EmailMessage
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from kit.decider import Context
from services.notifier.domain.events import NotificationRequested
from services.notifier.domain.messages import MESSAGES
from services.notifier.domain.state import Messages
from services.notifier.domain.stationery import BUILT_IN, Stationery
from services.notifier.foreseen import foresee, foresee_next
from services.notifier.rendering import render
from tests.support.mothers import A_CAUSE, SHOP


def mail_of(
    request: NotificationRequested, *, stationery: Stationery = BUILT_IN, **cause: Any
) -> EmailMessage:
    """Return a message as the customer's program reads it."""
    told = A_CAUSE.model_copy(update=cause)
    return read_mail(render(request, told, sender=SHOP, stationery=stationery))


def read_mail(content: bytes) -> EmailMessage:
    """Return a mail as programs read it."""
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def foreseen(said: dict[str, Any]) -> Any:
    """Answer as the notifier does who asks for a mail ahead."""
    try:
        mail = foresee(said["cancelled"], said["locale"], BUILT_IN, A_CAUSE.recorded_at)
    except ValidationError:
        return 422, {"code": "CANCELLATION_INVALID", "detail": "no cancellation"}
    return {"locale": said["locale"], "subject": mail["Subject"], "plain": text_of(mail)}


def told_after(*heard: Any) -> Messages:
    """Return what the customer was told after this."""
    messages = MESSAGES.initial
    for message in heard:
        context = Context(A_CAUSE.recorded_at, "heard", UUID(int=0), 0, BUILT_IN)
        for fact in MESSAGES.decide(messages, message, context):
            messages = MESSAGES.evolve(messages, fact)
    return messages


def next_foreseen(said: dict[str, Any], told: Messages) -> Any:
    """Answer as the notifier does who asks for the mails that would follow."""
    try:
        found = list(foresee_next(told, said["answer"], BUILT_IN, A_CAUSE.recorded_at))
    except ValidationError:
        return 422, {"code": "ANSWER_INVALID", "detail": "no such answer"}
    return {
        "mails": [
            {"locale": locale, "subject": mail["Subject"], "plain": text_of(mail)}
            for locale, mail in found
        ]
    }


def parts_of(content: bytes) -> list[str]:
    """Return the plain and the HTML part of a mail as they are written."""
    mail = read_mail(content)
    return [text_of(mail, kind) for kind in ("plain", "html")]


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    """Return one part as it is written."""
    part = mail.get_body(preferencelist=(kind,))
    assert part is not None
    return str(part.get_content())


def shown(mail: EmailMessage, kind: str = "plain") -> str:
    """Return what a person reads of a part, on one line."""
    return " ".join(html.unescape(text_of(mail, kind)).split())
