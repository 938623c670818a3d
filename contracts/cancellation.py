"""What may be asked of the cancellation service, and what it says.

`CancelOrder` gets exactly one answer: `OrderCancelled` or `OrderCancellationRejected`, found by the
command's id. `OrderCancelled` carries all that the legs need, so none has to ask back.
"""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.message import Command, CommandPart, Event, Part
from contracts.values import (
    LINES_MAX,
    AmountMinor,
    CommandId,
    Currency,
    EmailAddress,
    Identifier,
    LineId,
    Locale,
    OrderId,
    PaymentId,
    Quantity,
    Text,
    Timestamp,
)

CancelReason = Literal["CUSTOMER", "INVENTORY", "FRAUD", "DECLINED", "STAFF", "OTHER"]
"""Why. Source: Shopify Admin GraphQL, enum `OrderCancelReason`."""

RejectionCode = Literal[
    "ORDER_NOT_FOUND", "LINE_NOT_FOUND", "QUANTITY_TOO_GREAT", "NOTHING_LEFT", "ALREADY_FULFILLED"
]
"""Why a cancellation was refused; stable, one code per cause."""

LegOutcome = Literal["SUCCEEDED", "FAILED", "UNCERTAIN", "NOT_DUE"]
"""How one leg ended; `UNCERTAIN` is a state of its own, never a guess."""


class CancelLine(CommandPart):
    """So many units of one line to cancel."""

    line_id: LineId
    """A line of the order."""
    quantity: Quantity
    """Units to cancel, at most those neither fulfilled nor cancelled before."""


class CancelOrder(Command):
    """Cancel an order, or some of its lines. The CloudEvents `id` is the command id."""

    TYPE: ClassVar[str] = "cancellation.cancel-order.v1"

    order_id: OrderId
    """The order to cancel."""
    reason: CancelReason
    """Why; required."""
    lines: Annotated[tuple[CancelLine, ...], Field(min_length=1, max_length=LINES_MAX)] | None = (
        None
    )
    """Lines and units; leave out to cancel all that is left."""
    refund: Literal["NOW", "NONE"] = "NOW"
    """`NOW` gives back what was paid for the cancelled lines; `NONE` moves no money."""
    restock: bool = True
    """Whether the units go back on the shelf."""
    notify: bool = True
    """Whether the customer is told; `false` is honoured."""
    staff_note: Text | None = None
    """For staff only; never reaches a customer."""
    requested_by: Identifier = "upstream"
    """Who asked: a person, a service or a timer."""


class CancelledLine(Part):
    """One line of a cancellation, with what it is worth."""

    line_id: LineId
    """The line."""
    sku: Identifier
    """Its article number."""
    title: Text
    """What the customer was shown."""
    quantity: Quantity
    """Units cancelled now."""
    ordered_quantity: Quantity
    """Units ordered; the bound on everything ever restocked for this line."""
    amount_minor: AmountMinor
    """Value of the cancelled units."""


class RefundDue(Part):
    """Money to give back on one payment."""

    payment_id: PaymentId
    """The payment to refund."""
    amount_minor: AmountMinor
    """To refund now; more than 0."""
    captured_minor: AmountMinor
    """Captured on this payment so far; the bound on everything ever refunded."""


class Recipient(Part):
    """Who is told, and in which language."""

    email: EmailAddress
    """Address of the customer."""
    locale: Locale
    """Language of the message."""


class OrderCancelled(Event):
    """Units of an order are cancelled; stock, money and message may now move."""

    TYPE: ClassVar[str] = "cancellation.order-cancelled.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """One per cancellation; an order may have several."""
    command_id: CommandId
    """The command this answers."""
    reason: CancelReason
    """As asked."""
    currency: Currency
    """Of every amount here."""
    lines: tuple[CancelledLine, ...]
    """What was cancelled."""
    refund_minor: AmountMinor
    """Sum of `refunds`."""
    refunds: tuple[RefundDue, ...]
    """Money due, per payment; empty when none is."""
    restock: bool
    """Whether the units go back on the shelf."""
    recipient: Recipient | None
    """Who is told; empty when nobody may or can be."""
    nothing_left: bool
    """True when no unit of the order remains open."""
    cancelled_at: Timestamp
    """When it was decided."""


class Refusal(Part):
    """One failed rule, what it saw, and the way out."""

    code: RejectionCode
    """Stable and machine readable."""
    detail: Text
    """What is wrong, in words."""
    remedy: Text
    """What would make it pass."""
    line_id: LineId | None = None
    """The line it is about, if one."""


class OrderCancellationRejected(Event):
    """A cancel command was refused; nothing has moved."""

    TYPE: ClassVar[str] = "cancellation.order-cancellation-rejected.v1"

    order_id: OrderId
    """The order named by the command; it need not exist."""
    command_id: CommandId
    """The command this answers."""
    refusals: tuple[Refusal, ...]
    """Every failed rule, not only the first."""
    rejected_at: Timestamp
    """When it was decided."""


class OrderCancellationCompleted(Event):
    """All three legs of one cancellation have reported."""

    TYPE: ClassVar[str] = "cancellation.order-cancellation-completed.v1"

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
    completed_at: Timestamp
    """When the last leg's outcome was recorded."""
