"""The stock ledger: the movements of every article at every location, written with their facts.

Orders decide in streams of their own, and their movements follow in the same transaction; so a
thousand orders of one article write side by side and none waits for another. What is on hand,
reserved and available is the sum of the movements, never a number that is kept.

The keys are derived from our ids, so the ledger itself refuses a movement that is there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from kit.facts import Fact, RecordedFact
from kit.ids import child_id, event_id
from services.inventory.domain import events
from services.inventory.domain.telling import articles

Row = dict[str, Any]


class _Move(NamedTuple):
    """Units of one line that move in one way, components not told apart yet."""

    kind: str
    line: Any
    quantity: int
    location: str | None
    on_hand: int = 0
    """+1, 0 or -1: what each unit does to the stock on hand."""
    reserved: int = 0
    """The same for what is reserved."""
    reason: str | None = None


def movements_of(recorded: RecordedFact) -> Sequence[Mapping[str, Any]]:
    """Return the movements of one fact; written by `inventory.write_along`."""
    fact: Any = recorded.fact
    if isinstance(fact, events.StockRestocked):
        return _restocked(recorded)
    if isinstance(fact, events.StockAdjusted):
        return [_adjusted(recorded, fact)] if fact.change else []
    moves = _MOVES.get(type(fact))
    if moves is None:
        return []
    root = event_id(recorded.originator_id, recorded.originator_version)
    about = _about(recorded)
    return [
        {"movement_id": child_id(root, str(number)), **row, **about}
        for number, row in enumerate(row for move in moves(fact) for row in _rows(move))
    ]


def _about(recorded: RecordedFact) -> Row:
    fact: Any = recorded.fact
    return {
        "order_id": fact.order_id,
        "cancellation_id": getattr(fact, "cancellation_id", None),
        "request_id": getattr(fact, "request_id", None),
        "recorded_at": recorded.cause.recorded_at,
    }


def _rows(move: _Move) -> Iterator[Row]:
    """Write a row per article: of a bundle, one per component."""
    if not move.quantity:
        return
    line = move.line
    for sku, quantity in articles(line, move.quantity):
        yield {
            "kind": move.kind,
            "line_id": line.line_id,
            "sku": sku,
            "location": move.location,
            "quantity": quantity,
            "on_hand": move.on_hand * quantity,
            "reserved": move.reserved * quantity,
            "reason": move.reason,
        }


def _allocated(fact: events.StockAllocated) -> Iterator[_Move]:
    for line in fact.lines:
        yield _Move("ALLOCATION", line, line.quantity, line.location, reserved=1)


def _sold(fact: events.StockSold) -> Iterator[_Move]:
    for line in fact.lines:
        at, reserved, withheld = line.location, line.reserved_quantity, line.withheld_quantity
        unreserved = line.quantity - reserved - withheld
        yield _Move("SALE", line, reserved, at, on_hand=-1, reserved=-1)
        yield _Move("SALE", line, unreserved, at, on_hand=-1, reason="UNRESERVED")
        yield _Move("SALE", line, withheld, at, reason="WITHHELD")


def _returned(fact: events.StockReturned) -> Iterator[_Move]:
    for line in fact.lines if fact.is_sellable else ():
        yield _Move("RETURN", line, line.quantity, line.location, on_hand=1)


def _withheld(fact: events.StockWithheld) -> Iterator[_Move]:
    for line in fact.lines:
        at = line.location
        yield _Move("ADJUSTMENT", line, line.quantity, at, -1, -1, reason="WITHHELD")


def _reserved(fact: events.StockReserved) -> Iterator[_Move]:
    for line in fact.taken:
        yield _Move("ALLOCATION", line, line.quantity, line.location, reserved=1)
    for line in fact.renewed:
        at = line.location
        yield _Move("ADJUSTMENT", line, line.quantity, at, 1, 1, reason="REINSTATED")


_MOVES: Mapping[type[Fact], Callable[[Any], Iterator[_Move]]] = {
    events.StockAllocated: _allocated,
    events.StockSold: _sold,
    events.StockReturned: _returned,
    events.StockWithheld: _withheld,
    events.StockReserved: _reserved,
}


def _restocked(recorded: RecordedFact) -> Sequence[Row]:
    """Return the movements of a restock.

    Their keys are made of the cancellation, or the request, and line and shelf: whatever path
    leads to it, a line goes back to a shelf once for each.
    """
    fact: Any = recorded.fact
    root: UUID = fact.request_id or fact.cancellation_id
    about = _about(recorded)
    rows = []
    for line in fact.lines:
        shelf = line.wanted_location or line.location
        name = f"{line.line_id}@{shelf}" if shelf else line.line_id
        moved = (row for move in _back(line) for row in _rows(move))
        for number, row in enumerate(moved):
            id_ = child_id(root, f"{name}#{number}" if number else name)
            rows.append({"movement_id": id_, **row, **about})
    return rows


def _back(line: events.BackLine) -> Iterator[_Move]:
    if line.released_quantity is None:
        # From before the ledger knew reservations: nothing had been taken from these sums.
        yield _Move("CANCELLATION", line, line.quantity, None, reason="BEFORE_LEDGER")
        return
    source, target = line.taken_from, line.location
    released, shipped = line.released_quantity, line.shipped_quantity
    yield _Move("RELEASE", line, released, source, reserved=-1)
    yield _Move("CANCELLATION", line, line.quantity - released - shipped, target, on_hand=1)
    if source != target:
        yield _Move("ADJUSTMENT", line, released, source, on_hand=-1, reason="MOVED")
        yield _Move("ADJUSTMENT", line, released, target, on_hand=1, reason="MOVED")
    yield _Move("ALLOCATION", line, shipped, source, reserved=1, reason="SHIPPED")
    yield _Move("RELEASE", line, shipped, source, reserved=-1, reason="SHIPPED")


def _adjusted(recorded: RecordedFact, fact: events.StockAdjusted) -> Row:
    return {
        "movement_id": event_id(recorded.originator_id, recorded.originator_version),
        "kind": "ADJUSTMENT",
        "sku": fact.sku,
        "location": fact.location,
        "quantity": abs(fact.change),
        "on_hand": fact.change,
        "reserved": 0,
        "reason": fact.reason,
        "actor": fact.actor.id,
        "recorded_at": recorded.cause.recorded_at,
    }
