"""Facts in an order's stream, in a bulk plan's, and the one fact of the policy's.

What others told us is stored as they said it, in `message`; what we decided has fields of its own.
Read `heard`, `cancelled`, `refused`, `pending`, `claims`, `plans`.
"""

from kit.facts import Fact
from services.cancellation.domain.events.cancelled import (
    Cancellation,
    CancellationCompleted,
    CancellationConfirmed,
    CancellationUndone,
    OrderCancelled,
    OrderReinstated,
)
from services.cancellation.domain.events.claims import (
    FulfillmentClaimed,
    FulfillmentClaimRejected,
    FulfillmentClaimReleased,
    PolicyPublished,
)
from services.cancellation.domain.events.heard import (
    HEARD,
    ItemsReturned,
    LinesFulfilled,
    NotificationReported,
    OrderPlaced,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentCaptureStarted,
    PaymentVoided,
    RefundReported,
    RestockReported,
)
from services.cancellation.domain.events.pending import (
    CancellationApproved,
    CancellationDenied,
    CancellationRequested,
    PaymentVoidRequested,
    RefundRequested,
    RestockRequested,
)
from services.cancellation.domain.events.plans import (
    BulkPlanCancelled,
    BulkPlanCompleted,
    BulkPlanPaused,
    BulkPlanResumed,
    BulkPlanStarted,
)
from services.cancellation.domain.events.refused import (
    CancellationRejected,
    CaseOpened,
    CommandRejected,
)

FACTS: tuple[type[Fact], ...] = (
    OrderPlaced,
    PaymentAuthorized,
    PaymentCaptureStarted,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentVoided,
    LinesFulfilled,
    ItemsReturned,
    OrderCancelled,
    CancellationConfirmed,
    CancellationUndone,
    OrderReinstated,
    CancellationRejected,
    CommandRejected,
    CancellationRequested,
    CancellationApproved,
    CancellationDenied,
    RefundRequested,
    PaymentVoidRequested,
    RestockRequested,
    CaseOpened,
    FulfillmentClaimed,
    FulfillmentClaimRejected,
    FulfillmentClaimReleased,
    RefundReported,
    RestockReported,
    NotificationReported,
    CancellationCompleted,
    PolicyPublished,
    BulkPlanStarted,
    BulkPlanPaused,
    BulkPlanResumed,
    BulkPlanCancelled,
    BulkPlanCompleted,
)
"""Every fact a stream of this service may hold."""

__all__ = [
    "FACTS",
    "HEARD",
    "BulkPlanCancelled",
    "BulkPlanCompleted",
    "BulkPlanPaused",
    "BulkPlanResumed",
    "BulkPlanStarted",
    "Cancellation",
    "CancellationApproved",
    "CancellationCompleted",
    "CancellationConfirmed",
    "CancellationDenied",
    "CancellationRejected",
    "CancellationRequested",
    "CancellationUndone",
    "CaseOpened",
    "CommandRejected",
    "FulfillmentClaimRejected",
    "FulfillmentClaimReleased",
    "FulfillmentClaimed",
    "ItemsReturned",
    "LinesFulfilled",
    "NotificationReported",
    "OrderCancelled",
    "OrderPlaced",
    "OrderReinstated",
    "PaymentAuthorized",
    "PaymentCaptureFailed",
    "PaymentCaptureStarted",
    "PaymentCaptured",
    "PaymentVoidRequested",
    "PaymentVoided",
    "PolicyPublished",
    "RefundReported",
    "RefundRequested",
    "RestockReported",
    "RestockRequested",
]
