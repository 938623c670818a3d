"""An order's lines and details as readers see them: every field there, whatever was stored.

What few orders have is not stored for the others; here it gets its place again.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import orjson

from kit.ids import child_id
from services.cancellation.projections.placing import lines_of
from services.cancellation.projections.row import Json

_PAYMENT: Json = {
    "tender": "CARD", "authorized_minor": 0, "in_flight_minor": 0, "captured_minor": 0,
    "refund_due_minor": 0, "refunded_minor": 0, "is_voided": False,
}  # fmt: skip
_CANCELLATION: Json = {
    "status": "STANDING", "held_until": None, "reason": None, "sub_reason": None,
    "reason_label": None, "request_id": None, "cancelled_at": None, "amount_minor": 0,
    "shipping_minor": 0, "fee_minor": 0, "kept_minor": 0, "balance_minor": 0, "credit_minor": 0,
    "is_completed": False, "feedback": None,
}  # fmt: skip
_REQUEST: Json = {
    "kind": None, "outcome": None, "is_by_default": False, "approval": None, "reason": None,
    "sub_reason": None, "refund_minor": 0, "requested_at": None, "expires_at": None,
    "default_outcome": None,
}  # fmt: skip
_CASE: Json = {
    "kind": None, "detail": None, "payment_id": None, "amount_minor": None, "opened_at": None,
    "cancellation_id": None, "stake_minor": None, "role": None, "owner": None, "level": 0,
    "due_at": None, "note_count": 0, "closed_at": None, "resolution": None,
}  # fmt: skip


IN_DETAIL = ("lines", "placed", "details")
"""Columns a list leaves out."""

NOT_SHOWN = ("unit_count",)
"""Columns nobody is told."""


def in_list(row: Mapping[str, Any]) -> Json:
    """Return a row as a list shows it."""
    hidden = (*IN_DETAIL, *NOT_SHOWN)
    return {name: value for name, value in row.items() if name not in hidden}


def in_detail(row: Mapping[str, Any]) -> Json:
    """Return a row with all that is known of the order."""
    kept: Json = orjson.loads(row["details"]) if row["details"] else {}
    return {**in_list(row), **_detail(lines_of(row, kept), kept)}


def _detail(lines: list[Json], kept: Json) -> Json:
    cancellations = kept.get("cancellations", {})
    return {
        "lines": _lines(lines, kept),
        "payments": list(_payments(kept, cancellations)),
        "cancellations": [_cancellation(id_, entry) for id_, entry in cancellations.items()],
        "requests": [
            {"request_id": id_, **_known(_REQUEST, entry), "lines": _units(entry["lines"])}
            for id_, entry in kept.get("requests", {}).items()
        ],
        "claims": [
            {"claim_id": id_, "lines": _units(units)}
            for id_, units in kept.get("claims", {}).items()
        ],
        "restocks": [
            {
                "request_id": id_,
                "requested_at": entry["requested_at"],
                "restock_state": entry.get("restock", "PENDING"),
                "lines": _units(entry["lines"]),
            }
            for id_, entry in kept.get("restocks", {}).items()
        ],
        "cases": [
            {"case_id": id_, **_known(_CASE, entry), "lines": _units(entry["lines"])}
            for id_, entry in kept.get("cases", {}).items()
        ],
    }


def _known(fields: Json, entry: Json) -> Json:
    return {name: entry.get(name, default) for name, default in fields.items()}


def _units(units: dict[str, int]) -> list[Json]:
    return [{"line_id": line_id, "quantity": quantity} for line_id, quantity in units.items()]


def _lines(lines: list[Json], kept: Json) -> list[Json]:
    back = _back(kept)
    return [
        {
            **line,
            "claimed": sum(units.get(line["line_id"], 0) for units in _claims(kept)),
            "returned": kept.get("returned", {}).get(line["line_id"], 0),
            "restocked": back.get(line["line_id"], 0),
            "off_shelf": kept.get("off_shelf", {}).get(line["line_id"], 0),
        }
        for line in lines
    ]


def _claims(kept: Json) -> Iterator[dict[str, int]]:
    yield from kept.get("claims", {}).values()


def _back(kept: Json) -> dict[str, int]:
    """Return the units back on a shelf, as the inventory service has said."""
    found: dict[str, int] = {}
    moved = [
        entry.get("back", entry["lines"])
        for entry in kept.get("cancellations", {}).values()
        if entry["restock"] == "SUCCEEDED" and "status" not in entry
    ]
    moved += [
        entry["lines"]
        for entry in kept.get("restocks", {}).values()
        if entry.get("restock") == "SUCCEEDED"
    ]
    for units in moved:
        for line_id, count in units.items():
            found[line_id] = found.get(line_id, 0) + count
    return found


def _refunds(id_: str, entry: Json) -> Iterator[tuple[str, str, int, str | None]]:
    """Return id, payment, amount and outcome of every refund of a cancellation."""
    for payment_id, (amount_minor, outcome) in entry["refunds"].items():
        yield str(child_id(UUID(id_), payment_id)), payment_id, amount_minor, outcome
    for refund_id, (payment_id, amount_minor, outcome) in entry.get("later", {}).items():
        yield refund_id, payment_id, amount_minor, outcome


def _payments(kept: Json, cancellations: Json) -> Iterator[Json]:
    refunds = [
        refund
        for id_, entry in cancellations.items()
        if entry.get("status") != "UNDONE"
        for refund in _refunds(id_, entry)
    ]
    for payment_id, entry in kept.get("payments", {}).items():
        own = [one for one in refunds if one[1] == payment_id and one[3] != "REPLACED"]
        yield {
            "payment_id": payment_id,
            **_known(_PAYMENT, entry),
            "refund_due_minor": sum(refund[2] for refund in own),
            "refunded_minor": sum(refund[2] for refund in own if refund[3] == "SUCCEEDED"),
        }


def _cancellation(id_: str, entry: Json) -> Json:
    waits = "HELD" if entry.get("status") == "HELD" else "PENDING"
    if entry.get("status") == "UNDONE":
        waits = "NOT_DUE"
    return {
        "cancellation_id": id_,
        **_known(_CANCELLATION, entry),
        "lines": _units(entry["lines"]),
        "refunds": [
            {
                "refund_id": refund_id,
                "payment_id": payment_id,
                "amount_minor": amount,
                "state": outcome or waits,
            }
            for refund_id, payment_id, amount, outcome in _refunds(id_, entry)
        ],
        "voids": [
            {"payment_id": payment_id, "state": outcome or waits}
            for payment_id, outcome in entry.get("voids", {}).items()
        ],
        "owed_by_hand": [
            {"refund_id": refund_id, **owed}
            for refund_id, owed in entry.get("by_hand", {}).items()
            if owed["left_minor"]
        ],
        "awaited": entry.get("awaited", []),
        "restock_state": entry["restock"] or waits,
        "notification_state": entry["notification"] or waits,
    }
