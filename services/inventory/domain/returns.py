"""What customers send back."""

from collections.abc import Sequence

from contracts.orders import ItemsReturned
from kit.decider import Context
from kit.facts import Fact
from kit.ids import event_id
from services.inventory.domain import events
from services.inventory.domain.locations import locations_of
from services.inventory.domain.stock import Stock, some_of
from services.inventory.domain.taking import known_lines
from services.inventory.domain.telling import more_than_sold, sum_up


def take_back(stock: Stock, message: ItemsReturned, context: Context) -> Sequence[Fact]:
    """Put back what had left, at most; the rest is a person's to see to."""
    order_id, came, strange = message.order_id, [], []
    locations = locations_of(context)
    for line_id, line, quantity in known_lines(stock, message.lines):
        had_left = min(quantity, line.sold)
        if had_left:
            where = locations.where(message.location or line.location)
            came.append(some_of(line_id, line, had_left, where))
        if had_left < quantity:
            strange.append(some_of(line_id, line, quantity - had_left, line.location))
    facts: list[Fact] = []
    if came:
        is_sellable = message.restock
        facts.append(
            events.StockReturned(order_id=order_id, lines=tuple(came), is_sellable=is_sellable)
        )
        if is_sellable:
            items = sum_up((line, line.location, line.quantity) for line in came)
            facts.append(events.StockReleased(order_id=order_id, items=items))
    if strange:
        id_ = event_id(context.stream_id, context.version + len(facts) + 1)
        facts.append(more_than_sold(strange, order_id=order_id, case_id=id_))
    return facts
