"""Between private facts and public messages; the only place where one becomes the other.

Staff notes, who asked and what a decision rests on stay here: the public messages have no fields
for them.
"""

from collections.abc import Callable
from typing import Any, get_args
from uuid import UUID

from contracts import cancellation as public
from contracts import fulfillment
from contracts.topics import CANCELLATION
from kit.facts import Cause, Fact
from kit.ids import stream_id
from kit.relay import Outgoing
from services.cancellation.domain import events
from services.cancellation.domain.publishing import POLICY_KEY

BASIC_CODES = frozenset(get_args(public.RejectionCode))
"""What `OrderCancellationRejected` can say; it was released with these and stays as it is."""


def stream_of(message: Any) -> tuple[str, UUID]:
    """Return the key and the stream of a message: its order, or the policy."""
    if type(message) is public.PublishPolicy:
        return POLICY_KEY, stream_id(POLICY_KEY)
    return message.order_id, stream_id(f"order:{message.order_id}")


def _cancelled(fact: events.OrderCancelled, cause: Cause) -> public.OrderCancelled:
    return public.OrderCancelled(
        order_id=fact.order_id,
        cancellation_id=fact.cancellation_id,
        command_id=fact.command_id,
        reason=fact.reason,
        currency=fact.currency,
        lines=fact.lines,
        refund_minor=fact.refund_minor,
        refunds=fact.refunds,
        restock=fact.restock,
        recipient=fact.recipient,
        nothing_left=fact.nothing_left,
        cancelled_at=cause.recorded_at,
        restock_lines=fact.restock_lines,
        money=fact.money,
        details=fact.details,
        held_until=fact.held_until,
    )


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


def _said_as(model: type[Any], moment: str) -> Callable[[Any, Cause], Any]:
    """Return a translation that says what fact and message have in common, and when."""
    names = tuple(name for name in model.model_fields if name != moment)

    def say(fact: Any, cause: Cause) -> Any:
        values = {name: getattr(fact, name) for name in names}
        return model(**values, **{moment: cause.recorded_at})

    return say


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


TRANSLATIONS: dict[type[Fact], Callable[[Any, Cause], Any]] = {
    events.OrderCancelled: _cancelled,
    events.CancellationConfirmed: _said_as(public.OrderCancellationConfirmed, "confirmed_at"),
    events.CancellationUndone: _said_as(public.OrderCancellationUndone, "undone_at"),
    events.OrderReinstated: _said_as(public.OrderReinstated, "reinstated_at"),
    events.CancellationRejected: _rejected,
    events.CommandRejected: _said_as(public.CommandRejected, "rejected_at"),
    events.CancellationCompleted: _said_as(public.OrderCancellationCompleted, "completed_at"),
    events.CancellationRequested: _said_as(public.OrderCancellationRequested, "requested_at"),
    events.CancellationApproved: _said_as(public.OrderCancellationApproved, "approved_at"),
    events.CancellationDenied: _denied,
    events.RefundRequested: _said_as(public.RefundRequested, "requested_at"),
    events.ManualRefundRecorded: _said_as(public.ManualRefundRecorded, "recorded_at"),
    events.RefundFallbackChosen: _said_as(public.RefundFallbackChosen, "chosen_at"),
    events.PaymentVoidRequested: _said_as(public.PaymentVoidRequested, "requested_at"),
    events.RestockRequested: _said_as(public.RestockRequested, "requested_at"),
    events.CaseOpened: _said_as(public.CaseOpened, "opened_at"),
    events.CaseAssigned: _said_as(public.CaseAssigned, "assigned_at"),
    events.CaseEscalated: _said_as(public.CaseEscalated, "escalated_at"),
    events.CaseNoteAdded: _said_as(public.CaseNoteAdded, "added_at"),
    events.CaseClosed: _said_as(public.CaseClosed, "closed_at"),
    events.FulfillmentClaimed: _said_as(fulfillment.FulfillmentClaimed, "claimed_at"),
    events.FulfillmentClaimRejected: _said_as(fulfillment.FulfillmentClaimRejected, "rejected_at"),
    events.FulfillmentClaimReleased: _said_as(fulfillment.FulfillmentClaimReleased, "released_at"),
    events.PolicyPublished: _policy_published,
}
"""How each published fact is said."""

PUBLISHES = frozenset(name for fact in TRANSLATIONS for name in fact.stored_names())
"""Stored names that become messages."""


def translate(fact: Fact, cause: Cause) -> Outgoing:
    """Write the public message of a published fact."""
    say = TRANSLATIONS.get(type(fact))
    if say is None:
        raise TypeError(f"{fact.NAME} is private")
    key = POLICY_KEY if type(fact) is events.PolicyPublished else fact.order_id  # type: ignore[attr-defined]
    return Outgoing(CANCELLATION.name, key, say(fact, cause))
