"""The body of `POST /_sim/payments`: payments the provider is to know, in bulk."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from contracts.values import AmountMinor, Currency, PaymentId
from deploy.simulators.payments.errors import ApiError


class Capture(BaseModel):
    """A payment captured elsewhere, or only authorised."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    payment_id: PaymentId
    amount_minor: AmountMinor
    currency: Currency
    status: Literal["requires_capture", "succeeded"] = "succeeded"
    """`succeeded` for one known as `requires_capture` captures it, or a part of it."""


_CAPTURES = TypeAdapter(list[Capture])


def parse_captures(body: bytes) -> list[Capture]:
    """Read a JSON list.

    Raises:
        ApiError: 400, naming the first entry at fault.
    """
    try:
        return _CAPTURES.validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ApiError(400, f"{first['msg']} (at {place or 'the top'})") from None
