"""What others told about an order, stored as they said it."""

from typing import Any, ClassVar, Literal

from contracts import inventory, notifier, orders, refunds
from contracts.message import Message
from kit.facts import Fact


class OrderPlaced(Fact):
    """Upstream says a customer placed the order. Recorded by: `record_heard`."""

    NAME: ClassVar[str] = "order.placed.v1"
    IS_SPARSE: ClassVar[bool] = True

    message: orders.OrderPlaced
    """As heard."""


class PaymentAuthorized(Fact):
    """Upstream says money is held. Recorded by: `record_heard`."""

    NAME: ClassVar[str] = "order.payment-authorized.v1"

    message: orders.PaymentAuthorized
    """As heard."""


class PaymentCaptureStarted(Fact):
    """Upstream says the held money was asked for. Recorded by: `record_heard`."""

    NAME: ClassVar[str] = "order.payment-capture-started.v1"

    message: orders.PaymentCaptureStarted
    """As heard."""


class PaymentCaptured(Fact):
    """Upstream says money has moved to the shop. Recorded by: `record_heard`."""

    NAME: ClassVar[str] = "order.payment-captured.v1"

    message: orders.PaymentCaptured
    """As heard."""


class PaymentCaptureFailed(Fact):
    """Upstream says the money asked for did not come. Recorded by: `record_heard`."""

    NAME: ClassVar[str] = "order.payment-capture-failed.v1"

    message: orders.PaymentCaptureFailed
    """As heard."""


class PaymentVoided(Fact):
    """Upstream says money is held no longer. Recorded by: `record_heard`."""

    NAME: ClassVar[str] = "order.payment-voided.v1"

    message: orders.PaymentVoided
    """As heard."""


class LinesFulfilled(Fact):
    """Upstream says units have left the shop. Recorded by: `record_heard`."""

    NAME: ClassVar[str] = "order.lines-fulfilled.v1"

    message: orders.LinesFulfilled
    """As heard."""


class ItemsReturned(Fact):
    """Upstream says units have come back. Recorded by: `record_heard`."""

    NAME: ClassVar[str] = "order.items-returned.v1"

    message: orders.ItemsReturned
    """As heard."""


class RefundReported(Fact):
    """The refunds service told how one refund ended. Recorded by: `record_refund`."""

    NAME: ClassVar[str] = "order.refund-reported.v1"

    outcome: Literal["SUCCEEDED", "FAILED", "UNCERTAIN"]
    """How it ended."""
    message: (
        refunds.RefundSucceeded
        | refunds.RefundFailed
        | refunds.RefundUncertain
        | refunds.RefundCanceled
        | refunds.GiftCardRefilled
        | refunds.StoreCreditRestored
        | refunds.ManualRefundPaid
    )
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


class MessageReported(Fact):
    """The notifier told what became of a further mail. Recorded by: `record_message`."""

    NAME: ClassVar[str] = "order.message-reported.v1"

    message: notifier.CustomerMessageReported
    """As heard."""


class MailBounced(Fact):
    """The notifier told that a mail came back. Recorded by: `record_message`."""

    NAME: ClassVar[str] = "order.mail-bounced.v1"

    message: notifier.CustomerMailBounced
    """As heard."""


class FeedbackGiven(Fact):
    """The notifier told what a customer answered. Recorded by: `record_feedback`."""

    NAME: ClassVar[str] = "order.feedback-given.v1"

    message: notifier.FeedbackGiven
    """As heard."""


HEARD: dict[type[Message], Any] = {
    orders.OrderPlaced: OrderPlaced,
    orders.PaymentAuthorized: PaymentAuthorized,
    orders.PaymentCaptureStarted: PaymentCaptureStarted,
    orders.PaymentCaptured: PaymentCaptured,
    orders.PaymentCaptureFailed: PaymentCaptureFailed,
    orders.PaymentVoided: PaymentVoided,
    orders.LinesFulfilled: LinesFulfilled,
    orders.ItemsReturned: ItemsReturned,
}
"""Upstream's words and the facts they become."""
