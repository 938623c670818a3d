"""The state of one order, and how each fact changes it.

Quantities and amounts only ever grow here; what is left is computed, so nothing can be counted
twice by being written in two places.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from contracts.cancellation import LegOutcome
from contracts.orders import OrderPlaced as PlacedMessage
from kit.facts import Fact
from services.cancellation.domain import events


@dataclass(frozen=True, slots=True)
class Legs:
    """How far one cancellation has come."""

    refunds: Mapping[str, LegOutcome | None]
    """Outcome per payment to refund; None while open."""
    restock: LegOutcome | None
    """None while open, `NOT_DUE` when nothing goes back."""
    notification: LegOutcome | None
    """None while open, `NOT_DUE` when nobody is told."""

    @property
    def refund(self) -> LegOutcome | None:
        """One word for the money leg: the worst of its refunds, None while any is open."""
        outcomes = set(self.refunds.values())
        if None in outcomes:
            return None
        for worst in ("FAILED", "UNCERTAIN", "SUCCEEDED"):
            if worst in outcomes:
                return worst
        return "NOT_DUE"

    @property
    def is_settled(self) -> bool:
        """True when no leg is open."""
        return None not in (self.refund, self.restock, self.notification)


class Order(NamedTuple):
    """One order, as far as cancelling it is concerned."""

    placed: PlacedMessage | None = None
    """None for an order nobody told us about."""
    captured: Mapping[str, int] = MappingProxyType({})
    """Minor units captured per payment, in the order the payments came."""
    authorized: Mapping[str, int] = MappingProxyType({})
    """Minor units held per payment."""
    due: Mapping[str, int] = MappingProxyType({})
    """Minor units ever decided to be refunded per payment."""
    fulfilled: Mapping[str, int] = MappingProxyType({})
    """Units shipped per line."""
    cancelled: Mapping[str, int] = MappingProxyType({})
    """Units cancelled per line."""
    cancellations: Mapping[UUID, Legs] = MappingProxyType({})
    """Every cancellation of this order."""

    def open_units(self, line_id: str, ordered: int) -> int:
        """Return the units of a line neither shipped nor cancelled; never below 0."""
        return max(0, ordered - self.fulfilled.get(line_id, 0) - self.cancelled.get(line_id, 0))

    def refundable_minor(self, payment_id: str) -> int:
        """Return what may still be refunded on a payment."""
        return max(0, self.captured.get(payment_id, 0) - self.due.get(payment_id, 0))


def _add(totals: Mapping[str, int], key: str, amount: int) -> dict[str, int]:
    return {**totals, key: totals.get(key, 0) + amount}


def _placed(order: Order, fact: events.OrderPlaced) -> Order:
    return order._replace(placed=fact.message)


def _authorized(order: Order, fact: events.PaymentAuthorized) -> Order:
    message = fact.message
    return order._replace(
        authorized=_add(order.authorized, message.payment_id, message.amount_minor)
    )


def _captured(order: Order, fact: events.PaymentCaptured) -> Order:
    message = fact.message
    return order._replace(captured=_add(order.captured, message.payment_id, message.amount_minor))


def _fulfilled(order: Order, fact: events.LinesFulfilled) -> Order:
    fulfilled = dict(order.fulfilled)
    for line in fact.message.lines:
        fulfilled[line.line_id] = fulfilled.get(line.line_id, 0) + line.quantity
    return order._replace(fulfilled=fulfilled)


def opened_legs(fact: events.OrderCancelled) -> Legs:
    """Return the legs of a new cancellation."""
    return Legs(
        refunds={refund.payment_id: None for refund in fact.refunds},
        restock=None if fact.restock else "NOT_DUE",
        notification=None if fact.recipient else "NOT_DUE",
    )


def reported_legs(legs: Legs, fact: Fact) -> Legs:
    """Return the legs after one of them has reported."""
    match fact:
        case events.RefundReported():
            outcomes = {**legs.refunds, fact.message.payment_id: fact.outcome}
            return Legs(outcomes, legs.restock, legs.notification)
        case events.RestockReported():
            return Legs(legs.refunds, fact.outcome, legs.notification)
        case events.NotificationReported():
            return Legs(legs.refunds, legs.restock, fact.outcome)
        case _:
            raise TypeError(type(fact).__name__)


def _cancelled(order: Order, fact: events.OrderCancelled) -> Order:
    cancelled, due = dict(order.cancelled), dict(order.due)
    for line in fact.lines:
        cancelled[line.line_id] = cancelled.get(line.line_id, 0) + line.quantity
    for refund in fact.refunds:
        due[refund.payment_id] = due.get(refund.payment_id, 0) + refund.amount_minor
    cancellations = {**order.cancellations, fact.cancellation_id: opened_legs(fact)}
    return order._replace(cancelled=cancelled, due=due, cancellations=cancellations)


def _reported(order: Order, fact: Any) -> Order:
    cancellation_id = fact.message.cancellation_id
    legs = reported_legs(order.cancellations[cancellation_id], fact)
    return order._replace(cancellations={**order.cancellations, cancellation_id: legs})


def _unchanged(order: Order, _: Fact) -> Order:
    return order


_EVOLVE: dict[type[Fact], Any] = {
    events.OrderPlaced: _placed,
    events.PaymentAuthorized: _authorized,
    events.PaymentCaptured: _captured,
    events.LinesFulfilled: _fulfilled,
    events.OrderCancelled: _cancelled,
    events.CancellationRejected: _unchanged,
    events.RefundReported: _reported,
    events.RestockReported: _reported,
    events.NotificationReported: _reported,
    events.CancellationCompleted: _unchanged,
}


def evolve(order: Order, fact: Fact) -> Order:
    """Return the order after `fact`."""
    result: Order = _EVOLVE[type(fact)](order, fact)
    return result
