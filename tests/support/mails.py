"""Mails as those who get them read them."""

import email
import email.policy
import html
from email.message import EmailMessage
from typing import Any

from pydantic import ValidationError

from services.notifier.domain.events import NotificationRequested
from services.notifier.domain.stationery import BUILT_IN, Stationery
from services.notifier.foreseen import foresee
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
