"""What became of an order: cancelled, held, undone, reinstated, refused.

`OrderCancelled` and `OrderCancellationConfirmed` carry all that the legs need, so none has to ask
back. A cancellation that is held is said twice: when it is decided and when its hold is over. What
moves, moves on the word without `held_until`.
"""

from typing import ClassVar
from uuid import UUID

from contracts.cancellation.money import MoneyTerms, RefundDue
from contracts.cancellation.parts import (
    BasicRefusal,
    CancellationDetails,
    CancelledLine,
    CancelReason,
    LegOutcome,
    Recipient,
    Refusal,
    RestockLine,
)
from contracts.message import Event, Part
from contracts.orders import LineQuantity
from contracts.values import (
    AmountMinor,
    Code,
    CommandId,
    Currency,
    LineId,
    OrderId,
    PaymentId,
    Quantity,
    Text,
    Timestamp,
    Version,
)


class CancellationEvent(Event):
    """What both words about a cancellation say."""

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
    restock_lines: tuple[RestockLine, ...] | None = None
    """Exactly what goes back; empty when `restock` says it all."""
    money: MoneyTerms | None = None
    """What else was decided about money; empty when `refunds` says it all."""
    details: CancellationDetails | None = None
    """What else belongs to it; empty when nothing does."""


class OrderCancelled(CancellationEvent):
    """Units of an order are cancelled; stock, money and message may now move, unless held."""

    TYPE: ClassVar[str] = "cancellation.order-cancelled.v1"

    held_until: Timestamp | None = None
    """Until then it can be undone and nothing may move; wait for `OrderCancellationConfirmed`."""


class OrderCancellationConfirmed(CancellationEvent):
    """The hold of a cancellation is over; stock, money and message may now move."""

    TYPE: ClassVar[str] = "cancellation.order-cancellation-confirmed.v1"

    confirmed_at: Timestamp
    """When the hold ended."""


class OrderCancellationUndone(Event):
    """A held cancellation was taken back; nothing had moved and nothing will."""

    TYPE: ClassVar[str] = "cancellation.order-cancellation-undone.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation taken back."""
    command_id: CommandId
    """The command this answers."""
    lines: tuple[LineQuantity, ...]
    """Units that are open again."""
    undone_at: Timestamp
    """When it was decided."""


class Aftermath(Part):
    """One thing a reinstated order needs, or cannot have back."""

    code: Code
    """Which, for example `STOCK_TO_RESERVE`, `MONEY_TO_CHARGE`, `MESSAGE_TO_CORRECT`."""
    is_restored: bool
    """True when it is as before; false when somebody has to act."""
    detail: Text
    """In words."""
    line_id: LineId | None = None
    """The line it is about, if one."""
    quantity: Quantity | None = None
    """Units, where it is about units."""
    payment_id: PaymentId | None = None
    """The payment it is about, if one."""
    amount_minor: AmountMinor | None = None
    """Money, where it is about money."""


class OrderReinstated(Event):
    """The units of a cancellation are open again; what cannot come back by itself is named."""

    TYPE: ClassVar[str] = "cancellation.order-reinstated.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation taken back."""
    command_id: CommandId
    """The command this answers."""
    currency: Currency
    """Of every amount here."""
    lines: tuple[LineQuantity, ...]
    """Units that are open again."""
    reserve_lines: tuple[LineQuantity, ...]
    """Units that went back on the shelf and are needed again."""
    charge_minor: AmountMinor
    """To be paid again: what was given back."""
    aftermath: tuple[Aftermath, ...]
    """What came back and what somebody has to see to."""
    reinstated_at: Timestamp
    """When it was decided."""


class OrderCancellationRejected(Event):
    """A cancel command was refused; nothing has moved."""

    TYPE: ClassVar[str] = "cancellation.order-cancellation-rejected.v1"

    order_id: OrderId
    """The order named by the command; it need not exist."""
    command_id: CommandId
    """The command this answers."""
    refusals: tuple[BasicRefusal, ...]
    """Every failed rule, not only the first."""
    rejected_at: Timestamp
    """When it was decided."""


class CommandRejected(Event):
    """A command was refused; nothing has moved."""

    TYPE: ClassVar[str] = "cancellation.command-rejected.v1"

    order_id: OrderId
    """The order named by the command; it need not exist. `policy:default` for a policy."""
    command_id: CommandId
    """The command this answers."""
    command: Text
    """Its type, for example `cancellation.undo-cancellation.v1`."""
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
    void: LegOutcome = "NOT_DUE"
    """How the release of authorised payments ended; it is never called a refund."""
    store_credit: LegOutcome = "NOT_DUE"
    """How the crediting ended."""


class PolicyPublished(Event):
    """A new version of the policy is in force; decisions follow within a second."""

    TYPE: ClassVar[str] = "cancellation.policy-published.v1"

    version: Version
    """Of the policy; the whole of it is read by HTTP."""
    command_id: CommandId
    """The command this answers."""
    published_at: Timestamp
    """When it was decided."""
