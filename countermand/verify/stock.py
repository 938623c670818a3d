"""The stock ledger: every movement beside the fact that made it, and the laws of the shelf.

What went back is compared with what was decided; what is still reserved with what is still open.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from countermand.verify.decided import Decided, Movement, Order, read_log
from countermand.verify.mismatch import Kind, Mismatch
from countermand.verify.peers import forbidden_ids, foreign
from kit.facts import Fact, RecordedFact
from kit.ids import child_id
from kit.postgres import OwnConnection
from services.inventory.bootstrap import SERVICE
from services.inventory.domain import events
from services.inventory.ledger import movements_of

COLUMNS = ("kind", "order_id", "line_id", "sku", "location", "quantity", "on_hand", "reserved")
"""What of a movement must be as its fact has it."""

PAGE_SIZE = 500
"""Facts compared at a time; an order may have hundreds of lines."""

STILL_S = 2.0
"""Nothing heard for so long: nothing more will come."""


class Held(NamedTuple):
    """Units of one article for one line of an order."""

    taken: int = 0
    back: int = 0
    reserved: int = 0


@dataclass(slots=True)
class StockBook:
    """What the stock ledger says."""

    moved: dict[UUID, Movement] = field(default_factory=dict)
    """What went back, per line and shelf."""
    held: dict[tuple[str, str, str], Held] = field(default_factory=dict)
    """Per order, line and article."""
    placed: set[str] = field(default_factory=set)
    """Orders whose units were reserved; those before the ledger began are not among them."""
    movement_count: int = 0

    def note(self, fact: Fact) -> None:
        """Note what a fact says went back, or was reserved."""
        if isinstance(fact, events.StockAllocated) and fact.is_placement:
            self.placed.add(fact.order_id)
        if not isinstance(fact, events.StockRestocked):
            return
        root = fact.request_id or fact.cancellation_id
        for line in fact.lines:
            shelf = line.wanted_location or line.location
            id_ = child_id(root, f"{line.line_id}@{shelf}" if shelf else line.line_id)
            self.moved[id_] = Movement(fact.order_id, line.line_id, line.sku, line.quantity)

    def count(self, row: Mapping[str, Any]) -> None:
        """Add up one movement."""
        self.movement_count += 1
        if row.get("order_id") is None or row["reason"] == "BEFORE_LEDGER":
            return
        key = row["order_id"], row["line_id"], row["sku"]
        taken, back, reserved = self.held.get(key, Held())
        is_taken = row["kind"] == "ALLOCATION" or row["reason"] == "UNRESERVED"
        self.held[key] = Held(
            taken + row["quantity"] * is_taken,
            back + row["quantity"] * (row["kind"] in _BACK),
            reserved + row["reserved"],
        )


_BACK = ("RELEASE", "CANCELLATION", "RETURN")


async def read_stock(
    connection: OwnConnection, decided: Decided
) -> tuple[StockBook, list[Mismatch]]:
    """Read the ledger and name every movement that is not as its fact has it."""
    book = StockBook()
    found: list[Mismatch] = []
    made: set[UUID] = set()
    async for page in read_log(connection, "inventory"):
        for start in range(0, len(page), PAGE_SIZE):
            expected: dict[UUID, tuple[Any, ...]] = {}
            for entry in page[start : start + PAGE_SIZE]:
                fact, cause = SERVICE.store.mapper.read_body(entry.name, entry.body)
                book.note(fact)
                for row in movements_of(RecordedFact(entry.stream, entry.version, fact, cause)):
                    book.count(row)
                    expected[row["movement_id"]] = _told(row)
            rows = await connection.fetch(
                f"SELECT movement_id, {', '.join(COLUMNS)} FROM inventory.stock_movements"
                " WHERE movement_id = ANY($1::uuid[])",
                list(expected),
            )
            found += _differences(expected, {row[0]: tuple(row)[1:] for row in rows})
            made |= expected.keys()
    there = await connection.fetch("SELECT movement_id FROM inventory.stock_movements")
    strange = {row[0] for row in there} - made
    return book, [*found, *foreign("movement", strange, forbidden_ids(decided))]


def _told(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple((row.get(name) or "") if name == "location" else row.get(name) for name in COLUMNS)


def _differences(
    expected: Mapping[UUID, tuple[Any, ...]], there: Mapping[UUID, tuple[Any, ...]]
) -> Iterator[Mismatch]:
    for id_, row in expected.items():
        if there.get(id_) != row:
            kind: Kind = "wrong" if id_ in there else "lost"
            yield Mismatch(kind, f"movement {id_}: {row} by its fact, {there.get(id_)} there")


async def until_heard(connection: OwnConnection, decided: Decided) -> None:
    """Wait until the ledger has heard of the orders, as long as it goes on hearing of any."""
    expected = sum(1 + order.moved_count for order in decided.orders.values())
    before = -1
    while (heard := await connection.fetchval(_HEARD)) < expected and heard > before:
        before = heard
        await asyncio.sleep(STILL_S)


_HEARD = """
    SELECT count(*) FROM inventory.inventory_events
    WHERE topic IN ('stock.allocated.v1', 'stock.sold.v1', 'stock.returned.v1')"""


def check_stock(book: StockBook, decided: Decided) -> list[Mismatch]:
    """Name what went back and should not, what should and did not, and what breaks a law."""
    return [*_restocks(book.moved, decided), *_bounds(book.held), *_reservations(book, decided)]


def _restocks(moved: Mapping[UUID, Movement], decided: Decided) -> Iterator[Mismatch]:
    strange = moved.keys() - decided.movements.keys()
    yield from foreign("movement", strange, forbidden_ids(decided))
    for root, movements in decided.restocking.items():
        outcome = decided.restocked.get(root)
        if outcome is None:
            yield Mismatch("lost", f"restock {root} has no outcome")
        for id_, movement in movements.items():
            there = moved.get(id_)
            about = f"movement {id_} of order {movement.order_id}"
            if outcome == "FAILED":
                if there:
                    yield Mismatch("wrong", f"{about} is there, though called failed")
            elif there != movement:
                kind: Kind = "wrong" if there else "lost"
                yield Mismatch(kind, f"{about}: decided {_said(movement)}, moved {_said(there)}")


def _said(movement: Movement | None) -> str:
    if movement is None:
        return "nothing"
    return f"{movement.quantity} of {movement.sku}, line {movement.line_id}"


def _bounds(held: Mapping[tuple[str, str, str], Held]) -> Iterator[Mismatch]:
    for (order_id, line_id, sku), (taken, back, reserved) in held.items():
        about = f"order {order_id}, line {line_id}"
        if back > taken:
            yield Mismatch("wrong", f"{about}: {back} of {sku} went back of {taken} taken")
        if reserved < 0:
            yield Mismatch("wrong", f"{about}: {reserved} of {sku} reserved")


def _reservations(book: StockBook, decided: Decided) -> Iterator[Mismatch]:
    """Name lines of which not exactly the open units are reserved."""
    for order_id in book.placed & decided.orders.keys():
        for line_id, sku, units in _open(decided.orders[order_id]):
            reserved = book.held.get((order_id, line_id, sku), Held()).reserved
            if reserved != units:
                about = f"order {order_id}, line {line_id}"
                yield Mismatch("wrong", f"{about}: {units} of {sku} open, {reserved} reserved")


def _open(order: Order) -> Iterable[tuple[str, str, int]]:
    """Return the units of each article that a line still needs.

    Left out are lines of which more went than there was: a parcel left although cancelled.
    """
    for line_id, (ordered, articles) in order.lines.items():
        units = ordered - order.let_go[line_id] - order.fulfilled[line_id]
        if line_id not in order.overdrawn:
            for sku, per_unit in articles.items():
                yield line_id, sku, units * per_unit
