"""What this service needs from the world: somebody who gives money back."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.values import AmountMinor, Currency, OrderId, PaymentId


class RefundRequest(BaseModel):
    """One refund to make."""

    model_config = ConfigDict(frozen=True)

    refund_id: UUID
    order_id: OrderId
    payment_id: PaymentId
    amount_minor: AmountMinor
    currency: Currency


@dataclass(frozen=True, slots=True)
class Refunded:
    """The provider has done it."""

    provider_reference: str


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


class RefundGateway(Protocol):
    """A payment provider. Every implementation passes one conformance suite."""

    async def refund(self, request: RefundRequest) -> Refunded | Declined | NoAnswer:
        """Refund, under an idempotency key made of `refund_id`.

        Calling again with the same request never moves money twice while the provider keeps the
        key; later, `find` must be asked first.
        """

    async def find(self, request: RefundRequest) -> Refunded | Declined | NotMade | NoAnswer:
        """Look the refund up by our `refund_id`, whatever became of its key."""
