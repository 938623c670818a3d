"""How far a running system has come, read from the order log.

Counts facts by name behind a position, which is cheap and needs no cooperation of the services.
"""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from kit.postgres import OwnConnection

STALLED_AFTER_S = 120.0
"""Without any progress for this long, waiting is given up."""


class StalledError(RuntimeError):
    """Nothing moved for too long; look at `countermand status` and the logs."""


class Progress(NamedTuple):
    """Facts recorded since the start of the wait."""

    heard: int
    """Order facts recorded or put aside."""
    cancelled: int
    refused: int
    refunds: int
    restocks: int
    messages: int
    completed: int

    @property
    def answered(self) -> int:
        """Commands with an answer."""
        return self.cancelled + self.refused


_COUNT = """
    SELECT topic, count(*) FROM cancellation.cancellation_events
    WHERE notification_id > $1 GROUP BY topic"""


class ProgressReader:
    """Counts what was recorded after the moment it was opened."""

    def __init__(self, connection: OwnConnection, *, start: int, dead: int) -> None:
        self._connection, self._start, self._dead = connection, start, dead

    @classmethod
    async def open(cls, connection: OwnConnection) -> "ProgressReader":
        """Start counting from now."""
        start = await connection.fetchval(
            "SELECT coalesce(max(notification_id), 0) FROM cancellation.cancellation_events"
        )
        return cls(connection, start=start, dead=await _count_dead(connection))

    async def read(self) -> Progress:
        """Return the counts of this moment."""
        rows = await self._connection.fetch(_COUNT, self._start)
        counts: dict[str, int] = {row[0]: row[1] for row in rows}
        dead = await _count_dead(self._connection) - self._dead
        heard = ("order.placed.v1", "order.payment-captured.v1", "order.payment-authorized.v1",
                 "order.lines-fulfilled.v1")  # fmt: skip
        return Progress(
            heard=sum(counts.get(name, 0) for name in heard) + dead,
            cancelled=counts.get("order.cancelled.v1", 0),
            refused=counts.get("order.cancellation-rejected.v1", 0),
            refunds=counts.get("order.refund-reported.v1", 0),
            restocks=counts.get("order.restock-reported.v1", 0),
            messages=counts.get("order.notification-reported.v1", 0),
            completed=counts.get("order.cancellation-completed.v1", 0),
        )

    async def wait_until(
        self,
        is_done: Callable[[Progress], bool],
        on_progress: Callable[[Progress], None] = lambda _: None,
        *,
        every_s: float = 0.25,
    ) -> Progress:
        """Wait for a condition.

        Raises:
            StalledError: nothing moved for `STALLED_AFTER_S`.
        """
        loop = asyncio.get_running_loop()
        last, moved_at = await self.read(), loop.time()
        while not is_done(last):
            on_progress(last)
            await asyncio.sleep(every_s)
            now = await self.read()
            if now != last:
                last, moved_at = now, loop.time()
            elif loop.time() - moved_at > STALLED_AFTER_S:
                raise StalledError(f"nothing moved for {STALLED_AFTER_S:.0f} s at {last}")
        on_progress(last)
        return last


async def _count_dead(connection: OwnConnection) -> int:
    return int(await connection.fetchval("SELECT count(*) FROM cancellation.dead_letters"))
