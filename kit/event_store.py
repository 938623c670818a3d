"""The event store: the library's table, read and written through asyncpg in batches.

The table is also the outbox. Every append takes the table's EXCLUSIVE lock, so rows commit in the
order of their positions and a reader that follows the log can never skip one. Never append without
the lock, and never switch on the library's database functions: they take none.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from kit.decider import Decider
from kit.facts import FactMapper, RecordedFact
from kit.postgres import AnyConnection

State = TypeVar("State")

BEFORE_ALL = -1
"""Below every version: ours start at 1, the library may be told to start at 0."""

LAST_STREAM = UUID(int=2**128 - 1)
"""Above every stream."""


class Stream(NamedTuple, Generic[State]):
    """A folded stream."""

    state: State
    version: int
    """0 when nothing is stored yet."""


class LogEntry(NamedTuple):
    """One row of the log, in commit order."""

    position: int
    stream: UUID
    version: int
    name: str
    body: bytes


class Pending(NamedTuple):
    """One row to append."""

    stream: UUID
    version: int
    name: str
    body: bytes


class EventStore:
    """One service's events, in `<schema>.<schema>_events`."""

    def __init__(self, schema: str, mapper: FactMapper) -> None:
        self.service, self.mapper = schema, mapper
        self.channel = f"{schema}_events"
        """What an append notifies; the library listens to the same."""
        table = f"{schema}.{schema}_events"
        self._select_streams = (
            f"SELECT e.originator_id, e.originator_version, e.topic, e.state FROM {table} e"
            " JOIN unnest($1::uuid[], $2::bigint[]) AS known (stream, version)"
            " ON e.originator_id = known.stream AND e.originator_version > known.version"
            " ORDER BY e.originator_id, e.originator_version"
        )
        self._append = f"SELECT {schema}.append_events($1, $2, $3, $4)"
        self._select_log = (
            "SELECT notification_id, originator_id, originator_version, topic, state"
            f" FROM {table} WHERE notification_id > $1 ORDER BY notification_id LIMIT $2"
        )
        self._select_by_stream = (
            "SELECT notification_id, originator_id, originator_version, topic, state"
            f" FROM {table} WHERE (originator_id, originator_version) > ($1, $2)"
            " AND originator_id <= $3 AND notification_id <= $4"
            " ORDER BY originator_id, originator_version LIMIT $5"
        )
        self._select_of = (
            "SELECT notification_id, originator_id, originator_version, topic, state"
            f" FROM {table} WHERE originator_id = ANY($1::uuid[]) AND notification_id <= $2"
            " ORDER BY originator_id, originator_version"
        )
        self._select_touched = (
            f"SELECT DISTINCT originator_id FROM {table}"
            " WHERE notification_id > $1 AND notification_id <= $2"
        )
        self._count = f"SELECT count(*) FROM {table} WHERE notification_id <= $1"
        self._head = f"SELECT coalesce(max(notification_id), 0) FROM {table}"

    async def fold_many(
        self,
        connection: AnyConnection,
        streams: Iterable[UUID],
        decider: Decider[State],
        known: Mapping[UUID, Stream[State]],
    ) -> dict[UUID, Stream[State]]:
        """Load and fold many streams in one round trip; streams without events are absent.

        Only facts after those in `known` are read: history never changes, so a state remembered
        at a version stays right for ever, whoever wrote the facts that follow.
        """
        read, evolve, nothing = self.mapper.read_fact, decider.evolve, Stream(decider.initial, 0)
        wanted = list(streams)
        folded = {stream: known[stream] for stream in wanted if stream in known}
        versions = [folded.get(stream, nothing).version for stream in wanted]
        for stream, version, name, body in await connection.fetch(
            self._select_streams, wanted, versions
        ):
            state = folded.get(stream, nothing).state
            folded[stream] = Stream(evolve(state, read(name, body)), version)
        return folded

    async def load(self, connection: AnyConnection, stream: UUID) -> list[RecordedFact]:
        """Load one stream's facts, oldest first."""
        rows = await connection.fetch(self._select_streams, [stream], [BEFORE_ALL])
        return [
            RecordedFact(row[0], row[1], *self.mapper.read_body(row[2], row[3])) for row in rows
        ]

    async def append(self, connection: AnyConnection, rows: Sequence[Pending]) -> list[int]:
        """Append rows inside the caller's transaction and return their positions.

        Call it last: the lock it takes is held until the commit.

        Raises:
            asyncpg.UniqueViolationError: somebody else wrote one of these versions first.
        """
        if not rows:
            return []
        positions: list[int] = await connection.fetchval(self._append, *zip(*rows, strict=True))
        return positions

    async def read_log(
        self, connection: AnyConnection, *, after: int, limit: int
    ) -> list[LogEntry]:
        """Read the next page of the log; a short page means the end was reached."""
        return [LogEntry(*row) for row in await connection.fetch(self._select_log, after, limit)]

    async def read_streams(
        self,
        connection: AnyConnection,
        *,
        after: tuple[UUID, int],
        last: UUID = LAST_STREAM,
        up_to: int,
        limit: int,
    ) -> list[LogEntry]:
        """Read the next page ordered by stream and version, of facts up to a position."""
        rows = await connection.fetch(self._select_by_stream, *after, last, up_to, limit)
        return [LogEntry(*row) for row in rows]

    async def read_of(
        self, connection: AnyConnection, streams: Sequence[UUID], *, up_to: int
    ) -> list[LogEntry]:
        """Read every fact of some streams up to a position, ordered by stream and version."""
        rows = await connection.fetch(self._select_of, streams, up_to)
        return [LogEntry(*row) for row in rows]

    async def touched(self, connection: AnyConnection, *, after: int, up_to: int) -> list[UUID]:
        """Return the streams that have facts between two positions."""
        rows = await connection.fetch(self._select_touched, after, up_to)
        return [row[0] for row in rows]

    async def count(self, connection: AnyConnection, *, up_to: int) -> int:
        """Return how many facts there are up to a position."""
        return int(await connection.fetchval(self._count, up_to))

    async def head(self, connection: AnyConnection) -> int:
        """Return the newest position, 0 for an empty log."""
        return int(await connection.fetchval(self._head))
