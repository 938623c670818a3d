"""What waits for somebody: requests for a cancellation, money and stock to move later."""

from typing import ClassVar, Literal
from uuid import UUID

from contracts.cancellation.money import RefundDue, StoreCreditDue, VoidDue
from contracts.cancellation.parts import CancelReason, DefaultOutcome, Recipient, RestockLine
from contracts.message import Event
from contracts.orders import LineQuantity
from contracts.values import (
    AmountMinor,
    Code,
    CommandId,
    Currency,
    Identifier,
    OrderId,
    PaymentId,
    Text,
    Timestamp,
)

PendingKind = Literal["CUSTOMER_REQUEST", "APPROVAL"]
"""Why a cancellation waits for a person."""


class OrderCancellationRequested(Event):
    """A cancellation is asked for and waits for a person; nothing has moved."""

    TYPE: ClassVar[str] = "cancellation.order-cancellation-requested.v1"

    order_id: OrderId
    """The order."""
    request_id: UUID
    """What `ApproveCancellation` and `DenyCancellation` name."""
    command_id: CommandId
    """The command this answers."""
    kind: PendingKind
    """`CUSTOMER_REQUEST`: a customer asked; `APPROVAL`: a second person is needed."""
    approval: Code | None = None
    """The policy's rule that asks for a second person."""
    reason: CancelReason
    """As asked."""
    sub_reason: Code | None = None
    """As asked."""
    currency: Currency
    """Of the amount."""
    lines: tuple[LineQuantity, ...]
    """Units that would be cancelled if it were granted now."""
    refund_minor: AmountMinor
    """Money that would be given back if it were granted now."""
    expires_at: Timestamp
    """When it is too late to answer."""
    default_outcome: DefaultOutcome
    """What becomes of it then."""
    recipient: Recipient | None = None
    """Who is told how the request fares; empty when nobody may or can be."""
    requested_at: Timestamp
    """When it was asked for."""


class OrderCancellationApproved(Event):
    """A request was granted; the `OrderCancelled` beside it answers whoever granted it."""

    TYPE: ClassVar[str] = "cancellation.order-cancellation-approved.v1"

    order_id: OrderId
    """The order."""
    request_id: UUID
    """The request."""
    cancellation_id: UUID
    """The cancellation it became."""
    is_by_default: bool
    """True when nobody answered in time."""
    approved_at: Timestamp
    """When it was decided."""


class OrderCancellationDenied(Event):
    """A request was refused; nothing has moved."""

    TYPE: ClassVar[str] = "cancellation.order-cancellation-denied.v1"

    order_id: OrderId
    """The order."""
    request_id: UUID
    """The request."""
    command_id: CommandId
    """The command this answers."""
    is_by_default: bool
    """True when nobody answered in time, or nothing was left to grant."""
    customer_message: Text | None = None
    """Why not, for the customer."""
    is_taken_back: bool = False
    """True when the customer who made it took it back."""
    denied_at: Timestamp
    """When it was decided."""


class RefundRequested(Event):
    """Money is due after its cancellation: settled later, or captured late."""

    TYPE: ClassVar[str] = "cancellation.refund-requested.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation it belongs to; for late money the last one."""
    request_id: UUID
    """Root of the refunds' ids, as the cancellation id is for those due at once."""
    command_id: CommandId | None = None
    """The command this answers; empty when a fact brought it about."""
    cause: Literal["SETTLEMENT", "LATE_PAYMENT"]
    """`SETTLEMENT`: staff settle what was owed; `LATE_PAYMENT`: money came after all."""
    currency: Currency
    """Of every amount here."""
    refunds: tuple[RefundDue, ...]
    """Money due, per payment."""
    store_credit: StoreCreditDue | None = None
    """Due instead of refunds."""
    refund_minor: AmountMinor
    """Sum of `refunds`."""
    balance_minor: AmountMinor
    """Still owed by the cancellation afterwards, to be settled later."""
    requested_at: Timestamp
    """When it was decided."""


class ManualRefundRecorded(Event):
    """A person has given back money that was owed by hand, or a part of it, and said by what proof.

    The refunds service takes it into its ledger and says `ManualRefundPaid` once all of it is paid.
    """

    TYPE: ClassVar[str] = "cancellation.manual-refund-recorded.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation it belongs to."""
    refund_id: UUID
    """The refund."""
    payment_id: PaymentId
    """The payment it is on."""
    command_id: CommandId
    """The command this answers."""
    currency: Currency
    """Of every amount here."""
    amount_minor: AmountMinor
    """What was given back."""
    left_minor: AmountMinor
    """What of this refund is still owed by hand afterwards."""
    proof: Text
    """Where it can be looked up."""
    paid_at: Timestamp
    """When it was given back, as that person says."""
    recorded_at: Timestamp
    """When it was recorded."""


class RefundFallbackChosen(Event):
    """A refund failed for good, and this is what is done about it; the money is still owed."""

    TYPE: ClassVar[str] = "cancellation.refund-fallback-chosen.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation it belongs to."""
    refund_id: UUID
    """The refund that failed."""
    step: Code
    """`OTHER_TENDER`: another payment of the order gives it back. `STORE_CREDIT_OFFER`: the
    customer is offered credit. `CASE`: a person has to settle it."""
    after_success: bool
    """True when the refund had been called succeeded before."""
    code: Identifier
    """Why it failed."""
    request_id: UUID
    """Root of the ids of `refunds`."""
    currency: Currency
    """Of every amount here."""
    amount_minor: AmountMinor
    """What failed."""
    refunds: tuple[RefundDue, ...] = ()
    """Money due instead, per payment; only with `OTHER_TENDER`."""
    balance_minor: AmountMinor
    """Owed by the cancellation afterwards, to be settled later."""
    chosen_at: Timestamp
    """When it was decided."""


class PaymentVoidRequested(Event):
    """Authorised payments are to be released after their cancellation: no capture came of them."""

    TYPE: ClassVar[str] = "cancellation.payment-void-requested.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation it belongs to."""
    voids: tuple[VoidDue, ...]
    """Payments to release."""
    currency: Currency | None = None
    """Of every amount here."""
    requested_at: Timestamp
    """When it was decided."""


class RestockRequested(Event):
    """Cancelled units are to go back after their cancellation, by hand."""

    TYPE: ClassVar[str] = "cancellation.restock-requested.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The last cancellation of these units."""
    request_id: UUID
    """Root of the movements' ids, as the cancellation id is for those due at once."""
    command_id: CommandId
    """The command this answers."""
    lines: tuple[RestockLine, ...]
    """What goes back; empty when everything named is to stay off the shelf."""
    requested_at: Timestamp
    """When it was decided."""
