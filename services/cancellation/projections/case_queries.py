"""Reads of cases: SELECT → plain values."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import orjson

from kit.postgres import Pool
from services.cancellation.projections.cases import CASE_COLUMNS

Row = dict[str, Any]

_COLUMNS = ", ".join(column for column in CASE_COLUMNS if column != "stream_id")


class Wanted(NamedTuple):
    """Which cases; None does not ask."""

    state: str | None = None
    kind: str | None = None
    role: str | None = None
    owner: str | None = None
    order_id: str | None = None
    is_overdue: bool | None = None
    stake_from_minor: int | None = None
    opened_before: datetime | None = None
    after: tuple[datetime, UUID] | None = None
    """Moment and id of the last one seen."""


_LIST = f"""
    SELECT {_COLUMNS} FROM cancellation.cases
    WHERE ($1::text IS NULL OR state = $1)
        AND ($2::text IS NULL OR kind = $2)
        AND ($3::text IS NULL OR role = $3)
        AND ($4::text IS NULL OR owner = $4)
        AND ($5::text IS NULL OR order_id = $5)
        AND ($6::boolean IS NULL OR (state = 'OPEN' AND due_at <= $7) = $6)
        AND ($8::bigint IS NULL OR stake_minor >= $8)
        AND ($9::timestamptz IS NULL OR opened_at <= $9)
        AND ($10::timestamptz IS NULL OR (opened_at, case_id) > ($10, $11::uuid))
    ORDER BY opened_at, case_id LIMIT $12"""

_STORY = """
    SELECT h.version, h.position, h.name, h.recorded_at, h.fact
    FROM cancellation.cases c JOIN cancellation.order_history h ON h.stream_id = c.stream_id
    WHERE c.case_id = $1 AND h.name LIKE 'order.case-%' AND h.fact ->> 'case_id' = $1::text
    ORDER BY h.version"""


async def list_cases(pool: Pool, wanted: Wanted, *, now: datetime, limit: int) -> list[Row]:
    """List cases, the one that has waited longest first."""
    opened_at, case_id = wanted.after or (None, None)
    rows = await pool.fetch(
        _LIST, wanted.state, wanted.kind, wanted.role, wanted.owner, wanted.order_id,
        wanted.is_overdue, now, wanted.stake_from_minor, wanted.opened_before,
        opened_at, case_id, limit,
    )  # fmt: skip
    return [_told(row, now) for row in rows]


async def find_case(pool: Pool, case_id: UUID, *, now: datetime) -> tuple[Row, list[Row]] | None:
    """Return a case and every fact of its story; None when there is none."""
    row = await pool.fetchrow(
        f"SELECT {_COLUMNS} FROM cancellation.cases WHERE case_id = $1", case_id
    )
    if row is None:
        return None
    story = await pool.fetch(_STORY, case_id)
    return _told(row, now), [{**dict(each), "fact": orjson.loads(each["fact"])} for each in story]


def _told(row: asyncpg.Record, now: datetime) -> Row:
    """Add what follows from the clock."""
    end = row["closed_at"] or now
    return {
        **dict(row),
        "lines": orjson.loads(row["lines"]),
        "is_overdue": row["state"] == "OPEN" and row["due_at"] <= now,
        "age_s": max(0, int((end - row["opened_at"]).total_seconds())),
    }
