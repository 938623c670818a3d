"""Facts about the messages of one order."""

from typing import ClassVar, Literal
from uuid import UUID

from contracts.cancellation import CancelledLine, Recipient
from contracts.values import AmountMinor, Currency, Identifier, OrderId, Text
from kit.facts import Fact


class NotificationFact(Fact):
    """What every fact about one message says."""

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation told of."""
    message_id: UUID
    """Ours; the mail's `Message-ID` is made of it."""


class NotificationRequested(NotificationFact):
    """The customer is to be told; the mail server is next. Recorded by: `request_notification`."""

    NAME: ClassVar[str] = "notification.requested.v1"

    template: Literal["order_cancelled"]
    """Which message."""
    recipient: Recipient
    """Who, and in which language."""
    currency: Currency
    """Of the amounts."""
    refund_minor: AmountMinor
    """Refund that is being started; 0 when none is due."""
    lines: tuple[CancelledLine, ...]
    """What was cancelled."""
    nothing_left: bool
    """True when the whole order is gone."""
    balance_minor: AmountMinor = 0
    """Owed, and to be given back later."""
    credit_minor: AmountMinor = 0
    """Credited with the shop in place of a refund."""
    is_released: bool = False
    """True when an authorised payment is released."""
    reason_label: Text | None = None
    """Why, in the customer's language."""
    customer_message: Text | None = None
    """What the staff has to say to the customer."""


class CustomerNotified(NotificationFact):
    """The mail server said 250. Recorded by: `record_outcome`; published."""

    NAME: ClassVar[str] = "notification.accepted.v1"


class CustomerNotificationFailed(NotificationFact):
    """The mail was certainly not accepted. Recorded by: `record_outcome`; published."""

    NAME: ClassVar[str] = "notification.failed.v1"

    code: Identifier
    """The server's code, or ours in capitals."""
    detail: Text
    """In words."""


class CustomerNotificationUncertain(NotificationFact):
    """Nobody knows whether it was accepted. Recorded by: `record_outcome`; published."""

    NAME: ClassVar[str] = "notification.uncertain.v1"

    detail: Text
    """What was seen."""


FACTS: tuple[type[Fact], ...] = (
    NotificationRequested,
    CustomerNotified,
    CustomerNotificationFailed,
    CustomerNotificationUncertain,
)
"""Every fact a message stream may hold."""
