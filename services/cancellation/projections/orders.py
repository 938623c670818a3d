"""Order state, cases and audit history: tables `order_summaries`, `cases`, `order_history`.

Reads stored JSON as plain values, because a rebuild is bound by decoding; stored names and fields
are ours and do not move. All tables and the cursor change in one transaction. Read `row`, `heard`,
`money`, `decided`, `cases`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from kit.event_store import LogEntry
from kit.facts import fact_json, raised, upcasts_of
from kit.postgres import AnyConnection
from services.cancellation.domain.events import FACTS
from services.cancellation.projections import cases, decided, heard, money
from services.cancellation.projections.cases import CASE_COLUMNS, rows_of
from services.cancellation.projections.row import SUMMARY_COLUMNS, Json, OrderSummary, values_of

__all__ = ["FOLD", "HISTORY_COLUMNS", "SUMMARY_COLUMNS", "OrderSummary", "OrdersProjection"]


def _unchanged(_: Any, __: Json, ___: str) -> None:
    pass


FOLD: dict[str, Callable[[Any, Json, str], None]] = {
    "order.placed.v1": heard.placed,
    "order.payment-authorized.v1": heard.authorized,
    "order.payment-capture-started.v1": heard.capture_started,
    "order.payment-captured.v1": heard.captured,
    "order.payment-capture-failed.v1": heard.capture_failed,
    "order.payment-voided.v1": heard.voided,
    "order.lines-fulfilled.v1": heard.fulfilled,
    "order.items-returned.v1": heard.returned,
    "order.cancelled.v1": decided.cancelled,
    "order.cancellation-confirmed.v1": decided.confirmed,
    "order.cancellation-undone.v1": decided.undone,
    "order.reinstated.v1": decided.reinstated,
    "order.cancellation-rejected.v1": decided.refused,
    "order.command-rejected.v1": decided.refused,
    "order.cancellation-requested.v1": decided.requested,
    "order.cancellation-approved.v1": decided.approved,
    "order.cancellation-denied.v1": decided.denied,
    "order.refund-requested.v1": decided.refund_requested,
    "order.payment-void-requested.v1": decided.void_requested,
    "order.restock-requested.v1": decided.restock_requested,
    "order.case-opened.v1": cases.opened,
    "order.case-assigned.v1": cases.assigned,
    "order.case-escalated.v1": cases.escalated,
    "order.case-note-added.v1": cases.noted,
    "order.case-closed.v1": cases.closed,
    "order.fulfillment-claimed.v1": decided.claimed,
    "order.fulfillment-claim-rejected.v1": decided.refused,
    "order.fulfillment-claim-released.v1": decided.claim_released,
    "order.refund-progressed.v1": money.refund_progressed,
    "order.manual-refund-recorded.v1": money.manual_refund_recorded,
    "order.refund-reported.v1": money.refund_reported,
    "order.refund-fallback-chosen.v1": money.fallback_chosen,
    "order.void-reported.v1": money.void_reported,
    "order.store-credit-reported.v1": money.credit_reported,
    "order.gift-card-reported.v1": _unchanged,
    "order.restock-reported.v1": heard.restock_reported,
    "order.notification-reported.v1": heard.notification_reported,
    "order.message-reported.v1": _unchanged,
    "order.mail-bounced.v1": _unchanged,
    "order.cancellation-completed.v1": decided.completed,
    "policy.published.v1": _unchanged,
    "bulk.plan-started.v1": _unchanged,
    "bulk.plan-paused.v1": _unchanged,
    "bulk.plan-resumed.v1": _unchanged,
    "bulk.plan-cancelled.v1": _unchanged,
    "bulk.plan-completed.v1": _unchanged,
}
"""How each stored name changes a row; a name without an entry stops the projector, by name."""

_OLDER = upcasts_of(FACTS)

_COLUMN_LIST = ", ".join(SUMMARY_COLUMNS)


def _upsert(table: str, columns: dict[str, str], key: str) -> str:
    unnested = ", ".join(f"${n}::{type_}[]" for n, type_ in enumerate(columns.values(), 1))
    updates = ", ".join(f"{column} = excluded.{column}" for column in columns)
    return (
        f"INSERT INTO cancellation.{table} ({', '.join(columns)}) SELECT * FROM unnest({unnested})"
        f" ON CONFLICT ({key}) DO UPDATE SET {updates}"
    )


_UPSERT = _upsert("order_summaries", SUMMARY_COLUMNS, "stream_id")
_UPSERT_CASES = _upsert("cases", CASE_COLUMNS, "case_id")
_SELECT = (
    f"SELECT {_COLUMN_LIST} FROM cancellation.order_summaries WHERE stream_id = ANY($1::uuid[])"
)
HISTORY_COLUMNS = (
    "stream_id", "version", "position", "name", "recorded_at", "message_id", "correlation_id",
    "fact",
)  # fmt: skip


class OrdersProjection:
    """Folds the log into `order_summaries` and `cases`, and copies it into `order_history`."""

    name = "orders"
    versions: Mapping[int, Collection[str]] = {
        1: (),
        2: ("cases.+row", "order_summaries.details"),
        3: tuple(
            f"order_summaries.{column}"
            for column in (
                "details", "balance_minor", "credit_due_minor", "refund_due_minor", "refund_state",
            )
        ),
        4: ("order_summaries.email", "order_summaries.channel", "order_summaries.words"),
    }  # fmt: skip
    tables = {  # noqa: RUF012
        "order_summaries": tuple(SUMMARY_COLUMNS),
        "cases": tuple(CASE_COLUMNS),
        "order_history": HISTORY_COLUMNS,
    }

    async def apply(self, connection: AnyConnection, page: Sequence[LogEntry]) -> None:
        """Apply one page; idempotence is the cursor's business."""
        # Streams whose first fact is in this page have no row yet.
        new = {entry.stream for entry in page if entry.version == 1}
        known = list({entry.stream for entry in page} - new)
        rows = await connection.fetch(_SELECT, known) if known else []
        orders = {row[0]: OrderSummary.of_row(row) for row in rows}
        summaries, history = fold_page(page, orders)
        await connection.copy_records_to_table(
            "order_history", schema_name="cancellation", columns=HISTORY_COLUMNS, records=history
        )
        if summaries:
            await connection.execute(_UPSERT, *zip(*summaries, strict=True))
        if changed := [case for row in orders.values() for case in rows_of(row, row.changed_cases)]:
            await connection.execute(_UPSERT_CASES, *zip(*changed, strict=True))

    def fold(
        self, page: Sequence[LogEntry], carried: OrderSummary | None
    ) -> tuple[dict[str, Sequence[tuple[Any, ...]]], OrderSummary | None]:
        """Fold a page ordered by stream; only its last stream may go on in the next page."""
        summaries, history, cases = [], [], list[tuple[Any, ...]]()
        row: Any = carried

        def finish() -> None:
            if row is not None and row.is_known:
                summaries.append(values_of(row))
                cases.extend(rows_of(row, row.changed_cases))

        for entry in page:
            if row is None or row.stream_id != entry.stream:
                finish()
                row = OrderSummary(entry.stream)
            history.append(_fold_one(row, entry))
        if not page:
            finish()
        return {"order_summaries": summaries, "cases": cases, "order_history": history}, row


def fold_page(
    page: Sequence[LogEntry], summaries: dict[UUID, OrderSummary]
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Return the summary rows a page changes and its history rows; pure.

    Args:
        page: facts in log order.
        summaries: rows of the streams in it that have one; changed in place.
    """
    history = []
    for entry in page:
        row = summaries.get(entry.stream)
        if row is None:
            row = summaries[entry.stream] = OrderSummary(entry.stream)
        history.append(_fold_one(row, entry))
    return [values_of(row) for row in summaries.values() if row.is_known], history


def _fold_one(row: Any, entry: LogEntry) -> tuple[Any, ...]:
    """Fold one fact into its row and return its row of the history."""
    position, stream, version, name, body = entry
    stored = orjson.loads(body)
    fact, cause = stored["fact"], stored["cause"]
    at = cause["recorded_at"]
    fold = FOLD.get(name)
    if fold is None:
        today, told = raised(_OLDER, name, body)
        fold, fact = FOLD[today], orjson.loads(told)["fact"]
    fold(row, fact, at)
    row.version, row.last_position = version, position
    return (
        stream, version, position, name, datetime.fromisoformat(at), cause["message_id"],
        cause["correlation_id"], fact_json(body),
    )  # fmt: skip
