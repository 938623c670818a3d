"""Facts about refunds: at the provider, on a gift card, as store credit again, or by hand."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from contracts.orders import PaymentMethod
from contracts.refunds import OpenStatus
from contracts.values import (
    AmountMinor,
    Currency,
    Identifier,
    PaymentId,
    Tender,
    Text,
    Timestamp,
)
from services.refunds.domain.events.base import MoneyFact


class RefundFact(MoneyFact):
    """What every fact about one refund says."""

    refund_id: UUID
    """Ours; made of cancellation and payment, and the root of the provider's keys."""
    payment_id: PaymentId
    """The payment to refund."""
    amount_minor: AmountMinor
    """How much."""
    currency: Currency
    """Of the amount."""
    tender: Tender = "CARD"
    """What the payment was made with."""
    method: PaymentMethod | None = None
    """How, in particular."""


class RefundRequested(RefundFact):
    """Money is to be given back; the provider is asked next. Recorded by: `request_refunds`."""

    NAME: ClassVar[str] = "refund.requested.v1"


class RefundRetried(RefundFact):
    """A failed refund is tried again, as another one at the provider.

    Recorded by: `record_status`.
    """

    NAME: ClassVar[str] = "refund.retried.v1"

    attempt_id: UUID
    """What the provider knows this attempt by."""
    not_before: Timestamp
    """When it is asked for."""


class RefundPending(RefundFact):
    """The provider has it and is not done. Recorded by: `record_status`; published."""

    NAME: ClassVar[str] = "refund.pending.v1"

    status: OpenStatus
    """The provider's word."""
    provider_reference: Identifier
    """The provider's id of the refund."""
    pending_reason: Identifier | None = None
    """Why, as the provider says."""
    arrival_from: date | None = None
    """When the money is to be expected."""
    arrival_until: date | None = None
    """By when it should be there."""


class RefundSucceeded(RefundFact):
    """The provider says it is done. Recorded by: `record_status`; published."""

    NAME: ClassVar[str] = "refund.succeeded.v1"

    provider_reference: Identifier
    """The provider's id of the refund."""
    arrival_from: date | None = None
    """When the money is to be expected."""
    arrival_until: date | None = None
    """By when it should be there."""
    acquirer_reference: Identifier | None = None
    """What the customer's bank can find it by."""
    credit_note_number: Identifier | None = None
    """Of its credit note."""


class RefundReferenceLearnt(RefundFact):
    """What the customer's bank can find a refund by, told afterwards.

    Recorded by: `record_status`.
    """

    NAME: ClassVar[str] = "refund.reference-learnt.v1"

    acquirer_reference: Identifier
    """The reference."""


class RefundFailed(RefundFact):
    """No money moved, or it came back.

    Recorded by: `record_status`, `request_refunds`; published.
    """

    NAME: ClassVar[str] = "refund.failed.v1"

    code: Identifier
    """The provider's code, or ours in capitals."""
    detail: Text
    """In words."""
    after_success: bool = False
    """True when the provider had called it succeeded before."""
    retry_at: Timestamp | None = None
    """When it is tried again; empty when it is not."""


class RefundCanceled(RefundFact):
    """The provider gave it up before it was done. Recorded by: `record_status`; published."""

    NAME: ClassVar[str] = "refund.canceled.v1"

    provider_reference: Identifier | None = None
    """The provider's id of the refund."""
    detail: Text
    """In words."""


class RefundUncertain(RefundFact):
    """We stopped asking without an answer. Recorded by: `record_uncertainty`; published."""

    NAME: ClassVar[str] = "refund.uncertain.v1"

    detail: Text
    """What was seen last."""


class GiftCardRefilled(RefundFact):
    """A used gift card has its value back. Recorded by: `request_refunds`; published."""

    NAME: ClassVar[str] = "gift-card.refilled.v1"


class StoreCreditRestored(RefundFact):
    """What store credit had paid is credit again. Recorded by: `request_refunds`; published."""

    NAME: ClassVar[str] = "store-credit.restored.v1"


class ManualRefundOwed(RefundFact):
    """A person has to give this back. Recorded by: `request_refunds`; published."""

    NAME: ClassVar[str] = "manual-refund.owed.v1"

    remind_at: Timestamp
    """When somebody is reminded."""


class ManualRefundPartPaid(RefundFact):
    """A person has given a part of it back. Recorded by: `record_paid_by_hand`."""

    NAME: ClassVar[str] = "manual-refund.part-paid.v1"

    paid_minor: AmountMinor
    """What was given back this time."""
    left_minor: AmountMinor
    """What is still owed; more than 0."""
    proof: Text
    """Where it can be looked up."""
    paid_at: Timestamp
    """When, as that person says."""


class ManualRefundPaid(RefundFact):
    """A person has given all of it back. Recorded by: `record_paid_by_hand`; published."""

    NAME: ClassVar[str] = "manual-refund.paid.v1"

    proof: Text
    """Where it can be looked up; of the last part."""
    paid_at: Timestamp
    """When, as that person says."""
    credit_note_number: Identifier | None = None
    """Of its credit note."""
