"""What the customer is told of their money: never more than the provider has said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts import refunds
from contracts.values import Tender
from kit.decider import Context
from kit.facts import Fact
from kit.ids import child_id
from services.notifier.domain import events
from services.notifier.domain.choices import PROMPT_S, STALE_S, Template
from services.notifier.domain.state import Messages, Told, evolve
from services.notifier.domain.stationery import in_force


@dataclass(frozen=True, slots=True)
class News:
    """What one word about money has to tell."""

    template: Template
    moment: datetime
    """When it became true."""
    about_id: UUID
    """The refund, release or credit."""
    announced_id: UUID
    """Its id if the mail about the cancellation announced it."""
    more: dict[str, Any] = field(default_factory=dict)
    """What the message says beside the amount."""


def _read(heard: Any) -> News | None:  # noqa: PLR0911 - one per word
    """Return what a word has to tell; None while it is not the last about this attempt."""
    match heard:
        case refunds.RefundPending():
            needs_customer = heard.status == "requires_action"
            more = {"needs_customer": needs_customer, **_arrival(heard)}
            return _of_refund(heard, "refund_started", heard.noticed_at, **more)
        case refunds.RefundSucceeded():
            more = {
                "acquirer_reference": heard.acquirer_reference,
                "credit_note_number": heard.credit_note_number,
                **_arrival(heard),
            }
            return _of_refund(heard, "refund_succeeded", heard.succeeded_at, **more)
        case refunds.GiftCardRefilled(refilled_at=at) | refunds.StoreCreditRestored(restored_at=at):
            more = {"tender": _WITH_US[type(heard)]}
            return _of_refund(heard, "refund_succeeded", at, **more)
        case refunds.ManualRefundPaid():
            more = {"is_by_hand": True, "credit_note_number": heard.credit_note_number}
            return _of_refund(heard, "refund_succeeded", heard.recorded_at, **more)
        case refunds.RefundFailed(is_final=False):
            return None
        case refunds.RefundFailed():
            more = {"has_come_back": heard.after_success}
            return _of_refund(heard, "refund_failed", heard.failed_at, **more)
        case refunds.RefundCanceled():
            return _of_refund(heard, "refund_failed", heard.canceled_at)
        case refunds.PaymentVoidSucceeded():
            announced_id = child_id(heard.cancellation_id, f"void/{heard.payment_id}")
            return News("payment_released", heard.voided_at, heard.void_id, announced_id)
        case refunds.StoreCreditIssued():
            announced_id = child_id(heard.cancellation_id, "store-credit")
            more = {"credit_expires_at": heard.expires_at}
            return News("store_credit_issued", heard.issued_at, heard.credit_id, announced_id, more)
        case _:
            raise TypeError(type(heard).__name__)


_WITH_US: dict[type[Any], Tender] = {
    refunds.GiftCardRefilled: "GIFT_CARD",
    refunds.StoreCreditRestored: "STORE_CREDIT",
}
"""What is given back where it can be spent with the shop only."""


def _of_refund(heard: Any, template: Template, moment: datetime, **more: Any) -> News:
    announced_id = child_id(heard.cancellation_id, heard.payment_id)
    return News(template, moment, heard.refund_id, announced_id, more)


def _arrival(heard: refunds.RefundPending | refunds.RefundSucceeded) -> dict[str, Any]:
    return {
        "arrival_from": heard.arrival_from,
        "arrival_until": heard.arrival_until,
        "tender": heard.tender,
    }


MONEY: tuple[type[Any], ...] = (
    refunds.RefundPending,
    refunds.RefundSucceeded,
    refunds.RefundFailed,
    refunds.RefundCanceled,
    refunds.GiftCardRefilled,
    refunds.StoreCreditRestored,
    refunds.ManualRefundPaid,
    refunds.PaymentVoidSucceeded,
    refunds.StoreCreditIssued,
)
"""Words about money that may bring mails."""


def hear_of_money(messages: Messages, heard: Any, context: Context) -> Sequence[Fact]:
    """Tell what became of money, if that is news; wait when its cancellation is not known yet."""
    told = messages.told.get(heard.cancellation_id)
    if told is None:
        if any(early.message == heard for early in messages.early):
            return []
        early = events.OutcomeHeardEarly(order_id=heard.order_id, name=heard.TYPE, message=heard)
        return [early]
    return _tell(messages, heard, told, context)


def tell_of_early(
    messages: Messages, fact: events.NotificationRequested, context: Context
) -> Iterator[Fact]:
    """Tell what was heard of a cancellation's money before the cancellation itself."""
    now = evolve(messages, fact)
    for early in messages.early:
        if early.message.cancellation_id == fact.cancellation_id:
            told = now.told[early.message.cancellation_id]
            for more in _tell(now, early.message, told, context):
                now = evolve(now, more)
                yield more


def _tell(messages: Messages, heard: Any, told: Told, context: Context) -> Sequence[Fact]:
    news = _read(heard)
    if told.recipient is None or news is None:
        return []
    earlier = [
        m for m in messages.requested.values() if m.about_id == news.about_id and not m.resend_of
    ]
    stationery = in_force(context)
    choice = stationery.choice_of(news.template)
    if choice == "NEVER" or (choice == "WHEN_NEWS" and _is_known(news, told, earlier)):
        return []
    message_id = _message_id(news, earlier)
    if messages.is_known(message_id):
        return []
    about: dict[str, Any] = {
        "order_id": heard.order_id,
        "cancellation_id": heard.cancellation_id,
        "message_id": message_id,
        "template": news.template,
    }
    if (context.now - news.moment).total_seconds() > STALE_S:
        return [events.NotificationSuppressed(**about, why="TOO_LATE")]
    more = dict(news.more)
    if news.template == "refund_failed":
        # A second attempt may fail after the first was told as made.
        more["has_come_back"] = more.get("has_come_back", False) or any(
            m.template == "refund_succeeded" for m in earlier
        )
    return [
        events.NotificationRequested(
            **about,
            recipient=told.recipient,
            currency=heard.currency or told.currency,
            refund_minor=0,
            lines=(),
            nothing_left=False,
            about_id=news.about_id,
            amount_minor=heard.amount_minor,
            told_at=context.now,
            stationery=stationery.version,
            **more,
        )
    ]


def _message_id(news: News, earlier: Sequence[events.NotificationRequested]) -> UUID:
    """Return the id of one message; what comes true after it failed is told again."""
    name: str = news.template
    failures = sum(m.template == "refund_failed" for m in earlier)
    if news.more.get("needs_customer"):
        name += ":requires_action"
    elif failures and name != "refund_failed":
        name += f":{failures}"
    return child_id(news.about_id, name)


def _is_known(news: News, told: Told, earlier: Sequence[events.NotificationRequested]) -> bool:
    """Say whether a mail announced this, and not long ago where it took its time to come true."""
    if news.more.get("needs_customer"):
        return False
    if earlier:
        is_announced = all(m.template == "refund_started" and not m.needs_customer for m in earlier)
        announced_at = earlier[-1].told_at
    else:
        is_announced = news.about_id == news.announced_id
        announced_at = told.at
    if not is_announced or news.template == "refund_started":
        return is_announced
    return announced_at is not None and (news.moment - announced_at).total_seconds() <= PROMPT_S
