"""One row of `order_summaries` while a page is folded into it, and the words it comes to.

What happened to an order is kept in `details`, as far as something did; every other figure and word
about its cancellations is summed up from there, so none can say something else.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from operator import attrgetter
from typing import Any, Literal, get_args
from uuid import UUID

import orjson

Json = dict[str, Any]

SUMMARY_COLUMNS: dict[str, str] = {
    "stream_id": "uuid",
    "order_id": "text",
    "state": "text",
    "currency": "text",
    "customer_id": "text",
    "country": "text",
    "placed_at": "timestamptz",
    "total_minor": "bigint",
    "captured_minor": "bigint",
    "cancelled_minor": "bigint",
    "fee_minor": "bigint",
    "kept_minor": "bigint",
    "refund_due_minor": "bigint",
    "refunded_minor": "bigint",
    "balance_minor": "bigint",
    "credit_due_minor": "bigint",
    "reason": "text",
    "sub_reason": "text",
    "reason_label": "text",
    "cancelled_at": "timestamptz",
    "cancellation_count": "integer",
    "rejection_count": "integer",
    "case_count": "integer",
    "refund_state": "text",
    "restock_state": "text",
    "notification_state": "text",
    "version": "bigint",
    "last_position": "bigint",
    "email": "text",
    "channel": "text",
    "unit_count": "bigint",
    "details": "json",
}
"""Columns of `order_summaries` and their types, in the sequence rows have them."""

OrderState = Literal[
    "AWAITING_APPROVAL", "CANCELLATION_REQUESTED", "HELD", "CANCELLED", "CLAIMED",
    "PARTIALLY_CANCELLED", "REINSTATED", "PLACED",
]  # fmt: skip
"""Words for an order; of those that fit, the first is shown."""

ORDER_STATES: Sequence[str] = get_args(OrderState)

REFUND_STATES = (
    "PENDING", "RETRYING", "FAILED", "UNCERTAIN", "HELD", "OWED", "AWAITING_CAPTURE", "CREDIT_DUE",
    "TO_VOID", "SUCCEEDED", "CREDITED", "VOIDED", "NOT_DUE",
)  # fmt: skip
"""Words for its money; of those that fit, the first is shown."""

RESTOCK_STATES = ("PENDING", "FAILED", "HELD", "LEFT_FOR_LATER", "SETTLED", "NOT_DUE")
"""Words for its stock; of those that fit, the first is shown."""

NOTIFICATION_STATES = (
    "PENDING", "FAILED", "UNCERTAIN", "HELD", "SUPPRESSED", "SETTLED", "NOT_DUE",
)  # fmt: skip
"""Words for its messages; of those that fit, the first is shown."""

_scalars = attrgetter(*(column for column, type_ in SUMMARY_COLUMNS.items() if type_ != "json"))

_EMPTY: dict[str, Any] = {
    column: 0 if type_ in ("bigint", "integer") else None
    for column, type_ in SUMMARY_COLUMNS.items()
}


class OrderSummary:
    """One row; its attributes are the columns, `details` as plain values."""

    def __init__(self, stream_id: UUID) -> None:
        self.__dict__ |= _EMPTY
        self.stream_id = stream_id
        self.details: Json = {}
        self.placed: Any = None
        """As it was placed, when that was meanwhile."""
        self.words: str | None = None
        """What its narrow row is found by, as far as that is known."""
        self.is_known = False
        """False until the order was placed; rejected commands for unknown orders make no row."""
        self.changed_cases: AbstractSet[str] = frozenset()
        """Cases whose rows are to be written."""
        self.is_counted = False
        """True when the rows figures are counted from are to be written."""
        self.new_lines: Sequence[tuple[Any, ...]] = ()
        """Rows of lines cancelled meanwhile."""
        self.worths_minor: Sequence[int] = ()
        """What each line costs, of an order placed meanwhile."""
        self.found_by: str | None = None
        """What it is found by, of an order placed meanwhile."""

    @classmethod
    def of_row(cls, row: Iterable[Any], words: str | None = None) -> "OrderSummary":
        """Take up a stored row; `words` stand in its narrow one."""
        summary = cls.__new__(cls)
        summary.__dict__ |= zip(SUMMARY_COLUMNS, row, strict=True)
        summary.placed, summary.found_by, summary.words = None, None, words
        summary.details = orjson.loads(summary.details) if summary.details else {}  # type: ignore[arg-type]
        summary.is_known = True
        summary.changed_cases = frozenset()
        summary.is_counted, summary.new_lines = False, ()
        return summary


def values_of(row: Any) -> tuple[Any, ...]:
    """Sum a row up and return the values of its columns, in their sequence."""
    _sum_up(row)
    details = row.details
    return (*_scalars(row), orjson.dumps(details).decode() if details else None)


class _Sum:
    """What all cancellations of an order come to."""

    def __init__(self) -> None:
        self.cancelled_minor = self.fee_minor = self.kept_minor = self.balance_minor = 0
        self.refund_due_minor = self.refunded_minor = self.credit_due_minor = 0
        self.cancellation_count = 0
        self.last: Json | None = None
        """The newest that stands."""
        self.money, self.stock, self.messages = set[str](), set[str](), set[str]()
        """Words that fit."""


def _sum_up(row: Any) -> None:
    details: Json = row.details
    cancellations = details.get("cancellations")
    words = _words_of(details) if details else set()
    if not cancellations:
        row.state = _first(ORDER_STATES, words)
        row.refund_state = row.restock_state = row.notification_state = "NOT_DUE"
        return
    found = _Sum()
    left = dict(details.get("off_shelf", ()))
    for entry in cancellations.values():
        status = entry.get("status")
        if status == "UNDONE":
            continue
        if status == "REINSTATED":
            words.add("REINSTATED")
        else:
            _count(found, entry)
        if status == "HELD":
            words.add("HELD")
            left = {line: left[line] - kept_off(entry).get(line, 0) for line in left}
            _add_held(found, entry)
        else:
            _add_moving(found, entry)
    for request in details["restocks"].values() if "restocks" in details else ():
        found.stock.add(request.get("restock", "PENDING"))
    _write(row, found, words, has_left=any(units > 0 for units in left.values()))


def _words_of(details: Json) -> set[str]:
    """Return the words for an order that do not come from its cancellations."""
    words = {"CLAIMED"} if "claims" in details else set()
    for request in details["requests"].values() if "requests" in details else ():
        if "outcome" not in request:
            is_approval = request["kind"] == "APPROVAL"
            words.add("AWAITING_APPROVAL" if is_approval else "CANCELLATION_REQUESTED")
    return words


def _count(found: _Sum, entry: Json) -> None:
    found.cancellation_count += 1
    found.last = entry
    found.cancelled_minor += entry["amount_minor"]
    found.fee_minor += entry.get("fee_minor", 0)
    found.kept_minor += entry.get("kept_minor", 0)
    found.balance_minor += entry.get("balance_minor", 0)


def _add_held(found: _Sum, entry: Json) -> None:
    """Add what waits for the end of a hold."""
    due_minor = sum(amount_minor for amount_minor, _ in entry["refunds"].values())
    found.refund_due_minor += due_minor + entry.get("credit_minor", 0)
    if due_minor or any(entry.get(name) for name in MONEY):
        found.money.add("HELD")
    found.stock.add("HELD" if entry["restock"] is None else "SETTLED")
    found.messages.add(entry["notification"] or "HELD")


MONEY = frozenset({"balance_minor", "credit_minor", "voids", "awaited"})
"""Where a cancellation keeps money that is neither refunded nor kept."""


VOID_WORDS = {
    None: "TO_VOID", "SUCCEEDED": "VOIDED", "UNCERTAIN": "UNCERTAIN", "VOID_FAILED": "FAILED",
    "FAILED": "NOT_DUE",
}  # fmt: skip
"""What a release comes to; one that `FAILED` was overtaken by a capture and needs nobody."""


def _add_moving(found: _Sum, entry: Json) -> None:
    for amount_minor, outcome in entry["refunds"].values():
        _add_refund(found, amount_minor, outcome)
    for _, amount_minor, outcome in entry["later"].values() if "later" in entry else ():
        _add_refund(found, amount_minor, outcome)
    if not MONEY.isdisjoint(entry):
        _add_terms(found, entry)
    found.stock.add(entry["restock"] or "PENDING")
    found.messages.add(entry["notification"] or "PENDING")


def _add_refund(found: _Sum, amount_minor: int, outcome: str | None) -> None:
    if outcome == "REPLACED":  # it failed; what is due instead is counted by itself
        return
    found.refund_due_minor += amount_minor
    found.money.add(outcome or "PENDING")
    if outcome == "SUCCEEDED":
        found.refunded_minor += amount_minor


def _add_terms(found: _Sum, entry: Json) -> None:
    credit_minor = entry.get("credit_minor", 0)
    found.refund_due_minor += credit_minor
    credited_minor = entry.get("credited_minor", 0)
    found.credit_due_minor += credit_minor - credited_minor
    if credited_minor:
        found.money.add("CREDITED")
    if credit_minor > credited_minor:
        found.money.add("CREDIT_DUE")
    if entry.get("balance_minor"):
        found.money.add("FAILED" if entry.get("is_reopened") else "OWED")
    if entry.get("awaited"):
        found.money.add("AWAITING_CAPTURE")
    for outcome in entry.get("voids", {}).values():
        found.money.add(VOID_WORDS[outcome])


def _write(row: Any, found: _Sum, words: set[str], *, has_left: bool) -> None:
    last = found.last
    if last is not None:
        is_whole = row.details.get("nothing_left", False)
        words.add("CANCELLED" if is_whole else "PARTIALLY_CANCELLED")
    if found.stock:
        found.stock.add("SETTLED")
    if has_left:
        found.stock.add("LEFT_FOR_LATER")
    else:
        found.stock.discard("FAILED")
    if "SUCCEEDED" in found.messages or "NOT_DUE" in found.messages:
        found.messages.add("SETTLED")
    row.state = _first(ORDER_STATES, words)
    row.refund_state = _first(REFUND_STATES, found.money)
    row.restock_state = _first(RESTOCK_STATES, found.stock)
    row.notification_state = _first(NOTIFICATION_STATES, found.messages)
    row.cancelled_minor, row.fee_minor = found.cancelled_minor, found.fee_minor
    row.kept_minor, row.balance_minor = found.kept_minor, found.balance_minor
    row.refund_due_minor, row.refunded_minor = found.refund_due_minor, found.refunded_minor
    row.credit_due_minor = found.credit_due_minor
    row.cancellation_count = found.cancellation_count
    last = last or {}
    row.reason, row.sub_reason = last.get("reason"), last.get("sub_reason")
    row.reason_label = last.get("reason_label")
    row.cancelled_at = datetime.fromisoformat(last["cancelled_at"]) if last else None


def _first(words: Sequence[str], fitting: AbstractSet[str]) -> str:
    """Return the first word that fits; the last of them fits when no other does."""
    for word in words:
        if word in fitting:
            return word
    return words[-1]


def kept_off(entry: Json) -> dict[str, int]:
    """Return the units of a cancellation that its decision keeps off the shelf, per line."""
    if "back" not in entry:
        return {}
    back = entry["back"]
    kept = {line_id: units - back.get(line_id, 0) for line_id, units in entry["lines"].items()}
    return {line_id: units for line_id, units in kept.items() if units > 0}
