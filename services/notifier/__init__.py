"""Tells the customer, at most once, and never more than is true.

Hears `OrderCancelled`; hands one message to the mail server; says `CustomerNotified`,
`CustomerNotificationFailed` or `CustomerNotificationUncertain`. Plain SMTP has no idempotency key,
so a crash between the server's `250` and our record is a state of its own, and nothing is re-sent.
"""
