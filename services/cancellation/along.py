"""Which rows of this service's own belong to a fact; written by `cancellation.write_along`.

Most facts have none, and cost no more than a look into a table.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kit.facts import Fact, RecordedFact
from services.cancellation.bulk.rows import PLAN_ROWS
from services.cancellation.timers.rows import TIMER_ROWS

Row = Mapping[str, Any]
Rows = Callable[[RecordedFact], list[Row]]

_ROWS: dict[type[Fact], tuple[Rows, ...]] = {
    fact: (*TIMER_ROWS.get(fact, ()), *PLAN_ROWS.get(fact, ()))
    for fact in {**TIMER_ROWS, **PLAN_ROWS}
}


def rows_along(recorded: RecordedFact) -> Sequence[Row]:
    """Return the rows of one fact."""
    makers = _ROWS.get(type(recorded.fact))
    if makers is None:
        return ()
    return [row for make in makers for row in make(recorded)]
