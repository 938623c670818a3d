"""When money that was given back is to be expected, by the way it was paid and by country.

Two stretches add up. Until the provider calls a refund succeeded it is pending: how long that takes
is learnt from our own history, once there is enough. From then on the banks have it, and nobody
tells us when the customer sees it: those days are what payment companies publish. What is neither
learnt nor published is not guessed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from statistics import quantiles
from typing import NamedTuple, TypeVar
from uuid import UUID

from contracts.orders import PaymentMethod
from contracts.values import Tender
from kit.facts import Cause, Fact
from services.refunds.domain import events

T = TypeVar("T")


class Span(NamedTuple):
    """So many days after the provider's word."""

    least_days: int
    most_days: int
    are_bank_days: bool = False
    """True when Saturdays and Sundays do not count."""


class Published(NamedTuple):
    """What a payment company says about its refunds."""

    span: Span
    source: str
    """Where it says so."""


_RAZORPAY = "razorpay.com/docs/payments/refunds/normal"
_VIPPS = "developer.vippsmobilepay.com/docs/knowledge-base/refund"

Way = tuple[str, str | None]
"""Kind of payment and country; without a country it is for all that have no entry of their own."""

PUBLISHED: Mapping[Way, Published] = {
    ("card", None): Published(
        Span(5, 10, are_bank_days=True),
        "support.stripe.com/questions/customer-refund-processing-time",
    ),
    ("us_bank_account", "US"): Published(
        Span(4, 5, are_bank_days=True), "support.stripe.com/questions/refunds-with-ach-payments"
    ),
    ("netbanking", None): Published(Span(2, 10), _RAZORPAY),
    ("wallet", None): Published(Span(0, 3), _RAZORPAY),
    ("upi", None): Published(Span(2, 7), _RAZORPAY),
    ("vipps", "NO"): Published(Span(2, 10, are_bank_days=True), _VIPPS),
    ("mobilepay", "DK"): Published(Span(2, 10, are_bank_days=True), _VIPPS),
    ("mobilepay", "FI"): Published(Span(2, 10, are_bank_days=True), _VIPPS),
}
"""From the provider's "succeeded" to the customer."""

ENOUGH = 50
"""Refunds of one way that must have been pending before anything is learnt from them: the chance
that so many never reach the slowest tenth is 0.9 to the 50th, half a percent."""

SATURDAY = 5

Learnt = Mapping[Way, Span]
"""Days a refund stays pending, by way."""


class Wait(NamedTuple):
    """One refund that was pending and then succeeded."""

    way: Way
    pending: timedelta


def way_of(tender: Tender, method: PaymentMethod | None) -> Way:
    """Return how a payment was made: a card where nothing more is known."""
    kind = method.kind if method else "card" if tender == "CARD" else ""
    return kind, method.country if method else None


def waits_of(recorded: Iterable[tuple[Fact, Cause]]) -> Iterable[Wait]:
    """Return how long refunds were pending before they succeeded; by the last time, if by several.

    One that waited for its customer says nothing about the provider.
    """
    pending: dict[UUID, Cause] = {}
    for fact, cause in recorded:
        match fact:
            case events.RefundPending(status="pending"):
                pending[fact.refund_id] = cause
            case events.RefundSucceeded():
                since = pending.pop(fact.refund_id, None)
                if since is not None:
                    way = way_of(fact.tender, fact.method)
                    yield Wait(way, cause.recorded_at - since.recorded_at)


def learn(waits: Iterable[Wait]) -> Learnt:
    """Learn how long refunds stay pending: from the fastest to the slowest tenth, in whole days.

    A way is learnt with its country, and without one over all countries.
    """
    found: dict[Way, list[float]] = defaultdict(list)
    for (kind, country), pending in waits:
        days = pending / timedelta(days=1)
        for way in {(kind, country), (kind, None)}:
            found[way].append(days)
    return {way: _middle(days) for way, days in found.items() if len(days) >= ENOUGH}


def _middle(days: list[float]) -> Span:
    tenths = quantiles(days, n=10, method="inclusive")
    return Span(int(tenths[0]), int(tenths[-1] + 0.5))


def expect_arrival(
    tender: Tender,
    method: PaymentMethod | None,
    on: date,
    *,
    is_pending: bool = False,
    learnt: Learnt | None = None,
) -> tuple[date | None, date | None]:
    """Return the first and the last day on which the money is to be expected.

    Args:
        tender: what the payment was made with.
        method: how, in particular.
        on: the day of the provider's word.
        is_pending: whether the provider has not called it succeeded yet.
        learnt: how long refunds stay pending, as far as that is known.
    """
    way = way_of(tender, method)
    published = _of_way(PUBLISHED, way)
    if published is None:
        return None, None
    span = published.span
    wait = (_of_way(learnt or {}, way) if is_pending else None) or Span(0, 0)
    return (
        _later(on + timedelta(days=wait.least_days), span.least_days, span),
        _later(on + timedelta(days=wait.most_days), span.most_days, span),
    )


def _of_way(known: Mapping[Way, T], way: Way) -> T | None:
    return known.get(way) or known.get((way[0], None))


def _later(day: date, days: int, span: Span) -> date:
    if not span.are_bank_days:
        return day + timedelta(days=days)
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < SATURDAY
    return day
