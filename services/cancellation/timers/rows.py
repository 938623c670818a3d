"""What facts do to timers: set them, arm them anew, end them. Pure; written along with the fact.

A timer has the id of what it is about: a held cancellation, a request, a case, or the stream of an
order that waits for its payment. Each time it is armed it sends one command, under another id.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from kit.facts import Fact, RecordedFact
from services.cancellation.domain import events

Row = Mapping[str, Any]

PREFIX = "timer:"
"""Of the ids of all timers' commands."""

_COMMAND_ID = re.compile(
    r"timer:([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}):([1-9][0-9]{0,8})"
)
"""Anybody may send a command under such an id, so it is read as strangers' words are."""

EARLY = frozenset({"HOLD_RUNNING", "REQUEST_NOT_EXPIRED", "NOT_DUE_YET", "CASE_NOT_DUE"})
"""Refusals of a command that came too early: its timer goes on waiting."""


def command_id_of(timer_id: UUID, armed: int) -> str:
    """Return the id of the command a timer sends when it was armed for the n-th time."""
    return f"{PREFIX}{timer_id}:{armed}"


def _set(recorded: RecordedFact, kind: str, timer_id: UUID, order_id: str, moment: Any) -> Row:
    return {
        "row": "timer_set",
        # A driver's own kind of id cannot be written as JSON.
        "timer_id": str(timer_id),
        "kind": kind,
        "order_id": order_id,
        "moment": moment,
        "known_at": recorded.cause.recorded_at,
        "correlation_id": recorded.cause.correlation_id,
    }


def set_by_placement(recorded: RecordedFact) -> list[Row]:
    """Set a timer for an order that says until when it must be paid."""
    message = recorded.fact.message  # type: ignore[attr-defined]
    if message.payment_due_at is None:
        return []
    stream, moment = recorded.originator_id, message.payment_due_at
    return [_set(recorded, "PAYMENT", stream, message.order_id, moment)]


def set_by_hold(recorded: RecordedFact) -> list[Row]:
    """Set a timer for a cancellation that is held."""
    fact: Any = recorded.fact
    if fact.held_until is None:
        return []
    return [_set(recorded, "HOLD", fact.cancellation_id, fact.order_id, fact.held_until)]


def set_by_request(recorded: RecordedFact) -> list[Row]:
    """Set a timer for a request somebody has to answer."""
    fact: Any = recorded.fact
    return [_set(recorded, "REQUEST", fact.request_id, fact.order_id, fact.expires_at)]


def set_by_case(recorded: RecordedFact) -> list[Row]:
    """Set the timer of a case, or set it anew: each time it goes up it has a deadline again."""
    fact: Any = recorded.fact
    if fact.due_at is None:
        return []
    return [_set(recorded, "CASE", fact.case_id, fact.order_id, fact.due_at)]


def armed_by_lost_payment(recorded: RecordedFact) -> list[Row]:
    """Look again whether an order is paid: money it counted on is gone, or its packing was off."""
    return [{"row": "timer_armed", "timer_id": recorded.originator_id}]


def ended_by_answer(recorded: RecordedFact) -> list[Row]:
    """End the timer whose command a fact answers, or let it wait on if it came too early."""
    fact: Any = recorded.fact
    if not fact.command_id.startswith(PREFIX):
        return []
    found = _COMMAND_ID.fullmatch(fact.command_id)
    if found is None:
        return []
    timer_id, armed = found.groups()
    codes = [refusal.code for refusal in getattr(fact, "refusals", ())]
    if not EARLY.isdisjoint(codes):
        return [{"row": "timer_armed", "timer_id": timer_id}]
    return [
        {
            "row": "timer_ended",
            "timer_id": timer_id,
            "armed": int(armed),
            "order_id": fact.order_id,
            "outcome": codes[0] if codes else "DONE",
            "policy_version": fact.basis.policy_version if fact.basis else None,
            "at": recorded.cause.recorded_at,
        }
    ]


TIMER_ROWS: dict[type[Fact], tuple[Callable[[RecordedFact], list[Row]], ...]] = {
    events.OrderPlaced: (set_by_placement,),
    events.OrderCancelled: (set_by_hold, ended_by_answer),
    events.CancellationRequested: (set_by_request,),
    events.CaseOpened: (set_by_case,),
    events.CaseEscalated: (set_by_case,),
    events.CancellationConfirmed: (ended_by_answer,),
    events.CancellationDenied: (ended_by_answer,),
    events.CommandRejected: (ended_by_answer,),
    events.PaymentVoided: (armed_by_lost_payment,),
    events.PaymentCaptureFailed: (armed_by_lost_payment,),
    events.FulfillmentClaimReleased: (armed_by_lost_payment,),
}
"""Facts that say something about a timer."""
