"""Facts in an order's stream.

What others told us is stored as they said it, in `message`; what we decided has fields of its own.
"""

from typing import Any, ClassVar, Literal
from uuid import UUID

from contracts import inventory, notifier, orders, refunds
from contracts.cancellation import (
    CancelledLine,
    CancelReason,
    LegOutcome,
    Recipient,
    RefundDue,
    Refusal,
)
from contracts.message import Message
from contracts.values import AmountMinor, CommandId, Currency, Identifier, OrderId, Text, Timestamp
from kit.facts import Fact


class OrderPlaced(Fact):
    """Upstream says a customer placed the order. Recorded by: `record_heard`."""

    NAME: ClassVar[str] = "order.placed.v1"

    message: orders.OrderPlaced
    """As heard."""


class PaymentAuthorized(Fact):
    """Upstream says money is held. Recorded by: `record_heard`."""

    NAME: ClassVar[str] = "order.payment-authorized.v1"

    message: orders.PaymentAuthorized
    """As heard."""


class PaymentCaptured(Fact):
    """Upstream says money has moved to the shop. Recorded by: `record_heard`."""

    NAME: ClassVar[str] = "order.payment-captured.v1"

    message: orders.PaymentCaptured
    """As heard."""


class LinesFulfilled(Fact):
    """Upstream says units have left the shop. Recorded by: `record_heard`."""

    NAME: ClassVar[str] = "order.lines-fulfilled.v1"

    message: orders.LinesFulfilled
    """As heard."""


class OrderCancelled(Fact):
    """Units of the order are cancelled. Recorded by: `cancel_order`; published under this name."""

    NAME: ClassVar[str] = "order.cancelled.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """Id of this very event, so a cancellation can never be decided under two ids."""
    command_id: CommandId
    """The command that asked for it."""
    reason: CancelReason
    """As asked."""
    requested_by: Identifier
    """Who asked."""
    staff_note: Text | None
    """For staff only; never published."""
    currency: Currency
    """Of every amount."""
    lines: tuple[CancelledLine, ...]
    """What was cancelled."""
    refunds: tuple[RefundDue, ...]
    """Money due, per payment; Σ ever due on a payment ≤ captured on it."""
    refund_minor: AmountMinor
    """Sum of `refunds`."""
    restock: bool
    """Whether units go back on the shelf."""
    recipient: Recipient | None
    """Who is told; empty when nobody may or can be."""
    nothing_left: bool
    """True when no unit of the order remains open."""


class CancellationRejected(Fact):
    """A cancel command was refused; nothing moved. Recorded by: `cancel_order`; published."""

    NAME: ClassVar[str] = "order.cancellation-rejected.v1"

    order_id: OrderId
    """The order named by the command; it need not exist."""
    command_id: CommandId
    """The command refused."""
    requested_by: Identifier
    """Who asked."""
    refusals: tuple[Refusal, ...]
    """Every failed rule."""


class RefundReported(Fact):
    """The refunds service told how one refund ended. Recorded by: `record_refund`."""

    NAME: ClassVar[str] = "order.refund-reported.v1"

    outcome: Literal["SUCCEEDED", "FAILED", "UNCERTAIN"]
    """How it ended."""
    message: refunds.RefundSucceeded | refunds.RefundFailed | refunds.RefundUncertain
    """As heard."""


class RestockReported(Fact):
    """The inventory service told how the restock ended. Recorded by: `record_restock`."""

    NAME: ClassVar[str] = "order.restock-reported.v1"

    outcome: Literal["SUCCEEDED", "FAILED"]
    """How it ended."""
    message: inventory.StockRestocked | inventory.RestockFailed
    """As heard."""


class NotificationReported(Fact):
    """The notifier told how the message ended. Recorded by: `record_notification`."""

    NAME: ClassVar[str] = "order.notification-reported.v1"

    outcome: Literal["SUCCEEDED", "FAILED", "UNCERTAIN"]
    """How it ended."""
    message: (
        notifier.CustomerNotified
        | notifier.CustomerNotificationFailed
        | notifier.CustomerNotificationUncertain
    )
    """As heard."""


class CancellationCompleted(Fact):
    """Every leg of one cancellation has reported. Recorded with the last of them; published."""

    NAME: ClassVar[str] = "order.cancellation-completed.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation."""
    refund: LegOutcome
    """How the money leg ended."""
    restock: LegOutcome
    """How the stock leg ended."""
    notification: LegOutcome
    """How the message leg ended."""
    decided_at: Timestamp
    """When it was decided or, where it waited for a leg, when the last leg was recorded."""


FACTS: tuple[type[Fact], ...] = (
    OrderPlaced,
    PaymentAuthorized,
    PaymentCaptured,
    LinesFulfilled,
    OrderCancelled,
    CancellationRejected,
    RefundReported,
    RestockReported,
    NotificationReported,
    CancellationCompleted,
)
"""Every fact an order's stream may hold."""

HEARD: dict[type[Message], Any] = {
    orders.OrderPlaced: OrderPlaced,
    orders.PaymentAuthorized: PaymentAuthorized,
    orders.PaymentCaptured: PaymentCaptured,
    orders.LinesFulfilled: LinesFulfilled,
}
"""Upstream's words and the facts they become."""
