"""What was decided about cancelling units of an order, and about taking that back."""

from typing import ClassVar
from uuid import UUID

from contracts.cancellation import (
    Actor,
    Aftermath,
    Basis,
    CancellationDetails,
    CancelledLine,
    CancelOrder,
    CancelReason,
    LegOutcome,
    MoneyTerms,
    Recipient,
    RefundDue,
    RestockLine,
)
from contracts.orders import LineQuantity
from contracts.values import AmountMinor, CommandId, Currency, Identifier, OrderId, Text, Timestamp
from kit.facts import Fact


class Cancellation(Fact):
    """What every fact that lets the legs of a cancellation go says."""

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """Id of the fact that cancelled, so a cancellation can never be decided under two ids."""
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
    restock_lines: tuple[RestockLine, ...] | None = None
    """Exactly what goes back; empty when `restock` says it all."""
    money: MoneyTerms | None = None
    """What else was decided about money; empty when `refunds` says it all."""
    details: CancellationDetails | None = None
    """What else belongs to it; empty when nothing does."""
    actor: Actor | None = None
    """Who asked, when the command says more than `requested_by`; never published."""
    basis: Basis | None = None
    """What the decision rests on; empty before there were policies."""
    asked: CancelOrder | None = None
    """The wish, when it is more than to cancel all that is left and no request holds it; never
    published."""


class OrderCancelled(Cancellation):
    """Units of the order are cancelled. Recorded by: `cancel_order`; published under this name."""

    NAME: ClassVar[str] = "order.cancelled.v1"

    held_until: Timestamp | None = None
    """Until then nothing moves and it can be undone; empty when it is not held."""
    held_since: Timestamp | None = None
    """When it was decided, where its word about that comes later."""


class CancellationConfirmed(Cancellation):
    """The hold of a cancellation is over. Recorded by: `release_hold`; published."""

    NAME: ClassVar[str] = "order.cancellation-confirmed.v1"

    cancelled_at: Timestamp
    """When it was cancelled."""
    released_by: Actor
    """Who ended the hold; never published."""


class CancellationUndone(Fact):
    """A held cancellation was taken back. Recorded by: `undo_cancellation`; published."""

    NAME: ClassVar[str] = "order.cancellation-undone.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation taken back."""
    command_id: CommandId
    """The command that asked for it."""
    actor: Actor
    """Who asked; never published."""
    staff_note: Text | None
    """For staff only; never published."""
    lines: tuple[LineQuantity, ...]
    """Units that are open again."""
    amount_minor: AmountMinor
    """What they are worth, delivery given back with them included."""
    refunds: tuple[RefundDue, ...]
    """Refunds that were due and no longer are."""
    restock: bool
    """Whether units were to go back on the shelf."""
    is_told: bool
    """Whether the customer was to be told."""
    basis: Basis
    """What the decision rests on."""


class OrderReinstated(Fact):
    """Units of a cancellation are open again. Recorded by: `reinstate_order`; published."""

    NAME: ClassVar[str] = "order.reinstated.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation taken back."""
    command_id: CommandId
    """The command that asked for it."""
    actor: Actor
    """Who asked; never published."""
    staff_note: Text | None
    """For staff only; never published."""
    currency: Currency
    """Of every amount."""
    lines: tuple[LineQuantity, ...]
    """Units that are open again."""
    amount_minor: AmountMinor
    """What they are worth, delivery given back with them included."""
    reserve_lines: tuple[LineQuantity, ...]
    """Units that went back on the shelf and are needed again."""
    charge_minor: AmountMinor
    """To be paid again: what was given back."""
    aftermath: tuple[Aftermath, ...]
    """What came back and what somebody has to see to."""
    basis: Basis
    """What the decision rests on."""


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
    void: LegOutcome = "NOT_DUE"
    """How the release of authorised payments ended."""
    store_credit: LegOutcome = "NOT_DUE"
    """How the crediting ended."""
