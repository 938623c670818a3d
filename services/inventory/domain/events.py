"""Facts about the stock of one order."""

from typing import ClassVar, Literal
from uuid import UUID

from contracts.inventory import RestockedLine
from contracts.orders import LineQuantity
from contracts.values import OrderId, Text
from kit.facts import Fact


class StockRestocked(Fact):
    """Cancelled units are sellable again. Recorded by: `restock`; published under this name."""

    NAME: ClassVar[str] = "stock.restocked.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation answered."""
    lines: tuple[RestockedLine, ...]
    """One ledger movement each; Σ ever restocked for a line ≤ units ordered."""
    request_id: UUID | None = None
    """The request answered; empty when it was the cancellation itself."""


class RestockFailed(Fact):
    """Nothing went back; a person has to look. Recorded by: `restock`; published."""

    NAME: ClassVar[str] = "stock.restock-failed.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation answered."""
    code: Literal["MORE_THAN_ORDERED"]
    """Why."""
    detail: Text
    """In words."""
    request_id: UUID | None = None
    """The request answered; empty when it was the cancellation itself."""


class StockReserved(Fact):
    """Units put back are needed again: their order was reinstated. Recorded by: `reserve`."""

    NAME: ClassVar[str] = "stock.reserved.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation taken back."""
    lines: tuple[LineQuantity, ...]
    """Units that no longer count as put back."""


FACTS: tuple[type[Fact], ...] = (StockRestocked, RestockFailed, StockReserved)
"""Every fact a stock stream may hold."""
