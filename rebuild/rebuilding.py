"""Rebuilds a projection beside live traffic; readers keep the old tables until the swap.

The new tables are folded stream by stream, brought to the very position of the old ones, and
compared with them in one snapshot. Only when they agree, or differ in nothing but what was accepted
by name, one short transaction puts them in place. Whatever dies, the old tables serve on.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

import asyncpg

from kit.clock import utc_now
from kit.event_store import EventStore
from kit.postgres import AnyConnection, Pool, open_pool
from rebuild.candidate import AT_ONCE, Candidate, OnDone
from rebuild.differences import Difference
from rebuild.filling import Job, fill
from rebuild.record import Entry, record
from rebuild.summing import Summing
from sharding.stores import followed

NEARLY = 200
"""Streams that may still be folded anew while the projector has to wait."""

READERS_WAIT_MAX_MS = 200
"""How long readers may queue behind a swap that waits for a slow one before them."""

SWAPS_MAX = 300
BUSY_S = 5.0
"""A killed run's session lives on for a moment."""

Check = Callable[[AnyConnection], Awaitable[None]]
OnStep = Callable[[str, int, int], None]


class BusyError(RuntimeError):
    """Somebody else rebuilds this projection right now."""


class PartError(RuntimeError):
    """Tables of a projection cannot be rebuilt without the others."""


class DifferencesError(RuntimeError):
    """The new tables differ in ways nobody has accepted; the old ones serve on."""

    def __init__(self, counts: Counter[str], unaccepted: Collection[str]) -> None:
        names = ", ".join(f"{name} ({counts[name]:,})" for name in sorted(unaccepted))
        super().__init__(f"The new tables differ from the old in {names}.")
        self.counts, self.unaccepted = counts, frozenset(unaccepted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On which terms new tables may take the place of old ones."""

    accept: frozenset[str] = frozenset()
    """Names of differences."""
    who: str = "rebuild"
    why: str = "asked for"
    is_compared: bool = True
    """False where `check` alone decides, because the old tables may be lost."""
    check: Check | None = None
    """Sees the new tables before they are put in place; raising keeps the old."""


@dataclass(slots=True, kw_only=True)
class Told:
    """Where to tell what happens."""

    on_step: OnStep = lambda *_: None
    """Called with a step, how much of it is done, and how much there is."""
    on_difference: Callable[[Difference], None] = lambda _: None


class Rebuilt(NamedTuple):
    """What came of a rebuild."""

    facts: int
    position: int
    digests: dict[str, str]
    differences: Counter[str]
    """By name; all of them accepted."""


@asynccontextmanager
async def alone(connection: AnyConnection, name: str) -> AsyncIterator[None]:
    """Be the only one who works on `name`; the lock ends with the session.

    Raises:
        BusyError: it was not free within `BUSY_S`.
    """
    key = "SELECT {}(hashtextextended($1, 0))"
    try:
        async with asyncio.timeout(BUSY_S):
            while not await connection.fetchval(key.format("pg_try_advisory_lock"), name):  # noqa: ASYNC110 - the other holder is elsewhere
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise BusyError(f"Somebody else is at work on {name} right now.") from None
    try:
        yield
    finally:
        await connection.execute(key.format("pg_advisory_unlock"), name)


async def rebuild(
    *, dsn: str, schema: str, store: EventStore, projection: Summing, terms: Terms, told: Told
) -> Rebuilt:
    """Rebuild a projection and put the new tables in place.

    Raises:
        BusyError: somebody else is at it.
        PartError: more has to be rebuilt than this part of the projection.
        DifferencesError: nothing was put in place.
    """
    job = Job(dsn, schema, store.service, projection, 0)
    async with (
        open_pool(dsn, size_max=1 + AT_ONCE, name="rebuild") as pool,
        pool.acquire() as connection,
        alone(connection, f"rebuild {schema}.{projection.name}"),
    ):
        run = _Run(connection, job, await followed(connection, store), terms, told)
        try:
            return await run.run(pool)
        except Exception:
            await run.candidate.drop(connection)
            raise


class _Run:
    """One rebuild."""

    def __init__(
        self, connection: AnyConnection, job: Job, store: EventStore, terms: Terms, told: Told
    ) -> None:
        self._connection, self._job, self._store = connection, job, store
        self._terms, self._told = terms, told
        self.candidate = Candidate(schema=job.schema, store=store, projection=job.projection)
        self._version = max(job.projection.versions)
        self._accept, self._is_compared = terms.accept, terms.is_compared
        self._counts: Counter[str] = Counter()
        self._digests: dict[str, str] = {}

    async def run(self, pool: Pool) -> Rebuilt:
        """Build, prove, swap; indexes are made on connections of the pool."""
        connection, began_at = self._connection, utc_now()
        await self._begin()
        facts = await self._store.count(connection, up_to=self.candidate.position)
        self._told.on_step("Facts folded", 0, facts)
        done = 0

        def count(more: int) -> None:
            nonlocal done
            done += more
            self._told.on_step("Facts folded", done, facts)

        job = self._job._replace(up_to=self.candidate.position)
        await fill(job, facts=facts, on_count=count)
        await self.candidate.index(pool, self._step("Indexes made"))
        if self._is_compared:
            await self._prove()
        if self._terms.check:
            await self._terms.check(connection)
        while len(await self._catch_up()) > NEARLY:
            pass
        await self._swap(facts, began_at)
        return Rebuilt(facts, self.candidate.position, self._digests, self._counts)

    def _step(self, name: str) -> OnDone:
        self._told.on_step(name, 0, -1)
        return partial(self._told.on_step, name)

    async def _begin(self) -> None:
        """Make empty tables and choose where in the log they are to stand first."""
        projection = self._job.projection
        await self._connection.execute(
            f"INSERT INTO {self._job.schema}.projection_cursors (projection, position, version)"
            " VALUES ($1, 0, $2) ON CONFLICT DO NOTHING",
            projection.name, self._version,
        )  # fmt: skip
        position, stored = await self._cursor()
        if projection.is_part and (position == 0 or stored != self._version):
            # All tables have one position and one version.
            raise PartError(
                f"The tables of {projection.name} have never been filled or are another version's:"
                " rebuild all of them."
            )
        for version, names in projection.versions.items():
            if version > stored:
                self._accept |= set(names)
        await self.candidate.create(self._connection)
        if position == 0:
            # Nobody has followed the log yet: there is nothing to be compared with.
            self._is_compared = False
            position = await self._store.head(self._connection)
        self.candidate.position = position

    async def _cursor(self, lock: str = "") -> tuple[int, int]:
        """Return position and version of the old tables."""
        row = await self._connection.fetchrow(
            f"SELECT position, version FROM {self._job.schema}.projection_cursors"
            f" WHERE projection = $1{lock}",
            self._job.projection.name,
        )
        return (row[0], row[1]) if row else (0, self._version)

    async def _prove(self) -> None:
        """Compare all rows, old and new, as they are at one position."""
        async with self._connection.transaction(isolation="repeatable_read"):
            # All rows are read, which several processes do sooner.
            await self._connection.execute(
                "SET LOCAL statement_timeout = 0; SET LOCAL max_parallel_workers_per_gather = 2"
            )
            position, _ = await self._move_on()
            old, self._digests = await self.candidate.digests(
                self._connection, self._step("Tables compared")
            )
            if old != self._digests:
                await self._compare(None)
        self.candidate.position = position

    async def _catch_up(self) -> Sequence[UUID]:
        """Come nearer to where the old tables are now; returns the streams folded anew."""
        async with self._connection.transaction(isolation="repeatable_read"):
            position, streams = await self._move_on()
            await self._compare(streams)
        self.candidate.position = position
        return streams

    async def _move_on(self, lock: str = "") -> tuple[int, Sequence[UUID]]:
        """Fold anew what has come since, as far as the old tables have."""
        reached = self.candidate.position
        position, _ = await self._cursor(lock)
        if position <= reached:
            return reached, []
        streams = await self._store.touched(self._connection, after=reached, up_to=position)
        await self.candidate.refold(self._connection, streams, position)
        return position, streams

    async def _compare(self, streams: Sequence[UUID] | None) -> None:
        if not self._is_compared or streams == []:
            return
        async for difference in self.candidate.differences(self._connection, streams):
            self._counts.update(difference.names)
            self._told.on_difference(difference)
        if unaccepted := self._counts.keys() - self._accept:
            raise DifferencesError(self._counts, unaccepted)

    async def _swap(self, facts: int, began_at: datetime) -> None:
        """Put the new tables in place, as soon as no slow reader is in the way."""
        for attempt in range(1, SWAPS_MAX + 1):
            try:
                async with self._connection.transaction():
                    # The projector waits for the cursor; readers wait only while tables change.
                    position, streams = await self._move_on(" FOR UPDATE")
                    await self._compare(streams)
                    await self._connection.execute(
                        f"SET LOCAL lock_timeout = {READERS_WAIT_MAX_MS}"
                    )
                    await self.candidate.replace(self._connection)
                    await self._record(position, facts, began_at)
            except asyncpg.LockNotAvailableError:
                if attempt == SWAPS_MAX:
                    raise
                await asyncio.sleep(1)
                await self._catch_up()
            else:
                self.candidate.position = position
                return

    async def _record(self, position: int, facts: int, began_at: datetime) -> None:
        name, schema, terms = self._job.projection.name, self._job.schema, self._terms
        await self._connection.execute(
            f"UPDATE {schema}.projection_cursors SET position = $2, version = $3,"
            " moved_at = clock_timestamp() WHERE projection = $1",
            name, position, self._version,
        )  # fmt: skip
        entry = Entry(
            name, self._version, position, facts, self._digests, self._counts,
            terms.who, terms.why, began_at,
        )  # fmt: skip
        await record(self._connection, schema, entry)
