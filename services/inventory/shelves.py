"""The locations as one process knows them: looked up now and then, because decisions must not wait.

A location that was closed gets units for up to a second more.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg

from contracts.inventory import LOCATIONS_KEY
from kit.decider import Decider
from kit.event_store import EventStore, Stream
from kit.facts import FactMapper
from kit.ids import stream_id
from kit.logs import get_logger
from kit.postgres import UNAVAILABLE, Pool
from services.inventory.domain.events import FACTS
from services.inventory.domain.locations import Locations
from services.inventory.domain.stock import NOTHING, Stock, evolve

log = get_logger("shelves")

LOOK_EVERY_S = 0.5
"""One stream is asked for what is new."""

_STREAM = stream_id(f"inventory:{LOCATIONS_KEY}")
_FOLD: Decider[Stock] = Decider(initial=NOTHING, evolve=evolve, decide=lambda *_: ())


class Shelves:
    """Where this process puts units."""

    def __init__(self) -> None:
        self._store = EventStore("inventory", FactMapper(FACTS))
        self._known: dict[UUID, Stream[Stock]] = {}

    def current(self) -> Locations:
        """Return the locations as last seen."""
        seen = self._known.get(_STREAM)
        return seen.state.locations if seen else NOTHING.locations

    async def refresh(self, pool: Pool) -> None:
        """Take up what was set since the last look.

        Raises:
            OSError, asyncpg.PostgresError: the store is away; what is known stays.
        """
        async with pool.acquire() as connection:
            found = await self._store.fold_many(connection, [_STREAM], _FOLD, self._known)
        self._known = found

    @asynccontextmanager
    async def kept_fresh(self, pool: Pool) -> AsyncIterator[None]:
        """Look again and again inside this context; begins once they were read."""
        is_read = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            looking = group.create_task(self._look(pool, is_read))
            await is_read.wait()
            yield
            looking.cancel()

    async def _look(self, pool: Pool, is_read: asyncio.Event) -> None:
        while True:
            try:
                await self.refresh(pool)
                is_read.set()
            except (*UNAVAILABLE, asyncpg.PostgresError) as away:
                log.warning("postgres.unavailable", reason=str(away) or type(away).__name__)
            await asyncio.sleep(LOOK_EVERY_S)
