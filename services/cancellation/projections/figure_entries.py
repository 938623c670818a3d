"""What stands behind a figure: exactly the orders, cancellations, refunds or requests it counts."""

from typing import Any, Literal, NamedTuple

from kit.postgres import AnyConnection
from services.cancellation.projections.asking import ARTICLES_CALLED, WITH_WORDS
from services.cancellation.projections.figure_filters import (
    Query,
    Wanted,
    cancelled_rows,
    period_of,
    refund_rows,
    request_rows,
)
from services.cancellation.projections.figure_queries import Row
from services.cancellation.projections.finding import queries_of_article
from services.cancellation.projections.placing import LINES_AS_JSON

Of = Literal["PLACED", "KEPT", "WHOLE", "CANCELLED", "REFUNDS", "REQUESTS"]
"""Orders; those not wholly cancelled; those that are; cancellations; refunds; requests."""


class Kind(NamedTuple):
    """How one kind of entry is read."""

    columns: str
    moment: str
    """The column entries are sorted by, the newest first."""
    id: str
    """The column that tells entries of one moment apart."""
    filters: frozenset[str]
    """Filters it knows."""


_ORDER_FILTERS = frozenset({"currency", "channel", "country", "product"})
_CANCELLATION_FILTERS = _ORDER_FILTERS | {"reason", "sub_reason", "actor", "staff", "feedback"}
_CANCELLATION = (
    "order_id, cancellation_id AS id, cancelled_at AS at, placed_at, currency, reason, sub_reason,"
    " asked_as, asked_by, status, is_whole, feedback"
)
_ORDER = Kind(
    "order_id, order_id AS id, placed_at AS at, placed_at, currency, total_minor AS amount_minor,"
    " state",
    "placed_at", "order_id", _ORDER_FILTERS,
)  # fmt: skip

KINDS: dict[Of, Kind] = {
    "PLACED": _ORDER,
    "KEPT": _ORDER,
    "WHOLE": Kind(
        _CANCELLATION, "cancelled_at", "cancellation_id", _CANCELLATION_FILTERS - {"product"}
    ),
    "CANCELLED": Kind(_CANCELLATION, "cancelled_at", "cancellation_id", _CANCELLATION_FILTERS),
    "REFUNDS": Kind(
        "order_id, refund_id AS id, due_at AS at, placed_at, currency, amount_minor, reason,"
        " cancellation_id, payment_id, tender, method, state, ended_at",
        "due_at", "refund_id",
        frozenset(
            {"currency", "channel", "country", "reason", "tender", "method", "refund_state"}
        ),
    ),
    "REQUESTS": Kind(
        "order_id, request_id AS id, requested_at AS at, placed_at, currency,"
        " refund_minor AS amount_minor, reason, kind, outcome, is_by_default, answered_at",
        "requested_at", "request_id",
        frozenset({"currency", "channel", "country", "reason", "kind", "outcome"}),
    ),
}  # fmt: skip


async def list_entries(
    connection: AnyConnection, of: Of, wanted: Wanted, *, after: Any, limit: int
) -> list[Row]:
    """List entries, the newest first.

    Args:
        connection: where.
        of: of which kind.
        wanted: the filter of the figure.
        after: moment and id of the last one seen, None for the first page.
        limit: how many at most.
    """
    kind = KINDS[of]
    tables, query, columns = _source(of, wanted)
    if after:
        query.add(f"({kind.moment}, {kind.id}) < ({{}}, {{}})", *after)
    rows = await connection.fetch(
        f"SELECT {kind.columns}{columns} FROM {tables} WHERE {query}"
        f" ORDER BY {kind.moment} DESC, {kind.id} DESC LIMIT {int(limit)}",
        *query.values,
    )
    return [dict(row) for row in rows]


def _source(of: Of, wanted: Wanted) -> tuple[str, Query, str]:
    """Return tables, conditions, and columns beside those every entry of the kind has."""
    if of == "REFUNDS":
        return *refund_rows(wanted), ""
    if of == "REQUESTS":
        return *request_rows(wanted), ""
    if of in ("PLACED", "KEPT"):
        return "cancellation.order_summaries", _orders(wanted, is_kept=of == "KEPT"), ""
    with_lines = wanted.product is not None
    tables, query = cancelled_rows(wanted._replace(product=None), with_lines=False)
    if of == "WHOLE":
        query.add("is_whole")
    if not with_lines:
        return tables, query, ", amount_minor, unit_count AS units"
    # Each cancellation stands once, with what it cancelled of the product.
    query.add("l.sku = {}", wanted.product)
    lines = (
        f"{tables} JOIN (SELECT stream_id, cancellation_id, sku, sum(quantity)::bigint AS units,"
        " sum(amount_minor)::bigint AS line_minor FROM cancellation.cancelled_lines"
        " GROUP BY 1, 2, 3) l USING (stream_id, cancellation_id)"
    )
    return lines, query, ", l.line_minor AS amount_minor, l.units"


def _orders(wanted: Wanted, *, is_kept: bool) -> Query:
    query = Query()
    query.add("placed_at >= {} AND placed_at < {}", *period_of(wanted))
    if wanted.currency is not None:
        query.add("currency = {}", wanted.currency)
    for name in ("channel", "country"):
        value = getattr(wanted, name)
        if value is not None:
            query.add(f"coalesce({name}, '') = {{}}", value)
    if wanted.product is not None:
        # The index finds them quickly, the lines exactly.
        query.add(
            f"{WITH_WORDS.format(ARTICLES_CALLED)} AND EXISTS (SELECT FROM"
            f" json_array_elements({LINES_AS_JSON}) AS line WHERE line ->> 'sku' = {{}})",
            *queries_of_article(wanted.product), wanted.product,
        )  # fmt: skip
    if is_kept:
        query.add(
            "NOT EXISTS (SELECT FROM cancellation.cancellations c"
            " WHERE c.stream_id = order_summaries.stream_id AND c.is_whole)"
        )
    return query
