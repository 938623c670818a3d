"""Between private facts and public messages; addresses stay here."""

from typing import Any
from uuid import UUID

from contracts import notifier as public
from contracts.topics import NOTIFIER
from kit.facts import Cause, Fact
from kit.ids import stream_id
from kit.relay import Outgoing, said_as_stored
from services.notifier.domain import events, voucher_events

PUBLISHES = frozenset(
    {
        events.CustomerNotified.NAME,
        events.CustomerNotificationFailed.NAME,
        events.CustomerNotificationUncertain.NAME,
        events.MessageReported.NAME,
        events.MailBounced.NAME,
        events.FeedbackGiven.NAME,
        voucher_events.VoucherIssued.NAME,
    }
)
"""Stored names that become messages."""

SAYS = {
    fact.NAME: said_as_stored(NOTIFIER.name, "order_id", model, moment)
    for fact, model, moment in (
        (events.CustomerNotified, public.CustomerNotified, "accepted_at"),
        (events.CustomerNotificationFailed, public.CustomerNotificationFailed, "failed_at"),
        (events.CustomerNotificationUncertain, public.CustomerNotificationUncertain, "noticed_at"),
    )
}
"""How those are said that need not be read for it."""


def stream_of(message: Any) -> tuple[str, UUID]:
    """Return the key and the stream of a message: its order, as this service sees it."""
    return message.order_id, stream_id(f"notifier:{message.order_id}")


def translate(fact: Fact, cause: Cause) -> Outgoing:
    """Write the public message of a published fact."""
    about = dict(fact)
    match fact:
        case events.CustomerNotified():
            message: Any = public.CustomerNotified(**about, accepted_at=cause.recorded_at)
        case events.CustomerNotificationFailed():
            message = public.CustomerNotificationFailed(**about, failed_at=cause.recorded_at)
        case events.CustomerNotificationUncertain():
            message = public.CustomerNotificationUncertain(**about, noticed_at=cause.recorded_at)
        case events.MessageReported():
            kind = fact.template.upper()
            message = public.CustomerMessageReported(
                **about, kind=kind, reported_at=cause.recorded_at
            )
        case events.MailBounced():
            kind = fact.template.upper()
            message = public.CustomerMailBounced(**about, kind=kind, bounced_at=cause.recorded_at)
        case voucher_events.VoucherIssued():
            message = public.VoucherIssued(**about, issued_at=cause.recorded_at)
        case events.FeedbackGiven():
            message = public.FeedbackGiven(**about, given_at=cause.recorded_at)
        case _:
            raise TypeError(f"{fact.NAME} is private")
    return Outgoing(NOTIFIER.name, message.order_id, message)
