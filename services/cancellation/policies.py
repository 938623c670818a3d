"""The policy in force, as one process knows it: read from the store now and then.

Decisions must not wait for a query, so a newly published policy takes up to a second to reach every
process. Each decision records the version it used, which is what counts afterwards.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from kit.facts import FactMapper
from kit.ids import stream_id
from kit.logs import get_logger
from kit.postgres import UNAVAILABLE, Pool
from services.cancellation.domain.events import PolicyPublished
from services.cancellation.domain.policy import BUILT_IN, Rulebook
from services.cancellation.domain.publishing import POLICY_KEY

log = get_logger("policies")

REFRESH_S = 0.5
"""Time between two looks; one row is read by its primary key."""

_STREAM = stream_id(POLICY_KEY)


class Policies:
    """What this process decides by."""

    def __init__(self) -> None:
        self._mapper = FactMapper((PolicyPublished,))
        self._current = BUILT_IN

    def current(self) -> Rulebook:
        """Return the policy in force, as last seen."""
        return self._current

    async def refresh(self, pool: Pool) -> None:
        """Look whether a newer version was published, and take it up.

        Raises:
            OSError, asyncpg.PostgresError: the store is away; the last policy stays.
        """
        row = await pool.fetchrow(
            "SELECT topic, state FROM cancellation.cancellation_events WHERE originator_id = $1"
            " AND originator_version > $2 AND topic = $3 ORDER BY originator_version DESC LIMIT 1",
            _STREAM, self._current.version, PolicyPublished.NAME,
        )  # fmt: skip
        if row is None:
            return
        fact = self._mapper.read_body(row[0], row[1])[0]
        assert isinstance(fact, PolicyPublished)  # noqa: S101 - asked for by this very name
        if fact.policy.version > self._current.version:
            self._current = Rulebook(fact.policy)
            log.info("policy.in_force", version=fact.policy.version)

    @asynccontextmanager
    async def kept_fresh(self, pool: Pool) -> AsyncIterator[None]:
        """Decide by the policy in force inside this context; begins once it was read.

        A policy that cannot be read ends the context: nobody decides by one that is out of date.
        """
        await self._until_read(pool)
        async with asyncio.TaskGroup() as group:
            following = group.create_task(self._follow(pool))
            yield
            following.cancel()

    async def _until_read(self, pool: Pool) -> None:
        while True:
            try:
                return await self.refresh(pool)
            except (*UNAVAILABLE, asyncpg.PostgresError) as away:
                log.warning("postgres.unavailable", reason=str(away) or type(away).__name__)
                await asyncio.sleep(REFRESH_S)

    async def _follow(self, pool: Pool) -> None:
        while True:
            await asyncio.sleep(REFRESH_S)
            await self._until_read(pool)
