"""What the customer of one order was told, is to be told, and may not be told."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from contracts.cancellation import Recipient
from contracts.values import Currency
from kit.facts import Fact
from services.notifier.domain import events, voucher_events


class Told(NamedTuple):
    """How one cancellation or request stands with the customer."""

    recipient: Recipient | None
    """Who is told of it; None when nobody may or can be, now and later."""
    currency: Currency | None = None
    """Of its amounts."""
    at: datetime | None = None
    """When it was decided to tell; unknown of what is old."""


NOBODY = Told(None)


@dataclass(frozen=True, slots=True)
class Messages:
    """Everything the customer of one order was told or is to be told."""

    requested: Mapping[UUID, events.NotificationRequested] = field(default_factory=dict)
    """Every message asked for."""
    settled: frozenset[UUID] = frozenset()
    """Messages with a final word."""
    told: Mapping[UUID, Told] = field(default_factory=dict)
    """By cancellation or request."""
    early: tuple[events.OutcomeHeardEarly, ...] = ()
    """What became of money of cancellations not heard of yet."""
    suppressed: frozenset[UUID] = frozenset()
    """Messages that were decided not to be sent."""
    bounced: frozenset[UUID] = frozenset()
    """Messages that came back."""
    rated: frozenset[UUID] = frozenset()
    """Cancellations the customer has said something about."""
    waiting: Mapping[UUID, voucher_events.VoucherWanted] = field(default_factory=dict)
    """By voucher: messages that wait for it."""

    def is_known(self, message_id: UUID) -> bool:
        """Say whether it was decided about this message before."""
        waits = any(wanted.mail.message_id == message_id for wanted in self.waiting.values())
        return waits or message_id in self.requested or message_id in self.suppressed


def evolve(messages: Messages, fact: Fact) -> Messages:  # noqa: PLR0911 - one per fact
    """Return the messages after `fact`."""
    match fact:
        case events.NotificationRequested():
            requested = {**messages.requested, fact.message_id: fact}
            told = _told(messages, fact, _standing(fact))
            return replace(messages, requested=requested, told=told, early=_left(messages, fact))
        case voucher_events.VoucherWanted(mail=mail):
            waiting = {**messages.waiting, fact.voucher_id: fact}
            told = _told(messages, mail, _standing(mail))
            return replace(messages, waiting=waiting, told=told, early=_left(messages, mail))
        case voucher_events.VoucherIssued() | voucher_events.VoucherRefused():
            waiting = {id_: w for id_, w in messages.waiting.items() if id_ != fact.voucher_id}
            settled = messages.settled | {fact.voucher_id}
            return replace(messages, waiting=waiting, settled=settled)
        case events.NotificationSuppressed():
            suppressed = messages.suppressed | {fact.message_id}
            told = messages.told
            if fact.why == "NOBODY_TO_TELL":
                told = _told(messages, fact, NOBODY)
            return replace(messages, suppressed=suppressed, told=told, early=_left(messages, fact))
        case events.OutcomeHeardEarly():
            return replace(messages, early=(*messages.early, fact))
        case events.FeedbackGiven():
            return replace(messages, rated=messages.rated | {fact.cancellation_id})
        case events.MailBounced():
            return replace(messages, bounced=messages.bounced | {fact.message_id})
        case events.NotificationFact():
            return replace(messages, settled=messages.settled | {fact.message_id})
        case _:
            raise TypeError(type(fact).__name__)


def _standing(fact: events.NotificationRequested) -> Told:
    return Told(fact.recipient, fact.currency, fact.told_at)


def _told(
    messages: Messages,
    fact: events.NotificationRequested | events.NotificationSuppressed,
    standing: Told,
) -> Mapping[UUID, Told]:
    """Note what the first message about a cancellation or a request says about all later ones."""
    of = fact.request_id if fact.cancellation_id is None else fact.cancellation_id
    if of is None or of in messages.told:
        return messages.told
    return {**messages.told, of: standing}


def _left(
    messages: Messages, fact: events.NotificationFact
) -> tuple[events.OutcomeHeardEarly, ...]:
    """Return what is still early once a cancellation is known."""
    if not messages.early:
        return ()
    return tuple(e for e in messages.early if e.message.cancellation_id != fact.cancellation_id)
