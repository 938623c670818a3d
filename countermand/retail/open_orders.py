"""What is left of each order while cancellations are matched, oldest first.

An item is an article; for a charge it is the article and its amount, because `M` (manual) or `POST`
names no thing one could give back, only a sum once paid.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from countermand.retail.articles import Article
from countermand.retail.orders import Line, Order

Item = tuple[str, int | None]
"""SKU, and the price in pence for a charge or None for goods."""


def item_of(article: Article, price_minor: int) -> Item:
    """Return what a row of a `C` invoice must find in an order."""
    return article.sku, price_minor if article.kind == "CHARGE" else None


@dataclass(frozen=True, slots=True)
class Taken:
    """Units taken from one line."""

    line: Line
    quantity: int


class OpenOrder:
    """One order and the units no cancellation has taken yet."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self._lines_by_item: dict[Item, list[Line]] = {}
        self._left_by_line_id: dict[str, int] = {}
        for line in order.lines:
            item = item_of(line.article, line.unit_price_minor)
            self._lines_by_item.setdefault(item, []).append(line)
            self._left_by_line_id[line.line_id] = line.quantity

    def ordered(self, item: Item) -> int:
        """Return how many units of `item` were ordered, over all lines."""
        return sum(line.quantity for line in self._lines_by_item.get(item, ()))

    def left(self, item: Item) -> int:
        """Return how many units of `item` can still be cancelled, over all lines."""
        lines = self._lines_by_item.get(item, ())
        return sum(self._left_by_line_id[line.line_id] for line in lines)

    def holds(self, units_by_item: Mapping[Item, int]) -> bool:
        """Return whether all of this can still be cancelled."""
        return all(self.left(item) >= units for item, units in units_by_item.items())

    def has_sku(self, sku: str) -> bool:
        """Return whether any line is of this article, at whatever price."""
        return any(held == sku for held, _ in self._lines_by_item)

    def take(self, item: Item, units: int, price_minor: int) -> list[Taken]:
        """Take `units` of `item`, which must be left; lines at `price_minor` come first.

        The price decides between lines only, so that the refund is what the shop credited.
        """
        taken: list[Taken] = []
        lines = self._lines_by_item[item]
        for line in sorted(lines, key=lambda each: each.unit_price_minor != price_minor):
            quantity = min(units, self._left_by_line_id[line.line_id])
            if quantity:
                self._left_by_line_id[line.line_id] -= quantity
                units -= quantity
                taken.append(Taken(line, quantity))
        return taken


class OrderBook:
    """All orders of customers, by customer; guests are not in it."""

    def __init__(self, orders: Iterable[Order]) -> None:
        self._orders_by_customer: dict[str, list[Order]] = {}
        self._open_by_customer: dict[str, list[OpenOrder]] = {}
        for order in orders:
            if order.customer_id is not None:
                self._orders_by_customer.setdefault(order.customer_id, []).append(order)

    def newest_first(self, customer_id: str) -> list[OpenOrder]:
        """Return the customer's orders, newest first; the same objects every time."""
        if customer_id not in self._open_by_customer:
            orders = self._orders_by_customer.get(customer_id, [])
            newest_first = sorted(orders, key=lambda order: order.sequence, reverse=True)
            self._open_by_customer[customer_id] = [OpenOrder(order) for order in newest_first]
        return self._open_by_customer[customer_id]
