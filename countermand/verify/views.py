"""The read models: rebuilt in memory from the log, they must equal the tables row by row."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from countermand.verify.mismatch import Mismatch
from kit.postgres import OwnConnection
from rebuild.summing import Sums
from services.cancellation.bootstrap import SERVICE
from services.cancellation.projections.cases import CASE_COLUMNS
from services.cancellation.projections.figures import FIGURE_KEYS, FIGURE_TABLES
from services.cancellation.projections.orders import OrdersProjection
from services.cancellation.projections.row import SUMMARY_COLUMNS
from services.cancellation.projections.states import STATE_COLUMNS

PAGE_SIZE = 5_000


class _Table(NamedTuple):
    columns: tuple[str, ...]
    key_size: int
    """So many of its first columns are its key."""


_TABLES: Mapping[str, _Table] = {
    "order_summaries": _Table(tuple(SUMMARY_COLUMNS), 1),
    "order_states": _Table(tuple(STATE_COLUMNS), 1),
    "cases": _Table(tuple(CASE_COLUMNS), 1),
    **{
        name: _Table(tuple(columns), len(FIGURE_KEYS[name]))
        for name, columns in FIGURE_TABLES.items()
    },
    **{
        name: _Table(table.columns, len(table.key)) for name, table in OrdersProjection.sums.items()
    },
}
"""What is compared as a whole."""

_Rows = dict[tuple[Any, ...], tuple[Any, ...]]


def _by_key(table: str, rows: Any) -> _Rows:
    return {tuple(row[: _TABLES[table].key_size]): tuple(row) for row in rows}


async def check_views(connection: OwnConnection) -> list[Mismatch]:
    """Name every row that differs from a fold of the log."""
    projection, store = OrdersProjection(), SERVICE.store
    head = await store.head(connection)
    expected: dict[str, _Rows] = {table: {} for table in _TABLES}
    sums = Sums(projection.sums)

    def expect(rows: Any) -> None:
        sums.take(rows)
        for table in _TABLES.keys() - projection.sums.keys():
            expected[table] |= _by_key(table, rows[table])

    found: list[Mismatch] = []
    carried, after = None, (UUID(int=0), 0)
    while page := await store.read_streams(connection, after=after, up_to=head, limit=PAGE_SIZE):
        rows, carried = projection.fold(page, carried)
        expect(rows)
        after = page[-1].stream, page[-1].version
    rows, _ = projection.fold([], carried)
    expect(rows)
    for table, added in sums.take_out().items():
        expected[table] = _by_key(table, added)
    for table, wanted in expected.items():
        columns = ", ".join(_TABLES[table].columns)
        actual = _by_key(
            table, await connection.fetch(f"SELECT {columns} FROM cancellation.{table}")
        )
        found += [
            Mismatch("wrong", f"{table}: row {_name(key)} differs from a fold of the log")
            for key in wanted.keys() | actual.keys()
            if wanted.get(key) != actual.get(key)
        ]
    return found


def _name(key: tuple[Any, ...]) -> str:
    return "/".join(str(part) for part in key)
