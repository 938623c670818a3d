"""What was decided and reported about cancellations, folded into an order."""

from typing import Any
from uuid import UUID

from services.cancellation.domain import events
from services.cancellation.domain.allocation import due_at_once
from services.cancellation.domain.evolve.cases import put_back
from services.cancellation.domain.legs import Legs, opened_legs, planned_back, reported_legs
from services.cancellation.domain.order import Order, Restock
from services.cancellation.domain.units import minus, plus, units_of


def kept_off(fact: events.Cancellation) -> dict[str, int]:
    """Return the units of a cancellation that stay off the shelf."""
    if fact.restock and fact.restock_lines is None:
        return {}
    cancelled = {line.line_id: line.quantity for line in fact.lines}
    return minus(cancelled, planned_back(fact).items())


def cancel(order: Order, fact: events.OrderCancelled) -> Order:
    """Count units cancelled and money due, and open the legs."""
    cancelled, due = dict(order.cancelled), dict(order.due)
    for line in fact.lines:
        cancelled[line.line_id] = cancelled.get(line.line_id, 0) + line.quantity
    for payment_id, amount_minor in due_at_once(fact).items():
        due[payment_id] = due.get(payment_id, 0) + amount_minor
    legs = opened_legs(fact, sum(order.captured.values()))
    cancellations = {**order.cancellations, fact.cancellation_id: legs}
    order = order._replace(cancelled=cancelled, due=due, cancellations=cancellations)
    if off := kept_off(fact):
        off_shelf = plus(order.seldom.off_shelf, off.items())
        return order._replace(seldom=order.seldom._replace(off_shelf=off_shelf))
    return order


def confirm(order: Order, fact: events.CancellationConfirmed) -> Order:
    """Let the legs of a held cancellation go."""
    before = order.cancellations[fact.cancellation_id]
    seldom = order.seldom
    if seldom.lost:
        dropped = minus(planned_back(before.cancelled), planned_back(fact).items())
        seldom = seldom._replace(lost=minus(seldom.lost, dropped.items()))
    legs = opened_legs(fact, before.captured_minor)
    return order._replace(
        seldom=seldom, cancellations={**order.cancellations, fact.cancellation_id: legs}
    )


def undo(order: Order, fact: events.CancellationUndone) -> Order:
    """Take a held cancellation back, as if it had never been."""
    legs = order.cancellations[fact.cancellation_id]
    undone, seldom = legs.cancelled, order.seldom
    units = {line.line_id: line.quantity for line in undone.lines}
    return order._replace(
        cancelled=minus(order.cancelled, units.items()),
        due=minus(order.due, due_at_once(undone).items()),
        cancellations={**order.cancellations, fact.cancellation_id: legs._replace(status="UNDONE")},
        seldom=seldom._replace(
            off_shelf=minus(seldom.off_shelf, kept_off(undone).items()),
            lost=minus(seldom.lost, units.items()),
        )
        if seldom.off_shelf or seldom.lost
        else seldom,
    )


def reinstate(order: Order, fact: events.OrderReinstated) -> Order:
    """Open the units of a cancellation again; money that was given back stays given back."""
    legs = order.cancellations[fact.cancellation_id]._replace(
        status="REINSTATED", balance_minor=0, awaited=frozenset[str](),
    )  # fmt: skip
    units = units_of(fact.lines)
    seldom = order.seldom
    return order._replace(
        cancelled=minus(order.cancelled, units.items()),
        cancellations={**order.cancellations, fact.cancellation_id: legs},
        seldom=seldom._replace(off_shelf=minus(seldom.off_shelf, units.items())),
    )


def with_legs(order: Order, cancellation_id: UUID, legs: Legs) -> Order:
    """Return the order with other legs of one cancellation."""
    return order._replace(cancellations={**order.cancellations, cancellation_id: legs})


def report(order: Order, fact: Any) -> Order:
    """Note how one leg ended."""
    cancellation_id = fact.message.cancellation_id
    return with_legs(
        order, cancellation_id, reported_legs(order.cancellations[cancellation_id], fact)
    )


def report_restock(order: Order, fact: events.RestockReported) -> Order:
    """Note how a restock ended; what failed may be put back by hand."""
    message, seldom = fact.message, order.seldom
    request = seldom.restocks.get(message.request_id) if message.request_id else None
    if request is not None:
        failed = units_of(request.asked.lines)
        restocks = {
            **seldom.restocks,
            request.asked.request_id: Restock(request.asked, fact.outcome),
        }
        seldom = seldom._replace(restocks=restocks)
    else:
        order = report(order, fact)
        failed = planned_back(order.cancellations[message.cancellation_id].cancelled)
    if fact.outcome == "FAILED":
        seldom = seldom._replace(off_shelf=plus(seldom.off_shelf, failed.items()))
    elif request is not None and seldom.cases:
        return put_back(order._replace(seldom=seldom), failed)
    return order._replace(seldom=seldom)


def complete(order: Order, fact: events.CancellationCompleted) -> Order:
    """Note that a cancellation was told complete."""
    legs = order.cancellations[fact.cancellation_id]._replace(is_completed=True)
    return with_legs(order, fact.cancellation_id, legs)
