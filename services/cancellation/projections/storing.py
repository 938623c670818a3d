"""A page of facts folded into the tables: rows read, folded, and written by few statements."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from kit.event_store import LogEntry
from kit.postgres import AnyConnection
from rebuild.summing import Rows
from services.cancellation.projections.cases import CASE_COLUMNS, rows_of
from services.cancellation.projections.figures import (
    FIGURE_KEYS,
    FIGURE_TABLES,
    PLACED_SUMS,
    figure_rows,
)
from services.cancellation.projections.finding import ARTICLES, WORD_COLUMNS, word_rows
from services.cancellation.projections.folding import Placed, fold_page
from services.cancellation.projections.placing import PLACED, read_placed
from services.cancellation.projections.row import SUMMARY_COLUMNS, OrderSummary
from services.cancellation.projections.states import STATE_COLUMNS, is_told_of, state_rows

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


SUMS = {"placed_sums": PLACED_SUMS, "articles": ARTICLES}
"""Tables of sums, and the set of articles."""

_BESIDE = {**FIGURE_TABLES, "order_words": WORD_COLUMNS}
_KEYS = {**FIGURE_KEYS, "order_words": ("stream_id",)}
_UPSERT = _upsert_orders()
_UPSERT_CASES = _upsert("cases", CASE_COLUMNS, "case_id")


def _upsert_beside() -> str:
    """Return one statement for all tables beside, so that a page waits for one more answer."""
    parts, first = list[str](), 1
    for table, columns in _BESIDE.items():
        parts.append(f"{table} AS ({_upsert(table, columns, ', '.join(_KEYS[table]), first)})")
        first += len(columns)
    for name, sums in SUMS.items():
        parts.append(f"{name} AS ({sums.adding(f'cancellation.{name}', first)})")
        first += len(sums.columns)
    return f"WITH {', '.join(parts)} SELECT"


_UPSERT_BESIDE = _upsert_beside()
_SELECT = (
    f"SELECT {_COLUMN_LIST}, (SELECT t.words FROM cancellation.order_states t"
    " WHERE t.stream_id = order_summaries.stream_id)"
    " FROM cancellation.order_summaries WHERE stream_id = ANY($1::uuid[])"
)
_SELECT_PLACED = (
    "SELECT originator_id, state FROM cancellation.cancellation_events"
    f" WHERE originator_id = ANY($1::uuid[]) AND topic = '{PLACED}'"
)


async def store(connection: AnyConnection, page: Sequence[LogEntry]) -> None:
    """Fold a page of the log into the tables."""
    # Streams whose first fact is in this page have no row yet.
    new = {entry.stream for entry in page if entry.version == 1}
    known = list({entry.stream for entry in page} - new)
    rows = await connection.fetch(_SELECT, known) if known else []
    orders = {stream: OrderSummary.of_row((stream, *row), words) for stream, *row, words in rows}
    told_before = [row for row in orders.values() if is_told_of(row)]
    placed = Placed()
    summaries = fold_page(page, orders, placed)
    if summaries:
        await _read_unknown(connection, orders)
        told = list(state_rows(orders.values()))
        calm = [row.stream_id for row in told_before if not is_told_of(row)]
        states = _columns(told, len(STATE_COLUMNS))
        await connection.execute(_UPSERT, *zip(*summaries, strict=True), *states, calm)
    if changed := [case for row in orders.values() for case in rows_of(row, row.changed_cases)]:
        await connection.execute(_UPSERT_CASES, *zip(*changed, strict=True))
    counted = [row for row in orders.values() if row.is_counted and row.is_known]
    if counted or placed:
        beside = [figure_rows(row) for row in counted]
        beside.append({"order_words": list(word_rows(orders.values()))})
        await connection.execute(_UPSERT_BESIDE, *_arrays(beside, placed.rows()))


async def _read_unknown(connection: AnyConnection, orders: Mapping[UUID, OrderSummary]) -> None:
    """Read how orders were placed of which more is said now than before, for their words."""
    unknown = [
        stream
        for stream, row in orders.items()
        if row.words is None and row.placed is None and is_told_of(row)
    ]
    for stream, body in await connection.fetch(_SELECT_PLACED, unknown) if unknown else ():
        orders[stream].placed = read_placed(body)


def _arrays(beside: Sequence[Rows], added: Rows) -> Iterator[Sequence[Any]]:
    """Return a column after the other of all rows that change."""
    for table, columns in _BESIDE.items():
        yield from _columns([one for rows in beside for one in rows.get(table, ())], len(columns))
    for name, sums in SUMS.items():
        yield from _columns(added[name], len(sums.columns))


def _columns(rows: Sequence[tuple[Any, ...]], count: int) -> Iterable[Sequence[Any]]:
    return zip(*rows, strict=True) if rows else ((),) * count
