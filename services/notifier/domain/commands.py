"""What the effect worker asks to be recorded once the mail server has answered, or has not."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.values import Identifier, Text


class RecordAcceptance(BaseModel):
    """The server said 250."""

    model_config = ConfigDict(frozen=True)

    message_id: UUID


class RecordRejection(BaseModel):
    """The server refused, or was never reached."""

    model_config = ConfigDict(frozen=True)

    message_id: UUID
    code: Identifier
    detail: Text


class RecordUncertainty(BaseModel):
    """The line was lost while the server had the message."""

    model_config = ConfigDict(frozen=True)

    message_id: UUID
    detail: Text
