"""What upstream says about orders: placed, paid, fulfilled.

These are facts. They are recorded even when they come late; only a malformed one is put aside.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.message import Event, Part
from contracts.values import (
    LINES_MAX,
    AmountMinor,
    Currency,
    EmailAddress,
    Identifier,
    LineId,
    Locale,
    OrderId,
    PaymentId,
    Quantity,
    Text,
    Timestamp,
)


class Customer(Part):
    """Who placed the order, as far as the shop knows."""

    customer_id: Identifier
    """The shop's own number, for example `13085`."""
    email: EmailAddress | None = None
    """Where messages go; without one the customer cannot be told."""
    locale: Locale = "en"
    """Language of the messages."""


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


class LinesFulfilled(Event):
    """Units have left the shop; they can be returned but no longer cancelled."""

    TYPE: ClassVar[str] = "order.lines-fulfilled.v1"

    order_id: OrderId
    """The order shipped from."""
    lines: LineQuantities
    """Units shipped by this fact; several shipments add up."""
    fulfilled_at: Timestamp
    """When they left."""
