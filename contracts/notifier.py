"""What the notifier says: how the message leg ended, and what became of every further mail.

The first three are the message leg: the mail that says an order is cancelled. Further mails are
told by `CustomerMessageReported`, so nobody who knows only the leg takes one of them for it.
"""

from typing import ClassVar, Literal
from uuid import UUID

from contracts.message import Event
from contracts.values import AmountMinor, Code, Currency, Identifier, OrderId, Text, Timestamp

MessageKind = Literal[
    "ORDER_CANCELLED",
    "REFUND_STARTED",
    "REFUND_SUCCEEDED",
    "REFUND_FAILED",
    "PAYMENT_RELEASED",
    "STORE_CREDIT_ISSUED",
    "ORDER_REINSTATED",
    "REQUEST_RECEIVED",
    "REQUEST_GRANTED",
    "REQUEST_DENIED",
]
"""What a mail tells."""


FeedbackAnswer = Literal["GOOD", "FAIR", "POOR"]
"""How a customer found the way a cancellation was handled."""


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


class CustomerMessageReported(Event):
    """A mail beside the one about the cancellation has ended; it settles no leg."""

    TYPE: ClassVar[str] = "notifier.customer-message-reported.v1"

    order_id: OrderId
    """The order."""
    message_id: UUID
    """Ours; the mail's `Message-ID` is made of it."""
    kind: MessageKind
    """What it tells."""
    outcome: Literal["SUCCEEDED", "FAILED", "UNCERTAIN"]
    """`SUCCEEDED`: the mail server said 250."""
    cancellation_id: UUID | None = None
    """The cancellation it is about; empty when it is about a request."""
    request_id: UUID | None = None
    """The request it is about, if one."""
    code: Identifier | None = None
    """Why it failed: the server's code, or ours in capitals."""
    detail: Text | None = None
    """The same in words, or what is uncertain."""
    resent_by: Text | None = None
    """Who of the staff had an earlier message sent again; empty for what was sent by itself."""
    reported_at: Timestamp
    """When we recorded it."""


class CustomerMailBounced(Event):
    """A mail the server had accepted came back: the customer has not read it."""

    TYPE: ClassVar[str] = "notifier.customer-mail-bounced.v1"

    order_id: OrderId
    """The order."""
    message_id: UUID
    """The mail."""
    kind: MessageKind
    """What it was to tell."""
    cancellation_id: UUID | None = None
    """The cancellation it is about, if one."""
    code: Identifier
    """The status of RFC 3463, for example `5.1.1`."""
    detail: Text
    """What the other server said."""
    bounced_at: Timestamp
    """When we recorded it."""


class VoucherIssued(Event):
    """A customer is given a voucher for a next purchase; whoever runs the shop makes it valid."""

    TYPE: ClassVar[str] = "notifier.voucher-issued.v1"

    order_id: OrderId
    """The order that was cancelled."""
    cancellation_id: UUID
    """The cancellation it is given for; there is one voucher for each at most."""
    voucher_id: UUID
    """Ours."""
    code: Identifier
    """What the customer enters. Whoever knows it can spend it."""
    budget: Code
    """What it was drawn from."""
    amount_minor: AmountMinor
    """What it is worth."""
    currency: Currency
    """Of the amount."""
    expires_at: Timestamp
    """How long it can be used."""
    issued_at: Timestamp
    """When it was drawn; the mail that names it follows."""


class FeedbackGiven(Event):
    """A customer has answered the one question below a mail; the first answer counts."""

    TYPE: ClassVar[str] = "notifier.feedback-given.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation that was asked about; there is one answer for each at most."""
    message_id: UUID
    """The mail whose link was followed."""
    answer: FeedbackAnswer
    """How it was handled."""
    given_at: Timestamp
    """When it was recorded."""
