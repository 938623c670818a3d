"""What is to be decided beside what was heard: wishes of the staff, and how a call ended."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.values import Code, OrderId, Text
from services.notifier.webhooks.domain.events import Body, Type, Url


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True)


class SetEndpoint(_Command):
    """Register an endpoint, or change what is given; what is None stays."""

    endpoint_id: UUID
    url: Url | None = None
    types: tuple[Type, ...] | None = None
    description: Text | None = None
    is_enabled: bool | None = None
    code: Code | None = None
    who: Text
    why: Text | None = None


class ReplaceKey(_Command):
    """Note that a signing key was replaced."""

    endpoint_id: UUID
    keep_old_s: float
    who: Text
    why: Text | None = None


class Ping(_Command):
    """Try a receiver."""

    endpoint_id: UUID
    who: Text
    why: Text | None = None


class SendAgain(_Command):
    """Send once more what has ended, under the same id."""

    delivery_id: UUID
    who: Text
    why: Text | None = None


class SendMissing(_Command):
    """Send what an endpoint has not got; what is under way or delivered stays as it is."""

    endpoint_id: UUID
    order_id: OrderId
    message_id: Text
    type: Type
    body: Body
    who: Text
    why: Text | None = None


class RecordEnded(_Command):
    """How a delivery ended."""

    delivery_id: UUID
    round: int
    outcome: Literal["SUCCEEDED", "FAILED"]
    status: int | None = None
    code: Code | None = None
    detail: Text | None = None
