"""What figures are counted over: filters, as conditions on the tables; pure."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, NamedTuple

Dates = Literal["ORDER", "EVENT"]
"""Whose day counts: the order's, or that of what happened to it."""

STANDS = "status IN ('STANDING', 'HELD')"
"""Of a cancellation that counts."""

REFUND_WORDS = {
    "SUCCEEDED": "state = 'SUCCEEDED'",
    "OPEN": "state IN ('PENDING', 'RETRYING', 'OWED')",
    "FAILED": "state NOT IN ('SUCCEEDED', 'PENDING', 'RETRYING', 'OWED')",
}
"""How a refund stands, in three words."""

COUNTS_AS_REFUND = "state <> 'REPLACED'"
"""What is due instead of a refund that was replaced counts by itself."""


class Wanted(NamedTuple):
    """What is counted; None does not ask, an empty text asks for what was not told."""

    dates: Dates
    first: date
    last: date
    currency: str | None = None
    channel: str | None = None
    country: str | None = None
    reason: str | None = None
    sub_reason: str | None = None
    product: str | None = None
    actor: str | None = None
    staff: str | None = None
    tender: str | None = None
    method: str | None = None
    kind: str | None = None
    outcome: str | None = None
    refund_state: str | None = None
    feedback: str | None = None


_EQUALS = {
    "currency": "currency", "channel": "channel", "country": "country", "reason": "reason",
    "sub_reason": "sub_reason", "product": "sku", "actor": "asked_as", "tender": "tender",
    "method": "method", "kind": "kind", "outcome": "outcome", "feedback": "feedback",
}  # fmt: skip
"""Filters that ask for one value of a column."""

OF_ORDERS = ("currency", "channel", "country")
_CANCELLED = (*OF_ORDERS, "reason", "sub_reason", "product", "actor", "feedback")
_REFUNDS = (*OF_ORDERS, "reason", "tender", "method")
_REQUESTS = (*OF_ORDERS, "reason", "kind", "outcome")


class Query:
    """Conditions of one query, and the values in their places."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._conditions: list[str] = []

    def add(self, condition: str, *values: Any) -> None:
        """Add a condition; each `{}` in it takes a value."""
        self._conditions.append(condition.format(*map(self.place, values)))

    def place(self, value: Any) -> str:
        """Take a value and return its place."""
        self.values.append(value)
        return f"${len(self.values)}"

    def __str__(self) -> str:
        return " AND ".join(self._conditions)


def period_of(wanted: Wanted) -> tuple[datetime, datetime]:
    """Return the first moment of a period and the first after it; days are UTC's."""
    first = datetime.combine(wanted.first, time(), UTC)
    return first, datetime.combine(wanted.last, time(), UTC) + timedelta(days=1)


def condition(wanted: Wanted, names: Sequence[str], event: str) -> Query:
    """Return the conditions of a filter on a table.

    Args:
        wanted: the filter.
        names: the wishes this table knows.
        event: the column of the moment that counts with dates of events.
    """
    query = Query()
    column = "placed_at" if wanted.dates == "ORDER" else event
    query.add(f"{column} >= {{}} AND {column} < {{}}", *period_of(wanted))
    for name in names:
        value = getattr(wanted, name)
        if value is not None:
            query.add(f"{_EQUALS[name]} = {{}}", value)
    return query


def cancelled_rows(wanted: Wanted, *, with_lines: bool) -> tuple[str, Query]:
    """Return the tables and conditions of what was cancelled.

    With lines, each line counts by itself and delivery belongs to none.
    """
    query = condition(wanted, _CANCELLED, "cancelled_at")
    query.add(STANDS)
    if wanted.staff is not None:
        query.add("asked_as = 'STAFF' AND asked_by = {}", wanted.staff)
    if not with_lines:
        return "cancellation.cancellations c", query
    lines = (
        "cancellation.cancellations c JOIN (SELECT stream_id, cancellation_id AS of_id, sku,"
        " quantity, amount_minor AS line_minor, is_first FROM cancellation.cancelled_lines) l"
        " USING (stream_id)"
    )
    # As an operator PostgreSQL takes it for a second, independent condition and expects two rows.
    query.add("uuid_eq(l.of_id, c.cancellation_id)")
    return lines, query


def refund_rows(wanted: Wanted) -> tuple[str, Query]:
    """Return the table and conditions of refunds."""
    query = condition(wanted, _REFUNDS, "due_at")
    query.add(COUNTS_AS_REFUND)
    if wanted.refund_state is not None:
        query.add(REFUND_WORDS[wanted.refund_state])
    return "cancellation.refunds", query


def request_rows(wanted: Wanted) -> tuple[str, Query]:
    """Return the table and conditions of requests."""
    return "cancellation.requests", condition(wanted, _REQUESTS, "requested_at")
