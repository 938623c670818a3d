"""Reads for the API: SELECT → plain values.

Every answer says as of which position it is true.
"""

import asyncio
from datetime import datetime
from typing import Any, Literal, NamedTuple

import asyncpg
import orjson

from kit.ids import stream_id
from kit.postgres import Pool
from services.cancellation.projections.finding import query_of
from services.cancellation.projections.row import SUMMARY_COLUMNS
from services.cancellation.projections.shown import IN_DETAIL, NOT_SHOWN, in_detail

Row = dict[str, Any]

_KEPT = ("stream_id", *NOT_SHOWN, *IN_DETAIL)

SUMMARY = ", ".join(column for column in SUMMARY_COLUMNS if column not in _KEPT)
"""What a reader is told about every order."""

Sort = Literal["NEWEST", "OLDEST", "HIGHEST", "LOWEST"]
Stuck = Literal["MONEY", "STOCK", "MESSAGE"]


class Wanted(NamedTuple):
    """Which orders; None does not ask."""

    state: str | None = None
    reason: str | None = None
    refund_state: str | None = None
    stuck: Stuck | None = None
    """A leg that needs somebody."""
    channel: str | None = None
    country: str | None = None
    total_from_minor: int | None = None
    total_to_minor: int | None = None
    placed_after: datetime | None = None
    text: str | None = None
    """Words somebody typed."""
    sort: Sort = "NEWEST"
    before: tuple[datetime | int, str] | None = None
    """What it is sorted by and the number of the last one seen."""


SORTED_BY: dict[Sort, tuple[str, str]] = {
    "NEWEST": ("placed_at", "DESC"),
    "OLDEST": ("placed_at", "ASC"),
    "HIGHEST": ("total_minor", "DESC"),
    "LOWEST": ("total_minor", "ASC"),
}
"""By which column, which never changes, and which way; each has its index."""

_STUCK = {
    "MONEY": "refund_state IN ('FAILED', 'UNCERTAIN', 'OWED')",
    "STOCK": "restock_state IN ('FAILED', 'LEFT_FOR_LATER')",
    "MESSAGE": "notification_state IN ('FAILED', 'UNCERTAIN')",
}
"""When a leg needs somebody."""

_CONDITIONS = {
    "state": "state = {}",
    "reason": "reason = {}",
    "refund_state": "refund_state = {}",
    "channel": "channel = {}",
    "country": "country = {}",
    "total_from_minor": "total_minor >= {}",
    "total_to_minor": "total_minor <= {}",
    "placed_after": "placed_at >= {}",
    "text": "array_to_tsvector(string_to_array(words, ' ')) @@ {}::text::tsquery",
}
"""What each wish asks of a row; its value takes the place."""


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
    return [dict(row) for row in await _fetch(pool, SUMMARY, wanted, limit)]


async def list_order_ids(pool: Pool, wanted: Wanted, *, limit: int) -> list[str]:
    """List the numbers of orders."""
    return [row["order_id"] for row in await _fetch(pool, "order_id", wanted, limit)]


async def _fetch(pool: Pool, columns: str, wanted: Wanted, limit: int) -> list[asyncpg.Record]:
    query = wanted.text and query_of(wanted.text)
    if wanted.text and query is None:
        return []
    asked = {**wanted._asdict(), "text": query}
    conditions, values = ["true"], list[Any]()
    for name, condition in _CONDITIONS.items():
        if asked[name] is not None:
            values.append(asked[name])
            conditions.append(condition.format(f"${len(values)}"))
    if wanted.stuck:
        conditions.append(_STUCK[wanted.stuck])
    column, way = SORTED_BY[wanted.sort]
    if wanted.before:
        values += wanted.before
        sign, last = ">" if way == "ASC" else "<", len(values)
        conditions.append(f"({column}, order_id) {sign} (${last - 1}, ${last})")
    found: list[asyncpg.Record] = await pool.fetch(
        f"SELECT {columns} FROM cancellation.order_summaries WHERE {' AND '.join(conditions)}"
        f" ORDER BY {column} {way}, order_id {way} LIMIT ${len(values) + 1}",
        *values, limit,
    )  # fmt: skip
    return found


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
