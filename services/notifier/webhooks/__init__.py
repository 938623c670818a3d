"""The second channel: signed webhooks to the merchant's own systems, in a lane of their own.

It has a log, an inbox and calls of its own, so that no receiver, however slow, delays a mail.
"""
