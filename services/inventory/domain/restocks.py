"""What was put back for one order, and the decision to put back more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from contracts.cancellation import OrderCancelled
from contracts.inventory import RestockedLine
from kit.decider import Context, Decider
from kit.facts import Fact
from services.inventory.domain import events


@dataclass(frozen=True, slots=True)
class Restocks:
    """Everything ever put back for one order."""

    units: Mapping[str, int] = field(default_factory=dict)
    """Units put back per line."""
    answered: frozenset[UUID] = frozenset()
    """Cancellations that have their answer."""


def evolve(restocks: Restocks, fact: Fact) -> Restocks:
    """Return the restocks after `fact`."""
    match fact:
        case events.StockRestocked():
            units = dict(restocks.units)
            for line in fact.lines:
                units[line.line_id] = units.get(line.line_id, 0) + line.quantity
            return Restocks(units, restocks.answered | {fact.cancellation_id})
        case events.RestockFailed():
            return replace(restocks, answered=restocks.answered | {fact.cancellation_id})
        case _:
            raise TypeError(type(fact).__name__)


def restock(restocks: Restocks, cancelled: OrderCancelled, _: Context) -> Sequence[Fact]:
    """Put the cancelled units back, unless told not to or answered before.

    More units than were ordered are never put back, whoever says so.
    """
    if not cancelled.restock or cancelled.cancellation_id in restocks.answered:
        return []
    for line in cancelled.lines:
        total = restocks.units.get(line.line_id, 0) + line.quantity
        if total > line.ordered_quantity:
            detail = f"line {line.line_id}: {total} units back of {line.ordered_quantity} ordered"
            return [
                events.RestockFailed(
                    order_id=cancelled.order_id,
                    cancellation_id=cancelled.cancellation_id,
                    code="MORE_THAN_ORDERED",
                    detail=detail,
                )
            ]
    return [
        events.StockRestocked(
            order_id=cancelled.order_id,
            cancellation_id=cancelled.cancellation_id,
            lines=tuple(
                RestockedLine(line_id=line.line_id, sku=line.sku, quantity=line.quantity)
                for line in cancelled.lines
            ),
        )
    ]


RESTOCKS = Decider(initial=Restocks(), evolve=evolve, decide=restock)
