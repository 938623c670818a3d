"""What is to be recorded once the provider has answered, or has not."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.values import Identifier, OrderId, Text

ProviderStatus = Literal["requires_action", "pending", "succeeded", "canceled", "failed"]
"""What the provider calls a refund, in the sequence in which one word may follow another.

Source: Stripe, Refund, `status`.
"""


class RecordProviderStatus(BaseModel):
    """The provider says how a refund stands, in an answer or in a webhook.

    May come late, twice and in any sequence: what says less than is known already is stale.
    """

    model_config = ConfigDict(frozen=True)

    order_id: OrderId
    refund_id: UUID
    """What the provider was told: the id of the refund, or of its second attempt."""
    status: ProviderStatus
    provider_reference: Identifier | None = None
    """Empty when the provider made no refund at all."""
    pending_reason: Identifier | None = None
    failure_reason: Identifier | None = None
    acquirer_reference: Identifier | None = None
    detail: Text = ""


class RecordRefundUncertainty(BaseModel):
    """Attempts are used up and nobody knows."""

    model_config = ConfigDict(frozen=True)

    refund_id: UUID
    detail: Text


class RecordVoidOutcome(BaseModel):
    """The provider has released a payment, will not, or nobody knows."""

    model_config = ConfigDict(frozen=True)

    order_id: OrderId
    void_id: UUID
    status: Literal["voided", "failed", "uncertain"]
    code: Identifier | None = None
    detail: Text = ""
