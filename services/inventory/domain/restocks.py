"""What was put back for one order, and the decisions to put back more or to need it again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from contracts.cancellation import (
    OrderCancellationConfirmed,
    OrderCancelled,
    OrderReinstated,
    RestockLine,
    RestockRequested,
)
from contracts.inventory import RestockedLine
from kit.decider import Context, Decider
from kit.facts import Fact
from services.inventory.domain import events


@dataclass(frozen=True, slots=True)
class Restocks:
    """Everything ever put back for one order."""

    units: Mapping[str, int] = field(default_factory=dict)
    """Units put back per line and not needed again since."""
    answered: frozenset[UUID] = frozenset()
    """Cancellations and requests that have their answer."""
    reserved: frozenset[UUID] = frozenset()
    """Cancellations that were taken back."""


def evolve(restocks: Restocks, fact: Fact) -> Restocks:
    """Return the restocks after `fact`."""
    match fact:
        case events.StockRestocked():
            answered = restocks.answered | {fact.request_id or fact.cancellation_id}
            return replace(restocks, units=_count(restocks.units, fact.lines), answered=answered)
        case events.RestockFailed():
            answered = restocks.answered | {fact.request_id or fact.cancellation_id}
            return replace(restocks, answered=answered)
        case events.StockReserved():
            units = _count(restocks.units, fact.lines, -1)
            return replace(
                restocks, units=units, reserved=restocks.reserved | {fact.cancellation_id}
            )
        case _:
            raise TypeError(type(fact).__name__)


def _count(units: Mapping[str, int], lines: Iterable[Any], sign: int = 1) -> dict[str, int]:
    counted = dict(units)
    for line in lines:
        counted[line.line_id] = max(0, counted.get(line.line_id, 0) + sign * line.quantity)
    return counted


def restock(restocks: Restocks, message: Any, _: Context) -> Sequence[Fact]:
    """Put back what is to go back, unless it waits for the end of a hold or was answered before.

    More units than were ordered are never put back, whoever says so.
    """
    lines, request_id = _wanted(message)
    if lines is None or (request_id or message.cancellation_id) in restocks.answered:
        return []
    about: dict[str, Any] = {
        "order_id": message.order_id,
        "cancellation_id": message.cancellation_id,
        "request_id": request_id,
    }
    total = dict(restocks.units)
    for line in lines:
        total[line.line_id] = total.get(line.line_id, 0) + line.quantity
        if total[line.line_id] > line.ordered_quantity:
            units, ordered = total[line.line_id], line.ordered_quantity
            detail = f"line {line.line_id}: {units} units back of {ordered} ordered"
            return [events.RestockFailed(**about, code="MORE_THAN_ORDERED", detail=detail)]
    return [events.StockRestocked(**about, lines=_per_shelf(lines))]


def _wanted(message: Any) -> tuple[Sequence[Any] | None, UUID | None]:
    """Return what is to go back, None when nothing is, and the request it belongs to."""
    if isinstance(message, RestockRequested):
        return message.lines or None, message.request_id
    is_held = isinstance(message, OrderCancelled) and message.held_until is not None
    if is_held or not message.restock:
        return None, None
    return message.lines if message.restock_lines is None else message.restock_lines, None


def _per_shelf(lines: Iterable[Any]) -> tuple[RestockedLine, ...]:
    """Add up what goes on one shelf: one movement each."""
    found: dict[tuple[str, str | None], RestockedLine] = {}
    for line in lines:
        location = line.location if isinstance(line, RestockLine) else None
        key = line.line_id, location
        before = found[key].quantity if key in found else 0
        found[key] = RestockedLine(
            line_id=line.line_id,
            sku=line.sku,
            quantity=before + line.quantity,
            location=location,
        )
    return tuple(found.values())


def reserve(restocks: Restocks, message: OrderReinstated, _: Context) -> Sequence[Fact]:
    """Count units that a reinstated order needs again as not put back; once."""
    if not message.reserve_lines or message.cancellation_id in restocks.reserved:
        return []
    return [
        events.StockReserved(
            order_id=message.order_id,
            cancellation_id=message.cancellation_id,
            lines=message.reserve_lines,
        )
    ]


HEARD: tuple[type[Any], ...] = (
    OrderCancelled,
    OrderCancellationConfirmed,
    RestockRequested,
    OrderReinstated,
)
"""Every message this service acts on."""


def decide(restocks: Restocks, message: Any, context: Context) -> Sequence[Fact]:
    """Decide on any of them."""
    if isinstance(message, OrderReinstated):
        return reserve(restocks, message, context)
    return restock(restocks, message, context)


RESTOCKS = Decider(initial=Restocks(), evolve=evolve, decide=decide)
