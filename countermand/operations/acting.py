"""Whose name stands below an act: that of whoever came in, and nobody else's."""

from typing import Annotated

from fastapi import Request
from pydantic import BaseModel, ConfigDict, StringConstraints

from contracts.cancellation import Actor
from countermand.dead_letters.actions import By
from countermand.replay.journal import RefusedError
from services.cancellation.access import caller_of, check_actor
from services.cancellation.problems import Problem

Plain = r"^[^\x00]*$"
"""PostgreSQL takes no NUL."""

Why = Annotated[
    str, StringConstraints(min_length=1, max_length=500, pattern=Plain, strip_whitespace=True)
]


class Act(BaseModel):
    """Something a person does, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    actor: Actor | None = None
    """Whoever sends it; may be left out by whoever has said who they are."""
    why: Why
    """Kept for ever."""


def _actor_of(request: Request, act: Act) -> Actor:
    """Return who acts.

    Raises:
        Problem: the act names somebody else than whoever sends it, or nobody said who they are.
    """
    caller = caller_of(request)
    if act.actor is not None:
        check_actor(caller, act.actor)
    actor = act.actor or (caller.actor if caller else None)
    if actor is None:
        raise Problem(422, "ACTOR_MISSING", "Say in `actor` who asks.")
    return actor


def by_of(request: Request, act: Act) -> By:
    """Return who acts, and why; raises as `_actor_of` does."""
    return By(_actor_of(request, act).id, act.why)


def second_of(request: Request, act: Act) -> By:
    """Return who agrees: a person, because two keys of one service are no two people.

    Raises:
        RefusedError: it is no person.
    """
    actor = _actor_of(request, act)
    if actor.type != "STAFF":
        raise RefusedError("PERSON_REQUIRED", "a person has to agree, and this is a service")
    return By(actor.id, act.why)
