"""The read models: rebuilt in memory from the log, they must equal the tables row by row."""

from typing import Any
from uuid import UUID

from countermand.verify.decided import read_log
from countermand.verify.mismatch import Mismatch
from kit.postgres import OwnConnection
from services.cancellation.projections.orders import (
    HISTORY_COLUMNS,
    SUMMARY_COLUMNS,
    OrderSummary,
    fold_page,
)


async def check_views(connection: OwnConnection) -> list[Mismatch]:
    """Name every summary or history row that differs from a fold of the log."""
    summaries: dict[UUID, OrderSummary] = {}
    found: list[Mismatch] = []
    history_count = 0
    async for page in read_log(connection, "cancellation"):
        _, history = fold_page(page, summaries)
        history_count += len(history)
        stored = await connection.fetch(
            f"SELECT {', '.join(HISTORY_COLUMNS)} FROM cancellation.order_history"
            " WHERE position BETWEEN $1 AND $2 ORDER BY position",
            page[0].position, page[-1].position,
        )  # fmt: skip
        if [tuple(row) for row in stored] != history:
            where = f"positions {page[0].position} to {page[-1].position}"
            found.append(Mismatch("wrong", f"order_history differs at {where}"))
    rows = await connection.fetch(
        f"SELECT {', '.join(SUMMARY_COLUMNS)} FROM cancellation.order_summaries"
    )
    actual: dict[UUID, tuple[Any, ...]] = {row[0]: tuple(row) for row in rows}
    expected = {
        stream: tuple(getattr(summary, column) for column in SUMMARY_COLUMNS)
        for stream, summary in summaries.items()
        if summary.is_known
    }
    found += [
        Mismatch("wrong", f"order_summaries: stream {stream} differs from a fold of the log")
        for stream in expected.keys() | actual.keys()
        if expected.get(stream) != actual.get(stream)
    ]
    extra = await connection.fetchval("SELECT count(*) FROM cancellation.order_history")
    if extra != history_count:
        detail = f"order_history holds {extra} rows, the log {history_count} facts"
        found.append(Mismatch("wrong", detail))
    return found
