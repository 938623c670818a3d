"""Figures: SELECT → plain values. Amounts of two currencies never meet in one row.

What each figure means is said once, in docs/guides/numbers.md.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

from contracts.notifier import FeedbackAnswer
from kit.postgres import AnyConnection
from services.cancellation.projections.figure_filters import (
    OF_ORDERS,
    REFUND_WORDS,
    Query,
    Wanted,
    cancelled_rows,
    refund_rows,
    request_rows,
)

Row = dict[str, Any]

CancelledBy = Literal[
    "TOTAL", "DAY", "WEEK", "MONTH", "REASON", "SUB_REASON", "PRODUCT", "CHANNEL", "COUNTRY",
    "ACTOR", "STAFF", "FEEDBACK",
]  # fmt: skip
RefundsBy = Literal[
    "TOTAL", "DAY", "WEEK", "MONTH", "TENDER", "METHOD", "REASON", "CHANNEL", "COUNTRY"
]
RequestsBy = Literal[
    "TOTAL", "DAY", "WEEK", "MONTH", "KIND", "OUTCOME", "REASON", "CHANNEL", "COUNTRY"
]

ANSWERS = get_args(FeedbackAnswer)
"""What a customer may answer about a cancellation."""

SPANS = {"DAY": "day", "WEEK": "week", "MONTH": "month"}


class _Group(NamedTuple):
    """What rows are grouped by."""

    of_row: str
    """The expression rows have in common."""
    told: str
    """How a group is named, from `key`; written once a group, because it takes longer."""


def _group(by: str, wanted: Wanted, event: str, columns: Mapping[str, str]) -> _Group:
    if by not in SPANS:
        return _Group(columns.get(by, "''"), "key")
    column = "placed_at" if wanted.dates == "ORDER" else event
    of_row = f"date_trunc('{SPANS[by]}', {column} AT TIME ZONE 'UTC')"
    return _Group(of_row, "to_char(key, 'YYYY-MM-DD')")


async def count_cancelled(
    connection: AnyConnection, wanted: Wanted, by: CancelledBy, *, limit: int
) -> list[Row]:
    """Count what was cancelled, the greatest amounts first, so many of each currency."""
    with_lines = by == "PRODUCT" or wanted.product is not None
    tables, query = cancelled_rows(wanted, with_lines=with_lines)
    if by == "STAFF":
        query.add("asked_as = 'STAFF'")
    columns = {
        "REASON": "reason", "SUB_REASON": "sub_reason", "PRODUCT": "sku", "CHANNEL": "channel",
        "COUNTRY": "country", "ACTOR": "asked_as", "STAFF": "asked_by", "FEEDBACK": "feedback",
    }  # fmt: skip
    # An order may be wholly cancelled in steps; which of them had a product tells nothing of that.
    # At most one of its cancellations is the one that left no unit.
    whole = "count(*) FILTER (WHERE is_whole)" if not with_lines else "NULL"
    once = "is_first" if with_lines else "true"
    answers = ", ".join(
        f"count(*) FILTER (WHERE {once} AND feedback = '{answer}') AS {answer.lower()}"
        for answer in ANSWERS
    )
    units, minor = ("quantity", "line_minor") if with_lines else ("unit_count", "amount_minor")
    group = _group(by, wanted, "cancelled_at", columns)
    # Orders that were cancelled in one step are counted as their cancellations are; only of the
    # others it is remembered which were counted.
    rows = await connection.fetch(
        "WITH counted AS ("
        f"SELECT currency, {group.of_row} AS key, count(*) FILTER (WHERE {once}) AS cancellations,"
        f" count(*) FILTER (WHERE {once} AND is_only) AS of_one, {whole} AS whole_orders,"
        f" {answers}, sum({units}) AS units, sum({minor}) AS cancelled_minor"
        f" FROM {tables} WHERE {query} GROUP BY 1, 2), several AS ("
        "SELECT currency, key, count(*) AS of_several FROM ("
        f"SELECT DISTINCT currency, {group.of_row} AS key, stream_id"
        f" FROM {tables} WHERE {query} AND NOT is_only) s GROUP BY 1, 2)"
        f" SELECT currency, {group.told} AS key, cancellations,"
        " of_one + coalesce(of_several, 0) AS orders, whole_orders,"
        f" {', '.join(map(str.lower, ANSWERS))}, units, cancelled_minor"
        " FROM (SELECT *, row_number() OVER"
        " (PARTITION BY currency ORDER BY cancelled_minor DESC, key) AS rank"
        " FROM counted LEFT JOIN several USING (currency, key)) r"
        f" WHERE rank <= {int(limit)} ORDER BY currency, rank",
        *query.values,
    )
    return [_plain(row, ("units", "cancelled_minor")) for row in rows]


async def count_placed(
    connection: AnyConnection, wanted: Wanted, by: CancelledBy, products: Sequence[str] = ()
) -> list[Row]:
    """Count what was placed; by reason or by who asked, all there is stands in one row.

    Args:
        connection: where.
        wanted: the filter; what only a cancellation has does not narrow it.
        by: what it is grouped by.
        products: by product, those looked at.
    """
    query = Query()
    query.add("placed_on BETWEEN {} AND {}", wanted.first, wanted.last)
    for name in OF_ORDERS:
        value = getattr(wanted, name)
        if value is not None:
            query.add(f"{name} = {{}}", value)
    if by == "PRODUCT":
        query.add("sku = ANY({}::text[])", list(products))
    else:
        query.add("sku = {}", wanted.product or "")
    key = {"PRODUCT": "sku", "CHANNEL": "channel", "COUNTRY": "country"}.get(by, "''")
    if by in SPANS:
        key = f"to_char(date_trunc('{SPANS[by]}', placed_on::timestamp), 'YYYY-MM-DD')"
    rows = await connection.fetch(
        f"SELECT currency, {key} AS key, sum(order_count) AS orders, sum(unit_count) AS units,"
        f" sum(gross_minor) AS gross_minor FROM cancellation.placed_sums WHERE {query}"
        " GROUP BY 1, 2",
        *query.values,
    )
    return [_plain(row, ("orders", "units", "gross_minor")) for row in rows]


async def titles_of(connection: AnyConnection, products: Sequence[str]) -> dict[str, str]:
    """Return what products are called; where they had several names, one of them."""
    rows = await connection.fetch(
        "SELECT sku, (SELECT min(title) FROM cancellation.cancelled_lines l WHERE l.sku = p.sku)"
        " AS title FROM unnest($1::text[]) AS p(sku)",
        list(products),
    )
    return {row["sku"]: row["title"] for row in rows}


async def count_refunds(
    connection: AnyConnection, wanted: Wanted, by: RefundsBy, *, limit: int
) -> list[Row]:
    """Count refunds and how long they took."""
    columns = {
        "TENDER": "tender", "METHOD": "method", "REASON": "reason", "CHANNEL": "channel",
        "COUNTRY": "country",
    }  # fmt: skip
    counts = ", ".join(
        f"count(*) FILTER (WHERE {words}) AS {name.lower()},"
        f" coalesce(sum(amount_minor) FILTER (WHERE {words}), 0) AS {name.lower()}_minor"
        for name, words in REFUND_WORDS.items()
    )
    rows = await _grouped(
        connection, refund_rows(wanted), _group(by, wanted, "due_at", columns), limit=limit,
        columns=f"count(*) AS refunds, sum(amount_minor) AS refund_minor, {counts},"
        f" {_times('ended_at - due_at', REFUND_WORDS['SUCCEEDED'])}",
    )  # fmt: skip
    sums = ("refund_minor", *(f"{name.lower()}_minor" for name in REFUND_WORDS))
    return [_plain(row, sums) for row in rows]


async def count_requests(
    connection: AnyConnection, wanted: Wanted, by: RequestsBy, *, limit: int
) -> list[Row]:
    """Count requests, how they were answered, and how long that took."""
    columns = {
        "KIND": "kind", "OUTCOME": "outcome", "REASON": "reason", "CHANNEL": "channel",
        "COUNTRY": "country",
    }  # fmt: skip
    rows = await _grouped(
        connection, request_rows(wanted), _group(by, wanted, "requested_at", columns),
        limit=limit, columns="count(*) AS requests,"
        " count(*) FILTER (WHERE outcome = 'APPROVED') AS granted,"
        " count(*) FILTER (WHERE outcome = 'DENIED') AS denied,"
        " count(*) FILTER (WHERE outcome = 'OPEN') AS open,"
        " count(*) FILTER (WHERE is_by_default) AS by_default,"
        " sum(refund_minor) AS refund_minor,"
        f" {_times('answered_at - requested_at', 'answered_at IS NOT NULL')}",
    )  # fmt: skip
    return [_plain(row, ("refund_minor",)) for row in rows]


def _times(span: str, when: str) -> str:
    seconds = f"floor(extract(epoch FROM {span}))::bigint"
    return ", ".join(
        f"percentile_disc({share}) WITHIN GROUP (ORDER BY {seconds})"
        f" FILTER (WHERE {when}) AS {name}"
        for share, name in ((0.5, "median_s"), (0.9, "p90_s"))
    )


async def _grouped(
    connection: AnyConnection, source: tuple[str, Query], group: _Group, *, columns: str,
    limit: int,
) -> Sequence[Any]:  # fmt: skip
    table, query = source
    rows = await connection.fetch(
        f"SELECT *, {group.told} AS told FROM (SELECT *, row_number() OVER (PARTITION BY currency"
        " ORDER BY refund_minor DESC, key) AS rank"
        f" FROM (SELECT currency, {group.of_row} AS key, {columns} FROM {table} WHERE {query}"
        f" GROUP BY 1, 2) g) r WHERE rank <= {int(limit)} ORDER BY currency, rank",
        *query.values,
    )
    return [{**row, "key": row["told"]} for row in rows]


def _plain(row: Any, sums: Sequence[str]) -> Row:
    """Return a row with its sums as whole numbers, which they are, and without what sorted it."""
    told = {name: value for name, value in dict(row).items() if name not in ("rank", "told")}
    return told | {name: int(told[name]) for name in sums}
