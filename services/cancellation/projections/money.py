"""What the refunds service told, folded into an order's row; never more than the provider said."""

from typing import Any
from uuid import UUID

from kit.ids import child_id
from services.cancellation.projections import figures
from services.cancellation.projections.row import Json


def _entry(row: Any, about: Json) -> Json:
    entry: Json = row.details["cancellations"][about["cancellation_id"]]
    return entry


def _refund(entry: Json, about: Json) -> list[Any]:
    """Return what is kept of one refund; its last element is how it stands."""
    if about["refund_id"] in entry.get("later", ()):
        refund: list[Any] = entry["later"][about["refund_id"]]
        return refund
    refunds: dict[str, list[Any]] = entry["refunds"]
    return refunds.setdefault(about["payment_id"], [about["amount_minor"], None])


def refund_progressed(row: Any, fact: Json, _: str) -> None:
    """Note a refund that is not done."""
    message = fact["message"]
    entry = _entry(row, message)
    _refund(entry, message)[-1] = fact["state"]
    if fact["state"] == "OWED":
        owed = {name: message[name] for name in ("payment_id", "amount_minor", "remind_at")}
        by_hand = entry.setdefault("by_hand", {})
        by_hand[message["refund_id"]] = {**owed, "left_minor": message["amount_minor"]}


def manual_refund_recorded(row: Any, fact: Json, _: str) -> None:
    """Note what a person has given back; it counts as refunded once all of it is in the books."""
    _entry(row, fact)["by_hand"][fact["refund_id"]]["left_minor"] = fact["left_minor"]


def refund_reported(row: Any, fact: Json, at: str) -> None:
    """Note how one refund ended."""
    message = fact["message"]
    entry = _entry(row, message)
    _refund(entry, message)[-1] = fact["outcome"]
    figures.ended(entry, message["refund_id"], at)


def fallback_chosen(row: Any, fact: Json, at: str) -> None:
    """Note what is due instead of a refund that failed, or that it is owed again."""
    entry = _entry(row, fact)
    _refund(entry, fact)[-1] = "REPLACED"
    if entry.get("status") == "REINSTATED":
        return
    figures.due(entry, fact["request_id"], fact["refunds"], at)
    for due in fact["refunds"]:
        refund_id = str(child_id(UUID(fact["request_id"]), due["payment_id"]))
        later = entry.setdefault("later", {})
        later[refund_id] = [due["payment_id"], due["amount_minor"], None]
    if not fact["refunds"]:
        entry["balance_minor"] = fact["balance_minor"]
        entry["is_reopened"] = True


def void_reported(row: Any, fact: Json, _: str) -> None:
    """Note what became of a release."""
    message, outcome = fact["message"], fact["outcome"]
    voids = _entry(row, message)["voids"]
    voids[message["payment_id"]] = "VOID_FAILED" if outcome == "FAILED" else outcome
    if outcome == "SUCCEEDED":
        row.details["payments"][message["payment_id"]]["is_voided"] = True


def credit_reported(row: Any, fact: Json, _: str) -> None:
    """Note what became of store credit; what failed is owed again."""
    entry, amount_minor = _entry(row, fact["message"]), fact["message"]["amount_minor"]
    if fact["outcome"] == "SUCCEEDED":
        entry["credited_minor"] = entry.get("credited_minor", 0) + amount_minor
        return
    entry["credit_minor"] -= amount_minor
    if entry.get("status") != "REINSTATED":
        entry["balance_minor"] = entry.get("balance_minor", 0) + amount_minor
        entry["is_reopened"] = True
