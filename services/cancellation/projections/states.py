"""Orders of which something is said, once more and narrow: what lists are filtered by.

Of most orders nothing is said but that they were placed. The others have a row here, with an index
for each word, so that whoever looks for the few need not read the many. The words they are found by
stand here, too, and are looked at one by one. Which orders those are follows from their row of
`order_summaries` alone.
"""

from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Any

from services.cancellation.projections.finding import words_of
from services.cancellation.projections.row import SUMMARY_COLUMNS

STATE_COLUMNS = {
    **{
        column: SUMMARY_COLUMNS[column]
        for column in (
            "stream_id", "order_id", "placed_at", "total_minor", "channel", "country", "state",
            "reason", "refund_state", "restock_state", "notification_state",
        )
    },
    "words": "text",
}  # fmt: skip
"""Columns of `order_states` and their types, in table order."""

_values = attrgetter(*STATE_COLUMNS)
_said = attrgetter("state", "refund_state", "restock_state", "notification_state", "reason")
_NOTHING = ("PLACED", "NOT_DUE", "NOT_DUE", "NOT_DUE", None)


def is_told_of(row: Any) -> bool:
    """Tell whether more is said of an order than that it was placed; its row is summed up."""
    told: bool = row.is_known and _said(row) != _NOTHING
    return told


def state_rows(rows: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """Return the rows of those something is said of; as what they were placed, or their words."""
    for row in rows:
        if is_told_of(row):
            if row.words is None:
                row.words = words_of(row.placed)
            yield _values(row)
