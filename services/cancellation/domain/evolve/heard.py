"""What upstream says, folded into an order."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.cancellation.domain import events
from services.cancellation.domain.legs import (
    Legs,
    ended_capture,
    planned_back,
    reported_legs,
)
from services.cancellation.domain.order import Order
from services.cancellation.domain.units import Totals, minus, plus, units_of


def place(order: Order, fact: events.OrderPlaced) -> Order:
    """Note what was ordered."""
    return order._replace(placed=fact.message)


def _with_tender(order: Order, message: Any) -> Order:
    if message.tender == "CARD" and message.method is None:
        return order
    seldom, payment_id = order.seldom, message.payment_id
    if message.tender != "CARD":
        seldom = seldom._replace(tenders={**seldom.tenders, payment_id: message.tender})
    if message.method is not None:
        seldom = seldom._replace(methods={**seldom.methods, payment_id: message.method})
    return order._replace(seldom=seldom)


def authorize(order: Order, fact: events.PaymentAuthorized) -> Order:
    """Count money held."""
    message = fact.message
    authorized = plus(order.authorized, [(message.payment_id, message.amount_minor)])
    return _with_tender(order._replace(authorized=authorized), message)


def start_capture(order: Order, fact: events.PaymentCaptureStarted) -> Order:
    """Note that held money was asked for."""
    message, seldom = fact.message, order.seldom
    in_flight = plus(seldom.in_flight, [(message.payment_id, message.amount_minor)])
    return order._replace(seldom=seldom._replace(in_flight=in_flight))


def _capture_ended(order: Order, message: Any, *, has_money: bool) -> Order:
    seldom, payment_id = order.seldom, message.payment_id
    if payment_id in seldom.in_flight:
        in_flight = minus(seldom.in_flight, [(payment_id, message.amount_minor)])
        seldom = seldom._replace(in_flight=in_flight)
    is_last = payment_id not in seldom.in_flight
    cancellations = {
        id_: ended_capture(legs, payment_id, has_money=has_money, is_last=is_last)
        for id_, legs in order.cancellations.items()
    }
    return order._replace(seldom=seldom, cancellations=cancellations)


def capture(order: Order, fact: events.PaymentCaptured) -> Order:
    """Count money that has moved; what waited for it is told."""
    message = fact.message
    captured = plus(order.captured, [(message.payment_id, message.amount_minor)])
    order = _with_tender(order._replace(captured=captured), message)
    if order.seldom.in_flight or order.cancellations:
        return _capture_ended(order, message, has_money=True)
    return order


def fail_capture(order: Order, fact: events.PaymentCaptureFailed) -> Order:
    """Note that the money asked for did not come."""
    return _capture_ended(order, fact.message, has_money=False)


def _still_holds(order: Order, legs: Legs, payment_id: str) -> bool:
    """Tell whether a payment was to be released and, as far as is known, was not."""
    word = legs.voids.get(payment_id, "SUCCEEDED")
    return word != "SUCCEEDED" and not order.captured.get(payment_id)


def void(order: Order, fact: events.PaymentVoided) -> Order:
    """Note that money is held no longer; who wanted that, or a capture, is told."""
    payment_id, seldom = fact.message.payment_id, order.seldom
    in_flight = {id_: amount for id_, amount in seldom.in_flight.items() if id_ != payment_id}
    cancellations = {
        id_: ended_capture(
            reported_legs(legs, fact) if _still_holds(order, legs, payment_id) else legs,
            payment_id, has_money=False, is_last=True,
        )
        for id_, legs in order.cancellations.items()
    }  # fmt: skip
    seldom = seldom._replace(in_flight=in_flight, voided=seldom.voided | {payment_id})
    return order._replace(cancellations=cancellations, seldom=seldom)


def fulfill(order: Order, fact: events.LinesFulfilled) -> Order:
    """Count units shipped; they leave their claims and cannot go back on a shelf."""
    message, seldom = fact.message, order.seldom
    shipped = units_of(message.lines)
    if seldom.claims:
        seldom = seldom._replace(claims=_use_up(seldom.claims, shipped, message.claim_id))
    if contradicted := order.shipped_though_cancelled(shipped):
        wanted_back: dict[str, int] = {}
        for legs in order.cancellations.values():
            if legs.status == "HELD":
                wanted_back = plus(wanted_back, planned_back(legs.cancelled).items())
        on_shelf = {
            line_id: min(
                max(0, units - seldom.off_shelf.get(line_id, 0)),
                max(0, wanted_back.get(line_id, 0) - seldom.lost.get(line_id, 0)),
            )
            for line_id, units in contradicted.items()
        }
        seldom = seldom._replace(
            off_shelf=minus(seldom.off_shelf, contradicted.items()),
            lost=plus(seldom.lost, [(id_, units) for id_, units in on_shelf.items() if units]),
        )
    return order._replace(fulfilled=plus(order.fulfilled, shipped.items()), seldom=seldom)


def _use_up(
    claims: Mapping[UUID, Totals], shipped: Totals, claim_id: UUID | None
) -> dict[UUID, Totals]:
    """Take shipped units from the claim named, or from the oldest."""
    left, claimed = dict(shipped), dict(claims)
    for id_, units in claims.items():
        if claim_id in (None, id_):
            used = {line_id: min(n, left.get(line_id, 0)) for line_id, n in units.items()}
            left = minus(left, used.items())
            claimed[id_] = minus(units, used.items())
    return claimed


def take_back_items(order: Order, fact: events.ItemsReturned) -> Order:
    """Count units that came back."""
    returned = plus(order.seldom.returned, units_of(fact.message.lines).items())
    return order._replace(seldom=order.seldom._replace(returned=returned))
