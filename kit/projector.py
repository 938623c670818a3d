"""Log to read model: pages of facts folded into rows, the cursor moved in the same transaction.

A projection never misses a fact and never applies one twice, whatever dies; it can always be thrown
away and rebuilt from the log.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

import asyncpg

from kit.event_store import EventStore, LogEntry
from kit.health import Health
from kit.logs import get_logger
from kit.postgres import UNAVAILABLE, AnyConnection, Pool, Wakeup

log = get_logger("projector")

PAGE_MAX = 2_000
"""Facts per transaction: 2,000 reached 97 % of the server's own speed, 500 reached 72 %."""


STAND_BY_S = 1.0
"""Pause while the tables are another version's."""

PACE_S = 0.02
"""Pause between pages that were not full; what a read waits for at most when it asks for more."""


class OtherVersionError(RuntimeError):
    """The tables hold another version of the projection than this code would write."""


class Projection(Protocol):
    """A read model. Every table has a column `stream_id`; its rows come from that stream alone."""

    @property
    def name(self) -> str:
        """Name of its cursor."""

    @property
    def versions(self) -> Mapping[int, Collection[str]]:
        """What each version shows otherwise than the one before; the greatest is this code's.

        By name: `table.column`, or `table.+row` and `table.-row` for rows that come and go.
        """

    @property
    def tables(self) -> Mapping[str, Sequence[str]]:
        """Its tables and their columns."""

    async def apply(self, connection: AnyConnection, page: Sequence[LogEntry]) -> None:
        """Fold a page of the log into the tables, inside the caller's transaction."""

    def fold(
        self, page: Sequence[LogEntry], carried: Any
    ) -> tuple[Mapping[str, Sequence[tuple[Any, ...]]], Any]:
        """Fold a page ordered by stream into finished rows per table; pure.

        `carried` is what the last page left unfinished, None at first; an empty page ends.
        """


class Projector:
    """Keeps one projection up to date."""

    def __init__(
        self, *, schema: str, pool: Pool, store: EventStore, projection: Projection
    ) -> None:
        self._schema, self._pool, self._store, self._projection = schema, pool, store, projection
        self._version = max(projection.versions)

    async def run(self, dsn: str, health: Health) -> None:
        """Follow the log until cancelled."""
        loop = health.loop(f"projector-{self._projection.name}")
        wakeup = Wakeup(dsn, self._store.channel)
        listener = asyncio.create_task(wakeup.listen())
        try:
            while True:
                try:
                    applied = await self.advance()
                except OtherVersionError as other:
                    log.warning("projection.stands_by", reason=str(other))
                    loop.progressed()
                    await asyncio.sleep(STAND_BY_S)
                    continue
                except (*UNAVAILABLE, asyncpg.DeadlockDetectedError) as away:
                    log.warning("projection.interrupted", reason=str(away) or type(away).__name__)
                    await asyncio.sleep(0.5)
                    continue
                loop.progressed(lag_count=int(applied == PAGE_MAX))
                if applied < PAGE_MAX:
                    await asyncio.sleep(PACE_S)
                    await wakeup.wait()
        finally:
            listener.cancel()

    async def advance(self) -> int:
        """Apply the next page and return how many facts it held.

        Raises:
            OtherVersionError: a rebuild by other code has come before us, or has to.
        """
        name = self._projection.name
        async with self._pool.acquire() as connection, connection.transaction():
            # The row lock keeps a second projector out until this page is committed.
            cursor = await connection.fetchrow(
                f"SELECT position, version FROM {self._schema}.projection_cursors"
                " WHERE projection = $1 FOR UPDATE",
                name,
            )
            if cursor is None:
                await connection.execute(
                    f"INSERT INTO {self._schema}.projection_cursors (projection, position, version)"
                    " VALUES ($1, 0, $2) ON CONFLICT DO NOTHING",
                    name, self._version,
                )  # fmt: skip
                return PAGE_MAX
            position, version = cursor
            if version != self._version:
                raise OtherVersionError(
                    f"{self._schema}.{name} is stored as version {version}, not {self._version}"
                )
            page = await self._store.read_log(connection, after=position, limit=PAGE_MAX)
            if page:
                await self._projection.apply(connection, page)
                await connection.execute(
                    f"UPDATE {self._schema}.projection_cursors"
                    " SET position = $2, moved_at = now() WHERE projection = $1",
                    name, page[-1].position,
                )  # fmt: skip
            return len(page)
