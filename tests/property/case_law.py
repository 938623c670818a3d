"""What must hold of cases in any life of an order, told from its facts alone."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from kit.facts import Fact
from services.cancellation.domain import events

LEGS: dict[type[Fact], str] = {
    events.RefundReported: "REFUND",
    events.RestockReported: "RESTOCK",
    events.NotificationReported: "NOTIFICATION",
}


class CaseLaw:
    """Every case there ever was."""

    def __init__(self) -> None:
        self.opened: dict[UUID, events.CaseOpened] = {}
        self.closed: dict[UUID, str] = {}
        self.levels: dict[UUID, int] = {}

    @property
    def open(self) -> list[UUID]:
        return [id_ for id_ in self.opened if id_ not in self.closed]

    def take(self, facts: Sequence[Fact]) -> None:
        """Follow the facts of one decision."""
        before = set(self.opened)
        for fact in facts:
            match fact:
                case events.CaseOpened():
                    assert fact.case_id not in self.opened, "one id, one case"
                    assert fact.role, "it is somebody's"
                    assert fact.due_at, "until some time"
                    self.opened[fact.case_id] = fact
                    self.levels[fact.case_id] = 0
                case events.CaseClosed():
                    assert fact.case_id in self.open, "what is closed was open"
                    assert (fact.command_id is None) == (fact.actor is None)
                    self.closed[fact.case_id] = fact.resolution
                case events.CaseEscalated():
                    assert fact.case_id in self.open, "what goes up is open"
                    self.levels[fact.case_id] += 1
                    assert fact.level == self.levels[fact.case_id] <= 2
        new = [self.opened[id_] for id_ in self.opened.keys() - before]
        for fact in facts:
            self._is_somebodys(fact, new)
        causes = [self.opened[id_].cause_id for id_ in self.open]
        about = [cause for cause in causes if cause is not None]
        assert len(about) == len(set(about)), "of one thing at most one case is open"

    def _is_somebodys(self, fact: Any, new: Sequence[events.CaseOpened]) -> None:
        """Whatever did not succeed has a case from the same decision on, what did has none."""
        leg = LEGS.get(type(fact))
        if leg is None:
            return
        kind = f"{leg}_{fact.outcome}"
        if fact.outcome == "SUCCEEDED":
            assert not any(case.kind.startswith(leg) for case in new)
        elif leg != "RESTOCK" or fact.message.request_id is None:
            assert [case.kind for case in new if case.cause_id] == [kind], "one cause, one case"
