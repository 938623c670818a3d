"""Between private facts and public messages; the only place where one becomes the other.

Staff notes, who asked and what a decision rests on stay here: the public messages have no fields
for them.
"""

from collections.abc import Callable, Mapping
from typing import Any, get_args
from uuid import UUID

from msgspec import Raw, Struct
from msgspec.json import Decoder

from contracts import cancellation as public
from contracts import fulfillment
from contracts.topics import CANCELLATION
from kit.facts import Cause, Fact
from kit.ids import stream_id
from kit.relay import Outgoing, Record, SayStored, StoredCause, said_as_stored
from services.cancellation.domain import events
from services.cancellation.domain.publishing import POLICY_KEY

BASIC_CODES = frozenset(get_args(public.RejectionCode))
"""What `OrderCancellationRejected` can say; it was released with these and stays as it is."""


def stream_of(message: Any) -> tuple[str, UUID]:
    """Return the key and the stream of a message: its order, or the policy."""
    if type(message) is public.PublishPolicy:
        return POLICY_KEY, stream_id(POLICY_KEY)
    return message.order_id, stream_id(f"order:{message.order_id}")


def _rejected(fact: events.CancellationRejected, cause: Cause) -> Any:
    if all(refusal.code in BASIC_CODES for refusal in fact.refusals):
        refusals = tuple(
            public.BasicRefusal.model_validate(refusal.model_dump()) for refusal in fact.refusals
        )
        return public.OrderCancellationRejected(
            order_id=fact.order_id,
            command_id=fact.command_id,
            refusals=refusals,
            rejected_at=cause.recorded_at,
        )
    return public.CommandRejected(
        order_id=fact.order_id,
        command_id=fact.command_id,
        command=public.CancelOrder.TYPE,
        refusals=fact.refusals,
        rejected_at=cause.recorded_at,
    )


def _denied(fact: events.CancellationDenied, cause: Cause) -> public.OrderCancellationDenied:
    return public.OrderCancellationDenied(
        order_id=fact.order_id,
        request_id=fact.request_id,
        command_id=fact.command_id,
        is_by_default=fact.is_by_default,
        customer_message=fact.customer_message,
        is_taken_back=fact.actor.type == "CUSTOMER",
        denied_at=cause.recorded_at,
    )


def _policy_published(fact: events.PolicyPublished, cause: Cause) -> public.PolicyPublished:
    return public.PolicyPublished(
        version=fact.policy.version, command_id=fact.command_id, published_at=cause.recorded_at
    )


_SAID: Mapping[type[Fact], tuple[type[Any], str]] = {
    events.OrderCancelled: (public.OrderCancelled, "cancelled_at"),
    events.CancellationConfirmed: (public.OrderCancellationConfirmed, "confirmed_at"),
    events.CancellationUndone: (public.OrderCancellationUndone, "undone_at"),
    events.OrderReinstated: (public.OrderReinstated, "reinstated_at"),
    events.CommandRejected: (public.CommandRejected, "rejected_at"),
    events.CancellationCompleted: (public.OrderCancellationCompleted, "completed_at"),
    events.CancellationRequested: (public.OrderCancellationRequested, "requested_at"),
    events.CancellationApproved: (public.OrderCancellationApproved, "approved_at"),
    events.RefundRequested: (public.RefundRequested, "requested_at"),
    events.ManualRefundRecorded: (public.ManualRefundRecorded, "recorded_at"),
    events.RefundFallbackChosen: (public.RefundFallbackChosen, "chosen_at"),
    events.PaymentVoidRequested: (public.PaymentVoidRequested, "requested_at"),
    events.RestockRequested: (public.RestockRequested, "requested_at"),
    events.CaseOpened: (public.CaseOpened, "opened_at"),
    events.CaseAssigned: (public.CaseAssigned, "assigned_at"),
    events.CaseEscalated: (public.CaseEscalated, "escalated_at"),
    events.CaseNoteAdded: (public.CaseNoteAdded, "added_at"),
    events.CaseClosed: (public.CaseClosed, "closed_at"),
    events.FulfillmentClaimed: (fulfillment.FulfillmentClaimed, "claimed_at"),
    events.FulfillmentClaimRejected: (fulfillment.FulfillmentClaimRejected, "rejected_at"),
    events.FulfillmentClaimReleased: (fulfillment.FulfillmentClaimReleased, "released_at"),
}
"""How a fact is said that is said field by field, and what its moment is called there."""

_OTHERWISE: Mapping[type[Fact], Callable[[Any, Cause], Any]] = {
    events.CancellationRejected: _rejected,
    events.CancellationDenied: _denied,
    events.PolicyPublished: _policy_published,
}
"""How the others are said that are published."""

PUBLISHES = frozenset(name for fact in (*_SAID, *_OTHERWISE) for name in fact.stored_names())
"""Stored names that become messages."""


class _Coded(Struct):
    code: str


class _Refused(Struct):
    refusals: list[_Coded]


class _StoredRefused(Struct):
    fact: _Refused


class _BasicRefusal(Struct):
    code: Raw
    detail: Raw
    remedy: Raw
    line_id: Raw


_read_refused = Decoder(_StoredRefused).decode


def _says(model: type[Any], moment: str, **more: Any) -> SayStored:
    return said_as_stored(CANCELLATION.name, "order_id", model, moment, **more)


def _say_rejected() -> SayStored:
    basic, command = (list[_BasicRefusal],), (Raw, Raw(f'"{public.CancelOrder.TYPE}"'))
    say_basic = _says(public.OrderCancellationRejected, "rejected_at", refusals=basic)
    say_any = _says(public.CommandRejected, "rejected_at", command=command)

    def say(body: bytes) -> tuple[Record, StoredCause] | None:
        refusals = _read_refused(body).fact.refusals
        is_basic = all(refusal.code in BASIC_CODES for refusal in refusals)
        return say_basic(body) if is_basic else say_any(body)

    return say


SAYS = {
    **{fact.NAME: _says(model, moment) for fact, (model, moment) in _SAID.items()},
    events.CancellationRejected.NAME: _say_rejected(),
}
"""How those are said that need not be read for it."""


def translate(fact: Fact, cause: Cause) -> Outgoing:
    """Write the public message of a published fact."""
    key = POLICY_KEY if type(fact) is events.PolicyPublished else getattr(fact, "order_id", "")
    if said := _SAID.get(type(fact)):
        model, moment = said
        shared = {name: getattr(fact, name) for name in model.model_fields if name != moment}
        return Outgoing(CANCELLATION.name, key, model(**shared, **{moment: cause.recorded_at}))
    say = _OTHERWISE.get(type(fact))
    if say is None:
        raise TypeError(f"{fact.NAME} is private")
    return Outgoing(CANCELLATION.name, key, say(fact, cause))
