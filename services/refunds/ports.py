"""What this service needs from the world: somebody who gives money back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.values import AmountMinor, Currency, Identifier, OrderId, PaymentId
from services.refunds.domain.commands import ProviderStatus


class RefundRequest(BaseModel):
    """One refund to make."""

    model_config = ConfigDict(frozen=True)

    refund_id: UUID
    order_id: OrderId
    payment_id: PaymentId
    amount_minor: AmountMinor
    currency: Currency
    not_before: datetime | None = None
    """Not asked for earlier: an attempt after one that failed."""


class VoidRequest(BaseModel):
    """One authorised payment to release."""

    model_config = ConfigDict(frozen=True)

    void_id: UUID
    order_id: OrderId
    payment_id: PaymentId
    amount_minor: AmountMinor
    currency: Currency | None = None


class WatchRequest(BaseModel):
    """A refund that is under way, to be looked at until it is not as it was."""

    model_config = ConfigDict(frozen=True)

    order_id: OrderId
    refund_id: UUID
    provider_reference: Identifier
    status: ProviderStatus
    """As it was."""


@dataclass(frozen=True, slots=True)
class ProviderRefund:
    """A refund the provider has, as it stands there now."""

    provider_reference: str
    """The provider's id of it."""
    status: ProviderStatus
    refund_id: UUID | None = None
    """Ours, as the provider was told; empty for a refund somebody else asked for."""
    pending_reason: str | None = None
    failure_reason: str | None = None
    acquirer_reference: str | None = None
    """What the customer's bank finds it by; comes days later or never."""


@dataclass(frozen=True, slots=True)
class Voided:
    """The provider holds the customer's money no longer, and took none."""


@dataclass(frozen=True, slots=True)
class Declined:
    """The provider will not do it, whoever asks again."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nobody knows whether it was done; asking again under the same key is safe."""

    detail: str


@dataclass(frozen=True, slots=True)
class NotMade:
    """The provider knows no such refund."""


@dataclass(frozen=True, slots=True)
class News:
    """The provider says by itself how one of our refunds stood at some moment."""

    message_id: str
    """The same whenever and however often it is said."""
    order_id: str
    refund_id: UUID
    refund: ProviderRefund


@dataclass(frozen=True, slots=True)
class NoNews:
    """The provider says something nobody here listens to."""

    type: str


@dataclass(frozen=True, slots=True)
class Strange:
    """The provider says something about no refund of ours, or nothing we can read."""

    code: str
    detail: str
    message_id: str | None = None
    type: str | None = None


Told = News | NoNews | Strange
"""One thing the provider said by itself."""


class AwayError(Exception):
    """The provider cannot be asked now."""


class RefundGateway(Protocol):
    """A payment provider. Every implementation passes one conformance suite.

    Each request goes out under an idempotency key made of its own id, the same for ever. Repeated,
    it moves no money twice while the provider keeps the key; later, `find` must be asked first.
    """

    async def refund(self, request: RefundRequest) -> ProviderRefund | Declined | NoAnswer:
        """Refund once."""

    async def find(self, request: RefundRequest) -> ProviderRefund | NotMade | NoAnswer:
        """Look the refund up by our `refund_id`, whatever became of its key."""

    def told_since(self, moment: datetime) -> AsyncIterator[bytes]:
        """Yield everything it said by itself at `moment` or later, newest first.

        Raises:
            AwayError: it cannot be asked now; what was yielded so far is not all.
        """

    async def look(self, provider_reference: str) -> ProviderRefund | NoAnswer:
        """Look at a refund the provider is known to have."""

    async def void(self, request: VoidRequest) -> Voided | Declined | NoAnswer:
        """Release an authorised payment; one that is released already counts as released."""
