"""What the refunds service says about the money leg.

Nothing here says "succeeded" before the payment provider has.
"""

from typing import ClassVar
from uuid import UUID

from contracts.message import Event
from contracts.values import AmountMinor, Currency, Identifier, OrderId, PaymentId, Text, Timestamp


class RefundSucceeded(Event):
    """The provider has accepted the refund and calls it succeeded."""

    TYPE: ClassVar[str] = "refunds.refund-succeeded.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation this answers."""
    refund_id: UUID
    """Ours, and the root of the provider's idempotency key."""
    payment_id: PaymentId
    """The payment refunded."""
    amount_minor: AmountMinor
    """Given back."""
    currency: Currency
    """Of the amount."""
    provider_reference: Identifier
    """The provider's id of the refund, for example `re_…`."""
    succeeded_at: Timestamp
    """When we recorded the provider's word."""


class RefundFailed(Event):
    """No money moved on this payment; the balance is still owed."""

    TYPE: ClassVar[str] = "refunds.refund-failed.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation this answers."""
    refund_id: UUID
    """Ours."""
    payment_id: PaymentId
    """The payment that was to be refunded."""
    amount_minor: AmountMinor
    """Still owed."""
    currency: Currency
    """Of the amount."""
    code: Identifier
    """The provider's code, or ours in capitals."""
    detail: Text
    """In words."""
    failed_at: Timestamp
    """When we recorded it."""


class RefundUncertain(Event):
    """The provider could not be asked for so long that we stopped; nobody may assume either way."""

    TYPE: ClassVar[str] = "refunds.refund-uncertain.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation this answers."""
    refund_id: UUID
    """Ours; the provider can be asked about it."""
    payment_id: PaymentId
    """The payment that was to be refunded."""
    amount_minor: AmountMinor
    """Perhaps given back."""
    currency: Currency
    """Of the amount."""
    detail: Text
    """What was seen last."""
    noticed_at: Timestamp
    """When we stopped trying."""
