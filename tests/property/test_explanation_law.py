"""Whatever one order lives through, its record explains itself.

Every decision can be made again from the record and comes out the same; its money adds up row by
row; both languages have words for it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from kit.facts import Cause, Fact, RecordedFact
from services.cancellation.domain.policy import BUILT_IN, Rulebook
from services.cancellation.explaining.explanation import explain
from services.cancellation.explaining.sums import Row
from services.cancellation.what_if.judging import judge
from tests.property.effort import runs
from tests.property.test_one_order import OneOrder
from tests.support.mothers import ORDER_ID
from tests.support.spec import STREAM

EVER = datetime.min.replace(tzinfo=UTC)


class Explained(OneOrder):
    """One order, and its record as it would be stored."""

    def __init__(self) -> None:
        super().__init__()
        self.recorded: list[RecordedFact] = []
        self.books: dict[int, Rulebook] = {0: BUILT_IN}

    def say(self, message: Any) -> Sequence[Fact]:
        """Decide, under a policy that has a version of its own, and keep the record."""
        self._number_the_policy()
        known = len(self.facts)
        cause = Cause(message_id=f"message-{known}", correlation_id="1", recorded_at=self.now)
        facts = super().say(message)
        for number, fact in enumerate(facts, known + 1):
            self.recorded.append(RecordedFact(STREAM, number, fact, cause))
        return facts

    def _number_the_policy(self) -> None:
        if self.policy is None or self.policy in self.books.values():
            return
        for book in self.books.values():
            if book.policy.model_copy(update={"version": 1}) == self.policy.policy:
                self.policy = book
                return
        version = len(self.books)
        policy = self.policy.policy.model_copy(update={"version": version})
        self.policy = self.books[version] = Rulebook(policy)

    def teardown(self) -> None:
        """Explain the whole life."""
        super().teardown()
        if not self.recorded:
            return
        for one in judge(self.recorded, EVER, BUILT_IN, BUILT_IN):
            assert not one.is_flip, "the same policy makes the same of it"
        told = {locale: explain(ORDER_ID, self.recorded, self.books, locale)
                for locale in ("en", "fr")}  # type: ignore[arg-type] # fmt: skip
        for entry in told["en"].entries:
            assert entry.is_repeatable, entry.text
            assert entry.differences == (), entry.text
            adds_up(entry.sums)
        said = [[len(entry.text) for entry in one.entries] for one in told.values()]
        assert said[0] == said[1], "both languages say as much"


def adds_up(rows: Sequence[Row]) -> None:
    """Every result is what the rows before it come to; a new sum begins behind its last result."""
    total_minor = 0
    for row in rows:
        if row.is_result:
            assert row.amount_minor == total_minor, rows
        else:
            total_minor += row.amount_minor
        if row.code == "NOW":
            total_minor = 0


TestExplained = Explained.TestCase
TestExplained.settings = runs((40, 40), (2_000, 50))
