"""Every fact this service records."""

from kit.facts import Fact
from services.notifier.domain import events, voucher_events

FACTS: tuple[type[Fact], ...] = (
    events.NotificationRequested,
    voucher_events.VoucherWanted,
    voucher_events.VoucherIssued,
    voucher_events.VoucherRefused,
    events.NotificationSuppressed,
    events.OutcomeHeardEarly,
    events.CustomerNotified,
    events.CustomerNotificationFailed,
    events.CustomerNotificationUncertain,
    events.MessageReported,
    events.MailBounced,
    events.FeedbackGiven,
    events.StationeryPublished,
)
"""Of an order's messages and vouchers, and of the stationery."""
