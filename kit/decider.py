"""A decider: the pure middle of every service.

`decide` looks at a state and a command and returns facts; `evolve` folds a fact into the state.
Neither touches a clock, a database or a network.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from kit.facts import Fact

State = TypeVar("State")


class Context(NamedTuple):
    """What a decision may know beside its state and command."""

    now: datetime
    """The moment of the decision; the only time there is."""
    message_id: str
    """Id of the message that carries the command."""
    stream_id: UUID
    """The stream decided upon."""
    version: int
    """Its version before the decision; the first new fact gets `version + 1`."""
    reference: Any = None
    """Reference data in force at the decision, as the service keeps it; None when it has none."""


def no_reference() -> None:
    """Return the reference data of a service that has none."""


class Unacceptable(Exception):  # noqa: N818 - not an error: an answer
    """The message makes no sense here and never will; it is put aside with this reason.

    A refusal the sender must see is a fact, not this.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Decider(Generic[State]):
    """State machine of one kind of stream."""

    initial: State
    evolve: Callable[[State, Fact], State]
    decide: Callable[[State, Any, Context], Sequence[Fact]]
    """Raises `Unacceptable` for a message to put aside; returns nothing when nothing changes."""
