"""Cases: what needs a person, whose it is, and how it ended."""

from typing import ClassVar
from uuid import UUID

from contracts.cancellation import Actor, Basis, CaseResolution, EscalationCause, Role
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
from kit.facts import Fact


class CaseOpened(Fact):
    """A person has to look. Recorded with the fact that is the cause; published."""

    NAME: ClassVar[str] = "order.case-opened.v1"

    order_id: OrderId
    """The order."""
    case_id: UUID
    """Computed from the cause; of a contradiction, the id of this very fact."""
    kind: Code
    """Which; see `case_kinds`."""
    detail: Text
    """What was seen, in words."""
    lines: tuple[LineQuantity, ...] = ()
    """Units it is about."""
    payment_id: PaymentId | None = None
    """The payment it is about, if one."""
    amount_minor: AmountMinor | None = None
    """Money, where it is about money."""
    cancellation_id: UUID | None = None
    """The cancellation it is about, if one."""
    cause_id: UUID | None = None
    """What went wrong: the refund, or the leg; empty for a contradiction. Never published."""
    currency: Currency | None = None
    """Of every amount; empty before cases had deadlines, as what follows."""
    stake_minor: AmountMinor | None = None
    """What may be lost."""
    role: Role | None = None
    """Who is to see to it first."""
    due_at: Timestamp | None = None
    """Until when; then it goes up."""


class CaseAssigned(Fact):
    """A case is somebody's. Recorded by: `assign_case`; published."""

    NAME: ClassVar[str] = "order.case-assigned.v1"

    order_id: OrderId
    """The order."""
    case_id: UUID
    """The case."""
    command_id: CommandId
    """The command that asked for it."""
    owner: Identifier
    """Whose."""
    role: Role
    """In which role."""
    actor: Actor
    """Who asked; never published."""
    staff_note: Text | None
    """For staff only; never published."""
    basis: Basis
    """What the decision rests on."""


class CaseEscalated(Fact):
    """A case waits for the next higher role. Recorded by: `escalate_case`; published."""

    NAME: ClassVar[str] = "order.case-escalated.v1"

    order_id: OrderId
    """The order."""
    case_id: UUID
    """The case."""
    command_id: CommandId
    """The command that asked for it."""
    cause: EscalationCause
    """Why."""
    level: int
    """How often it went up."""
    role: Role
    """Who is to see to it now."""
    due_at: Timestamp
    """Until when."""
    actor: Actor
    """Who asked; never published."""
    staff_note: Text | None
    """For staff only; never published."""
    basis: Basis
    """What the decision rests on."""


class CaseNoteAdded(Fact):
    """Somebody wrote something down about a case. Recorded by: `add_note`; published."""

    NAME: ClassVar[str] = "order.case-note-added.v1"

    order_id: OrderId
    """The order."""
    case_id: UUID
    """The case."""
    command_id: CommandId
    """The command that asked for it."""
    note: Text
    """What; never published."""
    actor: Actor
    """Who wrote; never published."""
    basis: Basis
    """What the decision rests on."""


class CaseClosed(Fact):
    """A case needs nobody any more. Recorded by: `close_case`, or with what ended its cause."""

    NAME: ClassVar[str] = "order.case-closed.v1"

    order_id: OrderId
    """The order."""
    case_id: UUID
    """The case."""
    command_id: CommandId | None
    """The command that asked for it; empty when its cause went away by itself."""
    resolution: CaseResolution
    """How it ended."""
    actor: Actor | None
    """Who asked, if somebody; never published."""
    staff_note: Text | None
    """For staff only; never published."""
    basis: Basis | None
    """What the decision rests on; empty when nobody asked."""
