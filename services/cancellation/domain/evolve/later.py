"""What waits for somebody, folded into an order."""

from typing import Any
from uuid import UUID

from contracts.cancellation import LegOutcome
from contracts.refunds import StoreCreditFailed
from kit.ids import child_id
from services.cancellation.domain import events
from services.cancellation.domain.evolve.decided import report, with_legs
from services.cancellation.domain.legs import (
    ByHand,
    reopened_by_credit,
    requested_later,
    with_refund,
)
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


def fall_back(order: Order, fact: events.RefundFallbackChosen) -> Order:
    """Take back what failed, and count what is due instead or owed again."""
    legs = order.cancellations[fact.cancellation_id]
    refunds = {child_id(fact.request_id, due.payment_id): due for due in fact.refunds}
    legs = with_refund(legs, fact, "NOT_DUE")
    legs = legs._replace(
        later={**legs.later, **dict.fromkeys(refunds)},
        later_due={**legs.later_due, **refunds},
        balance_minor=fact.balance_minor,
        broken=legs.broken | {fact.payment_id},
        is_reopened=legs.is_reopened or (legs.stands and not fact.refunds),
    )
    due = minus(order.due, [(fact.payment_id, fact.amount_minor)])
    due = plus(due, [(one.payment_id, one.amount_minor) for one in fact.refunds])
    return with_legs(order._replace(due=due), fact.cancellation_id, legs)


def record_by_hand(order: Order, fact: events.ManualRefundRecorded) -> Order:
    """Note what a person has given back, and what is left."""
    legs = order.cancellations[fact.cancellation_id]
    paid = ByHand(fact.payment_id, fact.left_minor)
    legs = legs._replace(by_hand={**legs.by_hand, fact.refund_id: paid})
    return with_legs(order, fact.cancellation_id, legs)


def report_credit(order: Order, fact: events.StoreCreditReported) -> Order:
    """Note what became of store credit; what failed is owed again while its cancellation stands."""
    failed, order = fact.message, report(order, fact)
    legs = order.cancellations[failed.cancellation_id]
    credit = legs.credit_due(failed.credit_id)
    if not isinstance(failed, StoreCreditFailed) or credit is None:
        return order
    due = minus(order.due, [(part.payment_id, part.amount_minor) for part in credit.payments])
    order = order._replace(due=due)
    if not legs.stands:
        return order
    return with_legs(order, failed.cancellation_id, reopened_by_credit(legs, failed))


def report_void(order: Order, fact: events.VoidReported) -> Order:
    """Note what became of a release."""
    if fact.outcome == "SUCCEEDED":
        seldom = order.seldom
        voided = seldom.voided | {fact.message.payment_id}
        order = order._replace(seldom=seldom._replace(voided=voided))
    return report(order, fact)


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
