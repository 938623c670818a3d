"""Facts about the messages of one order."""

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import StringConstraints

from contracts import refunds
from contracts.cancellation import CancelledLine, CancelReason, Recipient
from contracts.notifier import FeedbackAnswer
from contracts.values import (
    AmountMinor,
    Code,
    Currency,
    Identifier,
    OrderId,
    Tender,
    Text,
    Timestamp,
    Version,
)
from kit.facts import Fact
from services.notifier.domain.choices import Template
from services.notifier.domain.stationery import Stationery

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class NotificationFact(Fact):
    """What every fact about one message says."""

    order_id: OrderId
    """The order."""
    cancellation_id: UUID | None
    """The cancellation it is about; empty when it is about a request."""
    message_id: UUID
    """Ours; the mail's `Message-ID` is made of it."""


class NotificationRequested(NotificationFact):
    """The customer is to be told; the mail server is next. Recorded by: `decide`."""

    NAME: ClassVar[str] = "notification.requested.v1"

    template: Template
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
    reason: CancelReason | None = None
    """Why, by the standard's name."""
    sub_reason: Code | None = None
    """Why, by the merchant's name."""
    request_id: UUID | None = None
    """The request it is about, if one."""
    about_id: UUID | None = None
    """The refund, release or credit it is about, if one."""
    amount_minor: AmountMinor = 0
    """What that is about."""
    expires_at: Timestamp | None = None
    """When a request can no longer be answered."""
    told_at: Timestamp | None = None
    """When it was decided to tell."""
    fee_minor: AmountMinor = 0
    """What the shop keeps for cancelling."""
    credit_expires_at: Timestamp | None = None
    """When the credit lapses; empty for never."""
    needs_customer: bool = False
    """True when the refund waits for something the customer has to do."""
    has_come_back: bool = False
    """True when a refund failed that the provider had called succeeded."""
    is_by_hand: bool = False
    """True when a person gave the money back."""
    tender: Tender | None = None
    """What the payment was made with."""
    arrival_from: date | None = None
    """Not before this day the money is to be expected."""
    arrival_until: date | None = None
    """By this day it should be there."""
    acquirer_reference: Identifier | None = None
    """What the customer's bank can find it by."""
    credit_note_number: Identifier | None = None
    """Of its credit note."""
    stationery: Version = 0
    """The version of the stationery it is written on."""
    voucher_code: Identifier | None = None
    """Of the voucher given with it."""
    voucher_minor: AmountMinor = 0
    """What that is worth."""
    voucher_until: Timestamp | None = None
    """How long it can be used."""
    resend_of: UUID | None = None
    """The message that staff had sent again."""
    resent_by: Text | None = None
    """Who had it sent again."""
    resent_why: Text | None = None
    """Why."""


class NotificationSuppressed(NotificationFact):
    """A message is not sent, and why. Recorded by: `decide`."""

    NAME: ClassVar[str] = "notification.suppressed.v1"

    template: Template
    """Which message."""
    why: Literal["NOBODY_TO_TELL", "TOO_LATE"]
    """`NOBODY_TO_TELL`: nobody may or can be told; `TOO_LATE`: the news is old."""
    request_id: UUID | None = None
    """The request it is about, if one."""


class OutcomeHeardEarly(Fact):
    """Money moved before its cancellation was heard here. Recorded by: `hear_of_money`."""

    NAME: ClassVar[str] = "notification.heard-early.v1"

    order_id: OrderId
    """The order."""
    name: Text
    """Type of the message, as on the wire."""
    message: (
        refunds.RefundSucceeded
        | refunds.RefundFailed
        | refunds.RefundPending
        | refunds.RefundCanceled
        | refunds.GiftCardRefilled
        | refunds.StoreCreditRestored
        | refunds.ManualRefundPaid
        | refunds.PaymentVoidSucceeded
        | refunds.StoreCreditIssued
    )
    """As heard."""


class CustomerNotified(NotificationFact):
    """The mail server said 250. Recorded by: `record_outcome`; published."""

    NAME: ClassVar[str] = "notification.accepted.v1"

    cancellation_id: UUID
    """The cancellation told of: only its own message ends the leg."""
    sha256: Sha256 | None = None
    """Of every byte that was sent."""
    answer: Text | None = None
    """The server's own words."""
    text_problem: Text | None = None
    """Why the shipped words were sent in place of the merchant's, if they were."""


class CustomerNotificationFailed(NotificationFact):
    """The mail was certainly not accepted. Recorded by: `record_outcome`; published."""

    NAME: ClassVar[str] = "notification.failed.v1"

    cancellation_id: UUID
    """The cancellation told of: only its own message ends the leg."""
    code: Identifier
    """The server's code, or ours in capitals."""
    detail: Text
    """In words."""


class CustomerNotificationUncertain(NotificationFact):
    """Nobody knows whether it was accepted. Recorded by: `record_outcome`; published."""

    NAME: ClassVar[str] = "notification.uncertain.v1"

    cancellation_id: UUID
    """The cancellation told of: only its own message ends the leg."""
    detail: Text
    """What was seen."""


class MessageReported(NotificationFact):
    """A message that settles no leg has ended. Recorded by: `record_outcome`; published."""

    NAME: ClassVar[str] = "notification.reported.v1"

    template: Template
    """Which message."""
    outcome: Literal["SUCCEEDED", "FAILED", "UNCERTAIN"]
    """How it ended."""
    request_id: UUID | None = None
    """The request it is about, if one."""
    code: Identifier | None = None
    """Why it failed."""
    detail: Text | None = None
    """In words."""
    sha256: Sha256 | None = None
    """Of every byte that was sent."""
    answer: Text | None = None
    """The server's own words."""
    resent_by: Text | None = None
    """Who had it sent again."""
    text_problem: Text | None = None
    """Why the shipped words were sent in place of the merchant's, if they were."""


class MailBounced(NotificationFact):
    """An accepted mail came back. Recorded by: `record_bounce`; published."""

    NAME: ClassVar[str] = "notification.bounced.v1"

    template: Template
    """Which message."""
    code: Identifier
    """The status of RFC 3463."""
    detail: Text
    """What the other server said."""


class FeedbackGiven(Fact):
    """A customer has answered what a mail asked. Recorded by: `give_feedback`; published."""

    NAME: ClassVar[str] = "feedback.given.v1"

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation that was asked about."""
    message_id: UUID
    """The mail whose link was followed."""
    answer: FeedbackAnswer
    """How it was handled."""


class StationeryPublished(Fact):
    """A version of the stationery is in force. Recorded by: `publish`."""

    NAME: ClassVar[str] = "stationery.published.v1"

    stationery: Stationery
    """The whole of it."""
    published_by: Text
    """Who of the staff."""
    why: Text
    """Why."""
    restored_from: Version | None = None
    """The earlier version that is in force again, if it is one."""
