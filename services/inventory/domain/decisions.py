"""Every message this service acts on, and who decides on it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from contracts import cancellation, inventory, orders
from kit.decider import Context, Decider
from kit.facts import Fact
from services.inventory.domain import events
from services.inventory.domain.locations import set_location
from services.inventory.domain.restocks import restock
from services.inventory.domain.returns import take_back
from services.inventory.domain.stock import NOTHING, Stock, evolve
from services.inventory.domain.taking import place, reserve, sell


def adjust(_: Stock, command: inventory.AdjustStock, context: Context) -> Sequence[Fact]:
    """Take a correction as it is said: whoever counts is right."""
    return [
        events.StockAdjusted(
            sku=command.sku, location=command.location, command_id=context.message_id,
            change=command.change, reason=command.reason, actor=command.actor,
            counted=command.counted, note=command.note,
        )
    ]  # fmt: skip


DECISIONS: Mapping[type[Any], Callable[[Stock, Any, Context], Sequence[Fact]]] = {
    orders.OrderPlaced: lambda stock, message, _: place(stock, message),
    orders.LinesFulfilled: lambda stock, message, _: sell(stock, message),
    orders.ItemsReturned: take_back,
    cancellation.OrderCancelled: restock,
    cancellation.OrderCancellationConfirmed: restock,
    cancellation.RestockRequested: restock,
    cancellation.OrderReinstated: lambda stock, message, _: reserve(stock, message),
    inventory.AdjustStock: adjust,
    inventory.SetStockLocation: lambda stock, command, context: set_location(
        stock.locations, command, context.message_id
    ),
}
"""By what is heard."""


def decide(stock: Stock, message: Any, context: Context) -> Sequence[Fact]:
    """Decide on any of them."""
    return DECISIONS[type(message)](stock, message, context)


STOCK = Decider(initial=NOTHING, evolve=evolve, decide=decide)
