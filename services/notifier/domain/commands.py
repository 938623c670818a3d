"""What is to be recorded: the mail server's word, a bounce, and what the staff wants."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.notifier import FeedbackAnswer
from contracts.values import Identifier, OrderId, Text
from services.notifier.domain.events import Sha256


class RecordAcceptance(BaseModel):
    """The server said 250."""

    model_config = ConfigDict(frozen=True)

    message_id: UUID
    sha256: Sha256 | None = None
    answer: Text | None = None
    text_problem: Text | None = None


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


class RecordVoucher(BaseModel):
    """A voucher was drawn, or could not be."""

    model_config = ConfigDict(frozen=True)

    voucher_id: UUID
    code: Identifier | None = None
    """Empty when none was drawn."""
    why_not: Text = ""


class RecordBounce(BaseModel):
    """A mail the server had accepted came back."""

    model_config = ConfigDict(frozen=True)

    order_id: OrderId
    message_id: UUID
    code: Identifier
    detail: Text


class GiveFeedback(BaseModel):
    """A customer answers the question below a mail."""

    model_config = ConfigDict(frozen=True)

    order_id: OrderId
    message_id: UUID
    answer: FeedbackAnswer


class ResendMessage(BaseModel):
    """Somebody of the staff wants a message sent again; the new one has an id of its own."""

    model_config = ConfigDict(frozen=True)

    order_id: OrderId
    message_id: UUID
    who: Text
    why: Text
