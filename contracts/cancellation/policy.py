"""The policy: what a merchant may set about cancelling, as versioned data."""

from typing import Annotated, Literal

from pydantic import Field

from contracts.cancellation.parts import ActorType, CancelReason, DefaultOutcome, Role
from contracts.message import CommandPart
from contracts.values import AmountMinor, Code, Currency, Identifier, Seconds, Tag, Tender, Text
from contracts.values import Version as PolicyVersion

Action = Literal[
    "CANCEL", "CHOOSE_REFUND", "REQUEST", "APPROVE", "SETTLE", "RESTOCK", "UNDO", "RELEASE_HOLD",
    "REINSTATE", "CANCEL_UNPAID", "EXPIRE", "CLAIM", "PUBLISH_POLICY", "HANDLE_CASE",
    "ESCALATE_CASE",
]  # fmt: skip
"""What somebody may be allowed to do; `CHOOSE_REFUND`: give back other than all, now, the way it
came; `HANDLE_CASE`: assign a case, write about it, close it."""

MANY = 1_000
"""Entries in one list of a policy at most."""

Reasons = Annotated[tuple[CancelReason, ...], Field(max_length=6)]
SubReasons = Annotated[tuple[Code, ...], Field(max_length=MANY)]
ActorTypes = Annotated[tuple[ActorType, ...], Field(max_length=5)]
PolicyTags = Annotated[tuple[Tag, ...], Field(max_length=MANY)]
Names = Annotated[tuple[Identifier, ...], Field(max_length=MANY)]
Countries = Annotated[tuple[Text, ...], Field(max_length=MANY)]


class Labels(CommandPart):
    """A reason as people read it."""

    en: Text
    """In English."""
    fr: Text
    """In French."""


class ReasonTerms(CommandPart):
    """One of the merchant's own reasons."""

    code: Code
    """Its stable word, for example `SHIPPING_DELAY`."""
    reason: CancelReason
    """The standard reason it belongs to."""
    labels: Labels
    """How it is shown."""


class Grant(CommandPart):
    """What one kind of actor may do."""

    actor: ActorType
    """Whom it is about."""
    role: Role | None = None
    """Only those with this role; empty for those without one."""
    actions: Annotated[tuple[Action, ...], Field(max_length=20)]
    """What they may do."""


class CustomerTerms(CommandPart):
    """How a customer's request is met."""

    window_s: Seconds | None = None
    """How long after the placement the window is open; empty for always."""
    inside: Literal["GRANT", "ASK"] = "ASK"
    """Within the window: cancel at once, or have a person decide."""
    outside: Literal["ASK", "REFUSE"] = "ASK"
    """After it: have a person decide, or refuse."""
    answer_within_s: Seconds = 259_200
    """How long a person has to decide."""
    default_outcome: DefaultOutcome = "DENY"
    """What becomes of a request nobody answers."""


class ApprovalTerms(CommandPart):
    """Cancellations that need a second person; all that is said must hold."""

    name: Code
    """What it is called, for example `LARGE_REFUND`."""
    amount_from_minor: AmountMinor | None = None
    """From this amount to give back on; empty for any."""
    currency: Currency | None = None
    """Of that amount; orders in other currencies are not meant. Empty for any."""
    reasons: Reasons = ()
    """Only for these; empty for any."""
    sub_reasons: SubReasons = ()
    """Only for these; empty for any."""
    actors: ActorTypes = ()
    """Only when these ask; empty for any."""


class Exclusion(CommandPart):
    """What cannot be cancelled; all that is said must hold."""

    name: Code
    """What it is called, for example `MADE_TO_ORDER`."""
    tags: PolicyTags = ()
    """Lines or orders with one of these; empty for any."""
    customers: Names = ()
    """Only these customers; empty for any."""
    channels: Names = ()
    """Only orders sold there; empty for any."""
    countries: Countries = ()
    """Only customers there, written as the shop writes it; empty for any."""
    actors: ActorTypes = ()
    """Only when these ask; empty for any."""


class ReasonRestock(CommandPart):
    """Whether units go back, by reason."""

    reason: CancelReason
    """The standard reason."""
    sub_reason: Code | None = None
    """Only for this one below it; empty for all."""
    restock: bool
    """Whether they go back."""


class RestockTerms(CommandPart):
    """Whether cancelled units go back on the shelf when nobody says."""

    is_automatic: bool = True
    """What holds when no reason below does."""
    by_reason: Annotated[tuple[ReasonRestock, ...], Field(max_length=MANY)] = ()
    """The first that fits holds."""
    never_tags: PolicyTags = ("perishable", "damaged")
    """Lines with one of these never go back, whoever asks."""


class FeeTerms(CommandPart):
    """What the shop keeps for cancelling; all that is said must hold, the first that fits holds."""

    name: Code
    """What it is called."""
    percent_bps: Annotated[int, Field(strict=True, ge=0, le=10_000)] = 0
    """Share of the goods' value in hundredths of a percent: 250 is 2.5 %."""
    flat_minor: AmountMinor = 0
    """A flat part, once per order; needs `currency`."""
    currency: Currency | None = None
    """Only for orders in it; empty for any."""
    reasons: Reasons = ()
    """Only for these; empty for any."""
    sub_reasons: SubReasons = ()
    """Only for these; empty for any."""
    actors: ActorTypes = ()
    """Only when these ask; empty for any."""


class Policy(CommandPart):
    """All that a merchant may set; a version of it never changes once it is in force."""

    version: PolicyVersion
    """0 is built in; every published one is one above the last."""
    reasons: Annotated[tuple[ReasonTerms, ...], Field(max_length=MANY)] = ()
    """The merchant's own reasons."""
    rights: Annotated[tuple[Grant, ...], Field(max_length=MANY)] = ()
    """Who may do what; what is not granted is refused."""
    customer: CustomerTerms = CustomerTerms()
    """How customers' requests are met."""
    approvals: Annotated[tuple[ApprovalTerms, ...], Field(max_length=MANY)] = ()
    """What needs a second person; the first that fits is named."""
    approval_within_s: Seconds = 259_200
    """How long that person has; after it the request is denied."""
    exclusions: Annotated[tuple[Exclusion, ...], Field(max_length=MANY)] = ()
    """What cannot be cancelled."""
    hold_s: Seconds = 0
    """How long money, stock and message of a cancellation wait and it can be undone."""
    unpaid_after_s: Seconds | None = None
    """How long after its placement an unpaid order may be cancelled by a timer; empty for never."""
    restock: RestockTerms = RestockTerms()
    """Whether units go back when nobody says."""
    notify: bool = True
    """Whether the customer is told when nobody says."""
    fees: Annotated[tuple[FeeTerms, ...], Field(max_length=MANY)] = ()
    """What the shop keeps."""
    refund_first: Annotated[tuple[Tender, ...], Field(max_length=6)] = ()
    """Tenders that are refunded before the others, in this sequence."""
    refund_sequence: Literal["AS_PAID", "LAST_FIRST"] = "AS_PAID"
    """Among equals: the payments in the sequence they came, or the other way round."""
    manual_refund_within_s: Seconds | None = None
    """How long money may be owed by hand before its case goes up; empty for seven days."""
