"""The order state and the audit history: tables `order_summaries` and `order_history`.

Reads stored JSON as plain values, because a rebuild is bound by decoding; stored names and fields
are ours and do not move. Both tables and the cursor change in one transaction.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

import orjson

from kit.event_store import LogEntry
from kit.facts import fact_json
from kit.postgres import AnyConnection

Json = dict[str, Any]

SUMMARY_COLUMNS: dict[str, str] = {
    "stream_id": "uuid",
    "order_id": "text",
    "state": "text",
    "currency": "text",
    "customer_id": "text",
    "country": "text",
    "placed_at": "timestamptz",
    "total_minor": "bigint",
    "captured_minor": "bigint",
    "cancelled_minor": "bigint",
    "refund_due_minor": "bigint",
    "refunded_minor": "bigint",
    "reason": "text",
    "cancelled_at": "timestamptz",
    "cancellation_count": "integer",
    "rejection_count": "integer",
    "refunds_open": "integer",
    "refunds_failed": "integer",
    "refunds_uncertain": "integer",
    "restocks_open": "integer",
    "restocks_failed": "integer",
    "notifications_open": "integer",
    "notifications_failed": "integer",
    "notifications_uncertain": "integer",
    "lines": "json",
    "version": "bigint",
    "last_position": "bigint",
}
"""Columns of `order_summaries` and their types, in table order."""

_values = attrgetter(*SUMMARY_COLUMNS)


_EMPTY: dict[str, Any] = {
    column: 0 if type_ in ("bigint", "integer") else None
    for column, type_ in SUMMARY_COLUMNS.items()
}


class OrderSummary:
    """One row while a page is folded into it; its attributes are the columns."""

    def __init__(self, stream_id: UUID) -> None:
        self.__dict__ |= _EMPTY
        self.stream_id = stream_id
        self.is_known = False
        """False until the order was placed; rejected commands for unknown orders make no row."""

    @classmethod
    def of_row(cls, row: Iterable[Any]) -> "OrderSummary":
        """Take up a stored row."""
        summary = cls.__new__(cls)
        summary.__dict__ |= zip(SUMMARY_COLUMNS, row, strict=True)
        summary.is_known = True
        return summary


def _placed(row: Any, fact: Json, _: datetime) -> None:
    message = fact["message"]
    customer = message["customer"] or {}
    row.is_known = True
    row.order_id, row.currency = message["order_id"], message["currency"]
    row.state = "PLACED"
    row.customer_id = customer.get("customer_id")
    # A zero byte is valid JSON; PostgreSQL takes it in `json` and in no text column.
    row.country = message["country"] and message["country"].replace("\x00", "")
    row.placed_at = datetime.fromisoformat(message["placed_at"])
    row.total_minor = sum(x["quantity"] * x["unit_price_minor"] for x in message["lines"])
    for line in message["lines"]:
        line["fulfilled"] = line["cancelled"] = 0
    row.lines = orjson.dumps(message["lines"]).decode()


def _captured(row: Any, fact: Json, _: datetime) -> None:
    row.captured_minor += fact["message"]["amount_minor"]


def _count_units(row: Any, changes: Iterable[Json], column: str) -> None:
    lines = orjson.loads(row.lines)
    by_id = {line["line_id"]: line for line in lines}
    for change in changes:
        by_id[change["line_id"]][column] += change["quantity"]
    row.lines = orjson.dumps(lines).decode()


def _fulfilled(row: Any, fact: Json, _: datetime) -> None:
    known = {line["line_id"] for line in orjson.loads(row.lines)}
    lines = [line for line in fact["message"]["lines"] if line["line_id"] in known]
    _count_units(row, lines, "fulfilled")


def _cancelled(row: Any, fact: Json, at: datetime) -> None:
    row.state = "CANCELLED" if fact["nothing_left"] else "PARTIALLY_CANCELLED"
    row.reason, row.cancelled_at = fact["reason"], at
    row.cancellation_count += 1
    row.cancelled_minor += sum(line["amount_minor"] for line in fact["lines"])
    row.refund_due_minor += fact["refund_minor"]
    row.refunds_open += len(fact["refunds"])
    row.restocks_open += fact["restock"]
    row.notifications_open += fact["recipient"] is not None
    _count_units(row, fact["lines"], "cancelled")


def _rejected(row: Any, _: Json, __: datetime) -> None:
    # Only once there is a row to count in: before, the count would depend on page boundaries.
    row.rejection_count += row.is_known


def _refund_reported(row: Any, fact: Json, _: datetime) -> None:
    row.refunds_open -= 1
    if fact["outcome"] == "SUCCEEDED":
        row.refunded_minor += fact["message"]["amount_minor"]
    elif fact["outcome"] == "FAILED":
        row.refunds_failed += 1
    else:
        row.refunds_uncertain += 1


def _restock_reported(row: Any, fact: Json, _: datetime) -> None:
    row.restocks_open -= 1
    row.restocks_failed += fact["outcome"] == "FAILED"


def _notification_reported(row: Any, fact: Json, _: datetime) -> None:
    row.notifications_open -= 1
    row.notifications_failed += fact["outcome"] == "FAILED"
    row.notifications_uncertain += fact["outcome"] == "UNCERTAIN"


def _unchanged(_: Any, __: Json, ___: datetime) -> None:
    pass


FOLD: dict[str, Callable[[Any, Json, datetime], None]] = {
    "order.placed.v1": _placed,
    "order.payment-authorized.v1": _unchanged,
    "order.payment-captured.v1": _captured,
    "order.lines-fulfilled.v1": _fulfilled,
    "order.cancelled.v1": _cancelled,
    "order.cancellation-rejected.v1": _rejected,
    "order.refund-reported.v1": _refund_reported,
    "order.restock-reported.v1": _restock_reported,
    "order.notification-reported.v1": _notification_reported,
    "order.cancellation-completed.v1": _unchanged,
}
"""How each stored name changes a row; a name without an entry stops the projector, by name."""

_COLUMN_LIST = ", ".join(SUMMARY_COLUMNS)
_UNNEST = ", ".join(f"${n}::{type_}[]" for n, type_ in enumerate(SUMMARY_COLUMNS.values(), 1))
_UPDATES = ", ".join(f"{column} = excluded.{column}" for column in SUMMARY_COLUMNS)
_UPSERT = (
    f"INSERT INTO cancellation.order_summaries ({_COLUMN_LIST}) SELECT * FROM unnest({_UNNEST})"
    f" ON CONFLICT (stream_id) DO UPDATE SET {_UPDATES}"
)
_SELECT = (
    f"SELECT {_COLUMN_LIST} FROM cancellation.order_summaries WHERE stream_id = ANY($1::uuid[])"
)
HISTORY_COLUMNS = (
    "stream_id", "version", "position", "name", "recorded_at", "message_id", "correlation_id",
    "fact",
)  # fmt: skip


class OrdersProjection:
    """Folds the log into `order_summaries` and copies it, readable, into `order_history`."""

    name = "orders"
    tables = {"order_summaries": tuple(SUMMARY_COLUMNS), "order_history": HISTORY_COLUMNS}  # noqa: RUF012

    async def apply(self, connection: AnyConnection, page: Sequence[LogEntry]) -> None:
        """Apply one page; idempotence is the cursor's business."""
        # Streams whose first fact is in this page have no row yet.
        new = {entry.stream for entry in page if entry.version == 1}
        known = list({entry.stream for entry in page} - new)
        rows = await connection.fetch(_SELECT, known) if known else []
        summaries, history = fold_page(page, {row[0]: OrderSummary.of_row(row) for row in rows})
        await connection.copy_records_to_table(
            "order_history", schema_name="cancellation", columns=HISTORY_COLUMNS, records=history
        )
        if summaries:
            await connection.execute(_UPSERT, *zip(*summaries, strict=True))

    def fold(
        self, page: Sequence[LogEntry], carried: dict[UUID, OrderSummary] | None
    ) -> tuple[dict[str, Sequence[tuple[Any, ...]]], dict[UUID, OrderSummary]]:
        """Fold a page ordered by stream; only its last stream may go on in the next page."""
        open_ = dict(carried or {})
        summaries, history = fold_page(page, open_)
        last = {page[-1].stream: open_[page[-1].stream]} if page else {}
        if last and summaries and summaries[-1][0] in last:
            summaries.pop()
        return {"order_summaries": summaries, "order_history": history}, last


def fold_page(
    page: Sequence[LogEntry], summaries: dict[UUID, OrderSummary]
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Return the summary rows a page changes and its history rows; pure.

    Args:
        page: facts in log order.
        summaries: rows of the streams in it that have one; changed in place.
    """
    history = []
    for position, stream, version, name, body in page:
        stored = orjson.loads(body)
        fact, cause = stored["fact"], stored["cause"]
        at = datetime.fromisoformat(cause["recorded_at"])
        history.append(
            (stream, version, position, name, at, cause["message_id"], cause["correlation_id"],
             fact_json(body))
        )  # fmt: skip
        row: Any = summaries.get(stream)
        if row is None:
            row = summaries[stream] = OrderSummary(stream)
        FOLD[name](row, fact, at)
        row.version, row.last_position = version, position
    return [_values(row) for row in summaries.values() if row.is_known], history
