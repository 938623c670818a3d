"""What others are told: units that became available, and what a person has to see to."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from contracts.inventory import ReleasedItem, StockCaseLine
from services.inventory.domain import events

DETAIL_MAX = 500
"""Characters of a detail; the units themselves are listed beside it."""


def articles(line: Any, quantity: int) -> Iterable[tuple[str, int]]:
    """Return what lies on a shelf for so many units of a line: the article, or its components."""
    if not line.components:
        return ((line.sku, quantity),)
    return tuple((part.sku, part.quantity * quantity) for part in line.components)


def sum_up(back: Iterable[tuple[Any, str | None, int]]) -> tuple[ReleasedItem, ...]:
    """Add up lines, where they lie and how many, to articles per location."""
    units: dict[tuple[str, str | None], int] = {}
    for line, location, quantity in back:
        for sku, count in articles(line, quantity):
            units[sku, location] = units.get((sku, location), 0) + count
    return tuple(
        ReleasedItem(sku=sku, quantity=count, location=location)
        for (sku, location), count in units.items()
        if count
    )


def not_in_use(
    moved: Iterable[events.BackLine], *, order_id: str, cancellation_id: UUID, case_id: UUID
) -> events.StockCaseOpened:
    """Tell of units that went elsewhere than they were to go."""
    told = (
        f"{x.quantity} of {x.sku} went to {x.location or 'no named location'}:"
        f" {x.wanted_location} is not in use"
        for x in moved
    )
    return events.StockCaseOpened(
        order_id=order_id,
        cancellation_id=cancellation_id,
        case_id=case_id,
        kind="LOCATION_DEACTIVATED",
        detail="; ".join(told)[:DETAIL_MAX],
        lines=tuple(_about(x, x.wanted_location) for x in moved),
    )


def more_than_sold(
    strange: Iterable[events.StockLine], *, order_id: str, case_id: UUID
) -> events.StockCaseOpened:
    """Tell of units that came back and had not left."""
    told = (f"line {x.line_id}: {x.quantity} more came back than had left" for x in strange)
    return events.StockCaseOpened(
        order_id=order_id,
        case_id=case_id,
        kind="RETURNED_MORE_THAN_SOLD",
        detail="; ".join(told)[:DETAIL_MAX],
        lines=tuple(_about(x, x.location) for x in strange),
    )


def _about(line: Any, location: str | None) -> StockCaseLine:
    return StockCaseLine(
        line_id=line.line_id, sku=line.sku, quantity=line.quantity, location=location
    )
