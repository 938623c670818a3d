"""Given a history, when a message comes, then these facts: stories about deciders.

A history may hold facts, taken as they are, and messages, decided on in turn; so a story names only
what happened and never builds a state by hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

import pytest

from kit.decider import Context, Decider, Unacceptable
from kit.facts import Fact
from kit.ids import stream_id

State = TypeVar("State")

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
"""The moment of every decision in a story."""

STREAM: UUID = stream_id("order:489434")
"""The stream every story is about."""


@dataclass(frozen=True, slots=True)
class Story(Generic[State]):
    """A stream with a history."""

    decider: Decider[State]
    state: State
    version: int = 0
    reference: Any = None
    now: datetime = NOW

    def under(self, reference: Any) -> "Story[State]":
        """Go on with other reference data in force."""
        return replace(self, reference=reference)

    def after(self, **time: float) -> "Story[State]":
        """Go on later: `after(hours=2)`."""
        return replace(self, now=self.now + timedelta(**time))

    def given(self, *history: Any) -> "Story[State]":
        """Go on with facts as they are and with what is decided on messages."""
        story = self
        for entry in history:
            is_fact = isinstance(entry, Fact)
            facts = [entry] if is_fact else story.decide(entry, f"given-{story.version + 1}")
            assert facts, f"{type(entry).__name__} leaves no trace in this history"
            for fact in facts:
                state = story.decider.evolve(story.state, fact)
                story = replace(story, state=state, version=story.version + 1)
        return story

    def decide(self, message: Any, message_id: str = "command-1") -> Sequence[Fact]:
        """Return what is decided on a message here; changes nothing."""
        context = Context(self.now, message_id, STREAM, self.version, self.reference)
        return self.decider.decide(self.state, message, context)

    def when(self, message: Any, *, message_id: str = "command-1") -> "Then[State]":
        """Let a message come; what follows says what must come of it."""
        return Then(self, message, message_id)


@dataclass(frozen=True, slots=True)
class Then(Generic[State]):
    """What must come of the message."""

    story: Story[State]
    message: Any
    message_id: str

    @property
    def facts(self) -> Sequence[Fact]:
        """The facts decided, for a closer look."""
        return self.story.decide(self.message, self.message_id)

    def then(self, *expected: Fact) -> None:
        """Exactly these facts, and the stream can go on with them."""
        assert list(self.facts) == list(expected)
        self.story.given(*expected)

    def then_names(self, *names: str) -> None:
        """Facts of exactly these stored names, whatever they hold."""
        assert [fact.NAME for fact in self.facts] == list(names)

    def then_nothing(self) -> None:
        """No fact: the message changes nothing."""
        assert list(self.facts) == []

    def then_refused(self, *codes: str) -> Sequence[Any]:
        """One fact that refuses, with exactly these codes; returns the refusals."""
        (fact,) = self.facts
        refusals: Sequence[Any] = fact.refusals  # type: ignore[attr-defined]
        assert [refusal.code for refusal in refusals] == list(codes)
        return refusals

    def then_set_aside(self, code: str) -> str:
        """No fact and a dead letter of this code; returns its detail."""
        with pytest.raises(Unacceptable) as caught:
            self.story.decide(self.message, self.message_id)
        assert caught.value.code == code
        return caught.value.detail


def story_of(decider: Decider[State]) -> Story[State]:
    """Return the story of a stream nothing has happened to."""
    return Story(decider, decider.initial)
