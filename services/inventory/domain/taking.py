"""What takes units from the shelf: an order is placed, shipped, or needed after all."""

from collections.abc import Iterable, Sequence
from typing import Any

from contracts.cancellation import OrderReinstated, RestockRequested
from contracts.orders import LineQuantity, LinesFulfilled, OrderPlaced
from kit.decider import Unacceptable
from kit.facts import Fact
from services.inventory.domain import events
from services.inventory.domain.stock import Line, Stock, some_of


def place(stock: Stock, message: OrderPlaced) -> Sequence[Fact]:
    """Reserve the units of an order; once, less what was cancelled before the order was heard.

    A line id that comes twice is for the cancellation service to put aside; nothing is reserved.
    """
    ids = {line.line_id for line in message.lines}
    if stock.is_placed or len(ids) < len(message.lines):
        return []
    return [
        events.StockAllocated(
            order_id=message.order_id,
            lines=tuple(
                events.StockLine(
                    line_id=line.line_id,
                    sku=line.sku,
                    quantity=max(0, line.quantity - _early(stock, line.line_id)),
                    location=line.location,
                    components=line.components,
                )
                for line in message.lines
            ),
        )
    ]


def _early(stock: Stock, line_id: str) -> int:
    line = stock.lines.get(line_id)
    return line.early if line else stock.units.get(line_id, 0)


def take_early(stock: Stock, message: Any) -> list[Fact]:
    """Reserve what is to be let go of an order that was not heard yet.

    An order and its cancellation travel on different topics, so either may come first; and orders
    placed before this ledger began never come.
    """
    if stock.is_placed:
        return []
    is_by_hand = isinstance(message, RestockRequested)
    units: dict[str, events.StockLine] = {}
    room: dict[str, int] = {}
    for line in message.lines:
        room[line.line_id] = line.ordered_quantity - _early(stock, line.line_id)
        before = units.get(line.line_id)
        # What is known of the line is its recipe for ever; a request by hand does not repeat it.
        known = stock.lines.get(line.line_id, line)
        units[line.line_id] = events.StockLine(
            line_id=line.line_id,
            sku=line.sku,
            quantity=line.quantity + (before.quantity if before else 0),
            location=known.location,
            components=getattr(known, "components", ()),
        )
    short = [
        line if missing == line.quantity else line.model_copy(update={"quantity": missing})
        for id_, line in units.items()
        if (missing := min(room[id_], line.quantity - _at_hand(stock, id_, is_by_hand))) > 0
    ]
    if not short:
        return []
    lines = tuple(short)
    return [events.StockAllocated(order_id=message.order_id, lines=lines, is_placement=False)]


def _at_hand(stock: Stock, line_id: str, is_by_hand: bool) -> int:
    line = stock.lines.get(line_id)
    if line is None:
        return 0
    return line.reserved + (line.withheld + line.sold if is_by_hand else 0)


def sell(stock: Stock, message: LinesFulfilled) -> Sequence[Fact]:
    """Take units that left the shop off the shelf, whatever was reserved: gone is gone."""
    sold = []
    for line_id, line, quantity in known_lines(stock, message.lines):
        reserved = min(quantity, line.reserved)
        sold.append(
            events.SoldLine(
                line_id=line_id, sku=line.sku, quantity=quantity, location=line.location,
                components=line.components, reserved_quantity=reserved,
                withheld_quantity=min(quantity - reserved, line.withheld),
            )
        )  # fmt: skip
    return [events.StockSold(order_id=message.order_id, lines=tuple(sold))]


def known_lines(stock: Stock, named: Iterable[LineQuantity]) -> Iterable[tuple[str, Line, int]]:
    """Return each line named with its units added up.

    Raises:
        Unacceptable: the order or a line of it was never placed here.
    """
    if not stock.lines:
        raise Unacceptable("ORDER_NOT_FOUND", "no order of this number was placed before")
    units: dict[str, int] = {}
    for line in named:
        if line.line_id not in stock.lines:
            raise Unacceptable("LINE_NOT_FOUND", f"no line {line.line_id} in this order")
        units[line.line_id] = units.get(line.line_id, 0) + line.quantity
    return [(line_id, stock.lines[line_id], count) for line_id, count in units.items()]


def reserve(stock: Stock, message: OrderReinstated) -> Sequence[Fact]:
    """Reserve the units of a reinstated order again; once."""
    if message.cancellation_id in stock.reinstated:
        return []
    taken, renewed = [], []
    needed = {line.line_id: line.quantity for line in message.reserve_lines}
    for named in message.lines:
        line_id, line = named.line_id, stock.lines.get(named.line_id)
        if line is None:  # from before the ledger knew lines
            continue
        again = needed.get(line_id, 0)
        kept = min(named.quantity - again, line.withheld)
        if again:
            taken.append(some_of(line_id, line, again, line.location))
        if kept > 0:
            renewed.append(some_of(line_id, line, kept, line.location))
    if not (message.reserve_lines or renewed):
        return []
    return [
        events.StockReserved(
            order_id=message.order_id,
            cancellation_id=message.cancellation_id,
            lines=message.reserve_lines,
            taken=tuple(taken),
            renewed=tuple(renewed),
        )
    ]
