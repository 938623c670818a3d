"""Order state, cases and figures, each in tables of its own.

Reads stored JSON as plain values, because a rebuild is bound by decoding; stored names and fields
are ours and do not move. All tables and the cursor change in one transaction. Read `row`, `heard`,
`money`, `decided`, `cases`, `states`, `figures`, `finding`, then `folding` and `storing`.
"""

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from typing import Any, NamedTuple, Self

from kit.event_store import LogEntry
from kit.postgres import AnyConnection
from rebuild.summing import Rows, SumTable
from services.cancellation.projections.cases import CASE_COLUMNS, rows_of
from services.cancellation.projections.figures import FIGURE_TABLES, figure_rows
from services.cancellation.projections.finding import WORD_COLUMNS, word_rows
from services.cancellation.projections.folding import Placed, fold_one
from services.cancellation.projections.row import SUMMARY_COLUMNS, OrderSummary, values_of
from services.cancellation.projections.states import STATE_COLUMNS, state_rows
from services.cancellation.projections.storing import SUMS, store

PARTS: Mapping[str, Collection[str]] = {
    "states": ("order_summaries", "order_states", "cases"),
    "search": ("order_words", "articles"),
    "figures": (*FIGURE_TABLES, "placed_sums"),
}
"""Tables that can be rebuilt without the others: what an order is, what it is found by, and what is
counted."""


class _Carried(NamedTuple):
    """What a fold goes on with: the last stream, and sums that are not worth writing yet."""

    row: Any
    placed: Placed


_Rows = dict[str, list[tuple[Any, ...]]]


def _finish(row: Any, rows: _Rows) -> None:
    """Add what an order comes to, to the tables that are wanted."""
    if row is None or not row.is_known:
        return
    if "order_summaries" in rows:
        rows["order_summaries"].append(values_of(row))
        rows["order_states"].extend(state_rows([row]))
        rows["cases"].extend(rows_of(row, row.changed_cases))
    if "order_words" in rows:
        rows["order_words"].extend(word_rows([row]))
    if "cancellations" in rows and row.is_counted:
        for table, more in figure_rows(row).items():
            rows[table] += more


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
        9: (
            "order_summaries.words", "order_words.+row", "order_words.found_by", "articles.+row",
        ),
    }  # fmt: skip
    tables: Mapping[str, Sequence[str]] = {
        "order_summaries": tuple(SUMMARY_COLUMNS),
        "order_states": tuple(STATE_COLUMNS),
        "cases": tuple(CASE_COLUMNS),
        "order_words": tuple(WORD_COLUMNS),
        **{table: tuple(columns) for table, columns in FIGURE_TABLES.items()},
    }
    sums: Mapping[str, SumTable] = SUMS
    is_part = False

    def part(self, *names: str) -> Self:
        """Return some of `PARTS`, with the cursor of all."""
        wanted = {table for name in names for table in PARTS[name]}
        part = copy(self)
        part.tables = {name: each for name, each in self.tables.items() if name in wanted}
        part.sums = {name: each for name, each in self.sums.items() if name in wanted}
        part.is_part = wanted != {table for tables in PARTS.values() for table in tables}
        return part

    async def apply(self, connection: AnyConnection, page: Sequence[LogEntry]) -> None:
        """Apply one page; idempotence is the cursor's business."""
        await store(connection, page)

    def fold(
        self, page: Sequence[LogEntry], carried: _Carried | None
    ) -> tuple[dict[str, Sequence[tuple[Any, ...]]], _Carried]:
        """Fold a page ordered by stream; only its last stream may go on in the next page."""
        rows: _Rows = {table: [] for table in self.tables}
        row, placed = carried or _Carried(None, self._placed())
        for entry in page:
            if row is None or row.stream_id != entry.stream:
                _finish(row, rows)
                row = OrderSummary(entry.stream)
            fold_one(row, entry, placed)
        if not page:
            _finish(row, rows)
        if page and not placed.is_full:
            return {**rows, **dict.fromkeys(self.sums, ())}, _Carried(row, placed)
        return {**rows, **placed.rows()}, _Carried(row, self._placed())

    def _placed(self) -> Placed:
        return Placed(is_searched="articles" in self.sums, is_counted="placed_sums" in self.sums)

    def sums_of(self, page: Sequence[LogEntry]) -> Rows:
        """Return what some facts add to the sums."""
        placed = self._placed()
        for entry in page:
            if entry.name.startswith("order.placed."):
                fold_one(OrderSummary(entry.stream), entry, placed)
        return placed.rows()
