"""Facts about the refunds of one order."""

from typing import ClassVar
from uuid import UUID

from contracts.values import AmountMinor, Currency, Identifier, OrderId, PaymentId, Text
from kit.facts import Fact


class RefundFact(Fact):
    """What every fact about one refund says."""

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation it belongs to."""
    refund_id: UUID
    """Ours; made of cancellation and payment, and the root of the provider's key."""
    payment_id: PaymentId
    """The payment to refund."""
    amount_minor: AmountMinor
    """How much."""
    currency: Currency
    """Of the amount."""


class RefundRequested(RefundFact):
    """Money is to be given back; the provider is asked next. Recorded by: `request_refunds`."""

    NAME: ClassVar[str] = "refund.requested.v1"


class RefundSucceeded(RefundFact):
    """The provider says it is done. Recorded by: `record_success`; published."""

    NAME: ClassVar[str] = "refund.succeeded.v1"

    provider_reference: Identifier
    """The provider's id of the refund."""


class RefundFailed(RefundFact):
    """No money moved. Recorded by: `record_failure`, `request_refunds`; published."""

    NAME: ClassVar[str] = "refund.failed.v1"

    code: Identifier
    """The provider's code, or ours in capitals."""
    detail: Text
    """In words."""


class RefundUncertain(RefundFact):
    """We stopped asking without an answer. Recorded by: `record_uncertainty`; published."""

    NAME: ClassVar[str] = "refund.uncertain.v1"

    detail: Text
    """What was seen last."""


FACTS: tuple[type[Fact], ...] = (RefundRequested, RefundSucceeded, RefundFailed, RefundUncertain)
"""Every fact a refund stream may hold."""
