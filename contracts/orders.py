"""What upstream says about orders: placed, paid, fulfilled, returned.

These are facts. They are recorded even when they come late; only a malformed one is put aside.
"""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.message import Event, Part
from contracts.values import (
    LINES_MAX,
    AmountMinor,
    CountryCode,
    Currency,
    EmailAddress,
    Identifier,
    LineId,
    Locale,
    OrderId,
    PaymentId,
    Quantity,
    Tag,
    Tender,
    Text,
    Timestamp,
)

TAGS_MAX = 20
"""Tags on one order or line."""

Tags = Annotated[tuple[Tag, ...], Field(max_length=TAGS_MAX)]


class Customer(Part):
    """Who placed the order, as far as the shop knows."""

    customer_id: Identifier
    """The shop's own number, for example `13085`."""
    email: EmailAddress | None = None
    """Where messages go; without one the customer cannot be told."""
    locale: Locale = "en"
    """Language of the messages."""


class Component(Part):
    """What one unit of a bundle is made of."""

    sku: Identifier
    """The article taken from the shelf."""
    quantity: Quantity
    """Units of it in one unit of the bundle."""


COMPONENTS_MAX = 50
"""Articles in one bundle."""

Components = Annotated[tuple[Component, ...], Field(max_length=COMPONENTS_MAX)]


GIFT_CARDS_MAX = 1_000
"""Gift cards bought with one line."""


class PaymentMethod(Part):
    """How a payment was made, as far as giving it back depends on it."""

    kind: Tag
    """For example `card`, `netbanking`, `wallet`; how long a refund takes goes by it."""
    country: CountryCode | None = None
    """Where the customer's account is."""
    is_offline: bool = False
    """True when no provider can reverse it: a person gives the money back and proves it."""


class OrderLine(Part):
    """One item of an order."""

    line_id: LineId
    """Unique within the order, for example `3`."""
    sku: Identifier
    """The shop's article number."""
    title: Text
    """What the customer was shown; may be empty."""
    quantity: Quantity
    """Units ordered."""
    unit_price_minor: AmountMinor
    """Price of one unit in minor units of the order's currency; 0 for a gift."""
    discount_minor: AmountMinor = 0
    """Taken off the whole line, coupons and shares of an order's discount included."""
    tax_minor: AmountMinor = 0
    """Tax on the whole line; in the price or added to it, as the order says."""
    duties_minor: AmountMinor = 0
    """Customs duties paid with the whole line."""
    tags: Tags = ()
    """Kinds of goods a policy may name, for example `perishable` or `made-to-order`."""
    location: Identifier | None = None
    """Where the units are taken from."""
    components: Components = ()
    """Of a bundle, its recipe when it was ordered; later changes of the recipe change nothing."""
    gift_card_ids: Annotated[tuple[Identifier, ...], Field(max_length=GIFT_CARDS_MAX)] = ()
    """Gift cards bought with this line, one per unit; cancelled units disable theirs."""


class Shipping(Part):
    """What was paid for bringing the order to its customer."""

    amount_minor: AmountMinor
    """Price of the delivery."""
    discount_minor: AmountMinor = 0
    """Taken off that price."""
    tax_minor: AmountMinor = 0
    """Tax on it; in the price or added to it, as the order says."""


class LineQuantity(Part):
    """So many units of one line."""

    line_id: LineId
    """A line of the order."""
    quantity: Quantity
    """Units, at most those of the line."""


OrderLines = Annotated[tuple[OrderLine, ...], Field(min_length=1, max_length=LINES_MAX)]
LineQuantities = Annotated[tuple[LineQuantity, ...], Field(min_length=1, max_length=LINES_MAX)]


class OrderPlaced(Event):
    """A customer has placed an order. Published by upstream, once per order."""

    TYPE: ClassVar[str] = "order.placed.v1"

    order_id: OrderId
    """The shop's order number, for example `489434`."""
    placed_at: Timestamp
    """When the customer placed it."""
    currency: Currency
    """Currency of every amount of this order."""
    customer: Customer | None = None
    """Empty for a guest the shop knows nothing about."""
    country: Text | None = None
    """Country of the customer, as the shop writes it."""
    lines: OrderLines
    """What was ordered; line ids are unique."""
    tax_included: bool = False
    """True when the taxes named are part of the prices; false when they come on top."""
    shipping: Shipping | None = None
    """Empty when nothing was paid for it."""
    channel: Identifier | None = None
    """Where it was sold, for example `web` or `pos/paris`."""
    payment_due_at: Timestamp | None = None
    """When an unpaid order may be cancelled by a timer; empty leaves that to the policy."""
    tags: Tags = ()
    """Kinds of orders a policy may name, for example `b2b`."""


class PaymentAuthorized(Event):
    """The provider holds the money; nothing has moved yet."""

    TYPE: ClassVar[str] = "payment.authorized.v1"

    order_id: OrderId
    """The order paid for."""
    payment_id: PaymentId
    """The provider's id of the payment, for example `pi_489434`."""
    amount_minor: AmountMinor
    """Held, in minor units of the order's currency."""
    authorized_at: Timestamp
    """When the provider said so."""
    tender: Tender = "CARD"
    """What it is paid with."""
    method: PaymentMethod | None = None
    """How, in particular."""


class PaymentCaptureStarted(Event):
    """Somebody asked the provider for the money; how that ends is told by another fact."""

    TYPE: ClassVar[str] = "payment.capture-started.v1"

    order_id: OrderId
    """The order paid for."""
    payment_id: PaymentId
    """The provider's id of the payment."""
    amount_minor: AmountMinor
    """Asked for, in minor units."""
    started_at: Timestamp
    """When it was asked for."""


class PaymentCaptured(Event):
    """The money has moved to the shop; only now can it be refunded."""

    TYPE: ClassVar[str] = "payment.captured.v1"

    order_id: OrderId
    """The order paid for."""
    payment_id: PaymentId
    """The provider's id of the payment."""
    amount_minor: AmountMinor
    """Captured by this fact, in minor units; several captures of one payment add up."""
    captured_at: Timestamp
    """When the provider said so."""
    tender: Tender = "CARD"
    """What it was paid with."""
    method: PaymentMethod | None = None
    """How, in particular."""


class PaymentCaptureFailed(Event):
    """The money that was asked for did not come."""

    TYPE: ClassVar[str] = "payment.capture-failed.v1"

    order_id: OrderId
    """The order paid for."""
    payment_id: PaymentId
    """The provider's id of the payment."""
    amount_minor: AmountMinor
    """What had been asked for, in minor units."""
    failed_at: Timestamp
    """When the provider said so."""


class PaymentVoided(Event):
    """The provider holds the money no longer; nothing was captured and nothing can be."""

    TYPE: ClassVar[str] = "payment.voided.v1"

    order_id: OrderId
    """The order paid for."""
    payment_id: PaymentId
    """The provider's id of the payment."""
    voided_at: Timestamp
    """When the provider said so."""


class LinesFulfilled(Event):
    """Units have left the shop; they can be returned but no longer cancelled."""

    TYPE: ClassVar[str] = "order.lines-fulfilled.v1"

    order_id: OrderId
    """The order shipped from."""
    lines: LineQuantities
    """Units shipped by this fact; several shipments add up."""
    fulfilled_at: Timestamp
    """When they left."""
    claim_id: UUID | None = None
    """The claim they were packed under; left out, the oldest claims on these lines are used up."""


class ItemsReturned(Event):
    """Units that had left the shop are back; on a shelf, unless `restock` says otherwise."""

    TYPE: ClassVar[str] = "order.items-returned.v1"

    order_id: OrderId
    """The order shipped from."""
    lines: LineQuantities
    """Units back by this fact; several returns add up."""
    returned_at: Timestamp
    """When they came."""
    restock: bool = True
    """False for units that are not to be sold again."""
    location: Identifier | None = None
    """Where they went back on a shelf; left out, where each line was taken from."""
