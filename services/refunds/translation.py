"""Between private facts and public messages."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from contracts import refunds as public
from contracts.topics import REFUNDS
from kit.facts import Cause, Fact
from kit.ids import stream_id
from kit.relay import Outgoing, said_as_stored
from services.refunds.domain import events

_SAID: Mapping[type[Fact], tuple[type[Any], str]] = {
    events.RefundPending: (public.RefundPending, "noticed_at"),
    events.RefundSucceeded: (public.RefundSucceeded, "succeeded_at"),
    events.RefundFailed: (public.RefundFailed, "failed_at"),
    events.RefundCanceled: (public.RefundCanceled, "canceled_at"),
    events.RefundUncertain: (public.RefundUncertain, "noticed_at"),
    events.GiftCardRefilled: (public.GiftCardRefilled, "refilled_at"),
    events.StoreCreditRestored: (public.StoreCreditRestored, "restored_at"),
    events.ManualRefundOwed: (public.ManualRefundOwed, "owed_at"),
    events.ManualRefundPaid: (public.ManualRefundPaid, "recorded_at"),
    events.VoidSucceeded: (public.PaymentVoidSucceeded, "voided_at"),
    events.VoidFailed: (public.PaymentVoidFailed, "failed_at"),
    events.StoreCreditIssued: (public.StoreCreditIssued, "issued_at"),
    events.StoreCreditFailed: (public.StoreCreditFailed, "failed_at"),
    events.GiftCardDisabled: (public.GiftCardDisabled, "disabled_at"),
}
"""How each published fact is said, and what its moment is called there."""

PUBLISHES = frozenset(fact.NAME for fact in _SAID)
"""Stored names that become messages. That something was asked for is nobody's business yet."""

SAYS = {
    fact.NAME: said_as_stored(REFUNDS.name, "order_id", model, moment)
    for fact, (model, moment) in _SAID.items()
    if fact is not events.RefundFailed
}
"""How those are said that need not be read for it."""


def stream_of(message: Any) -> tuple[str, UUID]:
    """Return the key and the stream of a message: its order, as this service sees it."""
    return message.order_id, stream_id(f"refunds:{message.order_id}")


def translate(fact: Fact, cause: Cause) -> Outgoing:
    """Write the public message of a published fact."""
    said = _SAID.get(type(fact))
    if said is None:
        raise TypeError(f"{fact.NAME} is private")
    model, moment = said
    about = dict(fact)
    if isinstance(fact, events.RefundFailed):
        about["is_final"] = fact.retry_at is None
    message = model(**about, **{moment: cause.recorded_at})
    return Outgoing(REFUNDS.name, message.order_id, message)
