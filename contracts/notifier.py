"""What the notifier says about the message leg."""

from typing import ClassVar
from uuid import UUID

from contracts.message import Event
from contracts.values import Identifier, OrderId, Text, Timestamp


class CustomerNotified(Event):
    """The mail server has accepted the message."""

    TYPE: ClassVar[str] = "notifier.customer-notified.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation the customer was told of."""
    message_id: UUID
    """Ours; the mail's `Message-ID` is made of it."""
    accepted_at: Timestamp
    """When the server said 250 and we recorded it."""


class CustomerNotificationFailed(Event):
    """The message was certainly not accepted, and no more attempts will be made."""

    TYPE: ClassVar[str] = "notifier.customer-notification-failed.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation the customer was to be told of."""
    message_id: UUID
    """Ours."""
    code: Identifier
    """The server's code, or ours in capitals."""
    detail: Text
    """In words."""
    failed_at: Timestamp
    """When we gave up."""


class CustomerNotificationUncertain(Event):
    """A crash left unknown whether the server accepted the message; it is not sent again."""

    TYPE: ClassVar[str] = "notifier.customer-notification-uncertain.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation the customer was to be told of."""
    message_id: UUID
    """Ours; a person can look for it at the mail server."""
    detail: Text
    """What was seen."""
    noticed_at: Timestamp
    """When the attempt was found abandoned."""
