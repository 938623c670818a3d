"""What happened to a replay; the log of operations holds nothing else."""

from typing import Any, ClassVar

from kit.facts import Fact


class _Act(Fact):
    """Something a person did."""

    who: str
    """A person's name."""
    why: str
    """In the person's words."""


class ReplayPlanned(_Act):
    """A plan was made. Recorded by: `plan`."""

    NAME: ClassVar[str] = "replay.planned.v1"

    plan_hash: str
    """SHA-256 of the plan's file: what it names is what will be done."""
    target: str
    """As `leg:refunds`."""
    selection: dict[str, Any]
    """What was asked for."""
    totals: dict[str, Any]
    """What would be done and what is done already, as the plan's last line says."""
    estimate_s: float
    """How long it would take, unhindered."""
    needs_approval: bool
    """True when a second person has to agree."""


class ReplayApproved(_Act):
    """A second person has agreed. Recorded by: `approve`."""

    NAME: ClassVar[str] = "replay.approved.v1"


class ReplayStarted(_Act):
    """Somebody has begun to carry it out. Recorded by: `start`."""

    NAME: ClassVar[str] = "replay.started.v1"

    done_to: int
    """Rows dealt with before: none."""


class ReplayRefused(_Act):
    """Nothing was done: the world is not as the plan saw it. Recorded by: `refuse`."""

    NAME: ClassVar[str] = "replay.refused.v1"

    moved: tuple[str, ...]
    """The first rows that are not as the plan saw them."""
    moved_count: int
    """How many there are."""


class ReplayPaused(_Act):
    """It stands still. Recorded by: `pause`."""

    NAME: ClassVar[str] = "replay.paused.v1"


class ReplayResumed(_Act):
    """It goes on, after a pause or after whoever ran it died. Recorded by: `start`."""

    NAME: ClassVar[str] = "replay.resumed.v1"

    done_to: int
    """Rows dealt with before."""


class ReplayCancelled(_Act):
    """It will never go on; what is done stays done. Recorded by: `cancel`."""

    NAME: ClassVar[str] = "replay.cancelled.v1"


class ReplayCompleted(Fact):
    """Every row of the plan was dealt with. Recorded by: `complete`."""

    NAME: ClassVar[str] = "replay.completed.v1"

    did: int
    """Rows done as the plan foretold."""
    moved: int
    """Rows left alone, because they were not as the plan saw them when their turn came."""
    took_s: float
    """From the last start or resumption on."""


FACTS: tuple[type[Fact], ...] = (
    ReplayPlanned,
    ReplayApproved,
    ReplayStarted,
    ReplayRefused,
    ReplayPaused,
    ReplayResumed,
    ReplayCancelled,
    ReplayCompleted,
)
"""Every fact a replay's stream may hold."""
