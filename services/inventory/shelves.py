"""The locations as one process knows them: looked up now and then, because decisions must not wait.

A location that was closed gets units for up to a second more.
"""

from contextlib import AbstractAsyncContextManager
from uuid import UUID

from contracts.inventory import LOCATIONS_KEY
from kit.decider import Decider
from kit.event_store import EventStore, Stream
from kit.facts import FactMapper
from kit.freshness import kept_fresh
from kit.ids import stream_id
from kit.postgres import Pool
from services.inventory.domain.events import FACTS
from services.inventory.domain.locations import Locations
from services.inventory.domain.stock import NOTHING, Stock, evolve

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

    def kept_fresh(self, pool: Pool) -> AbstractAsyncContextManager[None]:
        """Look again and again inside this context; begins once they were read."""
        return kept_fresh(lambda: self.refresh(pool), every_s=LOOK_EVERY_S)
