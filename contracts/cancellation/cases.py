"""Cases: what needs a person, whose it is, until when, and how it ended.

A case is opened by what happened, never by a command. It closes itself when its cause is gone.
"""

from typing import ClassVar, Literal
from uuid import UUID

from contracts.cancellation.parts import Actor, Role
from contracts.message import Command, Event
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

ClosedByHand = Literal["DONE_OUTSIDE", "NOTHING_TO_DO", "WRITTEN_OFF"]
"""How a person may close a case: somebody saw to it elsewhere, it was no trouble, or the loss is
accepted."""

CaseResolution = Literal["RESOLVED", "REPLACED", "DONE_OUTSIDE", "NOTHING_TO_DO", "WRITTEN_OFF"]
"""How a case ended. `RESOLVED`: its cause is gone. `REPLACED`: more is known now, and another case
says it."""

EscalationCause = Literal["DEADLINE", "BY_HAND"]
"""Why a case went up: nobody closed it in time, or somebody asked."""


class AssignCase(Command):
    """Say whose a case is."""

    TYPE: ClassVar[str] = "cancellation.assign-case.v1"

    order_id: OrderId
    """The order."""
    case_id: UUID
    """The case."""
    owner: Identifier
    """Who sees to it from now on."""
    actor: Actor
    """Whoever asks."""
    role: Role | None = None
    """In which role, if in another than it waits for."""
    staff_note: Text | None = None
    """For staff only."""


class EscalateCase(Command):
    """Bring a case before the next higher role; a timer only once its deadline has passed."""

    TYPE: ClassVar[str] = "cancellation.escalate-case.v1"

    order_id: OrderId
    """The order."""
    case_id: UUID
    """The case."""
    actor: Actor
    """Whoever asks."""
    staff_note: Text | None = None
    """For staff only."""


class AddCaseNote(Command):
    """Write down what was found out about a case, open or closed."""

    TYPE: ClassVar[str] = "cancellation.add-case-note.v1"

    order_id: OrderId
    """The order."""
    case_id: UUID
    """The case."""
    note: Text
    """For staff only; never published."""
    actor: Actor
    """Who writes."""


class CloseCase(Command):
    """Close a case by hand, with what became of it."""

    TYPE: ClassVar[str] = "cancellation.close-case.v1"

    order_id: OrderId
    """The order."""
    case_id: UUID
    """The case."""
    resolution: ClosedByHand
    """What became of it; not every kind of case may end in every way."""
    actor: Actor
    """Who closes it."""
    staff_note: Text | None = None
    """For staff only."""


class CaseOpened(Event):
    """Something went another way than decided; a person has to look."""

    TYPE: ClassVar[str] = "cancellation.case-opened.v1"

    order_id: OrderId
    """The order."""
    case_id: UUID
    """One per cause."""
    kind: Code
    """Which, for example `SHIPPED_AFTER_CANCELLATION`."""
    detail: Text
    """What was seen, in words."""
    lines: tuple[LineQuantity, ...] = ()
    """Units it is about."""
    payment_id: PaymentId | None = None
    """The payment it is about, if one."""
    amount_minor: AmountMinor | None = None
    """Money, where it is about money."""
    opened_at: Timestamp
    """When the fact was recorded."""
    cancellation_id: UUID | None = None
    """The cancellation it is about, if one."""
    currency: Currency | None = None
    """Of every amount."""
    stake_minor: AmountMinor | None = None
    """What may be lost: the amount, or what the units cost."""
    role: Role | None = None
    """Who is to see to it first."""
    due_at: Timestamp | None = None
    """Until when; then it goes up."""


class CaseAssigned(Event):
    """A case is somebody's."""

    TYPE: ClassVar[str] = "cancellation.case-assigned.v1"

    order_id: OrderId
    """The order."""
    case_id: UUID
    """The case."""
    command_id: CommandId
    """The command this answers."""
    owner: Identifier
    """Whose."""
    role: Role
    """In which role."""
    assigned_at: Timestamp
    """When it was decided."""


class CaseEscalated(Event):
    """A case waits for the next higher role."""

    TYPE: ClassVar[str] = "cancellation.case-escalated.v1"

    order_id: OrderId
    """The order."""
    case_id: UUID
    """The case."""
    command_id: CommandId
    """The command this answers."""
    cause: EscalationCause
    """Why."""
    level: int
    """How often it went up."""
    role: Role
    """Who is to see to it now; it is nobody's until somebody takes it."""
    due_at: Timestamp
    """Until when; then it goes up again, as far as there is somebody above."""
    escalated_at: Timestamp
    """When it was decided."""


class CaseNoteAdded(Event):
    """Somebody wrote something down about a case; what, stays in the house."""

    TYPE: ClassVar[str] = "cancellation.case-note-added.v1"

    order_id: OrderId
    """The order."""
    case_id: UUID
    """The case."""
    command_id: CommandId
    """The command this answers."""
    added_at: Timestamp
    """When it was decided."""


class CaseClosed(Event):
    """A case needs nobody any more."""

    TYPE: ClassVar[str] = "cancellation.case-closed.v1"

    order_id: OrderId
    """The order."""
    case_id: UUID
    """The case."""
    command_id: CommandId | None
    """The command this answers; empty when its cause went away by itself."""
    resolution: CaseResolution
    """How it ended."""
    closed_at: Timestamp
    """When it was decided."""
