"""The read models: rebuilt in memory from the log, they must equal the tables row by row."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from countermand.verify.mismatch import Mismatch
from kit.event_store import LogEntry
from kit.postgres import OwnConnection
from services.cancellation.bootstrap import SERVICE
from services.cancellation.projections.cases import CASE_COLUMNS
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


_BY_KEY: dict[str, tuple[Iterable[str], str]] = {
    "order_summaries": (SUMMARY_COLUMNS, "stream"), "cases": (CASE_COLUMNS, "case"),
}  # fmt: skip
"""Tables whose first column is their key, and what that is called."""


def _add(expected: dict[str, dict[UUID, tuple[Any, ...]]], rows: Any) -> None:
    for table, known in expected.items():
        known |= {row[0]: row for row in rows[table]}


async def check_views(connection: OwnConnection) -> list[Mismatch]:
    """Name every row that differs from a fold of the log."""
    projection, store = OrdersProjection(), SERVICE.store
    head = await store.head(connection)
    expected: dict[str, dict[UUID, tuple[Any, ...]]] = {table: {} for table in _BY_KEY}
    found: list[Mismatch] = []
    count, carried, after = 0, None, (UUID(int=0), 0)
    while page := await store.read_streams(connection, after=after, up_to=head, limit=PAGE_SIZE):
        rows, carried = projection.fold(page, carried)
        _add(expected, rows)
        found += await _check_history(connection, page, rows["order_history"])
        count += len(page)
        after = page[-1].stream, page[-1].version
    rows, _ = projection.fold([], carried)
    _add(expected, rows)
    for table, (columns, what) in _BY_KEY.items():
        stored = await connection.fetch(f"SELECT {', '.join(columns)} FROM cancellation.{table}")
        actual: dict[UUID, tuple[Any, ...]] = {row[0]: tuple(row) for row in stored}
        found += [
            Mismatch("wrong", f"{table}: {what} {key} differs from a fold of the log")
            for key in expected[table].keys() | actual.keys()
            if expected[table].get(key) != actual.get(key)
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
