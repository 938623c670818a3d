"""What the inventory service says about the stock leg."""

from typing import ClassVar, Literal
from uuid import UUID

from contracts.message import Event, Part
from contracts.values import Identifier, LineId, OrderId, Quantity, Text, Timestamp


class RestockedLine(Part):
    """Units of one line back on the shelf."""

    line_id: LineId
    """The line of the order."""
    sku: Identifier
    """The article."""
    quantity: Quantity
    """Units put back."""
    location: Identifier | None = None
    """Which shelf; empty when the shop has one."""


class StockRestocked(Event):
    """The cancelled units are sellable again."""

    TYPE: ClassVar[str] = "inventory.stock-restocked.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation this answers."""
    lines: tuple[RestockedLine, ...]
    """One stock movement each."""
    restocked_at: Timestamp
    """When the ledger took it."""
    request_id: UUID | None = None
    """The request this answers; empty when it was the cancellation itself."""


class RestockFailed(Event):
    """Nothing was put back; a person has to look."""

    TYPE: ClassVar[str] = "inventory.restock-failed.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation this answers."""
    code: Literal["MORE_THAN_ORDERED"]
    """Why; stable."""
    detail: Text
    """In words."""
    failed_at: Timestamp
    """When it was decided."""
    request_id: UUID | None = None
    """The request this answers; empty when it was the cancellation itself."""
