"""Order state, cases and figures, each in tables of its own.

Reads stored JSON as plain values, because a rebuild is bound by decoding; stored names and fields
are ours and do not move. All tables and the cursor change in one transaction. Read `row`, `heard`,
`money`, `decided`, `cases`, `states`, `figures`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from kit.event_store import LogEntry
from kit.facts import raised, upcasts_of
from kit.postgres import AnyConnection
from rebuild.summing import Rows
from services.cancellation.domain.events import FACTS
from services.cancellation.projections import cases, decided, heard, money
from services.cancellation.projections.cases import CASE_COLUMNS, rows_of
from services.cancellation.projections.figures import (
    ARTICLES,
    COUNTED,
    FIGURE_KEYS,
    FIGURE_TABLES,
    PLACED_SUMS,
    Placed,
    figure_rows,
)
from services.cancellation.projections.placing import PLACED, read_placed
from services.cancellation.projections.row import SUMMARY_COLUMNS, Json, OrderSummary, values_of
from services.cancellation.projections.states import STATE_COLUMNS, is_told_of, state_rows

__all__ = ["FOLD", "SUMMARY_COLUMNS", "OrderSummary", "OrdersProjection"]


def _unchanged(_: Any, __: Json, ___: str) -> None:
    pass


FOLD: dict[str, Callable[[Any, Any, str], None]] = {
    PLACED: heard.placed,
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
    "order.feedback-given.v1": heard.feedback_given,
    "order.cancellation-completed.v1": decided.completed,
    "policy.published.v1": _unchanged,
    "bulk.plan-started.v1": _unchanged,
    "bulk.plan-paused.v1": _unchanged,
    "bulk.plan-resumed.v1": _unchanged,
    "bulk.plan-cancelled.v1": _unchanged,
    "bulk.plan-completed.v1": _unchanged,
    "people.person-set.v1": _unchanged,
    "people.password-set.v1": _unchanged,
    "people.key-issued.v1": _unchanged,
    "people.key-revoked.v1": _unchanged,
    "people.signed-in.v1": _unchanged,
    "people.sign-in-refused.v1": _unchanged,
    "people.signed-out.v1": _unchanged,
}
"""How each stored name changes a row; a name without an entry stops the projector, by name."""

_OLDER = upcasts_of(FACTS)

_COLUMN_LIST = ", ".join(SUMMARY_COLUMNS)


def _upsert(table: str, columns: dict[str, str], key: str, first: int = 1) -> str:
    types = enumerate(columns.values(), first)
    unnested = ", ".join(f"${n}::{type_}[]" for n, type_ in types)
    updates = ", ".join(f"{column} = excluded.{column}" for column in columns)
    return (
        f"INSERT INTO cancellation.{table} ({', '.join(columns)}) SELECT * FROM unnest({unnested})"
        f" ON CONFLICT ({key}) DO UPDATE SET {updates}"
    )


def _upsert_orders() -> str:
    """Return one statement for an order's row and its narrow one, which few orders have."""
    own, states = len(SUMMARY_COLUMNS), len(STATE_COLUMNS)
    return (
        f"WITH told AS ({_upsert('order_states', STATE_COLUMNS, 'stream_id', own + 1)}),"
        " calmed AS (DELETE FROM cancellation.order_states"
        f" WHERE stream_id = ANY(${own + states + 1}::uuid[]))"
        f" {_upsert('order_summaries', SUMMARY_COLUMNS, 'stream_id')}"
    )


_SUMS = {"placed_sums": PLACED_SUMS, "articles": ARTICLES}
_UPSERT = _upsert_orders()
_UPSERT_CASES = _upsert("cases", CASE_COLUMNS, "case_id")


def _upsert_figures() -> str:
    """Return one statement for all tables of figures, so that a page waits for one more answer."""
    parts, first = list[str](), 1
    for table, columns in FIGURE_TABLES.items():
        key = ", ".join(FIGURE_KEYS[table])
        parts.append(f"{table} AS ({_upsert(table, columns, key, first)})")
        first += len(columns)
    for name, sums in _SUMS.items():
        parts.append(f"{name} AS ({sums.adding(f'cancellation.{name}', first)})")
        first += len(sums.columns)
    return f"WITH {', '.join(parts)} SELECT"


_UPSERT_FIGURES = _upsert_figures()
_SELECT = (
    f"SELECT {_COLUMN_LIST}, (SELECT t.words FROM cancellation.order_states t"
    " WHERE t.stream_id = order_summaries.stream_id)"
    " FROM cancellation.order_summaries WHERE stream_id = ANY($1::uuid[])"
)
_SELECT_PLACED = (
    "SELECT originator_id, state FROM cancellation.cancellation_events"
    f" WHERE originator_id = ANY($1::uuid[]) AND topic = '{PLACED}'"
)


class _Carried(NamedTuple):
    """What a fold goes on with: the last stream, and sums that are not worth writing yet."""

    row: Any
    placed: Placed


class OrdersProjection:
    """Folds the log into rows per order, case and figure."""

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
        5: (
            "order_summaries.details", "placed_sums.+row",
            *(f"{table}.+row" for table in FIGURE_TABLES),
        ),
        6: ("order_states.+row", "order_summaries.words"),
        7: (
            "order_summaries.lines", "order_summaries.unit_count", "order_summaries.details",
            "order_summaries.words", "cancellations.is_only",
            "cancelled_lines.is_first",
        ),
        8: ("order_states.words",),
        9: ("order_summaries.words", "order_summaries.found_by", "articles.+row"),
    }  # fmt: skip
    tables = {  # noqa: RUF012
        "order_summaries": tuple(SUMMARY_COLUMNS),
        "order_states": tuple(STATE_COLUMNS),
        "cases": tuple(CASE_COLUMNS),
        **{table: tuple(columns) for table, columns in FIGURE_TABLES.items()},
    }
    sums = _SUMS

    async def apply(self, connection: AnyConnection, page: Sequence[LogEntry]) -> None:
        """Apply one page; idempotence is the cursor's business."""
        # Streams whose first fact is in this page have no row yet.
        new = {entry.stream for entry in page if entry.version == 1}
        known = list({entry.stream for entry in page} - new)
        rows = await connection.fetch(_SELECT, known) if known else []
        orders = {
            stream: OrderSummary.of_row((stream, *row), words) for stream, *row, words in rows
        }
        told_before = [row for row in orders.values() if is_told_of(row)]
        placed = Placed()
        summaries = fold_page(page, orders, placed)
        if summaries:
            await _read_unknown(connection, orders)
            told = list(state_rows(orders.values()))
            states = zip(*told, strict=True) if told else ((),) * len(STATE_COLUMNS)
            calm = [row.stream_id for row in told_before if not is_told_of(row)]
            await connection.execute(_UPSERT, *zip(*summaries, strict=True), *states, calm)
        if changed := [case for row in orders.values() for case in rows_of(row, row.changed_cases)]:
            await connection.execute(_UPSERT_CASES, *zip(*changed, strict=True))
        counted = [row for row in orders.values() if row.is_counted and row.is_known]
        if counted or placed:
            await connection.execute(_UPSERT_FIGURES, *_arrays(counted, placed))

    def fold(
        self, page: Sequence[LogEntry], carried: _Carried | None
    ) -> tuple[dict[str, Sequence[tuple[Any, ...]]], _Carried]:
        """Fold a page ordered by stream; only its last stream may go on in the next page."""
        rows: dict[str, list[Any]] = {table: [] for table in self.tables}
        row, placed = carried or _Carried(None, Placed())

        def finish() -> None:
            if row is not None and row.is_known:
                rows["order_summaries"].append(values_of(row))
                rows["order_states"].extend(state_rows([row]))
                rows["cases"].extend(rows_of(row, row.changed_cases))
                if row.is_counted:
                    for table, more in figure_rows(row).items():
                        rows[table] += more

        for entry in page:
            if row is None or row.stream_id != entry.stream:
                finish()
                row = OrderSummary(entry.stream)
            _fold_one(row, entry, placed)
        if not page:
            finish()
        if page and not placed.is_full:
            return {**rows, **dict.fromkeys(_SUMS, ())}, _Carried(row, placed)
        return {**rows, **placed.rows()}, _Carried(row, Placed())

    def sums_of(self, page: Sequence[LogEntry]) -> Rows:
        """Return what some facts add to the sums."""
        placed = Placed()
        for entry in page:
            if entry.name.startswith("order.placed."):
                _fold_one(OrderSummary(entry.stream), entry, placed)
        return placed.rows()


async def _read_unknown(connection: AnyConnection, orders: Mapping[UUID, OrderSummary]) -> None:
    """Read how orders were placed of which more is said now than before, for their words."""
    unknown = [
        stream
        for stream, row in orders.items()
        if row.words is None and row.placed is None and is_told_of(row)
    ]
    for stream, body in await connection.fetch(_SELECT_PLACED, unknown) if unknown else ():
        orders[stream].placed = read_placed(body)


def _arrays(counted: Sequence[OrderSummary], placed: Placed) -> list[Sequence[Any]]:
    """Return a column after the other of all rows that change."""
    rows = [figure_rows(row) for row in counted]
    arrays = list[Sequence[Any]]()
    for table, columns in FIGURE_TABLES.items():
        found = [one for each in rows for one in each[table]]
        arrays += zip(*found, strict=True) if found else [()] * len(columns)
    added = placed.rows()
    for name, sums in _SUMS.items():
        arrays += zip(*added[name], strict=True) if added[name] else [()] * len(sums.columns)
    return arrays


def fold_page(
    page: Sequence[LogEntry], summaries: dict[UUID, OrderSummary], placed: Placed | None = None
) -> list[tuple[Any, ...]]:
    """Return the summary rows a page changes; pure.

    Args:
        page: facts in log order.
        summaries: rows of the streams in it that have one; changed in place.
        placed: where orders that were placed are counted.
    """
    placed = Placed() if placed is None else placed
    for entry in page:
        row = summaries.get(entry.stream)
        if row is None:
            row = summaries[entry.stream] = OrderSummary(entry.stream)
        _fold_one(row, entry, placed)
    return [values_of(row) for row in summaries.values() if row.is_known]


def _fold_one(row: Any, entry: LogEntry, placed: Placed) -> None:
    """Fold one fact into its row."""
    position, _, version, name, body = entry
    if name not in FOLD:
        name, body = raised(_OLDER, name, body)
    if name == PLACED:
        order = read_placed(body)
        FOLD[name](row, order, "")
        placed.count(row, order)
    else:
        stored = orjson.loads(body)
        FOLD[name](row, stored["fact"], stored["cause"]["recorded_at"])
        if name in COUNTED:
            row.is_counted = True
    row.version, row.last_position = version, position
