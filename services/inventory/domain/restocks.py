"""What becomes of cancelled units: they go back, by themselves or by hand, or are let go of.

A unit that was only reserved never left its shelf: its reservation ends, and that is all.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from contracts.cancellation import OrderCancelled, RestockRequested
from kit.decider import Context
from kit.facts import Fact
from kit.ids import event_id
from services.inventory.domain import events
from services.inventory.domain.locations import Locations, locations_of
from services.inventory.domain.stock import Stock, evolve, some_of
from services.inventory.domain.taking import take_early
from services.inventory.domain.telling import not_in_use, sum_up


def restock(stock: Stock, message: Any, context: Context) -> Sequence[Fact]:
    """Put back what is to go back and let go of the rest, unless it is held or was seen to before.

    More units than were ordered never go back, whoever says so.
    """
    is_by_hand = isinstance(message, RestockRequested)
    if is_by_hand and not message.lines:
        return []
    if isinstance(message, OrderCancelled) and message.held_until is not None:
        return []
    request_id = message.request_id if is_by_hand else None
    if (request_id or message.cancellation_id) in stock.answered:
        return []
    facts = take_early(stock, message)
    if facts:
        stock = evolve(stock, facts[0])
    about: dict[str, Any] = {
        "order_id": message.order_id,
        "cancellation_id": message.cancellation_id,
    }
    planned: Sequence[Any] | None = _planned(message)
    if planned is not None:
        answer: Fact
        too_many = _too_many(stock, planned)
        if too_many:
            answer = events.RestockFailed(
                **about, request_id=request_id, code="MORE_THAN_ORDERED", detail=too_many
            )
        else:
            shelves = _per_shelf(stock, planned, locations_of(context), is_by_hand=is_by_hand)
            answer = events.StockRestocked(**about, request_id=request_id, lines=tuple(shelves))
        facts.append(answer)
        stock = evolve(stock, answer)
    if not is_by_hand:
        facts += _withheld(stock, message.lines, facts, about)
    return facts + _told(facts, request_id, context, about)


def _planned(message: Any) -> Sequence[Any] | None:
    """Return what is to go back; None when nothing was to."""
    if isinstance(message, RestockRequested):
        return message.lines
    if not message.restock:
        return None
    planned: Sequence[Any] | None = message.restock_lines
    return message.lines if planned is None else planned


def _too_many(stock: Stock, planned: Iterable[Any]) -> str:
    """Say which line would have more units back than were ordered, if one would."""
    total = dict(stock.units)
    for line in planned:
        total[line.line_id] = total.get(line.line_id, 0) + line.quantity
        if total[line.line_id] > line.ordered_quantity:
            units, ordered = total[line.line_id], line.ordered_quantity
            return f"line {line.line_id}: {units} units back of {ordered} ordered"
    return ""


def _per_shelf(
    stock: Stock, planned: Iterable[Any], locations: Locations, *, is_by_hand: bool
) -> Iterator[events.BackLine]:
    """Add up what goes on one shelf, and say what the units were until then."""
    wanted: dict[tuple[str, str | None], int] = {}
    for line in planned:
        key = line.line_id, line.location
        wanted[key] = wanted.get(key, 0) + line.quantity
    left = dict(stock.lines)
    for (line_id, shelf), quantity in wanted.items():
        line = left[line_id]
        first = min(quantity, line.withheld) if is_by_hand else 0
        released = min(quantity - first, line.reserved)
        withheld = first + min(quantity - first - released, line.withheld - first)
        rest = quantity - released - withheld
        # By hand, somebody has the units before him. Otherwise they shipped although cancelled.
        back = min(rest, line.sold) if is_by_hand else 0
        shipped = rest - back
        where = locations.where(shelf)
        yield events.BackLine(
            line_id=line_id, sku=line.sku, quantity=quantity, location=where,
            taken_from=line.location, components=line.components, released_quantity=released,
            withheld_quantity=withheld, shipped_quantity=shipped,
            wanted_location=shelf if where != shelf else None,
        )  # fmt: skip
        left[line_id] = line._replace(
            reserved=line.reserved - released,
            withheld=line.withheld - withheld,
            sold=line.sold - back,
        )


def _withheld(
    stock: Stock, cancelled: Iterable[Any], so_far: Sequence[Fact], about: Any
) -> list[Fact]:
    """Let go of cancelled units that do not go back: they leave the books, if still in them."""
    units: dict[str, int] = {}
    for line in cancelled:
        units[line.line_id] = units.get(line.line_id, 0) + line.quantity
    for fact in so_far:
        if isinstance(fact, events.StockRestocked):
            for back in fact.lines:
                units[back.line_id] = units.get(back.line_id, 0) - back.quantity
    lines = [
        some_of(line_id, line, quantity, line.location)
        for line_id, asked in units.items()
        if (quantity := min(asked, (line := stock.lines[line_id]).reserved)) > 0
    ]
    return [events.StockWithheld(**about, lines=tuple(lines))] if lines else []


def _told(
    facts: Sequence[Fact], request_id: UUID | None, context: Context, about: Any
) -> list[Fact]:
    """Tell of what became available, and of shelves that were not in use."""
    restocked = [fact for fact in facts if isinstance(fact, events.StockRestocked)]
    lines = [line for fact in restocked for line in fact.lines]
    found: list[Fact] = []
    items = sum_up((x, x.location, x.quantity - x.shipped_quantity) for x in lines)
    if items:
        found.append(events.StockReleased(**about, request_id=request_id, items=items))
    if moved := [line for line in lines if line.wanted_location]:
        id_ = event_id(context.stream_id, context.version + len(facts) + len(found) + 1)
        found.append(not_in_use(moved, case_id=id_, **about))
    return found
