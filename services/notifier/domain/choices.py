"""Which messages there are, which are sent, and when one that would be possible is news."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Template = Literal[
    "order_cancelled",
    "refund_started",
    "refund_succeeded",
    "refund_failed",
    "payment_released",
    "store_credit_issued",
    "order_reinstated",
    "request_received",
    "request_granted",
    "request_denied",
]
"""Every message there is; the contract's kind in small letters."""

Choosable = Literal[
    "refund_started",
    "refund_succeeded",
    "payment_released",
    "store_credit_issued",
    "request_granted",
]
"""What a merchant may choose. What takes something back or answers a request is always told, and
whether a cancellation is told says the policy."""

Choice = Literal["ALWAYS", "WHEN_NEWS", "NEVER"]
"""`WHEN_NEWS`: only when the customer does not know it from an earlier mail."""

PROMPT_S = 3_600
"""What was announced and comes true within an hour needs no second mail."""

STALE_S = 7 * 86_400
"""What became of money longer ago than this is no longer written to anybody."""

BUILT_IN: Mapping[Template, Choice] = MappingProxyType(
    {
        "order_cancelled": "ALWAYS",
        "refund_started": "WHEN_NEWS",
        "refund_succeeded": "WHEN_NEWS",
        "refund_failed": "ALWAYS",
        "payment_released": "WHEN_NEWS",
        "store_credit_issued": "WHEN_NEWS",
        "order_reinstated": "ALWAYS",
        "request_received": "ALWAYS",
        "request_granted": "NEVER",  # the mail about the cancellation says it
        "request_denied": "ALWAYS",
    }
)
"""What is sent unless the merchant chose otherwise."""
