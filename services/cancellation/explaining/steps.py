"""An order's stream taken apart into steps: one message, and all that was recorded about it."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from contracts.cancellation import Actor, Basis
from kit.facts import Cause, Fact, RecordedFact
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER


class Step(NamedTuple):
    """One message and the facts it brought about."""

    stream: UUID
    before: Any
    """The state it was decided on."""
    known: int
    """Version of that state: how many facts were known."""
    facts: tuple[Fact, ...]
    cause: Cause

    @property
    def version(self) -> int:
        """Version of its first fact."""
        return self.known + 1

    @property
    def basis(self) -> Basis | None:
        """What it rests on; None when it was decided before that was recorded, or nothing was."""
        return next((found for fact in self.facts if (found := getattr(fact, "basis", None))), None)

    @property
    def actor(self) -> Actor | None:
        """Who asked; None when a fact brought it about."""
        for fact in reversed(self.facts):
            if isinstance(fact, events.CancellationApproved):
                return fact.actor
        for fact in self.facts:
            if found := _actor(fact):
                return found
        return None


def _actor(fact: Fact) -> Actor | None:
    match fact:
        case events.CancellationConfirmed():
            return fact.released_by
        case events.CancellationRequested(wish=wish):
            return wish.actor or Actor(type="SERVICE", id=wish.requested_by)
        case events.OrderCancelled() | events.CancellationRejected():
            return fact.actor or Actor(type="SERVICE", id=fact.requested_by)
    found: Actor | None = getattr(fact, "actor", None)
    return found


def take_apart(recorded: Sequence[RecordedFact]) -> Iterator[Step]:
    """Return the steps of one stream, each with the state it met."""
    state: Any = ORDER.initial
    known, index = 0, 0
    while index < len(recorded):
        cause = recorded[index].cause
        end = index + 1
        while end < len(recorded) and recorded[end].cause == cause:
            end += 1
        facts = tuple(one.fact for one in recorded[index:end])
        yield Step(recorded[index].originator_id, state, known, facts, cause)
        for fact in facts:
            state = ORDER.evolve(state, fact)
        known, index = known + len(facts), end
