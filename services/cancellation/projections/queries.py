"""Reads for the API: SELECT → plain values.

Every answer says as of which position it is true.
"""

import asyncio
from typing import Any

import orjson

from kit.ids import stream_id
from kit.postgres import Pool
from services.cancellation.projections.placing import LINES
from services.cancellation.projections.row import SUMMARY_COLUMNS
from services.cancellation.projections.searching import find
from services.cancellation.projections.shown import IN_DETAIL, NOT_SHOWN, in_detail
from services.cancellation.projections.wanted import SORTED_BY, Sort, Stuck, Wanted

__all__ = ["SORTED_BY", "Sort", "Stuck", "Wanted"]

Row = dict[str, Any]

_KEPT = ("stream_id", *NOT_SHOWN, *IN_DETAIL)

SUMMARY = ", ".join(column for column in SUMMARY_COLUMNS if column not in _KEPT)
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


async def list_orders(pool: Pool, wanted: Wanted, *, limit: int) -> list[Row]:
    """List orders; only what is asked for stands in the query, so that each has its own plan."""
    return [dict(row) for row in await find(pool, SUMMARY, wanted, limit)]


async def list_order_ids(pool: Pool, wanted: Wanted, *, limit: int) -> list[str]:
    """List the numbers of orders."""
    return [row["order_id"] for row in await find(pool, "order_id", wanted, limit)]


CHANGES_MAX = 2_000
"""Facts that are looked through for changes; a page shows fewer orders."""


async def list_changed(pool: Pool, after: int, up_to: int) -> list[str]:
    """List the orders that have had a fact between two positions."""
    rows = await pool.fetch(
        "SELECT DISTINCT s.order_id FROM cancellation.cancellation_events e"
        " JOIN cancellation.order_summaries s ON s.stream_id = e.originator_id"
        " WHERE e.notification_id > $1 AND e.notification_id <= $2",
        after, up_to,
    )  # fmt: skip
    return [row["order_id"] for row in rows]


async def find_order(pool: Pool, order_id: str) -> Row | None:
    """Return one order in detail, None when nobody told us about it."""
    row = await pool.fetchrow(
        f"SELECT {SUMMARY}, {LINES}, details FROM cancellation.order_summaries"
        " WHERE stream_id = $1",
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
