"""What waits for somebody, folded into an order."""

from typing import Any
from uuid import UUID

from contracts.cancellation import LegOutcome
from services.cancellation.domain import events
from services.cancellation.domain.evolve.decided import with_legs
from services.cancellation.domain.legs import requested_later
from services.cancellation.domain.order import Order, Request, Restock
from services.cancellation.domain.units import Totals, minus, plus, units_of


def request(order: Order, fact: events.CancellationRequested) -> Order:
    """Note a request."""
    requests = {**order.seldom.requests, fact.request_id: Request(fact)}
    return order._replace(seldom=order.seldom._replace(requests=requests))


def close_request(order: Order, fact: Any) -> Order:
    """Close a request, whichever way it was answered."""
    requests = order.seldom.requests
    closed = {**requests, fact.request_id: requests[fact.request_id]._replace(is_open=False)}
    return order._replace(seldom=order.seldom._replace(requests=closed))


def request_refund(order: Order, fact: events.RefundRequested) -> Order:
    """Count money due after its cancellation."""
    legs = order.cancellations[fact.cancellation_id]
    order = with_legs(order, fact.cancellation_id, requested_later(legs, fact))
    credited = fact.store_credit.payments if fact.store_credit else ()
    money = [(part.payment_id, part.amount_minor) for part in (*fact.refunds, *credited)]
    return order._replace(due=plus(order.due, money))


def request_void(order: Order, fact: events.PaymentVoidRequested) -> Order:
    """Note payments to release after their cancellation."""
    legs = order.cancellations[fact.cancellation_id]
    voids = {**legs.voids, **{void.payment_id: None for void in fact.voids}}
    return with_legs(order, fact.cancellation_id, legs._replace(voids=voids))


def request_restock(order: Order, fact: events.RestockRequested) -> Order:
    """Count units put back by hand."""
    seldom = order.seldom
    outcome: LegOutcome | None = None if fact.lines else "NOT_DUE"
    return order._replace(
        seldom=seldom._replace(
            off_shelf=minus(seldom.off_shelf, units_of(fact.lines).items()),
            restocks={**seldom.restocks, fact.request_id: Restock(fact, outcome)},
        )
    )


def claim(order: Order, fact: events.FulfillmentClaimed) -> Order:
    """Note units being packed."""
    claims = {**order.seldom.claims, fact.claim_id: units_of(fact.lines)}
    return order._replace(seldom=order.seldom._replace(claims=claims))


def release_claim(order: Order, fact: events.FulfillmentClaimReleased) -> Order:
    """Give up what is left of a claim."""
    claims: dict[UUID, Totals] = {**order.seldom.claims, fact.claim_id: {}}
    return order._replace(seldom=order.seldom._replace(claims=claims))
