"""The services' logs in PostgreSQL as sources of events.

What a question allows is asked of the database: it may let too much through, never too little, and
`Selection.wants` decides. Reads go by position, a page at a time, so memory stays flat.
"""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import orjson

from countermand.history.event import Event, of_entry
from countermand.history.reading import Span
from countermand.history.selection import Selection
from countermand.specs import LOGS
from kit.event_store import LogEntry
from kit.moments import span_of
from kit.postgres import OwnConnection

ROWS_MAX = 500
"""Rows fetched at a time; an order of a thousand lines takes a quarter of a megabyte."""

WINDOW = 50_000
"""Positions one statement looks through, so that Ctrl-C never waits long."""


def stream_in(service: str, order_id: str) -> UUID:
    """Return the stream of an order in one service's log."""
    return LOGS[service].stream_of(SimpleNamespace(order_id=order_id))[1]


class LogSource:
    """One service's log, as far as it is wanted."""

    def __init__(self, connection: OwnConnection, service: str, selection: Selection) -> None:
        self.name = service
        self._connection, self._selection = connection, selection
        self._orders = {stream_in(service, order): order for order in selection.orders}
        self.is_indexed = bool(self._orders)
        self._table = f"{service}.{service}_events"
        conditions, self._arguments = self._conditions()
        # Asked for in sequence, the planner would walk the whole log for one stream.
        materialized = "MATERIALIZED" if self.is_indexed else "NOT MATERIALIZED"
        self._sql = (
            f"WITH wanted AS {materialized} ("
            " SELECT notification_id, originator_id, originator_version, topic, state"
            f" FROM {self._table} WHERE notification_id BETWEEN $1 AND $2{conditions}"
            ") SELECT * FROM wanted ORDER BY notification_id LIMIT $3"
        )

    async def span(self, after: int | None, up_to: int | None) -> Span:
        """Return the positions worth looking at."""
        since, until = await span_of(
            self._connection, self.name, self._selection.since, self._selection.until
        )
        ends = [await self.end(), *(last + 1 for last in (up_to, until) if last is not None)]
        return Span(max(after or 0, since) + 1, min(ends))

    async def end(self) -> int:
        """Return the position after the newest."""
        return int(
            await self._connection.fetchval(
                f"SELECT coalesce(max(notification_id), 0) + 1 FROM {self._table}"
            )
        )

    async def read(self, start: int, end: int) -> tuple[list[Event], int]:
        """Return the next wanted events from `start` on, and where to go on."""
        last = end - 1 if self._orders else min(end, start + WINDOW) - 1
        rows = await self._connection.fetch(self._sql, start, last, ROWS_MAX, *self._arguments)
        events = [self._event(LogEntry(*row)) for row in rows]
        wanted = [event for event in events if self._selection.wants(event)]
        return wanted, (rows[-1][0] if len(rows) == ROWS_MAX else last) + 1

    def _event(self, entry: LogEntry) -> Event:
        event = of_entry(self.name, entry)
        order_id = event.order_id or self._orders.get(entry.stream)
        return event._replace(order_id=order_id)

    def _conditions(self) -> tuple[str, list[Any]]:
        found: list[tuple[str, Any]] = []
        if self._orders:
            found.append(("originator_id = ANY({}::uuid[])", list(self._orders)))
        if self._selection.types:
            patterns = [like(pattern) for pattern in self._selection.types]
            found.append(("topic LIKE ANY({}::text[])", patterns))
        for field, value in (
            ("message_id", self._selection.causation),
            ("correlation_id", self._selection.correlation),
        ):
            if value is not None:
                needle = f'"{field}":'.encode() + orjson.dumps(value)
                found.append(("position({}::bytea IN state) > 0", needle))
        sql = "".join(f" AND {text.format(f'${n}')}" for n, (text, _) in enumerate(found, 4))
        return sql, [argument for _, argument in found]


def like(pattern: str) -> str:
    """Write a pattern of file names as one of SQL that lets at least as much through."""
    if "[" in pattern:
        return "%"
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%").replace("?", "_")
