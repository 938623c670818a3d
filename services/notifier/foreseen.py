"""The mail about a cancellation nobody has decided on yet: for whoever looks before they press."""

import email
import email.policy
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from typing import Any
from uuid import UUID

from contracts.cancellation import OrderCancelled, Recipient
from contracts.values import Locale
from kit.decider import Context
from kit.facts import Cause
from services.notifier.domain.events import NotificationRequested
from services.notifier.domain.messages import tell_of_cancellation
from services.notifier.domain.state import Messages
from services.notifier.domain.stationery import Stationery
from services.notifier.domain.voucher_events import VoucherWanted
from services.notifier.rendering import write_mail

SENDER = "Shop <orders@shop.invalid>"
CUSTOMER = "customer@shop.invalid"
"""Where it would go, whoever looks does not say and is not told."""

ID = "foreseen"
CODE_TO_COME = "…"
"""In place of a voucher's code, which is drawn when the mail is sent."""


def foresee(
    cancelled: Mapping[str, Any], locale: Locale, stationery: Stationery, now: datetime
) -> EmailMessage:
    """Write the mail; its links, which are made when it is sent, are not in it.

    Args:
        cancelled: what the preview of the cancellation answers.
        locale: the customer's language.
        stationery: what it would be written on.
        now: the moment.

    Raises:
        ValidationError: that is not the answer to a cancellation.
    """
    said = {
        **cancelled, "command_id": ID, "cancelled_at": now, "held_until": None,
        "recipient": Recipient(email=CUSTOMER, locale=locale),
    }  # fmt: skip
    event = OrderCancelled.model_validate(said)
    context = Context(now, ID, UUID(int=0), 0, stationery)
    fact = tell_of_cancellation(Messages(), event, context)[0]
    cause = Cause(message_id=ID, correlation_id=ID, recorded_at=now)
    written = write_mail(_with_voucher(fact), cause, sender=SENDER, stationery=stationery)
    return read(written.content)


def _with_voucher(fact: Any) -> NotificationRequested:
    if not isinstance(fact, VoucherWanted):
        mail: NotificationRequested = fact
        return mail
    given = {
        "voucher_code": CODE_TO_COME,
        "voucher_minor": fact.amount_minor,
        "voucher_until": fact.expires_at,
    }
    return fact.mail.model_copy(update=given)


def read(content: bytes) -> EmailMessage:
    """Return a mail as programs read it."""
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)  # noqa: S101 - what this policy makes
    return mail


def text_of(mail: EmailMessage, kind: str) -> str:
    """Return one part of a mail, `plain` or `html`."""
    part = mail.get_body(preferencelist=(kind,))
    assert part is not None  # noqa: S101 - every mail has both
    return str(part.get_content())
