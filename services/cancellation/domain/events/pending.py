"""What waits for somebody: requests for a cancellation, money and stock to move later."""

from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.cancellation import (
    Actor,
    Basis,
    CancelOrder,
    CancelReason,
    DefaultOutcome,
    PendingKind,
    Recipient,
    RefundDue,
    RestockLine,
    RestockUnits,
    StoreCreditDue,
    VoidDue,
)
from contracts.orders import LineQuantity
from contracts.values import AmountMinor, Code, CommandId, Currency, OrderId, Text, Timestamp
from kit.facts import Fact


class CancellationRequested(Fact):
    """A cancellation waits for a person. Recorded by: `request_cancellation`, `cancel_order`."""

    NAME: ClassVar[str] = "order.cancellation-requested.v1"

    order_id: OrderId
    """The order."""
    request_id: UUID
    """Id of this very fact."""
    command_id: CommandId
    """The command that asked for it."""
    kind: PendingKind
    """Why it waits."""
    approval: Code | None
    """The policy's rule that asks for a second person."""
    reason: CancelReason
    """As asked."""
    sub_reason: Code | None
    """As asked."""
    wish: CancelOrder
    """What will be decided when it is granted; who asked stands in it."""
    customer_note: Text | None
    """What the customer says about it; never published."""
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
    basis: Basis
    """What the decision rests on."""
    recipient: Recipient | None = None
    """Who is told how the request fares."""


class CancellationApproved(Fact):
    """A request was granted; its cancellation is the fact before. Recorded by: `approve`."""

    NAME: ClassVar[str] = "order.cancellation-approved.v1"

    order_id: OrderId
    """The order."""
    request_id: UUID
    """The request."""
    cancellation_id: UUID
    """The cancellation it became."""
    actor: Actor
    """Who granted it; never published."""
    staff_note: Text | None
    """For staff only; never published."""
    is_by_default: bool
    """True when nobody answered in time."""


class CancellationDenied(Fact):
    """A request was refused; nothing moved. Recorded by: `deny`, `expire`; published."""

    NAME: ClassVar[str] = "order.cancellation-denied.v1"

    order_id: OrderId
    """The order."""
    request_id: UUID
    """The request."""
    command_id: CommandId
    """The command that asked for it."""
    actor: Actor
    """Who refused it; never published."""
    staff_note: Text | None
    """For staff only; never published."""
    customer_message: Text | None
    """Why not, for the customer."""
    is_by_default: bool
    """True when nobody answered in time, or nothing was left to grant."""
    basis: Basis
    """What the decision rests on."""


class RefundRequested(Fact):
    """Money is due after its cancellation. Recorded by: `settle_refund`, `record_heard`."""

    NAME: ClassVar[str] = "order.refund-requested.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation it belongs to; for late money the last one."""
    request_id: UUID
    """Id of this very fact, and root of the refunds' ids."""
    command_id: CommandId | None
    """The command that asked for it; empty when a fact brought it about."""
    cause: Literal["SETTLEMENT", "LATE_PAYMENT"]
    """Why only now."""
    currency: Currency
    """Of every amount."""
    refunds: tuple[RefundDue, ...]
    """Money due, per payment; Σ ever due on a payment ≤ captured on it."""
    store_credit: StoreCreditDue | None
    """Due instead of refunds."""
    refund_minor: AmountMinor
    """Sum of `refunds`."""
    kept_minor: AmountMinor
    """Owed until now and kept from now on: the balance was closed."""
    balance_minor: AmountMinor
    """Still owed by the cancellation afterwards."""
    actor: Actor | None
    """Who asked, if somebody; never published."""
    staff_note: Text | None
    """For staff only; never published."""
    basis: Basis
    """What the decision rests on."""
    asked: dict[str, Any] = Field(default={})
    """What the command said beside its order and its actor; never published."""


class PaymentVoidRequested(Fact):
    """Authorised payments are to be released after all. Recorded by: `record_heard`; published."""

    NAME: ClassVar[str] = "order.payment-void-requested.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation it belongs to."""
    voids: tuple[VoidDue, ...]
    """Payments to release."""
    basis: Basis
    """What the decision rests on."""
    currency: Currency | None = None
    """Of every amount here."""


class RestockRequested(Fact):
    """Cancelled units are put back by hand. Recorded by: `restock_items`; published."""

    NAME: ClassVar[str] = "order.restock-requested.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The last cancellation of the order."""
    request_id: UUID
    """Id of this very fact, and root of the movements' ids."""
    command_id: CommandId
    """The command that asked for it."""
    lines: tuple[RestockLine, ...]
    """What goes back; Σ ever put back of a line ≤ units cancelled of it."""
    kept_out: tuple[RestockUnits, ...]
    """What was named and stays off the shelf, because it is damaged."""
    actor: Actor
    """Who asked; never published."""
    staff_note: Text | None
    """For staff only; never published."""
    basis: Basis
    """What the decision rests on."""
