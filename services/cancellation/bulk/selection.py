"""Finds the orders of a plan: those listed, or those that fit a filter as the read model has them.

The read model may be a moment behind. That is harmless: every order is decided upon in its own
stream, and a plan keeps the orders it was started with.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import orjson

from kit.postgres import AnyConnection, Pool
from services.cancellation.domain.plan_terms import ORDERS_MAX, OrderFilter, Target
from services.cancellation.projections.placing import PLACED_BODY, lines_of

FETCH = 500
"""Rows in memory at a time."""

_FIND = f"""
    SELECT order_id, details, lines, placed
    FROM cancellation.order_summaries
        LEFT JOIN LATERAL (SELECT {PLACED_BODY} WHERE $4::bytea IS NOT NULL) AS log (placed) ON true
    WHERE state <> 'CANCELLED'
        AND ($1::timestamptz IS NULL OR placed_at >= $1)
        AND ($2::timestamptz IS NULL OR placed_at < $2)
        AND ($3::text IS NULL OR country = $3)
        AND ($4 IS NULL OR position($4 IN placed) > 0)
    ORDER BY placed_at, order_id"""


async def select(
    pool: Pool, order_ids: Sequence[str] | None, wanted: OrderFilter | None
) -> list[Target]:
    """Return the orders, each once; one more than a plan may have when there are too many."""
    if order_ids is not None:
        return [Target(order_id) for order_id in dict.fromkeys(order_ids)]
    assert wanted is not None  # noqa: S101 - one of the two is always there
    found: list[Target] = []
    async with pool.acquire() as connection, connection.transaction(readonly=True):
        async for target in _fitting(connection, wanted):
            found.append(target)
            if len(found) > ORDERS_MAX:
                break
    return found


async def _fitting(connection: AnyConnection, wanted: OrderFilter) -> AsyncIterator[Target]:
    # An article number holds no quotes, and quotes in a title are escaped, so nothing else fits.
    has_article = f'"sku":"{wanted.sku}"'.encode() if wanted.sku else None
    # The read model keeps no zero bytes, and PostgreSQL takes none.
    country = wanted.country and wanted.country.replace("\x00", "")
    cursor = connection.cursor(
        _FIND, wanted.placed_from, wanted.placed_before, country, has_article, prefetch=FETCH
    )
    async for row in cursor:
        if has_article is None:
            yield Target(row["order_id"])
        elif units := _open_units(_lines_of(row), wanted.sku):
            yield Target(row["order_id"], tuple(units) if wanted.only_item else None)


def _lines_of(row: Any) -> Sequence[dict[str, Any]]:
    return lines_of(row, orjson.loads(row["details"]) if row["details"] else {})


def _open_units(lines: Sequence[dict[str, Any]], sku: str | None) -> list[tuple[str, int]]:
    """Return the units of an article that are neither shipped nor cancelled, per line."""
    left = [
        (line["line_id"], line["quantity"] - line["fulfilled"] - line["cancelled"])
        for line in lines
        if line["sku"] == sku
    ]
    return [(line_id, units) for line_id, units in left if units > 0]
