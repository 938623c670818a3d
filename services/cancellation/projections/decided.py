"""What this service decided, folded into an order's row."""

from typing import Any
from uuid import UUID

from kit.ids import child_id
from services.cancellation.projections import figures
from services.cancellation.projections.heard import minus, plus, units_of
from services.cancellation.projections.row import Json, kept_off


def cancelled(row: Any, fact: Json, at: str) -> None:
    """Note a cancellation: its units are gone at once, what it moves may wait."""
    entry = _entry(row, fact, at)
    if fact.get("held_until"):
        entry["status"], entry["held_until"] = "HELD", fact["held_until"]
    else:
        figures.due(entry, fact["cancellation_id"], fact["refunds"], at)
    row.new_lines = [*row.new_lines, *figures.lines_in(row, fact)]
    details = row.details
    details.setdefault("cancellations", {})[fact["cancellation_id"]] = entry
    details["nothing_left"] = fact["nothing_left"]
    plus(details, "cancelled", entry["lines"].items())
    plus(details, "off_shelf", kept_off(entry).items())


def _entry(row: Any, fact: Json, at: str) -> Json:
    """Return what is kept of a cancellation; what few have is left out where it says nothing."""
    notification = None
    if fact["recipient"] is None:
        notification = "NOT_DUE" if "has_no_address" in row.details else "SUPPRESSED"
    entry: Json = {
        "reason": fact["reason"],
        "cancelled_at": at,
        "lines": {line["line_id"]: line["quantity"] for line in fact["lines"]},
        "amount_minor": sum(line["amount_minor"] for line in fact["lines"]),
        "refunds": {x["payment_id"]: [x["amount_minor"], None] for x in fact["refunds"]},
        "restock": None if fact["restock"] else "NOT_DUE",
        "notification": notification,
    }
    if fact.get("restock_lines") is not None:
        entry["back"] = units_of(fact["restock_lines"])
    elif not fact["restock"]:
        entry["back"] = {}
    if details := fact.get("details"):
        for name in ("sub_reason", "reason_label", "request_id"):
            if details.get(name):
                entry[name] = details[name]
    if terms := fact.get("money"):
        _add_terms(entry, terms)
    figures.asked(entry, fact)
    return entry


def _add_terms(entry: Json, terms: Json) -> None:
    entry["amount_minor"] += terms["shipping_minor"]
    fee, credit = terms["fee"], terms["store_credit"]
    amounts = {
        "shipping_minor": terms["shipping_minor"],
        "fee_minor": fee["percent_minor"] + fee["flat_minor"] if fee else 0,
        "kept_minor": terms["kept_minor"],
        "balance_minor": terms["balance_minor"],
        "credit_minor": credit["amount_minor"] if credit else 0,
    }
    entry |= {name: amount_minor for name, amount_minor in amounts.items() if amount_minor}
    if terms["voids"]:
        entry["voids"] = {void["payment_id"]: None for void in terms["voids"]}
    if terms["awaited"]:
        entry["awaited"] = list(terms["awaited"])


def confirmed(row: Any, fact: Json, at: str) -> None:
    """Note that a hold is over, and what moves now."""
    cancellations = row.details["cancellations"]
    before = cancellations[fact["cancellation_id"]]
    entry = _entry(row, fact, before["cancelled_at"])
    figures.due(entry, fact["cancellation_id"], fact["refunds"], at)
    if "feedback" in before:
        entry["feedback"] = before["feedback"]
    cancellations[fact["cancellation_id"]] = entry


def undone(row: Any, fact: Json, _: str) -> None:
    """Note that a held cancellation never was."""
    entry = row.details["cancellations"][fact["cancellation_id"]]
    entry["status"] = "UNDONE"
    minus(row.details, "off_shelf", kept_off(entry).items())
    _open_again(row, fact)


def reinstated(row: Any, fact: Json, _: str) -> None:
    """Note that units are open again; money that was given back stays given back."""
    entry = row.details["cancellations"][fact["cancellation_id"]]
    entry["status"] = "REINSTATED"
    entry.pop("balance_minor", None)
    entry.pop("awaited", None)
    minus(row.details, "off_shelf", units_of(fact["lines"]).items())
    _open_again(row, fact)


def _open_again(row: Any, fact: Json) -> None:
    minus(row.details, "cancelled", units_of(fact["lines"]).items())
    row.details["nothing_left"] = False


def completed(row: Any, fact: Json, _: str) -> None:
    """Note that no leg of a cancellation is open."""
    row.details["cancellations"][fact["cancellation_id"]]["is_completed"] = True


def refused(row: Any, _: Json, __: str) -> None:
    """Count a refusal."""
    # Only once there is a row to count in: before, the count would depend on page boundaries.
    row.rejection_count += row.is_known


def requested(row: Any, fact: Json, at: str) -> None:
    """Note a request."""
    asked = {name: fact[name] for name in _REQUEST if fact[name] is not None}
    asked |= {"requested_at": at, "lines": units_of(fact["lines"])}
    row.details.setdefault("requests", {})[fact["request_id"]] = asked


_REQUEST = (
    "kind", "approval", "reason", "sub_reason", "refund_minor", "expires_at", "default_outcome",
)  # fmt: skip


def approved(row: Any, fact: Json, at: str) -> None:
    """Close a request as granted."""
    _close_request(row, fact, "APPROVED", at)


def denied(row: Any, fact: Json, at: str) -> None:
    """Close a request as refused."""
    _close_request(row, fact, "DENIED", at)


def _close_request(row: Any, fact: Json, outcome: str, at: str) -> None:
    asked = row.details["requests"][fact["request_id"]]
    asked["outcome"], asked["answered_at"] = outcome, at
    if fact["is_by_default"]:
        asked["is_by_default"] = True


def refund_requested(row: Any, fact: Json, at: str) -> None:
    """Note money due after its cancellation."""
    entry = row.details["cancellations"][fact["cancellation_id"]]
    figures.due(entry, fact["request_id"], fact["refunds"], at)
    for due in fact["refunds"]:
        refund_id = str(child_id(UUID(fact["request_id"]), due["payment_id"]))
        later = entry.setdefault("later", {})
        later[refund_id] = [due["payment_id"], due["amount_minor"], None]
    if fact["store_credit"]:
        credit_minor = fact["store_credit"]["amount_minor"]
        entry["credit_minor"] = entry.get("credit_minor", 0) + credit_minor
    if fact["kept_minor"]:
        entry["kept_minor"] = entry.get("kept_minor", 0) + fact["kept_minor"]
    if fact["balance_minor"] or "balance_minor" in entry:
        entry["balance_minor"] = fact["balance_minor"]
    if not fact["balance_minor"]:
        entry.pop("is_reopened", None)


def void_requested(row: Any, fact: Json, _: str) -> None:
    """Note payments to release after their cancellation."""
    entry = row.details["cancellations"][fact["cancellation_id"]]
    entry.setdefault("voids", {}).update({void["payment_id"]: None for void in fact["voids"]})


def restock_requested(row: Any, fact: Json, at: str) -> None:
    """Note units put back by hand."""
    asked: Json = {"requested_at": at, "lines": units_of(fact["lines"])}
    if not fact["lines"]:
        asked["restock"] = "NOT_DUE"
    row.details.setdefault("restocks", {})[fact["request_id"]] = asked
    minus(row.details, "off_shelf", asked["lines"].items())


def claimed(row: Any, fact: Json, _: str) -> None:
    """Note units being packed."""
    row.details.setdefault("claims", {})[fact["claim_id"]] = units_of(fact["lines"])


def claim_released(row: Any, fact: Json, _: str) -> None:
    """Forget a claim."""
    claims = row.details.get("claims", {})
    claims.pop(fact["claim_id"], None)
    if not claims:
        row.details.pop("claims", None)
