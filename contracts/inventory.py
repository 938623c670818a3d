"""What the inventory service says about stock, and what may be asked of it.

Messages about an order have its number as their key; `AdjustStock` and its answer have
`sku:<article>`, `SetStockLocation` and its answer `stock:locations`.
"""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.cancellation.parts import Actor, Refusal
from contracts.message import Command, Event, Message, Part
from contracts.values import (
    QUANTITY_MAX,
    Code,
    CommandId,
    Identifier,
    LineId,
    OrderId,
    Quantity,
    Text,
    Timestamp,
)

LOCATIONS_KEY = "stock:locations"
"""Key of everything about the locations."""

AdjustmentReason = Literal["COUNTED", "RECEIVED", "DAMAGED", "LOST", "FOUND", "MOVED", "OTHER"]
"""Why the stock on hand is other than the book says."""

Change = Annotated[int, Field(strict=True, ge=-QUANTITY_MAX, le=QUANTITY_MAX)]
"""Units more, or fewer when below 0."""


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
    """Per line and shelf."""
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


class ReleasedItem(Part):
    """Units of one article that can be sold again."""

    sku: Identifier
    """The article; of a bundle, each of its components."""
    quantity: Quantity
    """Units more available."""
    location: Identifier | None = None
    """Where; empty when the shop has one location."""


class StockReleased(Event):
    """Units became available: for backorders and for whoever waits for an article."""

    TYPE: ClassVar[str] = "inventory.stock-released.v1"

    order_id: OrderId
    """The order that had them."""
    cancellation_id: UUID | None = None
    """The cancellation that let them go; empty when they came back from the customer."""
    request_id: UUID | None = None
    """The request by which they were put back by hand."""
    items: tuple[ReleasedItem, ...]
    """Per article and location."""
    released_at: Timestamp
    """When the ledger took it."""


class StockCaseLine(Part):
    """Units a case is about."""

    line_id: LineId
    """The line of the order."""
    sku: Identifier
    """The article."""
    quantity: Quantity
    """Units."""
    location: Identifier | None = None
    """Where they were to go; empty when the shop has one location."""


class StockCaseOpened(Event):
    """Something about the stock of an order that a person has to see to; nothing waits for it."""

    TYPE: ClassVar[str] = "inventory.stock-case-opened.v1"

    order_id: OrderId
    """The order."""
    case_id: UUID
    """One per case."""
    kind: Code
    """`LOCATION_DEACTIVATED`: units went elsewhere than they were to go.
    `RETURNED_MORE_THAN_SOLD`: units came back that had not left."""
    detail: Text
    """What was seen, in words."""
    lines: tuple[StockCaseLine, ...]
    """Units it is about."""
    cancellation_id: UUID | None = None
    """The cancellation it is about, if one."""
    opened_at: Timestamp
    """When it was seen."""


class AdjustStock(Command):
    """Correct the stock on hand of one article at one location. Its key is `sku:<article>`."""

    TYPE: ClassVar[str] = "inventory.adjust-stock.v1"

    sku: Identifier
    """The article."""
    location: Identifier | None = None
    """Where; empty when the shop has one location."""
    change: Change
    """Units more or fewer on hand; of a count, what was counted less what the book said then. What
    is sold between the count and this command is thereby not counted twice."""
    reason: AdjustmentReason
    """Why."""
    actor: Actor
    """Who."""
    counted: Annotated[int, Field(strict=True, ge=0, le=QUANTITY_MAX)] | None = None
    """What was counted, if it was a count."""
    note: Text | None = None
    """For staff only."""


class StockAdjusted(Event):
    """The stock on hand of one article was corrected, or goods have come in."""

    TYPE: ClassVar[str] = "inventory.stock-adjusted.v1"

    sku: Identifier
    """The article."""
    location: Identifier | None = None
    """Where; empty when the shop has one location."""
    command_id: CommandId
    """The command this answers."""
    change: Change
    """Units more or fewer on hand."""
    reason: AdjustmentReason
    """As asked."""
    counted: int | None = None
    """What was counted, if it was a count."""
    adjusted_at: Timestamp
    """When the ledger took it."""


class SetStockLocation(Command):
    """Say whether a location is in use, and where its units go if not.

    Its key is `stock:locations`.
    """

    TYPE: ClassVar[str] = "inventory.set-stock-location.v1"

    location: Identifier
    """Which; one nobody has set up is in use."""
    is_active: bool = True
    """False for one to which nothing can be put back any more."""
    fallback: Identifier | None = None
    """Where units go while it is not active; empty for the shop's unnamed location."""
    actor: Actor
    """Who."""
    note: Text | None = None
    """For staff only."""


class StockLocationSet(Event):
    """A location is in use or no longer, from now on."""

    TYPE: ClassVar[str] = "inventory.stock-location-set.v1"

    location: Identifier
    """Which."""
    is_active: bool
    """Whether units can be put back to it."""
    fallback: Identifier | None
    """Where they go otherwise; empty for the shop's unnamed location."""
    command_id: CommandId
    """The command this answers."""
    set_at: Timestamp
    """When it was decided."""


class StockCommandRejected(Event):
    """A command about stock was refused; nothing has changed."""

    TYPE: ClassVar[str] = "inventory.command-rejected.v1"

    command_id: CommandId
    """The command this answers."""
    command: Text
    """Its type."""
    refusals: tuple[Refusal, ...]
    """Every failed rule."""
    rejected_at: Timestamp
    """When it was decided."""


STOCK_COMMANDS = (AdjustStock, SetStockLocation)
"""Everything that may be asked of the inventory service."""


def key_of(message: Message) -> str:
    """Return the key of a message that is about no order."""
    sku = getattr(message, "sku", None)
    return f"sku:{sku}" if sku else LOCATIONS_KEY
