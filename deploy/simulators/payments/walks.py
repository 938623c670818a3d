"""Refunds on their way through a script: which steps are left, and who takes the next one when."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from deploy.simulators.payments.errors import resource_missing
from deploy.simulators.payments.scripts import Step


class Walks:
    """The steps left of every refund.

    Args:
        take: Gives a refund its next status.
    """

    def __init__(self, take: Callable[[str, Step], Awaitable[None]]) -> None:
        self._take = take
        self._left: dict[str, deque[Step]] = {}
        self._timers: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    @property
    def timed_count(self) -> int:
        """Refunds whose next status comes by itself."""
        return sum(steps[0].after_s is not None for steps in self._left.values() if steps)

    def begin(self, refund_id: str, steps: Sequence[Step]) -> None:
        """Let a refund go its way."""
        if steps:
            self._left[refund_id] = deque(steps)
            self._wait(refund_id)

    def recall(self, refund_id: str, steps: Sequence[Step]) -> None:
        """Know the way of a refund from the ledger; `resume` lets it go on."""
        if steps:
            self._left[refund_id] = deque(steps)

    def skip(self, refund_id: str) -> None:
        """Know from the ledger that a step was taken."""
        if refund_id in self._left:
            self._left[refund_id].popleft()

    def resume(self) -> None:
        """Let every refund go on that earlier processes left on its way."""
        for refund_id in self._left:
            self._wait(refund_id)

    async def advance(self, refund_id: str) -> None:
        """Take the next step now.

        Raises:
            ApiError: 404, none is left.
        """
        async with self._turn:
            steps = self._left.get(refund_id)
            if not steps:
                raise resource_missing("step of refund", refund_id, "id")
            await self._take(refund_id, steps.popleft())
            self._wait(refund_id)

    def _wait(self, refund_id: str) -> None:
        """Take the next step in its time, unless it waits to be told."""
        steps = self._left[refund_id]
        if not steps:
            del self._left[refund_id]
        elif (after_s := steps[0].after_s) is not None:
            timer = asyncio.create_task(self._advance_later(refund_id, after_s))
            self._timers.add(timer)
            timer.add_done_callback(self._timers.discard)

    async def _advance_later(self, refund_id: str, after_s: float) -> None:
        await asyncio.sleep(after_s)
        await self.advance(refund_id)
