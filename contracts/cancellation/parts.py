"""The pieces of what is asked and said: who, why, which units, on what grounds."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.cancellation.money import LineWorth
from contracts.message import CommandPart, Part
from contracts.orders import Components, LineQuantity
from contracts.values import (
    LINES_MAX,
    AmountMinor,
    Code,
    EmailAddress,
    Identifier,
    LineId,
    Locale,
    Quantity,
    Text,
    Version,
)

CancelReason = Literal["CUSTOMER", "INVENTORY", "FRAUD", "DECLINED", "STAFF", "OTHER"]
"""Why. Source: Shopify Admin GraphQL, enum `OrderCancelReason`."""

RejectionCode = Literal[
    "ORDER_NOT_FOUND", "LINE_NOT_FOUND", "QUANTITY_TOO_GREAT", "NOTHING_LEFT", "ALREADY_FULFILLED"
]
"""The codes `OrderCancellationRejected` was released with; every other refusal of a cancellation
travels as `CommandRejected`, whose codes are open."""

LegOutcome = Literal["SUCCEEDED", "FAILED", "UNCERTAIN", "NOT_DUE"]
"""How one leg ended; `UNCERTAIN` is a state of its own, never a guess."""

ActorType = Literal["STAFF", "CUSTOMER", "SERVICE", "TIMER", "BULK"]
"""What kind of party asks; the decision is the same, the rights are not."""

Role = Literal["VIEWER", "AGENT", "MANAGER", "OPS", "ADMIN"]
"""What a person of the staff is there to do."""

Condition = Literal["SELLABLE", "DAMAGED"]
"""What became of a unit; only what is sellable goes back on the shelf."""


DefaultOutcome = Literal["APPROVE", "DENY"]
"""What becomes of a request nobody answers in time."""


class Actor(CommandPart):
    """Who asks."""

    type: ActorType
    """What kind of party."""
    id: Identifier
    """Which one: a person, a service, a timer, a bulk plan."""
    role: Role | None = None
    """The role of a person; of a bulk plan, the role of whoever started it."""


class CancelLine(CommandPart):
    """So many units of one line to cancel."""

    line_id: LineId
    """A line of the order."""
    quantity: Quantity
    """Units to cancel, at most those neither fulfilled nor cancelled before."""


CancelLines = Annotated[tuple[CancelLine, ...], Field(min_length=1, max_length=LINES_MAX)]


class RestockUnits(CommandPart):
    """So many units of one line to put back."""

    line_id: LineId
    """A line of the order."""
    quantity: Quantity
    """Units, at most those cancelled and not yet put back."""
    location: Identifier | None = None
    """Which shelf; left out, where the line was taken from."""
    condition: Condition = "SELLABLE"
    """`DAMAGED` units are recorded and stay off the shelf."""


RestockChoice = Annotated[tuple[RestockUnits, ...], Field(min_length=1, max_length=LINES_MAX)]


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
    worth: LineWorth | None = None
    """What that value is made of; empty when it is the price alone."""
    location: Identifier | None = None
    """Where the units were to be taken from; empty when the shop has one location."""
    components: Components = ()
    """Of a bundle, its recipe when it was ordered."""
    gift_card_ids: tuple[Identifier, ...] = ()
    """Gift cards bought with these units; they are worth nothing any more."""


class RestockLine(Part):
    """Units of one line to put back on a shelf."""

    line_id: LineId
    """The line."""
    sku: Identifier
    """Its article number."""
    quantity: Quantity
    """Units to put back."""
    ordered_quantity: Quantity
    """Units ordered; the bound on everything ever restocked for this line."""
    location: Identifier | None = None
    """Which shelf; empty when the shop has one."""


class ProposedLine(Part):
    """Units of one line that can be returned."""

    line_id: LineId
    """The line."""
    sku: Identifier
    """Its article number."""
    title: Text
    """What the customer was shown."""
    quantity: Quantity
    """Units that left the shop and are not back yet."""
    amount_minor: AmountMinor
    """What they are worth."""


class ReturnProposal(Part):
    """A return, ready to be offered for units that can no longer be cancelled."""

    lines: tuple[ProposedLine, ...]
    """What can come back."""
    amount_minor: AmountMinor
    """What it is worth in all."""


class CancellationDetails(Part):
    """What else belongs to a cancellation, as far as it was said."""

    sub_reason: Code | None = None
    """The merchant's own reason below the standard one."""
    reason_label: Text | None = None
    """That reason in the customer's language."""
    customer_message: Text | None = None
    """For the customer, as the staff wrote it."""
    request_id: UUID | None = None
    """The request that was granted."""
    is_statutory_withdrawal: bool = False
    """True when a law gives the customer the right; then no fee is kept."""
    claimed_lines: tuple[LineQuantity, ...] = ()
    """Units left out because somebody is packing them."""
    return_proposal: ReturnProposal | None = None
    """For units left out because they have left the shop."""


class Recipient(Part):
    """Who is told, and in which language."""

    email: EmailAddress
    """Address of the customer."""
    locale: Locale
    """Language of the message."""


class BasicRefusal(Part):
    """One failed rule of the first five, what it saw, and the way out."""

    code: RejectionCode
    """Stable and machine readable."""
    detail: Text
    """What is wrong, in words."""
    remedy: Text
    """What would make it pass."""
    line_id: LineId | None = None
    """The line it is about, if one."""


class Refusal(Part):
    """One failed rule, what it saw, and the way out."""

    code: Code
    """Stable and machine readable; all of them stand in the decision table."""
    detail: Text
    """What is wrong, in words."""
    remedy: Text
    """What would make it pass."""
    line_id: LineId | None = None
    """The line it is about, if one."""
    data: dict[str, int | str] = Field(default={})
    """What the rule saw, for example `{"asked": 3, "open": 1}`."""
    return_proposal: ReturnProposal | None = None
    """Only with `ALREADY_FULFILLED`: what can be done instead."""


class Basis(Part):
    """What a decision rests on; with the order's facts up to that version it can be repeated."""

    policy_version: Version
    """The policy in force."""
    order_version: Version
    """Facts of the order that were known."""
    rule_set: Identifier
    """Which rules were checked, for example `cancel-order.v1`; the decision table names them."""
