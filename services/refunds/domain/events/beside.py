"""Facts about releases of payments, store credit, and gift cards that were bought."""

from typing import ClassVar
from uuid import UUID

from contracts.values import (
    AmountMinor,
    Code,
    Currency,
    Identifier,
    PaymentId,
    Text,
    Timestamp,
)
from services.refunds.domain.events.base import MoneyFact


class VoidFact(MoneyFact):
    """What every fact about the release of one payment says."""

    void_id: UUID
    """Ours; made of cancellation and payment, and the root of the provider's key."""
    payment_id: PaymentId
    """The payment to release."""
    amount_minor: AmountMinor
    """What is held on it."""
    currency: Currency | None = None
    """Of the amount; empty where the decision did not name it."""


class VoidRequested(VoidFact):
    """A payment is to be released; the provider is asked next. Recorded by: `request_voids`."""

    NAME: ClassVar[str] = "void.requested.v1"


class VoidSucceeded(VoidFact):
    """The provider holds it no longer. Recorded by: `record_void`; published."""

    NAME: ClassVar[str] = "void.succeeded.v1"


class VoidFailed(VoidFact):
    """It was not released, or nobody knows.

    Recorded by: `record_void`, `request_voids`; published.
    """

    NAME: ClassVar[str] = "void.failed.v1"

    code: Identifier
    """The provider's code, or ours in capitals."""
    detail: Text
    """In words."""
    is_uncertain: bool = False
    """True when nobody knows."""


class StoreCreditFact(MoneyFact):
    """What every fact about one store credit says."""

    credit_id: UUID
    """Ours; made of the cancellation or the settlement."""
    customer_id: Identifier
    """Whose account."""
    amount_minor: AmountMinor
    """What it is worth."""
    currency: Currency
    """Of the amount."""


class StoreCreditIssued(StoreCreditFact):
    """Credit stands in the customer's account. Recorded by: `issue_credit`; published."""

    NAME: ClassVar[str] = "store-credit.issued.v1"

    expires_at: Timestamp | None = None
    """When it lapses."""
    parts: dict[PaymentId, AmountMinor]
    """What it stands for: no longer refundable on these payments."""


class StoreCreditFailed(StoreCreditFact):
    """The ledger forbade it. Recorded by: `issue_credit`; published."""

    NAME: ClassVar[str] = "store-credit.failed.v1"

    code: Code
    """Why."""
    detail: Text
    """In words."""


class GiftCardDisabled(MoneyFact):
    """A gift card bought with cancelled units is worth nothing.

    Recorded by: `disable_cards`; published.
    """

    NAME: ClassVar[str] = "gift-card.disabled.v1"

    gift_card_id: Identifier
    """The card."""
