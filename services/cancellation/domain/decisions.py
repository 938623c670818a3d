"""What may be done with an order: one pure function per command.

A refusal the sender must see is a fact, `CancellationRejected`. What makes no sense and never will
raises `Unacceptable` and becomes a dead letter.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from contracts import inventory, notifier, orders, refunds
from contracts.cancellation import (
    CancelledLine,
    CancelOrder,
    Recipient,
    RefundDue,
    Refusal,
    RejectionCode,
)
from contracts.message import Message
from contracts.orders import OrderLine
from contracts.values import AMOUNT_MINOR_MAX, CommandId
from kit.decider import Context, Decider, Unacceptable
from kit.facts import Fact
from kit.ids import event_id
from services.cancellation.domain import events
from services.cancellation.domain.order import Legs, Order, evolve, opened_legs, reported_legs

REMEDIES: Mapping[RejectionCode, str] = {
    "ORDER_NOT_FOUND": "Check the order number; if the order is new, try again under a new"
    " command id once it has been announced.",
    "LINE_NOT_FOUND": "Name a line of this order.",
    "QUANTITY_TOO_GREAT": "Ask for at most the units still open.",
    "NOTHING_LEFT": "Nothing to do: these units were cancelled before.",
    "ALREADY_FULFILLED": "Units that have left the shop can be returned, not cancelled.",
}
"""What would make each refusal pass."""

_COMMAND_ID: TypeAdapter[str] = TypeAdapter(CommandId)


def record_heard(order: Order, message: Message, _: Context) -> Sequence[Fact]:
    """Record what upstream says. A second placement of one order is put aside.

    So is an amount that no sum of ours could hold: recorded, it would stop every later decision.
    """
    if isinstance(message, orders.OrderPlaced):
        if order.placed is not None:
            raise Unacceptable("ORDER_EXISTS", f"order {message.order_id} was placed before")
        line_ids = [line.line_id for line in message.lines]
        if len(set(line_ids)) < len(line_ids):
            raise Unacceptable("LINE_ID_REPEATED", "line ids must be unique within an order")
        _check_sum(line.quantity * line.unit_price_minor for line in message.lines)
    elif order.placed is None:
        raise Unacceptable("ORDER_NOT_FOUND", "no order of this number was placed before")
    elif isinstance(message, orders.LinesFulfilled):
        known = {line.line_id for line in order.placed.lines}
        if strange := [line.line_id for line in message.lines if line.line_id not in known]:
            raise Unacceptable("LINE_NOT_FOUND", f"no line {strange[0]} in this order")
    elif isinstance(message, orders.PaymentCaptured):
        _check_sum([*order.captured.values(), message.amount_minor])
    return [events.HEARD[type(message)](message=message)]


def _check_sum(amounts_minor: Iterable[int]) -> None:
    if (total := sum(amounts_minor)) > AMOUNT_MINOR_MAX:
        detail = f"{total} minor units in all; at most {AMOUNT_MINOR_MAX} can be kept"
        raise Unacceptable("AMOUNT_TOO_GREAT", detail)


def cancel_order(order: Order, command: CancelOrder, context: Context) -> Sequence[Fact]:
    """Cancel all that is left, or the lines asked for, or refuse with every reason."""
    _check_command_id(context.message_id)
    placed = order.placed
    if placed is None:
        return [_rejected(command, context, [_refuse("ORDER_NOT_FOUND", "no such order")])]
    wanted = _wanted_units(order, placed.lines, command)
    refusals = _check(order, {line.line_id: line for line in placed.lines}, wanted)
    if refusals:
        return [_rejected(command, context, refusals)]
    lines = tuple(
        CancelledLine(
            line_id=line.line_id, sku=line.sku, title=line.title, quantity=wanted[line.line_id],
            ordered_quantity=line.quantity,
            amount_minor=line.unit_price_minor * wanted[line.line_id],
        )
        for line in placed.lines
        if line.line_id in wanted
    )  # fmt: skip
    due = _allocate(order, sum(line.amount_minor for line in lines), command)
    customer = placed.customer
    is_told = command.notify and customer is not None and customer.email is not None
    cancelled = events.OrderCancelled(
        order_id=command.order_id,
        cancellation_id=event_id(context.stream_id, context.version + 1),
        command_id=context.message_id,
        reason=command.reason,
        requested_by=command.requested_by,
        staff_note=command.staff_note,
        currency=placed.currency,
        lines=lines,
        refunds=due,
        refund_minor=sum(refund.amount_minor for refund in due),
        restock=command.restock,
        recipient=Recipient(email=customer.email, locale=customer.locale)
        if is_told and customer and customer.email
        else None,
        nothing_left=all(
            wanted.get(line.line_id, 0) == order.open_units(line.line_id, line.quantity)
            for line in placed.lines
        ),
    )
    return _with_completion(cancelled, opened_legs(cancelled), cancelled, context)


def _check_command_id(message_id: str) -> None:
    try:
        _COMMAND_ID.validate_python(message_id)
    except ValidationError:
        detail = f"the answer to a command carries its id, and {message_id!r} is not one"
        raise Unacceptable("COMMAND_ID_INVALID", detail) from None


def _wanted_units(order: Order, lines: Sequence[OrderLine], command: CancelOrder) -> dict[str, int]:
    if command.lines is None:
        open_ = {line.line_id: order.open_units(line.line_id, line.quantity) for line in lines}
        return {line_id: units for line_id, units in open_.items() if units}
    wanted: dict[str, int] = {}
    for line in command.lines:
        wanted[line.line_id] = wanted.get(line.line_id, 0) + line.quantity
    return wanted


def _check(
    order: Order, lines: Mapping[str, OrderLine], wanted: Mapping[str, int]
) -> list[Refusal]:
    if not wanted:
        code: RejectionCode = "ALREADY_FULFILLED" if order.fulfilled else "NOTHING_LEFT"
        return [_refuse(code, "no unit of this order is open")]
    refusals = []
    for line_id, units in wanted.items():
        line = lines.get(line_id)
        if line is None:
            refusals.append(_refuse("LINE_NOT_FOUND", f"no line {line_id}", line_id))
            continue
        open_ = order.open_units(line_id, line.quantity)
        if units <= open_:
            continue
        shipped = order.fulfilled.get(line_id, 0)
        if units <= open_ + shipped:
            detail = f"{units} asked, {open_} open, {shipped} shipped"
            refusals.append(_refuse("ALREADY_FULFILLED", detail, line_id))
        elif open_ == 0 and not shipped:
            detail = f"all {line.quantity} units are cancelled"
            refusals.append(_refuse("NOTHING_LEFT", detail, line_id))
        else:
            detail = f"{units} asked, {open_} of {line.quantity} open"
            refusals.append(_refuse("QUANTITY_TOO_GREAT", detail, line_id))
    return refusals


def _allocate(order: Order, amount_minor: int, command: CancelOrder) -> tuple[RefundDue, ...]:
    """Spread an amount over the payments in the order they came, never above what is left."""
    if command.refund == "NONE":
        return ()
    due = []
    for payment_id, captured_minor in order.captured.items():
        share = min(amount_minor, order.refundable_minor(payment_id))
        if share:
            due.append(
                RefundDue(payment_id=payment_id, amount_minor=share, captured_minor=captured_minor)
            )
            amount_minor -= share
    return tuple(due)


def _refuse(code: RejectionCode, detail: str, line_id: str | None = None) -> Refusal:
    return Refusal(code=code, detail=detail, remedy=REMEDIES[code], line_id=line_id)


def _rejected(
    command: CancelOrder, context: Context, refusals: Sequence[Refusal]
) -> events.CancellationRejected:
    return events.CancellationRejected(
        order_id=command.order_id,
        command_id=context.message_id,
        requested_by=command.requested_by,
        refusals=tuple(refusals),
    )


def record_refund(order: Order, message: Any, context: Context) -> Sequence[Fact]:
    """Record how one refund ended; a second report of the same refund changes nothing."""
    legs = _legs(order, message)
    if message.payment_id not in legs.refunds:
        raise Unacceptable("REFUND_NOT_DUE", f"no refund was due on {message.payment_id}")
    if legs.refunds[message.payment_id] is not None:
        return []
    outcome = _REFUND_OUTCOMES[type(message)]
    return _reported(legs, events.RefundReported(outcome=outcome, message=message), context)


def record_restock(order: Order, message: Any, context: Context) -> Sequence[Fact]:
    """Record how the restock ended; a second report changes nothing."""
    legs = _legs(order, message)
    if legs.restock is not None:
        return []
    outcome = "SUCCEEDED" if isinstance(message, inventory.StockRestocked) else "FAILED"
    return _reported(legs, events.RestockReported(outcome=outcome, message=message), context)


def record_notification(order: Order, message: Any, context: Context) -> Sequence[Fact]:
    """Record how the message ended; a second report changes nothing."""
    legs = _legs(order, message)
    if legs.notification is not None:
        return []
    outcome = _NOTIFICATION_OUTCOMES[type(message)]
    return _reported(legs, events.NotificationReported(outcome=outcome, message=message), context)


def _legs(order: Order, message: Any) -> Legs:
    legs = order.cancellations.get(message.cancellation_id)
    if legs is None:
        detail = f"order {message.order_id} has no cancellation {message.cancellation_id}"
        raise Unacceptable("CANCELLATION_NOT_FOUND", detail)
    return legs


def _reported(legs: Legs, fact: Any, context: Context) -> Sequence[Fact]:
    return _with_completion(fact, reported_legs(legs, fact), fact.message, context)


def _with_completion(fact: Fact, legs: Legs, about: Any, context: Context) -> Sequence[Fact]:
    """Return `fact`, and the completion if it leaves no leg open."""
    refund, restock, notification = legs.refund, legs.restock, legs.notification
    if refund is None or restock is None or notification is None:
        return [fact]
    completed = events.CancellationCompleted(
        order_id=about.order_id,
        cancellation_id=about.cancellation_id,
        refund=refund,
        restock=restock,
        notification=notification,
        decided_at=context.now,
    )
    return [fact, completed]


_REFUND_OUTCOMES: dict[type, Any] = {
    refunds.RefundSucceeded: "SUCCEEDED",
    refunds.RefundFailed: "FAILED",
    refunds.RefundUncertain: "UNCERTAIN",
}
_NOTIFICATION_OUTCOMES: dict[type, Any] = {
    notifier.CustomerNotified: "SUCCEEDED",
    notifier.CustomerNotificationFailed: "FAILED",
    notifier.CustomerNotificationUncertain: "UNCERTAIN",
}

DECISIONS: dict[type[Message], Any] = {
    **dict.fromkeys(events.HEARD, record_heard),
    CancelOrder: cancel_order,
    **dict.fromkeys(_REFUND_OUTCOMES, record_refund),
    inventory.StockRestocked: record_restock,
    inventory.RestockFailed: record_restock,
    **dict.fromkeys(_NOTIFICATION_OUTCOMES, record_notification),
}
"""Every message this service acts on, and the function that decides."""


def decide(order: Order, message: Message, context: Context) -> Sequence[Fact]:
    """Decide on any message this service acts on."""
    facts: Sequence[Fact] = DECISIONS[type(message)](order, message, context)
    return facts


ORDER = Decider(initial=Order(), evolve=evolve, decide=decide)
