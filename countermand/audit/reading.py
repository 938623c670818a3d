"""The log and its audit history side by side, as the database has them; judges nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from audit.hashes import Root
from audit.tables import audit_schema
from audit.trail import ROOT_COLUMNS
from kit.event_store import LogEntry
from kit.postgres import AnyConnection

PAGE_MAX = 5_000
BEFORE_ALL = -(2**63)
"""Below every position, forged ones too."""


class Entry(NamedTuple):
    """What the audit history says about one fact."""

    stream: UUID
    version: int
    position: int
    link: bytes


class Row(NamedTuple):
    """One position: what the log holds there, and what the audit history does."""

    event: LogEntry | None
    entry: Entry | None
    previous: bytes | None
    """The link before; of the entry's stream, of the event's where there is no entry."""
    previous_position: int | None


@asynccontextmanager
async def open_reader(dsn: str, service: str) -> AsyncIterator["Reader"]:
    """Open a reader that sees one moment, whatever is appended meanwhile."""
    connection = await asyncpg.connect(dsn, server_settings={"jit": "off"})
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield Reader(connection, service)
    finally:
        await connection.close()


class Reader:
    """Reads one service's log and audit history."""

    def __init__(
        self, connection: AnyConnection, service: str, *, entries: str = "entries"
    ) -> None:
        self.service, self.connection = service, connection
        schema, self._log = audit_schema(service), f"{service}.{service}_events"
        self._entries, self._cursors = f"{schema}.{entries}", f"{schema}.projection_cursors"
        self._select_roots = f"SELECT {', '.join(ROOT_COLUMNS)} FROM {schema}.roots"

    async def ends(self) -> tuple[int, int]:
        """Return the newest position in the log, and the newest one the audit history knows."""
        [row] = await self.connection.fetch(
            f"SELECT (SELECT coalesce(max(notification_id), 0) FROM {self._log}), greatest("
            f" (SELECT coalesce(max(position), 0) FROM {self._entries}),"
            f" (SELECT coalesce(max(position), 0) FROM {self._cursors}))"
        )
        return row[0], row[1]

    async def roots(self, first: int = 1, last: int | None = None) -> AsyncIterator[Root]:
        """Return the signed roots from one period to another, or to the last."""
        period = first - 1
        while page := await self.connection.fetch(
            f"{self._select_roots} WHERE period > $1 AND ($2::bigint IS NULL OR period <= $2)"
            " ORDER BY period LIMIT $3",
            period, last, PAGE_MAX,
        ):  # fmt: skip
            for row in page:
                yield Root(self.service, *row)
            period = page[-1][0]

    async def newest_roots(self, count: int) -> list[Root]:
        """Return the last roots, the newest first."""
        rows = await self.connection.fetch(
            f"{self._select_roots} ORDER BY period DESC LIMIT $1", count
        )
        return [Root(self.service, *row) for row in rows]

    async def root_at(self, position: int) -> Root | None:
        """Return the root that covers a position, or the first one after it."""
        row = await self.connection.fetchrow(
            f"{self._select_roots} WHERE last_position >= $1 ORDER BY last_position LIMIT 1",
            position,
        )
        return Root(self.service, *row) if row else None

    async def size(self, first: int, last: int) -> tuple[int, int]:
        """Return how many facts and roots some periods have."""
        [row] = await self.connection.fetch(
            "SELECT coalesce(sum(entry_count), 0)::bigint, count(*)"
            f" FROM ({self._select_roots} WHERE period BETWEEN $1 AND $2) AS roots",
            first, last,
        )  # fmt: skip
        return row[0], row[1]

    async def links(self, root: Root) -> dict[int, bytes]:
        """Return the links of a period by position, in log sequence."""
        rows = await self.connection.fetch(
            f"SELECT position, link FROM {self._entries}"
            " WHERE position BETWEEN $1 AND $2 ORDER BY position",
            root.first_position, root.last_position,
        )  # fmt: skip
        return {row[0]: row[1] for row in rows}

    async def link_of(self, stream: UUID, version: int) -> bytes | None:
        """Return the link of one fact."""
        link: bytes | None = await self.connection.fetchval(
            f"SELECT link FROM {self._entries} WHERE stream_id = $1 AND version = $2",
            stream, version,
        )  # fmt: skip
        return link

    async def rows(self, first: int, last: int) -> AsyncIterator[list[Row]]:
        """Return what lies between two positions, both included, in pages."""
        while first <= last:
            end = await self.connection.fetchval(self._page_end, first, last, PAGE_MAX)
            end = last if end is None else end
            page = await self.connection.fetch(self._side_by_side, first, end)
            if page:
                yield [_row(*values) for values in page]
            first = end + 1

    async def stream(self, stream: UUID) -> list[Row]:
        """Return what both say about one stream, by version."""
        return [_row(*values) for values in await self.connection.fetch(self._of_stream, stream)]

    @property
    def _page_end(self) -> str:
        """The position a page from $1 ends at so that neither side has more than $3 rows."""
        ends = (
            f"(SELECT max(p) FROM (SELECT {column} AS p FROM {table}"
            f" WHERE {column} BETWEEN $1 AND $2 ORDER BY 1 LIMIT $3) AS page HAVING count(*) = $3)"
            for table, column in ((self._log, "notification_id"), (self._entries, "position"))
        )
        return f"SELECT least({', '.join(ends)})"

    @property
    def _side_by_side(self) -> str:
        return self._joined(
            "notification_id BETWEEN $1 AND $2", "position BETWEEN $1 AND $2",
            on="e.notification_id = a.position",
            by="coalesce(e.notification_id, a.position)",
        )  # fmt: skip

    @property
    def _of_stream(self) -> str:
        return self._joined(
            "originator_id = $1", "stream_id = $1",
            on="e.originator_version = a.version",
            by="coalesce(e.originator_version, a.version)",
        )  # fmt: skip

    def _joined(self, events: str, entries: str, *, on: str, by: str) -> str:
        # LATERAL with a limit: one look into the index per row, however large the table is.
        return f"""
            SELECT e.*, a.*, p.link, p.position
            FROM (SELECT notification_id, originator_id, originator_version, topic, state
                  FROM {self._log} WHERE {events}) AS e
            FULL JOIN (SELECT stream_id, version, position, link
                       FROM {self._entries} WHERE {entries}) AS a ON {on}
            LEFT JOIN LATERAL (
                SELECT link, position FROM {self._entries} AS p
                WHERE p.stream_id = coalesce(a.stream_id, e.originator_id)
                AND p.version = coalesce(a.version, e.originator_version) - 1 LIMIT 1
            ) AS p ON true
            ORDER BY {by}"""


def _row(*values: Any) -> Row:
    position, stream, version, name, body, *rest = values
    is_there = position is not None
    event = LogEntry(position, stream, version, name or "", body or b"") if is_there else None
    entry = Entry(*rest[:4]) if rest[0] is not None else None
    return Row(event, entry, *rest[4:])
