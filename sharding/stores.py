"""The logs of an event store as stores of their own, and all as one that can be followed."""

from kit.event_store import EventStore, LogEntry
from kit.postgres import AnyConnection, Pool
from sharding.homes import logs_of


async def count_shards(connection: AnyConnection | Pool, service: str) -> int:
    """Return how many logs an event store has; the database knows, whatever a process was told."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM pg_inherits WHERE inhparent = to_regclass($1)",
        f"{service}.{service}_events",
    )
    return max(count, 1)


def stores_of(store: EventStore, count: int) -> list[EventStore]:
    """Return a store per log, to be read from; whoever appends goes through the one above."""
    if count == 1:
        return [store]
    return [EventStore(log, store.mapper) for log in logs_of(store.service, count)]


class Followed(EventStore):
    """All logs of a store as one that misses nothing.

    Positions of different logs are not committed in their sequence, so a page ends where every
    position is taken: at the horizon.
    """

    def __init__(self, store: EventStore) -> None:
        super().__init__(store.service, store.mapper)
        self._horizon = f"SELECT {store.service}.horizon()"
        self._select_log = (
            "SELECT notification_id, originator_id, originator_version, topic, state"
            f" FROM {store.service}.{store.service}_events"
            " WHERE notification_id > $1 AND notification_id <= $3"
            " ORDER BY notification_id LIMIT $2"
        )
        self._head = f"{self._head} WHERE notification_id <= $1"

    async def read_log(
        self, connection: AnyConnection, *, after: int, limit: int
    ) -> list[LogEntry]:
        """Read the next page, up to the horizon; in a transaction that sees what commits meanwhile.

        One that sees a single moment (REPEATABLE READ) would miss what the horizon waited for.
        """
        horizon = await connection.fetchval(self._horizon)
        rows = await connection.fetch(self._select_log, after, limit, horizon)
        return [LogEntry(*row) for row in rows]

    async def head(self, connection: AnyConnection) -> int:
        """Return the newest position below which none is still to come."""
        horizon = await connection.fetchval(self._horizon)
        return int(await connection.fetchval(self._head, horizon))


async def followed(connection: AnyConnection | Pool, store: EventStore) -> EventStore:
    """Return the store as whoever follows all of it has to read it."""
    return store if await count_shards(connection, store.service) == 1 else Followed(store)
