"""The stock ledger: one row per movement, written with the fact that causes it.

The primary key is derived from the cancellation, or the request, and the line on its shelf, so the
ledger itself refuses a second one.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from contracts.inventory import RestockedLine
from kit.facts import RecordedFact
from kit.ids import child_id
from services.inventory.domain.events import StockRestocked


def movements_of(recorded: RecordedFact) -> Iterable[Mapping[str, Any]]:
    """Return the movements of one fact, a row per line; written by `inventory.write_along`."""
    fact = recorded.fact
    if not isinstance(fact, StockRestocked):
        return []
    return [
        {
            "movement_id": child_id(fact.request_id or fact.cancellation_id, _name(line)),
            "order_id": fact.order_id,
            "line_id": line.line_id,
            "sku": line.sku,
            "quantity": line.quantity,
            "cancellation_id": fact.cancellation_id,
            "recorded_at": recorded.cause.recorded_at,
        }
        for line in fact.lines
    ]


def _name(line: RestockedLine) -> str:
    """Name a line on its shelf; with one shelf, the line alone, as it always was."""
    return f"{line.line_id}@{line.location}" if line.location else line.line_id
