"""What the refunds service says about the money legs.

Nothing here says "succeeded" before the payment provider has, and a release of an authorised
payment is never called a refund.
"""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from contracts.message import Event
from contracts.values import (
    AmountMinor,
    Code,
    Currency,
    Identifier,
    OrderId,
    PaymentId,
    Tender,
    Text,
    Timestamp,
)

OpenStatus = Literal["pending", "requires_action"]
"""What the provider calls a refund that it has taken and not finished. Source: Stripe, Refund."""


class RefundEvent(Event):
    """What every word about one refund says."""

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation this answers."""
    refund_id: UUID
    """Ours, and the root of the provider's idempotency keys."""
    payment_id: PaymentId
    """The payment to refund."""
    amount_minor: AmountMinor
    """What the refund is about."""
    currency: Currency
    """Of the amount."""


class RefundPending(RefundEvent):
    """The provider has taken the refund and not finished it; nothing has arrived anywhere."""

    TYPE: ClassVar[str] = "refunds.refund-pending.v1"

    status: OpenStatus
    """The provider's word; `requires_action` waits for the customer."""
    provider_reference: Identifier
    """The provider's id of the refund, for example `re_…`."""
    pending_reason: Identifier | None = None
    """Why it is not done yet, as the provider says."""
    arrival_from: date | None = None
    """Not before this day the money is to be expected; empty when nothing is known."""
    arrival_until: date | None = None
    """By this day it should be there, if all goes well."""
    tender: Tender = "CARD"
    """What the payment was made with."""
    noticed_at: Timestamp
    """When we recorded the provider's word."""


class RefundSucceeded(RefundEvent):
    """The provider has accepted the refund and calls it succeeded."""

    TYPE: ClassVar[str] = "refunds.refund-succeeded.v1"

    provider_reference: Identifier
    """The provider's id of the refund, for example `re_…`."""
    succeeded_at: Timestamp
    """When we recorded the provider's word."""
    arrival_from: date | None = None
    """Not before this day the money is to be expected; empty when nothing is known."""
    arrival_until: date | None = None
    """By this day it should be there."""
    acquirer_reference: Identifier | None = None
    """What the customer's bank can find it by, once the provider has said so."""
    credit_note_number: Identifier | None = None
    """Of the document that takes back this part of the invoice; one per refund."""
    tender: Tender = "CARD"
    """What the payment was made with."""


class RefundFailed(RefundEvent):
    """No money moved on this payment, or it came back; the amount is still owed."""

    TYPE: ClassVar[str] = "refunds.refund-failed.v1"

    code: Identifier
    """The provider's code, or ours in capitals."""
    detail: Text
    """In words."""
    failed_at: Timestamp
    """When we recorded it."""
    after_success: bool = False
    """True when the provider had called it succeeded before: what was said is taken back."""
    is_final: bool = True
    """False while this refund is tried again; another word about it follows."""
    retry_at: Timestamp | None = None
    """When it is tried again; only while not final."""
    tender: Tender = "CARD"
    """What the payment was made with."""


class RefundCanceled(RefundEvent):
    """The provider gave the refund up before it was done; the amount is still owed."""

    TYPE: ClassVar[str] = "refunds.refund-canceled.v1"

    provider_reference: Identifier | None = None
    """The provider's id of the refund, where it has one."""
    detail: Text
    """In words."""
    canceled_at: Timestamp
    """When we recorded it."""


class RefundUncertain(RefundEvent):
    """The provider could not be asked for so long that we stopped; nobody may assume either way."""

    TYPE: ClassVar[str] = "refunds.refund-uncertain.v1"

    detail: Text
    """What was seen last."""
    noticed_at: Timestamp
    """When we stopped trying."""


class GiftCardRefilled(RefundEvent):
    """What a gift card had paid is on it again; the payment is the card."""

    TYPE: ClassVar[str] = "refunds.gift-card-refilled.v1"

    refilled_at: Timestamp
    """When it was entered."""


class StoreCreditRestored(RefundEvent):
    """What store credit had paid is in the customer's account again; the payment names it there."""

    TYPE: ClassVar[str] = "refunds.store-credit-restored.v1"

    restored_at: Timestamp
    """When it was entered."""


class ManualRefundOwed(RefundEvent):
    """The payment came by a way no provider can reverse; a person has to give the money back."""

    TYPE: ClassVar[str] = "refunds.manual-refund-owed.v1"

    tender: Tender
    """What the payment was made with."""
    remind_at: Timestamp
    """When somebody is reminded, unless it was paid by then."""
    owed_at: Timestamp
    """When it was noted."""


class ManualRefundPaid(RefundEvent):
    """A person has given the money back, all of it, and said by what proof."""

    TYPE: ClassVar[str] = "refunds.manual-refund-paid.v1"

    proof: Text
    """Where it can be looked up, for example the number of a bank transfer; of the last part."""
    paid_at: Timestamp
    """When the money was given back, as that person says."""
    credit_note_number: Identifier | None = None
    """Of the document that takes back this part of the invoice; one per refund."""
    recorded_at: Timestamp
    """When we recorded it."""


class VoidEvent(Event):
    """What every word about the release of one authorised payment says."""

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation this answers."""
    void_id: UUID
    """Ours, and the root of the provider's idempotency key."""
    payment_id: PaymentId
    """The payment."""
    amount_minor: AmountMinor
    """What was held on it."""
    currency: Currency | None = None
    """Of the amount; empty where the decision did not name it."""


class PaymentVoidSucceeded(VoidEvent):
    """The provider holds the money of an authorised payment no longer; it never moved."""

    TYPE: ClassVar[str] = "refunds.payment-void-succeeded.v1"

    voided_at: Timestamp
    """When we recorded the provider's word."""


class PaymentVoidFailed(VoidEvent):
    """An authorised payment could not be released; it may have been captured meanwhile."""

    TYPE: ClassVar[str] = "refunds.payment-void-failed.v1"

    code: Identifier
    """The provider's code, or ours in capitals."""
    detail: Text
    """In words."""
    is_uncertain: bool = False
    """True when nobody knows whether it was released."""
    failed_at: Timestamp
    """When we recorded it."""


class StoreCreditEvent(Event):
    """What every word about one store credit says."""

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation this answers."""
    credit_id: UUID
    """Ours; one per cancellation or settlement."""
    customer_id: Identifier
    """Whose account."""
    amount_minor: AmountMinor
    """What the credit is worth."""
    currency: Currency
    """Of the amount."""


class StoreCreditIssued(StoreCreditEvent):
    """Credit with the shop stands in the customer's account."""

    TYPE: ClassVar[str] = "refunds.store-credit-issued.v1"

    expires_at: Timestamp | None = None
    """When it lapses; empty for never."""
    issued_at: Timestamp
    """When it was entered."""


class StoreCreditFailed(StoreCreditEvent):
    """No credit was entered; the amount is still owed."""

    TYPE: ClassVar[str] = "refunds.store-credit-failed.v1"

    code: Code
    """Which rule of the ledger forbade it."""
    detail: Text
    """In words."""
    failed_at: Timestamp
    """When it was noted."""


class GiftCardDisabled(Event):
    """A gift card that was bought with cancelled units is worth nothing any more."""

    TYPE: ClassVar[str] = "refunds.gift-card-disabled.v1"

    order_id: OrderId
    """The order it was bought with."""
    cancellation_id: UUID
    """The cancellation of its units."""
    gift_card_id: Identifier
    """The card."""
    disabled_at: Timestamp
    """When it was entered."""


OUTCOMES: tuple[type[Event], ...] = (
    RefundPending,
    RefundSucceeded,
    RefundFailed,
    RefundCanceled,
    RefundUncertain,
    GiftCardRefilled,
    StoreCreditRestored,
    ManualRefundOwed,
    ManualRefundPaid,
    PaymentVoidSucceeded,
    PaymentVoidFailed,
    StoreCreditIssued,
    StoreCreditFailed,
    GiftCardDisabled,
)
"""All this service says."""
