"""Which failed refunds are tried once more.

What the customer's bank or the card cannot take fails again tomorrow; what the shop's own account
or a moment's trouble prevented may not. Source of the codes: Stripe, Refund, `failure_reason`, and
docs.stripe.com/error-codes.
"""

from datetime import timedelta

ATTEMPTS_MAX = 2
"""The first and one more."""

RETRIED_AFTER = {
    "insufficient_funds": timedelta(days=1),
    "balance_insufficient": timedelta(days=1),
    "declined": timedelta(hours=1),
    "unknown": timedelta(hours=1),
    "processing_error": timedelta(hours=1),
}
"""How long to wait, by the provider's code; other codes are final at once."""


def retried_after(code: str, attempts: int) -> timedelta | None:
    """Return how long to wait before the next attempt, None when there is none."""
    return RETRIED_AFTER.get(code) if attempts < ATTEMPTS_MAX else None
