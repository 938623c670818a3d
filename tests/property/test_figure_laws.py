"""Laws of the figures: the same however the log is cut, and what the stored facts add up to."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kit.event_store import LogEntry
from rebuild.summing import Sums
from services.cancellation.projections.figures import FIGURE_KEYS, figure_rows
from services.cancellation.projections.folding import Placed, fold_page
from services.cancellation.projections.orders import OrdersProjection
from services.cancellation.projections.row import OrderSummary
from tests.support.figured import woven
from tests.support.figures_by_hand import Books, Count, cost_of

laws = settings(max_examples=60, deadline=None, database=None)
seeds = st.integers(0, 2**32)
ends = st.lists(st.integers(0, 90), max_size=6)
Tables = dict[str, dict[Any, Any]]


def key_of(table: str, row: Sequence[Any]) -> Any:
    return tuple(row[: len(FIGURE_KEYS[table])])


def followed(log: Sequence[LogEntry], ends: Sequence[int]) -> Tables:
    """Fold page after page as `apply` does, rows going to the tables in between."""
    tables: Tables = {name: {} for name in FIGURE_KEYS}
    summaries: dict[Any, Any] = {}
    sums = Sums(OrdersProjection.sums)
    cuts = [0, *sorted(end % (len(log) + 1) for end in ends), len(log)]
    for start, end in pairwise(cuts):
        page, placed = log[start:end], Placed()
        touched = {entry.stream for entry in page}
        orders = {id_: OrderSummary.of_row(row) for id_, row in summaries.items() if id_ in touched}
        rows = fold_page(page, orders, placed)
        summaries |= {row[0]: row for row in rows}
        for order in orders.values():
            for name, more in figure_rows(order).items() if order.is_counted else ():
                tables[name] |= {key_of(name, row): row for row in more}
        sums.take(placed.rows())
    return tables | _added(sums)


def rebuilt(log: Sequence[LogEntry], ends: Sequence[int]) -> Tables:
    """Fold stream by stream, as a rebuild does."""
    projection = OrdersProjection()
    by_stream = sorted(log, key=lambda entry: (entry.stream, entry.version))
    tables: Tables = {name: {} for name in FIGURE_KEYS}
    sums, carried = Sums(projection.sums), None
    cuts = [0, *sorted(end % (len(log) + 1) for end in ends), len(log)]
    pages = [by_stream[start:end] for start, end in pairwise(cuts) if start < end]
    for page in [*pages, []]:
        rows, carried = projection.fold(page, carried)
        sums.take(rows)
        for name, known in tables.items():
            assert not known.keys() & {key_of(name, row) for row in rows[name]}
            known |= {key_of(name, row): row for row in rows[name]}
    return tables | _added(sums)


def _added(sums: Sums) -> Tables:
    return {name: {row: row for row in rows} for name, rows in sums.take_out().items()}


@laws
@given(seed=seeds, ends=ends)
def test_a_rebuild_comes_to_the_figures_the_log_came_to(seed: int, ends: Sequence[int]) -> None:
    log = woven(seed, 4)
    assert followed(log, []) == followed(log, ends) == rebuilt(log, ends)


@laws
@given(seed=seeds)
def test_what_a_fact_adds_to_sums_does_not_depend_on_others(seed: int) -> None:
    log, projection = woven(seed, 4), OrdersProjection()
    sums = Sums(projection.sums)
    for entry in reversed(log):
        sums.take(projection.sums_of([entry]))
    tables = followed(log, [])
    assert all(set(rows) == set(tables[name]) for name, rows in sums.take_out().items())


@laws
@given(seed=seeds, ends=ends)
def test_figures_are_what_the_facts_add_up_to(seed: int, ends: Sequence[int]) -> None:
    log = woven(seed, 4)
    tables, books = followed(log, ends), Books(log)
    asked = {"dates": "ORDER", "first": "2000-01-01", "last": "2100-01-01", "by": "TOTAL"}
    count = Count(books, asked)
    standing = [row for row in tables["cancellations"].values() if row[3] in ("STANDING", "HELD")]
    cancelled = count.cancelled().values()
    assert sum(row[15] for row in standing) == sum(row["minor"] for row in cancelled)
    assert Counter(row[18] for row in standing if row[18]) == Counter(
        answer for row in cancelled for _, answer in row["answers"]
    )
    assert sum(row[14] for row in standing) == sum(row["units"] for row in cancelled)
    assert sum(row[4] for row in standing) == sum(len(row["whole"]) for row in cancelled)
    assert sum(row[15] for row in tables["refunds"].values() if row[7] != "REPLACED") == sum(
        one["minor"] for rows in count.refunds().values() for one in rows
    )
    whole = [row for row in tables["placed_sums"] if row[0] == ""]
    assert sum(row[5] for row in whole) == len(books.orders)
    assert sum(row[7] for row in whole) == sum(
        cost_of(order["placed"], None)[1] for order in books.orders.values()
    )


@laws
@given(seed=seeds, ends=ends)
def test_what_is_counted_once_is_what_remembering_would_count(
    seed: int, ends: Sequence[int]
) -> None:
    tables = followed(woven(seed, 4), ends)
    cancellations = tables["cancellations"].values()
    of_order = Counter(row[0] for row in cancellations)
    assert all(row[19] == (of_order[row[0]] == 1) for row in cancellations)
    lines = tables["cancelled_lines"].values()
    assert Counter((row[1], row[3]) for row in lines if row[7]) == Counter(
        {(row[1], row[3]) for row in lines}
    )
