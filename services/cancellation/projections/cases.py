"""Cases, folded into an order's details and from there into rows of their own."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from services.cancellation.domain.case_kinds import KINDS
from services.cancellation.projections.heard import minus, units_of
from services.cancellation.projections.row import Json

CASE_COLUMNS: dict[str, str] = {
    "case_id": "uuid",
    "stream_id": "uuid",
    "order_id": "text",
    "kind": "text",
    "state": "text",
    "role": "text",
    "owner": "text",
    "level": "integer",
    "opened_at": "timestamptz",
    "due_at": "timestamptz",
    "closed_at": "timestamptz",
    "resolution": "text",
    "currency": "text",
    "stake_minor": "bigint",
    "payment_id": "text",
    "cancellation_id": "uuid",
    "note_count": "integer",
    "detail": "text",
    "lines": "json",
}
"""Columns of `cases` and their types, in table order."""

_SAID = (
    "kind", "detail", "payment_id", "amount_minor", "cancellation_id", "stake_minor", "role",
    "due_at",
)  # fmt: skip


def opened(row: Any, fact: Json, at: str) -> None:
    """Note a case; units that shipped meanwhile cannot go back on a shelf."""
    row.case_count += 1
    case = {name: fact[name] for name in _SAID if fact.get(name) is not None}
    case |= {"opened_at": at, "lines": units_of(fact["lines"])}
    _about_deadline(case)
    row.details.setdefault("cases", {})[fact["case_id"]] = case
    row.changed_cases = {*row.changed_cases, fact["case_id"]}
    if fact["kind"] == "SHIPPED_AFTER_CANCELLATION":
        minus(row.details, "off_shelf", case["lines"].items())


def _about_deadline(case: Json) -> None:
    """Say of a case from before there were deadlines what its kind says today."""
    terms = KINDS[case["kind"]]
    case.setdefault("role", terms.role)
    if "due_at" not in case:
        due_at = datetime.fromisoformat(case["opened_at"]) + timedelta(seconds=terms.within_s)
        case["due_at"] = due_at.isoformat()


def _case(row: Any, fact: Json) -> Json:
    case_id = fact["case_id"]
    row.changed_cases = {*row.changed_cases, case_id}
    case: Json = row.details["cases"][case_id]
    return case


def assigned(row: Any, fact: Json, _: str) -> None:
    """Note whose a case is."""
    _case(row, fact).update(owner=fact["owner"], role=fact["role"])


def escalated(row: Any, fact: Json, _: str) -> None:
    """Note who a case waits for now; nobody has taken it yet."""
    case = _case(row, fact)
    case.pop("owner", None)
    case.update(role=fact["role"], level=fact["level"], due_at=fact["due_at"])


def noted(row: Any, fact: Json, _: str) -> None:
    """Count what was written about a case."""
    case = _case(row, fact)
    case["note_count"] = case.get("note_count", 0) + 1


def closed(row: Any, fact: Json, at: str) -> None:
    """Note how a case ended."""
    _case(row, fact).update(closed_at=at, resolution=fact["resolution"])


def rows_of(row: Any, case_ids: Any) -> Iterator[tuple[Any, ...]]:
    """Return the rows of some of an order's cases."""
    for case_id in case_ids:
        case = row.details["cases"][case_id]
        yield (
            UUID(case_id),
            row.stream_id,
            row.order_id,
            case["kind"],
            "CLOSED" if "closed_at" in case else "OPEN",
            case["role"],
            case.get("owner"),
            case.get("level", 0),
            datetime.fromisoformat(case["opened_at"]),
            datetime.fromisoformat(case["due_at"]),
            datetime.fromisoformat(case["closed_at"]) if "closed_at" in case else None,
            case.get("resolution"),
            row.currency,
            case.get("stake_minor", case.get("amount_minor")),
            case.get("payment_id"),
            UUID(case["cancellation_id"]) if "cancellation_id" in case else None,
            case.get("note_count", 0),
            # A zero byte is valid JSON; PostgreSQL takes it in `json` and in no text column.
            case["detail"].replace("\x00", ""),
            orjson.dumps(case["lines"]).decode(),
        )
