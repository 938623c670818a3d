"""Who may do what to a replay, and when; pure.

A plan is known by its hash, so the same plan is the same replay, whoever makes it and how often.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from countermand.replay import facts
from kit.decider import Context, Decider, Unacceptable
from kit.facts import Fact

APPROVAL_ABOVE = 100
"""Rows one person may do alone: as many as a person reads through before doing them."""

Status = Literal["UNKNOWN", "PLANNED", "RUNNING", "PAUSED", "CANCELLED", "COMPLETED"]


class Command(BaseModel):
    """Something a person wants done to a replay."""

    model_config = ConfigDict(frozen=True)

    who: str
    why: str


class Plan(Command):
    """Keep this plan."""

    plan_hash: str
    target: str
    selection: dict[str, Any]
    totals: dict[str, Any]
    estimate_s: float


class Approve(Command):
    """Agree to it, as a second person."""


class Start(Command):
    """Carry it out, or go on with it."""

    done_to: int = 0
    """Rows dealt with before."""


class Refuse(Command):
    """Do not carry it out: the world has moved."""

    moved: tuple[str, ...]
    moved_count: int


class Pause(Command):
    """Stand still."""


class Cancel(Command):
    """Never go on."""


class Complete(Command):
    """Every row was dealt with."""

    did: int
    moved: int
    took_s: float


class Replay(NamedTuple):
    """One replay."""

    status: Status = "UNKNOWN"
    planner: str = ""
    approver: str = ""
    needs_approval: bool = False


def plan(replay: Replay, command: Plan) -> Sequence[Fact]:
    """Keep a plan; the same plan again changes nothing."""
    if replay.status != "UNKNOWN":
        return []
    needs_approval = command.totals["do"] > APPROVAL_ABOVE
    return [facts.ReplayPlanned(**dict(command), needs_approval=needs_approval)]


def approve(replay: Replay, command: Approve) -> Sequence[Fact]:
    """Agree to a plan; who made it cannot be the one."""
    _check_open(replay)
    if is_same_person(replay.planner, command.who):
        raise Unacceptable(
            "SAME_PERSON", f"{replay.planner} made this plan; somebody else has to approve it"
        )
    return [] if replay.approver else [_act(facts.ReplayApproved, command)]


def start(replay: Replay, command: Start) -> Sequence[Fact]:
    """Carry a plan out, or go on after a pause or a crash; a completed one is left alone."""
    if replay.status == "COMPLETED":
        return []
    _check_open(replay)
    if replay.needs_approval and not replay.approver:
        raise Unacceptable(
            "APPROVAL_MISSING",
            f"more than {APPROVAL_ABOVE} rows: a second person has to approve it first",
        )
    begun = replay.status in ("RUNNING", "PAUSED")
    fact = facts.ReplayResumed if begun else facts.ReplayStarted
    return [fact(who=command.who, why=command.why, done_to=command.done_to)]


def refuse(replay: Replay, command: Refuse) -> Sequence[Fact]:
    """Record that the world has moved; a run under way stands still."""
    _check_open(replay)
    return [facts.ReplayRefused(**dict(command))]


def pause(replay: Replay, command: Pause) -> Sequence[Fact]:
    """Let a run stand still."""
    if replay.status == "PAUSED":
        return []
    if replay.status != "RUNNING":
        raise Unacceptable("NOT_RUNNING", f"it is {replay.status.lower()}")
    return [_act(facts.ReplayPaused, command)]


def cancel(replay: Replay, command: Cancel) -> Sequence[Fact]:
    """End a replay for good."""
    if replay.status == "CANCELLED":
        return []
    if replay.status == "COMPLETED":
        raise Unacceptable("COMPLETED", "it is completed; there is nothing left to cancel")
    _check_open(replay)
    return [_act(facts.ReplayCancelled, command)]


def complete(replay: Replay, command: Complete) -> Sequence[Fact]:
    """Record the end of a run; one that was cancelled in the meantime stays cancelled."""
    if replay.status not in ("RUNNING", "PAUSED"):
        return []
    return [facts.ReplayCompleted(did=command.did, moved=command.moved, took_s=command.took_s)]


def is_same_person(one: str, other: str) -> bool:
    """Tell whether two names are one person's; spaces and capitals make no difference."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _check_open(replay: Replay) -> None:
    if replay.status == "UNKNOWN":
        raise Unacceptable("PLAN_UNKNOWN", "nobody has made this plan here")
    if replay.status in ("CANCELLED", "COMPLETED"):
        raise Unacceptable(replay.status, f"it is {replay.status.lower()}")


def _act(fact: type[Any], command: Command) -> Fact:
    made: Fact = fact(who=command.who, why=command.why)
    return made


_DECISIONS: Mapping[type[Command], Callable[[Replay, Any], Sequence[Fact]]] = {
    Plan: plan,
    Approve: approve,
    Start: start,
    Refuse: refuse,
    Pause: pause,
    Cancel: cancel,
    Complete: complete,
}


def decide(replay: Replay, command: Command, _: Context) -> Sequence[Fact]:
    """Decide on any command."""
    if not (command.who.strip() and command.why.strip()):
        raise Unacceptable("WHO_AND_WHY", "say who you are and why")
    return _DECISIONS[type(command)](replay, command)


_STATUS: Mapping[type[Fact], Status] = {
    facts.ReplayStarted: "RUNNING",
    facts.ReplayResumed: "RUNNING",
    facts.ReplayPaused: "PAUSED",
    facts.ReplayCancelled: "CANCELLED",
    facts.ReplayCompleted: "COMPLETED",
}


def evolve(replay: Replay, fact: Fact) -> Replay:
    """Return the replay after `fact`."""
    match fact:
        case facts.ReplayPlanned():
            return Replay("PLANNED", fact.who, "", fact.needs_approval)
        case facts.ReplayApproved():
            return replay._replace(approver=fact.who)
        case facts.ReplayRefused():
            is_begun = replay.status != "PLANNED"
            return replay._replace(status="PAUSED" if is_begun else "PLANNED")
        case _:
            return replay._replace(status=_STATUS[type(fact)])


REPLAY = Decider(initial=Replay(), evolve=evolve, decide=decide)
