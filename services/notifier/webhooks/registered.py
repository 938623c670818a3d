"""The endpoints as one process knows them, folded from the one stream about them."""

from uuid import UUID

from kit.event_store import EventStore, Stream
from kit.facts import FactMapper
from kit.postgres import AnyConnection, Pool
from services.notifier.webhooks.domain.endpoints import NOBODY, Endpoints
from services.notifier.webhooks.domain.events import FACTS
from services.notifier.webhooks.domain.lane import LANE, Lane
from services.notifier.webhooks.translation import ENDPOINTS_STREAM

SCHEMA = "webhooks"


class Registered:
    """Who is registered."""

    def __init__(self) -> None:
        self._store = EventStore(SCHEMA, FactMapper(FACTS))
        self._known: dict[UUID, Stream[Lane]] = {}

    def current(self) -> Endpoints:
        """Return the endpoints as last seen."""
        seen = self._known.get(ENDPOINTS_STREAM)
        return seen.state.endpoints if seen else NOBODY

    async def refresh(self, pool: Pool) -> None:
        """Take up what was set since the last look.

        Raises:
            OSError, asyncpg.PostgresError: the store is away; what is known stays.
        """
        async with pool.acquire() as connection:
            await self.read(connection)

    async def read(self, connection: AnyConnection) -> Endpoints:
        """Take up what was set since the last look, and return the endpoints."""
        self._known = await self._store.fold_many(connection, [ENDPOINTS_STREAM], LANE, self._known)
        return self.current()
