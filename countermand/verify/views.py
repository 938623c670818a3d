"""The read models: rebuilt in memory from the log, they must equal the tables row by row."""

from typing import Any
from uuid import UUID

from countermand.verify.mismatch import Mismatch
from kit.event_store import LogEntry
from kit.postgres import OwnConnection
from services.cancellation.bootstrap import SERVICE
from services.cancellation.projections.orders import (
    HISTORY_COLUMNS,
    SUMMARY_COLUMNS,
    OrdersProjection,
)

PAGE_SIZE = 5_000

_HISTORY = (
    f"SELECT {', '.join(HISTORY_COLUMNS)} FROM cancellation.order_history"
    " WHERE (stream_id, version) >= ($1, $2) AND (stream_id, version) <= ($3, $4)"
    " ORDER BY stream_id, version"
)


async def check_views(connection: OwnConnection) -> list[Mismatch]:
    """Name every summary or history row that differs from a fold of the log."""
    projection, store = OrdersProjection(), SERVICE.store
    head = await store.head(connection)
    expected: dict[UUID, tuple[Any, ...]] = {}
    found: list[Mismatch] = []
    count, carried, after = 0, None, (UUID(int=0), 0)
    while page := await store.read_streams(connection, after=after, up_to=head, limit=PAGE_SIZE):
        rows, carried = projection.fold(page, carried)
        expected |= {row[0]: row for row in rows["order_summaries"]}
        found += await _check_history(connection, page, rows["order_history"])
        count += len(page)
        after = page[-1].stream, page[-1].version
    rows, _ = projection.fold([], carried)
    expected |= {row[0]: row for row in rows["order_summaries"]}
    stored = await connection.fetch(
        f"SELECT {', '.join(SUMMARY_COLUMNS)} FROM cancellation.order_summaries"
    )
    actual: dict[UUID, tuple[Any, ...]] = {row[0]: tuple(row) for row in stored}
    found += [
        Mismatch("wrong", f"order_summaries: stream {stream} differs from a fold of the log")
        for stream in expected.keys() | actual.keys()
        if expected.get(stream) != actual.get(stream)
    ]
    extra = await connection.fetchval("SELECT count(*) FROM cancellation.order_history")
    if extra != count:
        detail = f"order_history holds {extra} rows, the log {count} facts"
        found.append(Mismatch("wrong", detail))
    return found


async def _check_history(
    connection: OwnConnection, page: list[LogEntry], expected: Any
) -> list[Mismatch]:
    first, last = page[0], page[-1]
    stored = await connection.fetch(
        _HISTORY, first.stream, first.version, last.stream, last.version
    )
    actual = {(row[0], row[1]): tuple(row) for row in stored}
    return [
        Mismatch("wrong", f"order_history: fact {row[1]} of stream {row[0]} differs from the log")
        for row in expected
        if actual.get((row[0], row[1])) != row
    ]
