"""What the refunds service told about an order's money, and what is done when a refund fails."""

from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts import refunds
from contracts.cancellation import Actor, Basis, RefundDue
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


class RefundProgressed(Fact):
    """The refunds service told of a refund that is not done. Recorded by: `record_refund`."""

    NAME: ClassVar[str] = "order.refund-progressed.v1"

    state: Literal["PENDING", "RETRYING", "OWED"]
    """`PENDING`: the provider has it. `RETRYING`: it failed and is tried again. `OWED`: a person
    has to give it back."""
    message: refunds.RefundPending | refunds.RefundFailed | refunds.ManualRefundOwed
    """As heard."""


class ManualRefundRecorded(Fact):
    """A person has given back money owed by hand.

    Recorded by: `record_manual_refund`; published.
    """

    NAME: ClassVar[str] = "order.manual-refund-recorded.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation it belongs to."""
    refund_id: UUID
    """The refund."""
    payment_id: PaymentId
    """The payment it is on."""
    command_id: CommandId
    """The command that told of it."""
    currency: Currency
    """Of every amount here."""
    amount_minor: AmountMinor
    """What was given back."""
    left_minor: AmountMinor
    """What of this refund is still owed by hand."""
    proof: Text
    """Where it can be looked up."""
    paid_at: Timestamp
    """When it was given back, as that person says."""
    actor: Actor
    """Who told of it; never published."""
    staff_note: Text | None
    """For staff only; never published."""
    basis: Basis
    """What the decision rests on."""
    asked: dict[str, Any] = Field(default={})
    """What the command said beside its order and its actor; never published."""


class RefundFallbackChosen(Fact):
    """What is done about a refund that failed. Recorded by: `record_refund`; published."""

    NAME: ClassVar[str] = "order.refund-fallback-chosen.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation it belongs to."""
    refund_id: UUID
    """The refund that failed."""
    payment_id: Identifier
    """The payment it was on."""
    step: Code
    """Which, by the table in `fallback`."""
    after_success: bool
    """True when it had been called succeeded before."""
    code: Identifier
    """Why it failed."""
    request_id: UUID
    """Id of this very fact, and root of the ids of `refunds`."""
    currency: Currency
    """Of every amount here."""
    amount_minor: AmountMinor
    """What failed."""
    refunds: tuple[RefundDue, ...]
    """Money due instead."""
    balance_minor: AmountMinor
    """Owed by the cancellation afterwards."""


class VoidReported(Fact):
    """The refunds service told what became of a release. Recorded by: `record_void`."""

    NAME: ClassVar[str] = "order.void-reported.v1"

    outcome: Literal["SUCCEEDED", "FAILED", "UNCERTAIN"]
    """How it ended."""
    message: refunds.PaymentVoidSucceeded | refunds.PaymentVoidFailed
    """As heard."""


class StoreCreditReported(Fact):
    """The refunds service told what became of store credit. Recorded by: `record_credit`."""

    NAME: ClassVar[str] = "order.store-credit-reported.v1"

    outcome: Literal["SUCCEEDED", "FAILED"]
    """How it ended."""
    message: refunds.StoreCreditIssued | refunds.StoreCreditFailed
    """As heard."""


class GiftCardReported(Fact):
    """The refunds service has disabled a gift card. Recorded by: `record_card`."""

    NAME: ClassVar[str] = "order.gift-card-reported.v1"

    message: refunds.GiftCardDisabled
    """As heard."""
