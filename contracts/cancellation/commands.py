"""What may be asked of the cancellation service. The CloudEvents `id` is the command id.

Every command gets exactly one answer: the event that carries its id as `command_id`.
"""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.cancellation.money import RefundTo, SettleTo, TenderAmounts
from contracts.cancellation.parts import Actor, CancelLines, CancelReason, RestockChoice
from contracts.cancellation.policy import Policy
from contracts.message import Command
from contracts.values import (
    AMOUNT_MINOR_MAX,
    AmountMinor,
    Code,
    Currency,
    Identifier,
    OrderId,
    PaymentId,
    Text,
    Timestamp,
    Version,
)

PaidMinor = Annotated[int, Field(strict=True, gt=0, le=AMOUNT_MINOR_MAX)]
"""Money that has moved: more than nothing."""


class CancelOrder(Command):
    """Cancel an order, or some of its lines. The CloudEvents `id` is the command id."""

    TYPE: ClassVar[str] = "cancellation.cancel-order.v1"

    order_id: OrderId
    """The order to cancel."""
    reason: CancelReason
    """Why; required."""
    lines: CancelLines | None = None
    """Lines and units; leave out to cancel all that is left."""
    refund: Literal["NOW", "LATER", "NONE"] = "NOW"
    """`NOW` gives back what was paid for the cancelled lines; `LATER` leaves it owed until
    `SettleRefund`; `NONE` moves no money."""
    restock: bool | None = True
    """Whether the units go back on the shelf; null leaves it to the policy."""
    notify: bool | None = True
    """Whether the customer is told; `false` is honoured, null leaves it to the policy."""
    staff_note: Text | None = None
    """For staff only; never reaches a customer."""
    requested_by: Identifier = "upstream"
    """Who asked, for senders that name no `actor`: taken for a service of this name."""
    actor: Actor | None = None
    """Who asked."""
    sub_reason: Code | None = None
    """One of the merchant's own reasons below `reason`, as the policy lists them."""
    refund_amount_minor: AmountMinor | None = None
    """Give back so much and keep the rest; at most what the cancelled units are worth."""
    refund_lines: CancelLines | None = None
    """Give back what these of the cancelled units are worth, and keep the rest."""
    refund_tenders: TenderAmounts | None = None
    """Give back so much per payment, and keep the rest."""
    refund_to: RefundTo = "ORIGINAL"
    """Where the money goes."""
    store_credit_expires_at: Timestamp | None = None
    """When store credit lapses; left out it does not."""
    restock_lines: RestockChoice | None = None
    """Put back exactly these of the cancelled units; the others stay out."""
    customer_message: Text | None = None
    """A sentence for the customer; never mixed with the staff note."""
    shipping: Literal["WITH_LAST", "NOW", "KEEP"] = "WITH_LAST"
    """Delivery is given back with the last units if none was shipped, now, or not by this."""
    expected_version: Version | None = None
    """Refuse if the order has had other facts since it was read at this version."""
    is_statutory_withdrawal: bool = False
    """True when a law gives the customer the right to withdraw; then no fee is kept."""


class RequestCancellation(Command):
    """Ask, as a customer, for a cancellation; the policy grants it or has a person decide."""

    TYPE: ClassVar[str] = "cancellation.request-cancellation.v1"

    order_id: OrderId
    """The order."""
    actor: Actor
    """Who asks: the customer, or a service in the customer's name."""
    reason: CancelReason = "CUSTOMER"
    """Why."""
    sub_reason: Code | None = None
    """One of the merchant's own reasons below `reason`."""
    lines: CancelLines | None = None
    """Lines and units; leave out to ask for all that is left."""
    customer_note: Text | None = None
    """What the customer says about it."""
    refund_to: RefundTo = "ORIGINAL"
    """Where the money is to go."""
    is_statutory_withdrawal: bool = False
    """True when a law gives the customer the right to withdraw."""
    expected_version: Version | None = None
    """Refuse if the order has had other facts since it was read at this version."""


class ApproveCancellation(Command):
    """Grant a pending request; it is decided anew, as the order and the policy stand now."""

    TYPE: ClassVar[str] = "cancellation.approve-cancellation.v1"

    order_id: OrderId
    """The order."""
    request_id: UUID
    """The request to grant."""
    actor: Actor
    """Who grants it; never the one who asked."""
    staff_note: Text | None = None
    """For staff only."""


class DenyCancellation(Command):
    """Refuse a pending request; nothing moves."""

    TYPE: ClassVar[str] = "cancellation.deny-cancellation.v1"

    order_id: OrderId
    """The order."""
    request_id: UUID
    """The request to refuse."""
    actor: Actor
    """Who refuses it."""
    customer_message: Text | None = None
    """Why not, for the customer."""
    staff_note: Text | None = None
    """For staff only."""


class ExpireCancellationRequest(Command):
    """Close a request nobody answered in time, the way the policy says. Sent by a timer."""

    TYPE: ClassVar[str] = "cancellation.expire-cancellation-request.v1"

    order_id: OrderId
    """The order."""
    request_id: UUID
    """The request that is out of time."""
    actor: Actor
    """The timer."""


class CancelUnpaidOrder(Command):
    """Cancel an order nobody paid for in time; the payment is looked at again. Sent by a timer."""

    TYPE: ClassVar[str] = "cancellation.cancel-unpaid-order.v1"

    order_id: OrderId
    """The order."""
    actor: Actor
    """The timer."""


class ReleaseHold(Command):
    """Let money, stock and message of a held cancellation go. Sent by a timer at `held_until`."""

    TYPE: ClassVar[str] = "cancellation.release-hold.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The held cancellation."""
    actor: Actor
    """The timer; or a person, who need not wait."""


class UndoCancellation(Command):
    """Take a held cancellation back; the order is as if it had never been cancelled."""

    TYPE: ClassVar[str] = "cancellation.undo-cancellation.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The held cancellation."""
    actor: Actor
    """Who takes it back."""
    staff_note: Text | None = None
    """For staff only."""


class ReinstateOrder(Command):
    """Open the units of a cancellation again once its hold is over, as far as that goes."""

    TYPE: ClassVar[str] = "cancellation.reinstate-order.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation to take back."""
    actor: Actor
    """Who takes it back."""
    staff_note: Text | None = None
    """For staff only."""


class SettleRefund(Command):
    """Give back what a cancellation with refund `LATER` left owed, at once or in parts."""

    TYPE: ClassVar[str] = "cancellation.settle-refund.v1"

    order_id: OrderId
    """The order."""
    actor: Actor
    """Who settles it."""
    cancellation_id: UUID | None = None
    """Which cancellation; may be left out when one alone has something owed."""
    amount_minor: AmountMinor | None = None
    """How much; left out, all that is owed."""
    tenders: TenderAmounts | None = None
    """How much per payment; then `amount_minor` is left out or their sum."""
    refund_to: SettleTo = "ORIGINAL"
    """Where the money goes."""
    store_credit_expires_at: Timestamp | None = None
    """When store credit lapses; left out it does not."""
    is_final: bool = False
    """True keeps whatever is still owed afterwards; the balance is closed."""
    staff_note: Text | None = None
    """For staff only."""


class RecordManualRefund(Command):
    """Record that a person has given back money that is owed by hand, or a part of it."""

    TYPE: ClassVar[str] = "cancellation.record-manual-refund.v1"

    order_id: OrderId
    """The order."""
    actor: Actor
    """Who gave it back, or writes it down."""
    amount_minor: PaidMinor
    """How much; at most what is still owed by hand."""
    currency: Currency
    """Of the amount."""
    proof: Text
    """Where it can be looked up, for example the number of a bank transfer."""
    paid_at: Timestamp | None = None
    """When it was given back; left out, now."""
    refund_id: UUID | None = None
    """Which refund; may be left out when one alone is owed by hand."""
    payment_id: PaymentId | None = None
    """Or the payment it is on, when one alone is owed on that."""
    staff_note: Text | None = None
    """For staff only."""


class RestockCancelledItems(Command):
    """Put cancelled units back by hand; at most those cancelled and not put back yet."""

    TYPE: ClassVar[str] = "cancellation.restock-cancelled-items.v1"

    order_id: OrderId
    """The order."""
    actor: Actor
    """Who puts them back."""
    lines: RestockChoice
    """Lines, units and shelves."""
    staff_note: Text | None = None
    """For staff only."""


class PublishPolicy(Command):
    """Put a new version of the policy in force. Its key is `policy:default`."""

    TYPE: ClassVar[str] = "cancellation.publish-policy.v1"

    policy: Policy
    """The whole policy; its version is one above the one in force."""
    actor: Actor
    """Who publishes it."""
    staff_note: Text | None = None
    """Why, for staff only."""
