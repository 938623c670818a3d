"""What the effect worker asks to be recorded once the provider has answered, or has not."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.values import Identifier, Text


class RecordRefundSuccess(BaseModel):
    """The provider says the refund is done."""

    model_config = ConfigDict(frozen=True)

    refund_id: UUID
    provider_reference: Identifier


class RecordRefundFailure(BaseModel):
    """The provider says it will not do it."""

    model_config = ConfigDict(frozen=True)

    refund_id: UUID
    code: Identifier
    detail: Text


class RecordRefundUncertainty(BaseModel):
    """Attempts are used up and nobody knows."""

    model_config = ConfigDict(frozen=True)

    refund_id: UUID
    detail: Text
