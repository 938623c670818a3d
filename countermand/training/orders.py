"""The made-up orders of a sandbox: what upstream says of them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

from contracts.message import Event
from contracts.orders import (
    Customer,
    LineQuantity,
    LinesFulfilled,
    OrderLine,
    OrderPlaced,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentMethod,
)
from contracts.values import Locale
from countermand.feed import Feed
from countermand.upstream import Outgoing

CURRENCY = "EUR"

ARTICLES = {
    "MUG": ("Coffee mug, blue", 1_250),
    "LAMP": ("Desk lamp", 8_900),
    "BAG": ("Canvas bag", 2_400),
    "CHAIR": ("Armchair, oak", 64_000),
}
"""Title and price by article number."""

COUNTRIES: tuple[tuple[Locale, str], ...] = (("en", "United Kingdom"), ("fr", "France"))
"""Where customers are, in turn, and in which language they are written to."""

CASH = {"tender": "CASH", "method": PaymentMethod(kind="cash", is_offline=True)}

BASKETS: dict[str, dict[str, int]] = {
    "T-1001": {"MUG": 2, "BAG": 1},
    "T-1002": {"LAMP": 1},
    "T-1003": {"MUG": 6},
    "T-1004": {"BAG": 2},
    "T-1005": {"LAMP": 1, "MUG": 1},
    "T-1006": {"CHAIR": 1},
    "T-1007": {"BAG": 1},
    "T-1008": {"MUG": 4},
    "T-1009": {"LAMP": 1, "BAG": 1},
    "T-1010": {"LAMP": 1},
    "T-1011": {"LAMP": 1, "MUG": 1},
    "T-1012": {"CHAIR": 1},
}
"""Units by article, by order."""

SHIPPED = {"T-1003": {"MUG": 2}, "T-1010": {"LAMP": 1}}
"""What of it has left."""

BY_GIFT_CARD_MINOR = 3_000
"""What of T-1011 was paid so."""


def feed_of(began_at: datetime) -> Feed:
    """Return what upstream says of every order of a sandbox that was begun then."""
    facts = [
        Outgoing(f"training-{type(fact).__name__}-{number}-{getattr(fact, 'order_id', '')}", fact,
                 began_at)
        for number, fact in enumerate(_facts(began_at))
    ]  # fmt: skip
    payments = [
        {"payment_id": fact.payment_id, "amount_minor": fact.amount_minor, "currency": CURRENCY}
        for fact in (one.message for one in facts)
        if isinstance(fact, PaymentCaptured) and fact.tender == "CARD"
    ]
    return Feed(facts=facts, commands=(), payments=payments)


def _facts(began_at: datetime) -> Iterator[Event]:
    for (order_id, basket), (locale, country) in zip(BASKETS.items(), cycle(COUNTRIES)):
        placed_at = began_at - timedelta(hours=30)
        yield OrderPlaced.model_validate(
            {
                "order_id": order_id, "placed_at": placed_at, "currency": CURRENCY,
                "customer": Customer(
                    customer_id=f"C-{order_id[2:]}", email=f"customer-{order_id[2:]}@shop.example",
                    locale=locale,
                ),
                "country": country, "channel": "web",
                "lines": tuple(
                    OrderLine(line_id=sku, sku=sku, title=ARTICLES[sku][0], quantity=quantity,
                              unit_price_minor=ARTICLES[sku][1])
                    for sku, quantity in basket.items()
                ),
            }
        )  # fmt: skip
        yield from _paid(order_id, basket, placed_at)
        if shipped := SHIPPED.get(order_id):
            units = tuple(LineQuantity(line_id=sku, quantity=q) for sku, q in shipped.items())
            yield LinesFulfilled(
                order_id=order_id, lines=units, fulfilled_at=placed_at + timedelta(hours=20)
            )


def _paid(order_id: str, basket: dict[str, int], at: datetime) -> Iterator[Event]:
    total_minor = sum(ARTICLES[sku][1] * quantity for sku, quantity in basket.items())
    said: dict[str, Any] = {"order_id": order_id, "payment_id": f"pi_{order_id}"}
    match order_id:
        case "T-1012":
            yield PaymentAuthorized(**said, amount_minor=total_minor, authorized_at=at)
        case "T-1011":
            card_minor = total_minor - BY_GIFT_CARD_MINOR
            yield PaymentCaptured(**said, amount_minor=card_minor, captured_at=at)
            yield PaymentCaptured(
                order_id=order_id, payment_id=f"gift_{order_id}", tender="GIFT_CARD",
                amount_minor=BY_GIFT_CARD_MINOR, captured_at=at,
            )  # fmt: skip
        case _:
            how: dict[str, Any] = CASH if order_id == "T-1007" else {}
            yield PaymentCaptured(**said, **how, amount_minor=total_minor, captured_at=at)
