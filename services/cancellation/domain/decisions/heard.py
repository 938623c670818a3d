"""What upstream says: facts, recorded even when they come late or contradict a decision."""

from collections.abc import Iterable, Sequence
from typing import Any

from contracts import orders
from contracts.message import Message
from contracts.orders import OrderPlaced
from contracts.values import AMOUNT_MINOR_MAX, QUANTITY_MAX
from kit.decider import Context, Unacceptable
from kit.facts import Fact
from services.cancellation.domain import events
from services.cancellation.domain.decisions.answering import completed
from services.cancellation.domain.decisions.cases import open_contradiction
from services.cancellation.domain.decisions.consequences import late_refund, late_release
from services.cancellation.domain.evolve import evolve
from services.cancellation.domain.money import books_of, order_total
from services.cancellation.domain.order import Order
from services.cancellation.domain.units import units_of


def record_heard(order: Order, message: Message, context: Context) -> Sequence[Fact]:
    """Record what upstream says, and what follows from it.

    A second placement of one order is put aside. So is an amount that no sum of ours could hold:
    recorded, it would stop every later decision.
    """
    if isinstance(message, orders.OrderPlaced):
        _check_placement(order, message)
        return [events.OrderPlaced(message=message)]
    if order.placed is None:
        raise Unacceptable("ORDER_NOT_FOUND", "no order of this number was placed before")
    if isinstance(message, orders.LinesFulfilled | orders.ItemsReturned):
        known = {line.line_id for line in order.placed.lines}
        if strange := [line.line_id for line in message.lines if line.line_id not in known]:
            raise Unacceptable("LINE_NOT_FOUND", f"no line {strange[0]} in this order")
    elif isinstance(message, orders.PaymentCaptured):
        _check_sum([*order.captured.values(), message.amount_minor])
    elif isinstance(message, orders.PaymentAuthorized):
        _check_sum([*order.authorized.values(), message.amount_minor])
    fact = events.HEARD[type(message)](message=message)
    if isinstance(message, orders.ItemsReturned):
        return [fact, *_returned(order, message, context)]
    if not order.cancellations:
        return [fact]
    return [fact, *_FOLLOWS[type(message)](order, fact, context)]


def _check_placement(order: Order, placed: OrderPlaced) -> None:
    if order.placed is not None:
        raise Unacceptable("ORDER_EXISTS", f"order {placed.order_id} was placed before")
    line_ids = [line.line_id for line in placed.lines]
    if len(set(line_ids)) < len(line_ids):
        raise Unacceptable("LINE_ID_REPEATED", "line ids must be unique within an order")
    for line in placed.lines:
        if line.discount_minor > line.quantity * line.unit_price_minor:
            detail = f"line {line.line_id}: more is taken off than it costs"
            raise Unacceptable("DISCOUNT_TOO_GREAT", detail)
    shipping = placed.shipping
    if shipping is not None and shipping.discount_minor > shipping.amount_minor:
        raise Unacceptable("DISCOUNT_TOO_GREAT", "shipping: more is taken off than it costs")
    _check_sum(line.quantity * line.unit_price_minor for line in placed.lines)
    _check_sum([order_total(placed)])


def _check_sum(amounts_minor: Iterable[int]) -> None:
    if (total := sum(amounts_minor)) > AMOUNT_MINOR_MAX:
        detail = f"{total} minor units in all; at most {AMOUNT_MINOR_MAX} can be kept"
        raise Unacceptable("AMOUNT_TOO_GREAT", detail)


def _after_money(order: Order, fact: Any, context: Context) -> list[Fact]:
    """Money came: what nothing is left to pay with goes back, at once and once."""
    message, payment_id = fact.message, fact.message.payment_id
    after = evolve(order, fact)
    found: list[Fact] = []
    late = late_refund(
        after, context, amount_minor=message.amount_minor, number=2, payment_id=payment_id
    )
    if late:
        after = evolve(after, late)
        found.append(late)
    was_expected = payment_id in order.seldom.in_flight
    if not was_expected and _is_all_cancelled(after) and books_of(after).owed_minor:
        detail = f"{message.amount_minor} minor units on {payment_id}, and nothing is left to pay"
        found.append(
            open_contradiction(
                order, context, number=2 + len(found), kind="PAYMENT_AFTER_CANCELLATION",
                detail=detail, payment_id=payment_id, amount_minor=message.amount_minor,
            )
        )  # fmt: skip
    return found + _completions(order, after, context)


def _is_all_cancelled(order: Order) -> bool:
    assert order.placed is not None  # noqa: S101 - facts about unknown orders are put aside
    return all(order.cancelled.get(x.line_id, 0) == x.quantity for x in order.placed.lines)


def _after_hold(order: Order, fact: Any, context: Context) -> list[Fact]:
    """Money is held, or was asked for in vain: what nobody needs is released."""
    after = evolve(order, fact)
    void = late_release(after, context, fact.message.payment_id)
    if void is None:
        return _completions(order, after, context)
    return [void, *_completions(order, evolve(after, void), context)]


def _after_release(order: Order, fact: Any, context: Context) -> list[Fact]:
    return _completions(order, evolve(order, fact), context)


def _completions(before: Order, after: Order, context: Context) -> list[Fact]:
    """Complete every cancellation that waited for nothing else."""
    return [
        fact
        for id_, legs in after.cancellations.items()
        if legs is not before.cancellations[id_]
        for fact in completed(legs, legs.cancelled.order_id, context)
    ]


def _after_shipment(order: Order, fact: Any, context: Context) -> list[Fact]:
    """Units left the shop: were they cancelled, a person has to look."""
    over = order.shipped_though_cancelled(units_of(fact.message.lines))
    if not over:
        return []
    return [
        open_contradiction(
            order, context, number=2, kind="SHIPPED_AFTER_CANCELLATION",
            detail=f"{sum(over.values())} units shipped although they were cancelled", units=over,
        )
    ]  # fmt: skip


def _returned(order: Order, message: orders.ItemsReturned, context: Context) -> list[Fact]:
    back = units_of(message.lines)
    over = {
        line_id: surplus
        for line_id, units in back.items()
        if (
            surplus := min(
                units,
                QUANTITY_MAX,
                order.seldom.returned.get(line_id, 0) + units - order.fulfilled.get(line_id, 0),
            )
        )
        > 0
    }
    if not over:
        return []
    return [
        open_contradiction(
            order, context, number=2, kind="RETURNED_MORE_THAN_SHIPPED",
            detail=f"{sum(over.values())} units came back that never left", units=over,
        )
    ]  # fmt: skip


def _nothing(_: Order, __: Any, ___: Context) -> list[Fact]:
    return []


_FOLLOWS: dict[type[Message], Any] = {
    orders.PaymentAuthorized: _after_hold,
    orders.PaymentCaptureStarted: _nothing,
    orders.PaymentCaptured: _after_money,
    orders.PaymentCaptureFailed: _after_hold,
    orders.PaymentVoided: _after_release,
    orders.LinesFulfilled: _after_shipment,
}
"""What follows from a fact once something of the order was cancelled."""
