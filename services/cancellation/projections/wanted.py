"""What lists of orders are asked for: filters, sequence, page."""

from datetime import datetime
from typing import Literal, NamedTuple

Sort = Literal["NEWEST", "OLDEST", "HIGHEST", "LOWEST"]
Stuck = Literal["MONEY", "STOCK", "MESSAGE"]


class Wanted(NamedTuple):
    """Which orders; None does not ask."""

    state: str | None = None
    reason: str | None = None
    refund_state: str | None = None
    stuck: Stuck | None = None
    """A leg that needs somebody."""
    channel: str | None = None
    country: str | None = None
    total_from_minor: int | None = None
    total_to_minor: int | None = None
    placed_after: datetime | None = None
    text: str | None = None
    """Words somebody typed."""
    sort: Sort = "NEWEST"
    before: tuple[datetime | int, str] | None = None
    """What it is sorted by and the number of the last one seen."""


SORTED_BY: dict[Sort, tuple[str, str]] = {
    "NEWEST": ("placed_at", "DESC"),
    "OLDEST": ("placed_at", "ASC"),
    "HIGHEST": ("total_minor", "DESC"),
    "LOWEST": ("total_minor", "ASC"),
}
"""By which column, which never changes, and which way; each has its index."""

STUCK = {
    "MONEY": "refund_state IN ('FAILED', 'UNCERTAIN', 'OWED')",
    "STOCK": "restock_state IN ('FAILED', 'LEFT_FOR_LATER')",
    "MESSAGE": "notification_state IN ('FAILED', 'UNCERTAIN')",
}
"""When a leg needs somebody."""

CONDITIONS = {
    "state": "state = {}",
    "reason": "reason = {}",
    "refund_state": "refund_state = {}",
    "channel": "channel = {}",
    "country": "country = {}",
    "total_from_minor": "total_minor >= {}",
    "total_to_minor": "total_minor <= {}",
    "placed_after": "placed_at >= {}",
}
"""What each wish asks of a row; its value takes the place."""
