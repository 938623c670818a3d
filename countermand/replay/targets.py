"""What a replay can be aimed at, and what every such target must be able to do."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Protocol

from countermand.errors import KnownError
from countermand.screen import OnStep
from kit.postgres import AnyConnection

Row = dict[str, Any]
"""One line of a plan. `row` names it, `do` says whether it is to be done, `state` why or why not;
the rest is what the plan saw and what would come of it."""

Advance = Callable[[AnyConnection], Awaitable[None]]
"""Moves the replay's cursor behind the rows at hand, in the caller's transaction."""


class BadTargetError(KnownError):
    """Nothing can be replayed to what was named, or not by what was asked."""


class NotForetoldError(Exception):
    """Something would come out otherwise than the plan says; nothing was done."""


class Target(Protocol):
    """Where a replay goes to."""

    @property
    def name(self) -> str:
        """As people write it: `leg:refunds`."""

    @property
    def rate(self) -> float:
        """Rows per second to expect, as measured on two cores; for the estimate."""

    @property
    def chunk(self) -> int:
        """Rows done at a time."""

    @property
    def is_atomic(self) -> bool:
        """True when rows are done and noted in one transaction."""

    @property
    def prepare(self) -> Callable[[Sequence[Row]], None] | None:
        """Gets ready for rows while those before them are done, which it may do for naught.

        None where rows may not even be looked at before those before them are done.
        """

    @property
    def final(self) -> frozenset[str]:
        """States that rows never leave: once they were compared they need no second look."""

    async def scope(self) -> dict[str, Any]:
        """Return what the plan is bounded by, such as the newest position it looks at."""

    def survey(self, scope: dict[str, Any], on_step: OnStep) -> AsyncIterator[list[Row]]:
        """Return every row within the scope, in the sequence in which they would be done."""

    async def look(self, rows: Sequence[Row]) -> list[Row | None]:
        """Return the same rows as they are now, as if those looked at before were done.

        None stands for a row that is gone.
        """

    def forget(self) -> None:
        """Look at the world as it is from now on."""

    async def act(self, rows: Sequence[Row], advance: Advance) -> int:
        """Do rows and advance, in one transaction where `is_atomic`; returns how many were done.

        Fewer than asked for means that somebody else did the same at this very moment. Where it is
        not atomic, doing rows that a run which died had begun must be harmless.

        Raises:
            NotForetoldError: nothing was done.
        """
