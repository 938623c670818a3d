"""The mails about what nobody has decided on yet: for whoever looks before they press."""

import email
import email.policy
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.message import EmailMessage
from typing import Any
from uuid import UUID

from contracts.cancellation import (
    OrderCancellationDenied,
    OrderCancelled,
    OrderReinstated,
    Recipient,
    RefundRequested,
)
from contracts.refunds import RefundSucceeded
from contracts.values import Locale
from kit.decider import Context
from kit.facts import Cause
from kit.ids import child_id
from services.notifier.domain.events import NotificationRequested
from services.notifier.domain.messages import MESSAGES, tell_of_cancellation
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
    fact = tell_of_cancellation(Messages(), event, _context(stationery, now))[0]
    return _written(_with_voucher(fact), stationery, now)


def foresee_next(
    messages: Messages, answer: Mapping[str, Any], stationery: Stationery, now: datetime
) -> Iterator[tuple[Locale, EmailMessage]]:
    """Write the mails that would follow what a preview answers, each with its language.

    Of money that goes back: the mail that follows once the provider has made the refund. None for
    a customer who was not told of the cancellation or the request, and where nothing is news.

    Args:
        messages: what the customer of the order was told.
        answer: what the preview of a settlement, a denial or a reinstatement answers.
        stationery: what they would be written on.
        now: the moment.

    Raises:
        ValidationError: that is no such answer.
    """
    context = _context(stationery, now)
    for event in _events_of(answer, now):
        for fact in MESSAGES.decide(messages, event, context):
            if isinstance(fact, NotificationRequested):
                yield fact.recipient.locale, _written(fact, stationery, now)


def _events_of(answer: Mapping[str, Any], now: datetime) -> Iterator[Any]:
    """Return what would be heard if that came true."""
    said = {**answer, "command_id": ID}
    match answer.get("outcome"):
        case "REINSTATED":
            yield OrderReinstated.model_validate({**said, "reinstated_at": now})
        case "DENIED":
            yield OrderCancellationDenied.model_validate({**said, "denied_at": now})
        case _:
            asked = RefundRequested.model_validate({**said, "requested_at": now})
            for due in asked.refunds:
                is_by_provider = due.method is None or not due.method.is_offline
                if is_by_provider and due.tender not in ("GIFT_CARD", "STORE_CREDIT"):
                    yield RefundSucceeded(
                        order_id=asked.order_id, cancellation_id=asked.cancellation_id,
                        refund_id=child_id(asked.request_id, due.payment_id),
                        payment_id=due.payment_id, amount_minor=due.amount_minor,
                        currency=asked.currency, tender=due.tender, provider_reference=ID,
                        succeeded_at=now,
                    )  # fmt: skip


def _context(stationery: Stationery, now: datetime) -> Context:
    return Context(now, ID, UUID(int=0), 0, stationery)


def _written(fact: NotificationRequested, stationery: Stationery, now: datetime) -> EmailMessage:
    cause = Cause(message_id=ID, correlation_id=ID, recorded_at=now)
    return read(write_mail(fact, cause, sender=SENDER, stationery=stationery).content)


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
