"""What the refunds service told about an order's money, and what is done when a refund fails."""

from typing import ClassVar, Literal
from uuid import UUID

from contracts import refunds
from contracts.cancellation import RefundDue
from contracts.values import AmountMinor, Code, Currency, Identifier, OrderId
from kit.facts import Fact


class RefundProgressed(Fact):
    """The refunds service told of a refund that is not done. Recorded by: `record_refund`."""

    NAME: ClassVar[str] = "order.refund-progressed.v1"

    state: Literal["PENDING", "RETRYING", "OWED"]
    """`PENDING`: the provider has it. `RETRYING`: it failed and is tried again. `OWED`: a person
    has to give it back."""
    message: refunds.RefundPending | refunds.RefundFailed | refunds.ManualRefundOwed
    """As heard."""


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
