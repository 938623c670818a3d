"""What the customer is told of their money: never more than the provider has said."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from contracts.refunds import RefundFailed, RefundSucceeded
from kit.decider import Context
from kit.facts import Fact
from kit.ids import child_id
from services.notifier.domain import events
from services.notifier.domain.choices import PROMPT_S, STALE_S, choice_of
from services.notifier.domain.state import Messages, Told, evolve


class News(NamedTuple):
    """What one word about money has to tell."""

    template: events.Template
    moment: datetime
    """When it became true."""


def _read(heard: RefundSucceeded | RefundFailed) -> News:
    if isinstance(heard, RefundSucceeded):
        return News("refund_succeeded", heard.succeeded_at)
    return News("refund_failed", heard.failed_at)


MONEY: tuple[type[Any], ...] = (RefundSucceeded, RefundFailed)
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
    if told.recipient is None:
        return []
    template, moment = _read(heard)
    earlier = [m for m in messages.requested.values() if m.about_id == heard.refund_id]
    choice = choice_of(template)
    is_known = not earlier and _is_announced(heard, told, moment)
    if choice == "NEVER" or (choice == "WHEN_NEWS" and is_known):
        return []
    # What succeeds after it failed is told again.
    failures = sum(m.template == "refund_failed" and m.resend_of is None for m in earlier)
    is_again = failures and template != "refund_failed"
    message_id = child_id(heard.refund_id, f"{template}:{failures}" if is_again else template)
    if messages.is_known(message_id):
        return []
    if (context.now - moment).total_seconds() > STALE_S:
        return [
            events.NotificationSuppressed(
                order_id=heard.order_id,
                cancellation_id=heard.cancellation_id,
                message_id=message_id,
                template=template,
                why="TOO_LATE",
            )
        ]
    return [
        events.NotificationRequested(
            order_id=heard.order_id,
            cancellation_id=heard.cancellation_id,
            message_id=message_id,
            template=template,
            recipient=told.recipient,
            currency=heard.currency,
            refund_minor=0,
            lines=(),
            nothing_left=False,
            about_id=heard.refund_id,
            amount_minor=heard.amount_minor,
            told_at=context.now,
        )
    ]


def _is_announced(heard: Any, told: Told, moment: datetime) -> bool:
    """Say whether the mail about the cancellation told of this refund, and not long ago."""
    if heard.refund_id != child_id(heard.cancellation_id, heard.payment_id):
        return False  # asked for later
    return told.at is not None and (moment - told.at).total_seconds() <= PROMPT_S
