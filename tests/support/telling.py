"""Streams to be explained: what was sent, in sequence, and the facts as they were recorded."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from contracts.values import Locale
from kit.decider import Context
from kit.facts import Cause, Fact, RecordedFact
from services.cancellation.domain.decisions import ORDER
from services.cancellation.domain.policy import BUILT_IN, Rulebook
from services.cancellation.explaining.explanation import Explanation, explain
from tests.support.mothers import ORDER_ID
from tests.support.spec import NOW, STREAM


@dataclass(slots=True)
class Told:
    """One order's stream, growing."""

    book: Rulebook = BUILT_IN
    now: datetime = NOW
    state: Any = ORDER.initial
    recorded: list[RecordedFact] = field(default_factory=list)
    books: dict[int, Rulebook] = field(default_factory=lambda: {0: BUILT_IN})

    def say(self, *messages: Any) -> "Told":
        """Have messages decided, a minute after each other."""
        for message in messages:
            self.books[self.book.version] = self.book
            message_id = f"message-{len(self.recorded) + 1}"
            context = Context(self.now, message_id, STREAM, len(self.recorded), self.book)
            cause = Cause(message_id=message_id, correlation_id="story", recorded_at=self.now)
            for fact in ORDER.decide(self.state, message, context):
                self.keep(fact, cause)
            self.now += timedelta(minutes=1)
        return self

    def keep(self, fact: Fact, cause: Cause) -> None:
        """Record a fact, as if it had been decided."""
        self.recorded.append(RecordedFact(STREAM, len(self.recorded) + 1, fact, cause))
        self.state = ORDER.evolve(self.state, fact)

    @property
    def last(self) -> Any:
        """The newest fact."""
        return self.recorded[-1].fact

    def explained(self, locale: Locale = "en") -> Explanation:
        """Explain it."""
        return explain(ORDER_ID, self.recorded, self.books, locale)
