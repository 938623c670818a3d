"""Reads for the API: SELECT → plain values.

Every answer says as of which position it is true.
"""

import asyncio
from datetime import datetime
from typing import Any

import orjson

from kit.ids import stream_id
from kit.postgres import Pool
from services.cancellation.projections.row import SUMMARY_COLUMNS
from services.cancellation.projections.shown import IN_DETAIL, in_detail

Row = dict[str, Any]

SUMMARY = ", ".join(c for c in SUMMARY_COLUMNS if c not in ("stream_id", *IN_DETAIL))
"""What a reader is told about every order."""


async def wait_until_projected(pool: Pool, *, position: int, timeout_s: float) -> bool:
    """Wait until the read models hold `position`; False when they do not in time."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while await as_of(pool) < position:
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(0.01)
    return True


async def as_of(pool: Pool) -> int:
    """Return the position the read models are true for."""
    return int(
        await pool.fetchval(
            "SELECT coalesce(max(position), 0) FROM cancellation.projection_cursors"
            " WHERE projection = 'orders'"
        )
    )


async def list_orders(
    pool: Pool, *, state: str | None, before: tuple[datetime, str] | None, limit: int
) -> list[Row]:
    """List orders, newest first; `before` is placement time and number of the last one seen."""
    placed_at, order_id = before or (None, None)
    rows = await pool.fetch(
        f"SELECT {SUMMARY} FROM cancellation.order_summaries"
        " WHERE ($1::text IS NULL OR state = $1)"
        " AND ($2::timestamptz IS NULL OR (placed_at, order_id) < ($2, $3::text))"
        " ORDER BY placed_at DESC, order_id DESC LIMIT $4",
        state, placed_at, order_id, limit,
    )  # fmt: skip
    return [dict(row) for row in rows]


async def find_order(pool: Pool, order_id: str) -> Row | None:
    """Return one order in detail, None when nobody told us about it."""
    row = await pool.fetchrow(
        f"SELECT {SUMMARY}, lines, details FROM cancellation.order_summaries WHERE stream_id = $1",
        stream_id(f"order:{order_id}"),
    )
    return None if row is None else in_detail(dict(row))


async def find_history(pool: Pool, order_id: str) -> list[Row]:
    """Return every fact of one order, oldest first."""
    rows = await pool.fetch(
        "SELECT version, position, name, recorded_at, message_id, correlation_id, fact"
        " FROM cancellation.order_history WHERE stream_id = $1 ORDER BY version",
        stream_id(f"order:{order_id}"),
    )
    return [{**dict(row), "fact": orjson.loads(row["fact"])} for row in rows]
