"""Facts about endpoints and about what was sent to them; all of them are private."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import StringConstraints

from contracts.values import Code, OrderId, Text, Timestamp
from kit.facts import Fact

Url = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
Type = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Body = Annotated[str, StringConstraints(min_length=2, max_length=1_000_000)]


class EndpointSet(Fact):
    """An endpoint is from now on as this says, all of it. Recorded by: `set_endpoint`."""

    NAME: ClassVar[str] = "webhook.endpoint-set.v1"

    endpoint_id: UUID
    """Ours."""
    url: Url
    """Where to."""
    types: tuple[Type, ...]
    """What it wants to hear; empty for everything there is."""
    description: Text | None = None
    """What it is for, in the merchant's words."""
    is_enabled: bool
    """False: nothing is sent."""
    code: Code | None = None
    """Why it was disabled by itself: `RECEIVER_GONE`, `RECEIVER_FAILING`."""
    registered_at: Timestamp
    """What became true before is not sent by itself."""
    who: Text
    """Who wanted it."""
    why: Text | None = None
    """Why."""


class KeyReplaced(Fact):
    """An endpoint's signing key was replaced. The key itself is no fact. Recorded by: `decide`."""

    NAME: ClassVar[str] = "webhook.key-replaced.v1"

    endpoint_id: UUID
    """The endpoint."""
    old_until: Timestamp
    """Until then the key before signs, too."""
    who: Text
    """Who wanted it."""
    why: Text | None = None
    """Why."""


class DeliveryRequested(Fact):
    """An endpoint is to be told something; its receiver is next. Recorded by: `decide`."""

    NAME: ClassVar[str] = "webhook.delivery-requested.v1"

    delivery_id: UUID
    """One per endpoint and message."""
    endpoint_id: UUID
    """To whom."""
    order_id: OrderId | None
    """The order; empty for a ping."""
    message_id: Text
    """The event's own id, which is the `webhook-id` of every attempt."""
    type: Type
    """The event's own type."""
    body: Body
    """What is sent, to the last character."""
    round: int = 0
    """How often it was asked for before."""
    who: Text | None = None
    """Who wanted it again, or tried the receiver."""
    why: Text | None = None
    """Why."""


class DeliveryEnded(Fact):
    """What came of it. Recorded by: `record_ended`."""

    NAME: ClassVar[str] = "webhook.delivery-ended.v1"

    delivery_id: UUID
    """The delivery."""
    endpoint_id: UUID
    """To whom."""
    round: int
    """Which time."""
    outcome: Literal["SUCCEEDED", "FAILED"]
    """`SUCCEEDED`: the receiver answered 2xx."""
    status: int | None = None
    """What the receiver answered last."""
    code: Code | None = None
    """Why it failed."""
    detail: Text | None = None
    """In words of ours; what a receiver writes is not read."""


FACTS: tuple[type[Fact], ...] = (EndpointSet, KeyReplaced, DeliveryRequested, DeliveryEnded)
"""Every fact of the lane."""
