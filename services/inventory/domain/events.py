"""Facts about stock: of one order, of one article, of the locations."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.cancellation import Actor, Refusal
from contracts.inventory import (
    AdjustmentReason,
    Change,
    ReleasedItem,
    RestockedLine,
    StockCaseLine,
)
from contracts.message import Part
from contracts.orders import Components, LineQuantity
from contracts.values import (
    Code,
    CommandId,
    Identifier,
    LineId,
    OrderId,
    Text,
)
from kit.facts import Fact

Units = Annotated[int, Field(ge=0)]


class StockLine(Part):
    """Units of one line of an order, at one location."""

    line_id: LineId
    """The line."""
    sku: Identifier
    """The article, or the bundle."""
    quantity: Units
    """Units of it."""
    location: Identifier | None = None
    """Where; empty when the shop has one location."""
    components: Components = ()
    """Of a bundle, what one unit of it is made of: that is what lies on the shelf."""


class SoldLine(StockLine):
    """Units that left the shop."""

    reserved_quantity: Units
    """Of these, units that were reserved."""
    withheld_quantity: Units = 0
    """Of these, units already out of the books. What is left was taken unreserved."""


class BackLine(RestockedLine):
    """Units of one line back on one shelf, and what they were until then."""

    taken_from: Identifier | None = None
    """Where they had been taken from."""
    components: Components = ()
    """Of a bundle, what one unit of it is made of."""
    released_quantity: Units | None = None
    """Of these, units that were reserved and had not moved; empty before that was known."""
    withheld_quantity: Units = 0
    """Of these, units that had been kept off the shelf."""
    shipped_quantity: Units = 0
    """Of these, units that left the shop although cancelled: not on any shelf. What is left had
    left the shop and is back."""
    wanted_location: Identifier | None = None
    """Where they were to go; empty when they went there."""


class StockAllocated(Fact):
    """Units are reserved for an order. Recorded by: `place`, `restock`."""

    NAME: ClassVar[str] = "stock.allocated.v1"

    order_id: OrderId
    """The order."""
    lines: tuple[StockLine, ...]
    """What is reserved; 0 units of a line all of which was cancelled before."""
    is_placement: bool = True
    """False for units of an order whose cancellation was heard before its placement."""


class StockSold(Fact):
    """Units have left the shop. Recorded by: `sell`."""

    NAME: ClassVar[str] = "stock.sold.v1"

    order_id: OrderId
    """The order."""
    lines: tuple[SoldLine, ...]
    """What left."""


class StockReturned(Fact):
    """Units that had left are back from the customer. Recorded by: `take_back`."""

    NAME: ClassVar[str] = "stock.returned.v1"

    order_id: OrderId
    """The order."""
    lines: tuple[StockLine, ...]
    """What came back and where it went; at most what had left."""
    is_sellable: bool = True
    """False when none of it went on a shelf."""


class StockRestocked(Fact):
    """Cancelled units are sellable again. Recorded by: `restock`; published under this name."""

    NAME: ClassVar[str] = "stock.restocked.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation answered."""
    lines: tuple[BackLine, ...]
    """Per line and shelf; Σ ever back of a line ≤ Σ ever taken."""
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


class StockWithheld(Fact):
    """Cancelled units that do not go back on a shelf leave the books. Recorded by: `restock`."""

    NAME: ClassVar[str] = "stock.withheld.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation they belong to."""
    lines: tuple[StockLine, ...]
    """Units that are neither reserved nor on hand any more."""


class StockReserved(Fact):
    """Units put back are needed again: their order was reinstated. Recorded by: `reserve`."""

    NAME: ClassVar[str] = "stock.reserved.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation taken back."""
    lines: tuple[LineQuantity, ...]
    """Units that no longer count as put back."""
    taken: tuple[StockLine, ...] = ()
    """The same units as they are taken from the shelf again."""
    renewed: tuple[StockLine, ...] = ()
    """Units withheld until now: on hand again, and reserved."""


class StockReleased(Fact):
    """Units became available. Recorded by: `restock`, `take_back`; published under this name."""

    NAME: ClassVar[str] = "stock.released.v1"

    order_id: OrderId
    """The order that had them."""
    items: tuple[ReleasedItem, ...]
    """Per article and location."""
    cancellation_id: UUID | None = None
    """The cancellation that let them go; empty when they came back from the customer."""
    request_id: UUID | None = None
    """The request by which they were put back by hand."""


class StockCaseOpened(Fact):
    """A person has to see to something. Recorded by: `restock`, `take_back`; published."""

    NAME: ClassVar[str] = "stock.case-opened.v1"

    order_id: OrderId
    """The order."""
    case_id: UUID
    """One per case: the id of this fact."""
    kind: Code
    """`LOCATION_DEACTIVATED` or `RETURNED_MORE_THAN_SOLD`."""
    detail: Text
    """In words."""
    lines: tuple[StockCaseLine, ...]
    """Units it is about."""
    cancellation_id: UUID | None = None
    """The cancellation it is about, if one."""


class StockAdjusted(Fact):
    """Stock on hand was corrected, or goods have come in. Recorded by: `adjust`; published."""

    NAME: ClassVar[str] = "stock.adjusted.v1"

    sku: Identifier
    """The article."""
    location: Identifier | None
    """Where; empty when the shop has one location."""
    command_id: CommandId
    """The command answered."""
    change: Change
    """Units more or fewer."""
    reason: AdjustmentReason
    """Why."""
    actor: Actor
    """Who."""
    counted: int | None = None
    """What was counted, if it was a count."""
    note: Text | None = None
    """For staff only."""


class StockLocationSet(Fact):
    """A location is in use or no longer. Recorded by: `set_location`; published."""

    NAME: ClassVar[str] = "stock.location-set.v1"

    location: Identifier
    """Which."""
    is_active: bool
    """Whether units can be put back to it."""
    fallback: Identifier | None
    """Where they go otherwise; empty for the shop's unnamed location."""
    command_id: CommandId
    """The command answered."""
    actor: Actor
    """Who."""
    note: Text | None = None
    """For staff only."""


class StockCommandRejected(Fact):
    """A command about stock was refused. Recorded by: `set_location`; published."""

    NAME: ClassVar[str] = "stock.command-rejected.v1"

    command_id: CommandId
    """The command answered."""
    command: Text
    """Its type."""
    refusals: tuple[Refusal, ...]
    """Every failed rule."""


FACTS: tuple[type[Fact], ...] = (
    StockAllocated,
    StockSold,
    StockReturned,
    StockRestocked,
    RestockFailed,
    StockWithheld,
    StockReserved,
    StockReleased,
    StockCaseOpened,
    StockAdjusted,
    StockLocationSet,
    StockCommandRejected,
)
"""Every fact a stock stream may hold."""
