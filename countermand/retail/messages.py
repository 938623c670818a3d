"""Orders of the file as the messages upstream would have sent.

Message ids are made of invoice numbers, so a second import of the same file repeats them and
changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contracts.message import Message
from contracts.orders import Customer, OrderLine, OrderPlaced, PaymentCaptured
from contracts.values import Currency, Locale
from countermand.retail.orders import Order

CURRENCY: Final[Currency] = "GBP"
"""Of every price in the file."""

FRENCH_SPEAKING: Final = frozenset({"France"})
"""Countries written to in French. Belgium and Switzerland speak several languages: English."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message, ready to be wrapped and published."""

    message_id: str
    """The CloudEvents `id`; the same for the same invoice, always."""
    time: datetime
    """When it happened in the shop, UTC."""
    message: Message


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment the provider must know before it can refund it."""

    payment_id: str
    amount_minor: int
    currency: Currency


def payment_of(order: Order) -> Payment | None:
    """Return the payment of `order`, or None when nothing was to be paid."""
    if not order.amount_minor:
        return None
    return Payment(f"pi_{order.order_id}", order.amount_minor, CURRENCY)


def order_placed(order: Order) -> Outgoing:
    """Return the fact that `order` was placed."""
    lines = tuple(
        OrderLine(
            line_id=line.line_id,
            sku=line.article.sku,
            title=line.title,
            quantity=line.quantity,
            unit_price_minor=line.unit_price_minor,
        )
        for line in order.lines
    )
    placed = OrderPlaced(
        order_id=order.order_id,
        placed_at=order.placed_at,
        currency=CURRENCY,
        customer=_customer(order.customer_id, order.country),
        country=order.country,
        lines=lines,
    )
    return Outgoing(f"retail-{order.order_id}-placed", order.placed_at, placed)


def payment_captured(order: Order, payment: Payment) -> Outgoing:
    """Return the fact that `payment` of `order` was captured, at the time of the order."""
    captured = PaymentCaptured(
        order_id=order.order_id,
        payment_id=payment.payment_id,
        amount_minor=payment.amount_minor,
        captured_at=order.placed_at,
    )
    return Outgoing(f"retail-{order.order_id}-captured", order.placed_at, captured)


def _customer(customer_id: str | None, country: str | None) -> Customer | None:
    if customer_id is None:
        return None
    locale: Locale = "fr" if country in FRENCH_SPEAKING else "en"
    email = f"customer-{customer_id}@customers.example"
    return Customer(customer_id=customer_id, email=email, locale=locale)
