"""What is known of one replay: its plan, who did what, how far it is and when it will be done."""

from datetime import datetime
from typing import Any, NamedTuple

from countermand.replay import decisions
from countermand.replay.facts import ReplayPlanned, ReplayResumed, ReplayStarted
from countermand.replay.journal import Journal, Progress
from kit.facts import RecordedFact


class Seen(NamedTuple):
    """What is known of one replay."""

    plan_hash: str
    state: decisions.Replay
    history: list[RecordedFact]
    progress: Progress

    @property
    def planned(self) -> ReplayPlanned:
        """The fact it began with."""
        first = self.history[0].fact
        assert isinstance(first, ReplayPlanned)  # noqa: S101 - nothing is decided before
        return first

    @property
    def eta(self) -> datetime | None:
        """When a run will be done at its pace so far; None when nobody can say."""
        starts: list[Any] = [
            one for one in self.history if isinstance(one.fact, ReplayStarted | ReplayResumed)
        ]
        progress = self.progress
        if self.state.status != "RUNNING" or not starts or progress.moved_at is None:
            return None
        since = starts[-1]
        done = progress.done_to - since.fact.done_to
        took = progress.moved_at - since.cause.recorded_at
        left = self.planned.totals["do"] - progress.done_to
        return progress.moved_at + took / done * left if done > 0 else None

    def to_json(self) -> dict[str, Any]:
        """Return it for scripts."""
        eta = self.eta
        return {
            "plan": self.plan_hash, "status": self.state.status,
            "needs_approval": self.state.needs_approval, "target": self.planned.target,
            "to_do": self.planned.totals["do"], "done_to": self.progress.done_to,
            "did": self.progress.did, "left_alone": self.progress.moved,
            "done_at": eta and eta.isoformat(timespec="seconds"),
            "history": [
                {"name": one.fact.NAME, "at": one.cause.recorded_at,
                 **one.fact.model_dump(mode="json")}
                for one in self.history
            ],
        }  # fmt: skip


async def see(journal: Journal, plan_hash: str) -> Seen:
    """Return what is known of a replay that was planned."""
    return Seen(
        plan_hash,
        await journal.state(plan_hash),
        await journal.history(plan_hash),
        await journal.progress(plan_hash),
    )
