"""The stock of one order, line by line, and how facts change it.

Every unit ever taken for a line is in exactly one of four places, so what goes back can never be
more than what was taken:

    taken = reserved + withheld + sold + back

`back` only ever grows; units needed again are taken again.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from contracts.orders import Components
from kit.facts import Fact
from services.inventory.domain import events
from services.inventory.domain.locations import NOWHERE, Locations


class Line(NamedTuple):
    """One line of an order, as far as its units are concerned."""

    sku: str
    location: str | None
    """Where its units are taken from."""
    components: Components
    taken: int
    """Units ever taken for it."""
    reserved: int
    """On the shelf, and promised to the order."""
    withheld: int = 0
    """Cancelled, and neither on a shelf nor with the customer."""
    sold: int = 0
    """Left the shop, and not back."""
    back: int = 0
    """Units ever put back on a shelf."""
    early: int = 0
    """Units taken because their cancellation was heard before the order was."""


class Stock(NamedTuple):
    """The stock of one order; of what is about no order, what it is about."""

    is_placed: bool = False
    """Whether the order was heard; some were placed before this ledger began."""
    lines: Mapping[str, Line] = MappingProxyType({})
    units: Mapping[str, int] = MappingProxyType({})
    """Units put back per line by cancellations and not needed again since."""
    answered: frozenset[UUID] = frozenset()
    """Cancellations and requests that were seen to."""
    reinstated: frozenset[UUID] = frozenset()
    """Cancellations that were taken back."""
    locations: Locations = NOWHERE
    """In the one stream about them: every location somebody set up."""


NOTHING = Stock()


def some_of(line_id: str, line: Line, quantity: int, location: str | None) -> events.StockLine:
    """Return units of a line at a location."""
    return events.StockLine(
        line_id=line_id,
        sku=line.sku,
        quantity=quantity,
        location=location,
        components=line.components,
    )


def _allocated(stock: Stock, fact: events.StockAllocated, units: events.StockLine) -> Line:
    quantity, line_id = units.quantity, units.line_id
    early = 0 if fact.is_placement else quantity
    line = stock.lines.get(line_id)
    if line is None:
        early += stock.units.get(line_id, 0)  # put back before the ledger knew lines
        return Line(units.sku, units.location, units.components, quantity, quantity, early=early)
    return line._replace(
        taken=line.taken + quantity, reserved=line.reserved + quantity, early=line.early + early
    )


def _each(
    lines: Mapping[str, Line], units: Iterable[Any], move: Callable[[Line, Any], Line]
) -> Mapping[str, Line]:
    """Move units of lines; those of a line from before the ledger move nothing."""
    moved = dict(lines)
    for some in units:
        if some.line_id in moved:
            moved[some.line_id] = move(moved[some.line_id], some)
    return moved


def _sold(line: Line, units: events.SoldLine) -> Line:
    reserved, withheld = units.reserved_quantity, units.withheld_quantity
    return line._replace(
        taken=line.taken + units.quantity - reserved - withheld,
        reserved=line.reserved - reserved,
        withheld=line.withheld - withheld,
        sold=line.sold + units.quantity,
    )


def _returned(line: Line, units: events.StockLine) -> Line:
    return line._replace(sold=line.sold - units.quantity, back=line.back + units.quantity)


def _spoilt(line: Line, units: events.StockLine) -> Line:
    return line._replace(sold=line.sold - units.quantity, withheld=line.withheld + units.quantity)


def _back(line: Line, units: events.BackLine) -> Line:
    if units.released_quantity is None:  # from before reservations were known
        return line
    released, withheld, shipped = (
        units.released_quantity,
        units.withheld_quantity,
        units.shipped_quantity,
    )
    return line._replace(
        taken=line.taken + shipped,
        reserved=line.reserved - released,
        withheld=line.withheld - withheld,
        sold=line.sold - (units.quantity - released - withheld - shipped),
        back=line.back + units.quantity,
    )


def _withheld(line: Line, units: events.StockLine) -> Line:
    quantity = units.quantity
    return line._replace(reserved=line.reserved - quantity, withheld=line.withheld + quantity)


def _retaken(line: Line, units: events.StockLine) -> Line:
    quantity = units.quantity
    return line._replace(taken=line.taken + quantity, reserved=line.reserved + quantity)


def _renewed(line: Line, units: events.StockLine) -> Line:
    quantity = units.quantity
    return line._replace(reserved=line.reserved + quantity, withheld=line.withheld - quantity)


def _count(units: Mapping[str, int], lines: Iterable[Any], sign: int = 1) -> dict[str, int]:
    counted = dict(units)
    for line in lines:
        counted[line.line_id] = max(0, counted.get(line.line_id, 0) + sign * line.quantity)
    return counted


def _placed(stock: Stock, fact: events.StockAllocated) -> Stock:
    lines = {line.line_id: _allocated(stock, fact, line) for line in fact.lines}
    is_placed = stock.is_placed or fact.is_placement
    return stock._replace(is_placed=is_placed, lines={**stock.lines, **lines})


def _came_back(stock: Stock, fact: events.StockReturned) -> Stock:
    move = _returned if fact.is_sellable else _spoilt
    return stock._replace(lines=_each(stock.lines, fact.lines, move))


def _restocked(stock: Stock, fact: events.StockRestocked) -> Stock:
    return _answered(stock, fact)._replace(
        lines=_each(stock.lines, fact.lines, _back), units=_count(stock.units, fact.lines)
    )


def _answered(stock: Stock, fact: Any) -> Stock:
    root = getattr(fact, "request_id", None) or fact.cancellation_id
    return stock._replace(answered=stock.answered | {root})


def _let_go(stock: Stock, fact: events.StockWithheld) -> Stock:
    return _answered(stock, fact)._replace(lines=_each(stock.lines, fact.lines, _withheld))


def _reinstated(stock: Stock, fact: events.StockReserved) -> Stock:
    lines = _each(stock.lines, fact.taken, _retaken)
    return stock._replace(
        lines=_each(lines, fact.renewed, _renewed),
        units=_count(stock.units, fact.lines, -1),
        reinstated=stock.reinstated | {fact.cancellation_id},
    )


def _unchanged(stock: Stock, _: Fact) -> Stock:
    return stock


_FOLD: Mapping[type[Fact], Callable[[Stock, Any], Stock]] = {
    events.StockAllocated: _placed,
    events.StockSold: lambda stock, fact: stock._replace(
        lines=_each(stock.lines, fact.lines, _sold)
    ),
    events.StockReturned: _came_back,
    events.StockRestocked: _restocked,
    events.RestockFailed: _answered,
    events.StockWithheld: _let_go,
    events.StockReserved: _reinstated,
    events.StockLocationSet: lambda stock, fact: stock._replace(
        locations=stock.locations.after(fact)
    ),
    # Said to others, or summed up by the ledger; no decision rests on it.
    events.StockReleased: _unchanged,
    events.StockCaseOpened: _unchanged,
    events.StockAdjusted: _unchanged,
    events.StockCommandRejected: _unchanged,
}


def evolve(stock: Stock, fact: Fact) -> Stock:
    """Return the stock after `fact`."""
    return _FOLD[type(fact)](stock, fact)
