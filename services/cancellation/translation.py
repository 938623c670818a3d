"""Between private facts and public messages; the only place where one becomes the other.

Staff notes, who asked and what a decision rests on stay here: the public messages have no fields
for them.
"""

from collections.abc import Callable
from typing import Any, get_args
from uuid import UUID

import orjson

from contracts import cancellation as public
from contracts import fulfillment
from contracts.topics import CANCELLATION
from kit.facts import Cause, Fact
from kit.ids import stream_id
from kit.relay import Outgoing, Record
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


class _SaidAs:
    """A message that says what its fact says, and when."""

    def __init__(self, model: type[Any], moment: str) -> None:
        self._model, self._moment, self._fields = model, moment, tuple(model.model_fields)
        self._shared = tuple(name for name in self._fields if name != moment)

    def __call__(self, fact: Any, cause: Cause) -> Any:
        values = {name: getattr(fact, name) for name in self._shared}
        return self._model(**values, **{self._moment: cause.recorded_at})

    def as_stored(self, fact: dict[str, Any], at: str) -> Record | None:
        fact[self._moment] = at
        try:
            value = orjson.dumps({name: fact[name] for name in self._fields})
        except KeyError:
            return None
        return Record(CANCELLATION.name, fact["order_id"], self._model.TYPE, value, [])


def _policy_published(fact: events.PolicyPublished, cause: Cause) -> public.PolicyPublished:
    return public.PolicyPublished(
        version=fact.policy.version, command_id=fact.command_id, published_at=cause.recorded_at
    )


TRANSLATIONS: dict[type[Fact], Callable[[Any, Cause], Any]] = {
    events.OrderCancelled: _SaidAs(public.OrderCancelled, "cancelled_at"),
    events.CancellationConfirmed: _SaidAs(public.OrderCancellationConfirmed, "confirmed_at"),
    events.CancellationUndone: _SaidAs(public.OrderCancellationUndone, "undone_at"),
    events.OrderReinstated: _SaidAs(public.OrderReinstated, "reinstated_at"),
    events.CancellationRejected: _rejected,
    events.CommandRejected: _SaidAs(public.CommandRejected, "rejected_at"),
    events.CancellationCompleted: _SaidAs(public.OrderCancellationCompleted, "completed_at"),
    events.CancellationRequested: _SaidAs(public.OrderCancellationRequested, "requested_at"),
    events.CancellationApproved: _SaidAs(public.OrderCancellationApproved, "approved_at"),
    events.CancellationDenied: _SaidAs(public.OrderCancellationDenied, "denied_at"),
    events.RefundRequested: _SaidAs(public.RefundRequested, "requested_at"),
    events.ManualRefundRecorded: _SaidAs(public.ManualRefundRecorded, "recorded_at"),
    events.RefundFallbackChosen: _SaidAs(public.RefundFallbackChosen, "chosen_at"),
    events.PaymentVoidRequested: _SaidAs(public.PaymentVoidRequested, "requested_at"),
    events.RestockRequested: _SaidAs(public.RestockRequested, "requested_at"),
    events.CaseOpened: _SaidAs(public.CaseOpened, "opened_at"),
    events.CaseAssigned: _SaidAs(public.CaseAssigned, "assigned_at"),
    events.CaseEscalated: _SaidAs(public.CaseEscalated, "escalated_at"),
    events.CaseNoteAdded: _SaidAs(public.CaseNoteAdded, "added_at"),
    events.CaseClosed: _SaidAs(public.CaseClosed, "closed_at"),
    events.FulfillmentClaimed: _SaidAs(fulfillment.FulfillmentClaimed, "claimed_at"),
    events.FulfillmentClaimRejected: _SaidAs(fulfillment.FulfillmentClaimRejected, "rejected_at"),
    events.FulfillmentClaimReleased: _SaidAs(fulfillment.FulfillmentClaimReleased, "released_at"),
    events.PolicyPublished: _policy_published,
}
"""How each published fact is said."""

PUBLISHES = frozenset(name for fact in TRANSLATIONS for name in fact.stored_names())
"""Stored names that become messages."""

SAYS = {fact.NAME: say.as_stored for fact, say in TRANSLATIONS.items() if isinstance(say, _SaidAs)}
"""How those are said that need not be read for it."""


def translate(fact: Fact, cause: Cause) -> Outgoing:
    """Write the public message of a published fact."""
    say = TRANSLATIONS.get(type(fact))
    if say is None:
        raise TypeError(f"{fact.NAME} is private")
    key = POLICY_KEY if type(fact) is events.PolicyPublished else fact.order_id  # type: ignore[attr-defined]
    return Outgoing(CANCELLATION.name, key, say(fact, cause))
