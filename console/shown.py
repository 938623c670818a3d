"""What templates ask of an order beside its fields: plain functions on what the API answered."""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

TONES = {
    "CANCELLED": "neutral", "PARTIALLY_CANCELLED": "neutral", "PLACED": "calm",
    "HELD": "notice", "CLAIMED": "calm", "REINSTATED": "calm",
    "AWAITING_APPROVAL": "notice", "CANCELLATION_REQUESTED": "notice",
    "PENDING": "busy", "RETRYING": "busy", "AWAITING_CAPTURE": "busy", "TO_VOID": "busy",
    "CREDIT_DUE": "busy", "OWED": "notice", "LEFT_FOR_LATER": "notice",
    "FAILED": "bad", "UNCERTAIN": "bad",
    "SUCCEEDED": "good", "SETTLED": "good", "CREDITED": "good", "VOIDED": "good",
    "OPEN": "notice", "CLOSED": "neutral",
}  # fmt: skip
"""How a state looks; its sign and its words say the same."""

MOVING = frozenset({"PENDING", "RETRYING", "AWAITING_CAPTURE", "TO_VOID", "CREDIT_DUE"})
"""States that change by themselves, soon."""

STRUCK = frozenset({"CANCELLED"})


def tone(state: str) -> str:
    """Return how a state looks."""
    return TONES.get(state, "neutral")


def is_struck(order: Json) -> bool:
    """Tell whether an order is shown struck through."""
    return order["state"] in STRUCK


def open_units(line: Json) -> int:
    """Return the units of a line that can be cancelled."""
    return int(line["quantity"] - line["fulfilled"] - line["cancelled"] - line["claimed"])


def is_open(order: Json) -> bool:
    """Tell whether anything of an order can be cancelled."""
    return any(open_units(line) > 0 for line in order["lines"])


def withheld(order: Json) -> list[Json]:
    """Return the lines with cancelled units that are neither on a shelf nor with the customer."""
    return [line for line in order["lines"] if line["off_shelf"] > 0]


def owing(order: Json) -> list[Json]:
    """Return the cancellations with money left to be settled."""
    return [one for one in order["cancellations"] if one["balance_minor"]]


def held(order: Json) -> list[Json]:
    """Return the cancellations that can still be undone."""
    return [one for one in order["cancellations"] if one["status"] == "HELD"]


def standing(order: Json) -> list[Json]:
    """Return the cancellations an order could be reinstated after."""
    return [one for one in order["cancellations"] if one["status"] == "STANDING"]


def waiting(order: Json) -> list[Json]:
    """Return the requests that wait for a person."""
    return [one for one in order["requests"] if one["outcome"] is None]


def legs(cancellation: Json) -> Iterator[tuple[str, str, Json]]:
    """Return every leg of a cancellation: which, its state, and what else there is to say."""
    for refund in cancellation["refunds"]:
        yield "refund", refund["state"], refund
    for void in cancellation["voids"]:
        yield "void", void["state"] if void["state"] != "SUCCEEDED" else "VOIDED", void
    for payment_id in cancellation["awaited"]:
        yield "refund", "AWAITING_CAPTURE", {"payment_id": payment_id}
    if cancellation["credit_minor"]:
        done = "SUCCEEDED" if cancellation["is_completed"] else "CREDIT_DUE"
        yield "credit", done, {"amount_minor": cancellation["credit_minor"]}
    if cancellation["balance_minor"]:
        yield "balance", "OWED", {"amount_minor": cancellation["balance_minor"]}
    yield "restock", cancellation["restock_state"], {}
    yield "notification", cancellation["notification_state"], {}


def is_moving(order: Json) -> bool:
    """Tell whether something of an order changes by itself, soon."""
    return any(
        state in MOVING for one in order["cancellations"] for _, state, _ in legs(one)
    ) or any(one["restock_state"] in MOVING for one in order["restocks"])


def unit_count(units: list[Json]) -> int:
    """Return how many units some lines have together."""
    return sum(unit["quantity"] for unit in units)


def line_of(order: Json, line_id: str) -> Json:
    """Return a line of an order."""
    return next(line for line in order["lines"] if line["line_id"] == line_id)


HELPERS = {
    one.__name__: one
    for one in (
        tone, is_struck, open_units, is_open, withheld, owing, held, standing, waiting, legs,
        is_moving, unit_count, line_of,
    )
}  # fmt: skip
"""By the names templates use."""
