"""When money that was given back is to be expected, by the way it was paid and by country.

Providers name no single figure, so the ranges are those that payment companies publish. Sources:
razorpay.com/docs/payments/refunds/normal (cards, netbanking, wallets, UPI: days);
developer.vippsmobilepay.com/docs/knowledge-base/refund (Vipps, MobilePay: bank days).
What is not in the table is not guessed.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from contracts.orders import PaymentMethod
from contracts.values import Tender


class Span(NamedTuple):
    """So many days after the provider's word."""

    least_days: int
    most_days: int
    are_bank_days: bool = False
    """True when Saturdays and Sundays do not count."""


PUBLISHED: Mapping[tuple[str, str | None], Span] = {
    ("card", None): Span(5, 10),
    ("netbanking", None): Span(2, 10),
    ("wallet", None): Span(0, 3),
    ("upi", None): Span(2, 7),
    ("vipps", "NO"): Span(2, 10, are_bank_days=True),
    ("mobilepay", "DK"): Span(2, 10, are_bank_days=True),
    ("mobilepay", "FI"): Span(2, 10, are_bank_days=True),
}
"""Way and country; an entry without a country is for all that have none of their own."""

SATURDAY = 5


def expect_arrival(
    tender: Tender, method: PaymentMethod | None, on: date
) -> tuple[date | None, date | None]:
    """Return the first and the last day on which the money is to be expected.

    Args:
        tender: what the payment was made with; tells a card where nothing more is known.
        method: how, in particular.
        on: the day of the provider's word.
    """
    kind = method.kind if method else "card" if tender == "CARD" else ""
    country = method.country if method else None
    span = PUBLISHED.get((kind, country)) or PUBLISHED.get((kind, None))
    if span is None:
        return None, None
    return _later(on, span.least_days, span), _later(on, span.most_days, span)


def _later(day: date, days: int, span: Span) -> date:
    if not span.are_bank_days:
        return day + timedelta(days=days)
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < SATURDAY
    return day
