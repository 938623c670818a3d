"""The answers to commands in public words, the same by whichever door a command came.

An answer is the fact that carries the command's id, without what stays in the house: who asked,
staff notes, the customer's address, the grounds of the decision.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, create_model

from contracts import cancellation as public
from contracts import fulfillment
from contracts.message import Event
from contracts.values import CommandId, Version
from kit.event_store import EventStore
from kit.facts import Fact
from kit.postgres import Pool
from services.cancellation.domain import events

Row = dict[str, Any]

REFUSED = "REJECTED"
WAITING = "REQUESTED"

PRIVATE = frozenset({"recipient"})
"""Fields of public events that an answer leaves out."""


class _Said(NamedTuple):
    """How a fact answers a command."""

    outcome: str
    event: type[Event]
    """What the same fact is published as; an answer says no more, and of the moments only those
    that are still to come."""


ANSWERS: dict[type[Fact], _Said] = {
    events.OrderCancelled: _Said("CANCELLED", public.OrderCancelled),
    events.CancellationRequested: _Said(WAITING, public.OrderCancellationRequested),
    events.CancellationDenied: _Said("DENIED", public.OrderCancellationDenied),
    events.CancellationConfirmed: _Said("CONFIRMED", public.OrderCancellationConfirmed),
    events.CancellationUndone: _Said("UNDONE", public.OrderCancellationUndone),
    events.OrderReinstated: _Said("REINSTATED", public.OrderReinstated),
    events.RefundRequested: _Said("REFUND_REQUESTED", public.RefundRequested),
    events.ManualRefundRecorded: _Said("MANUAL_REFUND_RECORDED", public.ManualRefundRecorded),
    events.RestockRequested: _Said("RESTOCK_REQUESTED", public.RestockRequested),
    events.CaseAssigned: _Said("CASE_ASSIGNED", public.CaseAssigned),
    events.CaseEscalated: _Said("CASE_ESCALATED", public.CaseEscalated),
    events.CaseNoteAdded: _Said("CASE_NOTE_ADDED", public.CaseNoteAdded),
    events.CaseClosed: _Said("CASE_CLOSED", public.CaseClosed),
    events.FulfillmentClaimed: _Said("CLAIMED", fulfillment.FulfillmentClaimed),
    events.FulfillmentClaimReleased: _Said("CLAIM_RELEASED", fulfillment.FulfillmentClaimReleased),
    events.PolicyPublished: _Said("POLICY_PUBLISHED", public.PolicyPublished),
    events.CancellationRejected: _Said(REFUSED, public.CommandRejected),
    events.CommandRejected: _Said(REFUSED, public.CommandRejected),
    events.FulfillmentClaimRejected: _Said(REFUSED, fulfillment.FulfillmentClaimRejected),
}
"""Every fact that can be the answer to a command."""

_NOTIFY = Field(description="Whether the customer is told.")
_OUTCOME = Field(description="What came of the command.")
_POSITION = Field(description="Place of the answer in the log; a read can wait for it.")

_OWN: dict[type[Fact], dict[str, Any]] = {
    events.OrderCancelled: {"notify": (bool, _NOTIFY)},
    events.CancellationConfirmed: {"notify": (bool, _NOTIFY)},
    events.PolicyPublished: {"version": (Version, Field(description="The policy's version."))},
}
"""What answers say in words of their own."""


def _fields(fact: type[Fact]) -> list[str]:
    known = set(fact.model_fields) - PRIVATE
    return [name for name in ANSWERS[fact].event.model_fields if name in known]


def _model(fact: type[Fact]) -> type[BaseModel]:
    """Return the model of an answer, for the description of the API."""
    outcome, event = ANSWERS[fact]
    kept = {name: event.model_fields[name] for name in _fields(fact)}
    fields: dict[str, Any] = {name: (field.annotation, field) for name, field in kept.items()}
    made: type[BaseModel] = create_model(
        f"{event.__name__}Answer",
        __config__=ConfigDict(title=f"{event.__name__}Answer"),
        __doc__=event.__doc__,
        **{"outcome": (Literal[outcome], _OUTCOME), **fields},
        **_OWN.get(fact, {}),
        position=(int, _POSITION),
    )
    return made


MODELS: dict[type[Fact], type[BaseModel]] = {
    fact: _model(fact) for fact, (outcome, _) in ANSWERS.items() if outcome != REFUSED
}
"""The answers that grant something, as models; refusals are problems."""


def describe(fact: Fact) -> Row:
    """Put the answer to a command into public words."""
    if type(fact) not in ANSWERS:
        return {"outcome": "RECORDED", "fact": fact.NAME}
    said = fact.model_dump(mode="json", include=set(_fields(type(fact))))
    match fact:
        case events.Cancellation():
            said["notify"] = fact.recipient is not None
        case events.PolicyPublished():
            said["version"] = fact.policy.version
    return {"outcome": ANSWERS[type(fact)].outcome, **said}


def answer_to(command_id: str, facts: Sequence[Fact]) -> Fact:
    """Return the one fact that answers a command, of those it brought about."""
    for fact in facts:
        if getattr(fact, "command_id", None) == command_id:
            return fact
    return facts[0]


async def find_answer(pool: Pool, store: EventStore, command_id: CommandId) -> Row | None:
    """Return what became of a command, None when it was never received.

    Looks into the inbox and the command's own stream, so the answer is there as soon as the command
    is decided, projected or not.
    """
    async with pool.acquire() as connection:
        stream = await connection.fetchval(
            "SELECT stream_id FROM cancellation.inbox WHERE message_id = $1", command_id
        )
        facts = await store.load(connection, stream) if stream else []
        own = [recorded for recorded in facts if recorded.cause.message_id == command_id]
        if own:
            # Of the last fact the command caused, as its first answer said; the stream goes on.
            position = await connection.fetchval(
                "SELECT notification_id FROM cancellation.cancellation_events"
                " WHERE originator_id = $1 AND originator_version = $2",
                stream, own[-1].originator_version,
            )  # fmt: skip
            fact = answer_to(command_id, [recorded.fact for recorded in own])
            return {**describe(fact), "position": position}
        letter = await connection.fetchrow(
            "SELECT code, detail, recorded_at FROM cancellation.dead_letters"
            " WHERE message_id = $1 ORDER BY dead_letter_id LIMIT 1",
            command_id,
        )
    return None if letter is None else {"outcome": "DEAD_LETTERED", **dict(letter)}
