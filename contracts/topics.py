"""Every Kafka topic: name, owner, what travels on it, how long it stays.

The key of every record is the order id, so one order's records stay in order. Only what is about no
order has another: `policy:default`, `sku:<article>`, `stock:locations`.
"""

from dataclasses import dataclass

from contracts import cancellation, fulfillment, inventory, orders, refunds
from contracts.message import Message
from contracts.notifier import (
    CustomerMailBounced,
    CustomerMessageReported,
    CustomerNotificationFailed,
    CustomerNotificationUncertain,
    CustomerNotified,
    FeedbackGiven,
    VoucherIssued,
)

DAYS_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Topic:
    """A Kafka topic and its agreement."""

    name: str
    owner: str
    """The only one who writes to it."""
    messages: tuple[type[Message], ...]
    partitions: int = 4
    """Parallel consumers at most. Changing it moves keys: plan ahead."""
    retention_ms: int = 30 * DAYS_MS
    """PostgreSQL keeps everything; Kafka needs only outlive the longest outage."""
    message_bytes_max: int = 2_097_152
    """Largest record the broker takes."""
    compacted: bool = False


ORDERS = Topic(
    name="orders.events",
    owner="upstream",
    messages=(
        orders.OrderPlaced,
        orders.PaymentAuthorized,
        orders.PaymentCaptureStarted,
        orders.PaymentCaptured,
        orders.PaymentCaptureFailed,
        orders.PaymentVoided,
        orders.LinesFulfilled,
        orders.ItemsReturned,
    ),
    message_bytes_max=16_777_216,
)
"""Generous size: what others send too large must reach our dead letters, not vanish at the door."""

COMMANDS = Topic(
    name="cancellation.commands",
    owner="upstream",
    messages=(
        cancellation.CancelOrder,
        cancellation.RequestCancellation,
        cancellation.ApproveCancellation,
        cancellation.DenyCancellation,
        cancellation.ExpireCancellationRequest,
        cancellation.CancelUnpaidOrder,
        cancellation.ReleaseHold,
        cancellation.UndoCancellation,
        cancellation.ReinstateOrder,
        cancellation.SettleRefund,
        cancellation.RecordManualRefund,
        cancellation.RestockCancelledItems,
        cancellation.AssignCase,
        cancellation.EscalateCase,
        cancellation.AddCaseNote,
        cancellation.CloseCase,
        fulfillment.ClaimFulfillment,
        fulfillment.ReleaseFulfillmentClaim,
        cancellation.PublishPolicy,
    ),
    message_bytes_max=16_777_216,
)
CANCELLATION = Topic(
    name="cancellation.events",
    owner="cancellation",
    messages=(
        cancellation.OrderCancelled,
        cancellation.OrderCancellationConfirmed,
        cancellation.OrderCancellationUndone,
        cancellation.OrderReinstated,
        cancellation.OrderCancellationRejected,
        cancellation.CommandRejected,
        cancellation.OrderCancellationCompleted,
        cancellation.OrderCancellationRequested,
        cancellation.OrderCancellationApproved,
        cancellation.OrderCancellationDenied,
        cancellation.RefundRequested,
        cancellation.ManualRefundRecorded,
        cancellation.RefundFallbackChosen,
        cancellation.PaymentVoidRequested,
        cancellation.RestockRequested,
        cancellation.CaseOpened,
        cancellation.CaseAssigned,
        cancellation.CaseEscalated,
        cancellation.CaseNoteAdded,
        cancellation.CaseClosed,
        fulfillment.FulfillmentClaimed,
        fulfillment.FulfillmentClaimRejected,
        fulfillment.FulfillmentClaimReleased,
        cancellation.PolicyPublished,
    ),
)
INVENTORY = Topic(
    name="inventory.events",
    owner="inventory",
    messages=(
        inventory.StockRestocked,
        inventory.RestockFailed,
        inventory.StockReleased,
        inventory.StockCaseOpened,
        inventory.StockAdjusted,
        inventory.StockLocationSet,
        inventory.StockCommandRejected,
    ),
)
STOCK_COMMANDS = Topic(
    name="inventory.commands", owner="upstream", messages=inventory.STOCK_COMMANDS
)
REFUNDS = Topic(name="refunds.events", owner="refunds", messages=refunds.OUTCOMES)
NOTIFIER = Topic(
    name="notifier.events",
    owner="notifier",
    messages=(
        CustomerNotified,
        CustomerNotificationFailed,
        CustomerNotificationUncertain,
        CustomerMessageReported,
        CustomerMailBounced,
        VoucherIssued,
        FeedbackGiven,
    ),
)
RELAY_POSITIONS = Topic(
    name="relay.positions", owner="every relay", messages=(), partitions=1, compacted=True
)
"""Key: relay name. Value: the log position that travelled in the same Kafka transaction."""

TOPICS = (
    ORDERS,
    COMMANDS,
    CANCELLATION,
    STOCK_COMMANDS,
    INVENTORY,
    REFUNDS,
    NOTIFIER,
    RELAY_POSITIONS,
)
