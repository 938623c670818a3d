"""How long refunds stay pending, as one process knows it: read from our own history every hour."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from kit.facts import FactMapper
from kit.logs import get_logger
from kit.postgres import UNAVAILABLE, Pool
from services.refunds.domain.arrivals import Learnt, learn, waits_of
from services.refunds.domain.events import RefundPending, RefundSucceeded

log = get_logger("arrivals")

REFRESH_S = 3_600.0
RECENT_FACTS = 200_000
"""So far back in the log is looked; it bounds the time a look takes."""
RECENT_MAX = 5_000
"""Refunds learnt from at most, the newest."""


class Arrivals:
    """What this process has learnt; nothing until the first look."""

    def __init__(self) -> None:
        self._mapper = FactMapper((RefundPending, RefundSucceeded))
        self._learnt: Learnt = {}

    def current(self) -> Learnt:
        """Return days a refund stays pending, by way, as last seen."""
        return self._learnt

    async def refresh(self, pool: Pool) -> None:
        """Look at what became of the newest refunds that were pending.

        Raises:
            OSError, asyncpg.PostgresError: the store is away; what was learnt stays.
        """
        rows = await pool.fetch(
            "WITH recent AS (SELECT originator_id FROM refunds.refunds_events"
            " WHERE topic = $2 AND notification_id >"
            " (SELECT max(notification_id) FROM refunds.refunds_events) - $1"
            " ORDER BY notification_id DESC LIMIT $3)"
            " SELECT topic, state FROM refunds.refunds_events"
            " WHERE originator_id IN (SELECT originator_id FROM recent) AND topic IN ($2, $4)"
            " ORDER BY notification_id",
            RECENT_FACTS, RefundPending.NAME, RECENT_MAX, RefundSucceeded.NAME,
        )  # fmt: skip
        self._learnt = learn(waits_of(self._mapper.read_body(*row) for row in rows))
        log.info("arrivals.learnt", facts=len(rows), ways=len(self._learnt))

    @asynccontextmanager
    async def kept_fresh(self, pool: Pool) -> AsyncIterator[None]:
        """Go on learning inside this context; nothing waits for it."""
        async with asyncio.TaskGroup() as group:
            following = group.create_task(self._follow(pool))
            yield
            following.cancel()

    async def _follow(self, pool: Pool) -> None:
        while True:
            try:
                await self.refresh(pool)
            except (*UNAVAILABLE, asyncpg.PostgresError) as away:
                log.warning("postgres.unavailable", reason=str(away) or type(away).__name__)
            await asyncio.sleep(REFRESH_S)
