"""What upstream and the legs said, folded into an order's row.

Facts come as plain values, because a rebuild is bound by decoding; stored names and fields are ours
and do not move. What old bodies do not say is looked up with a default.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from services.cancellation.projections.finding import words_of
from services.cancellation.projections.row import Json, lines_of

Units = Iterable[tuple[str, int]]


def plus(details: Json, name: str, units: Units) -> None:
    """Add to the units that `details` keeps per line under a name."""
    for line_id, count in units:
        kept = details.setdefault(name, {})
        kept[line_id] = kept.get(line_id, 0) + count


def minus(details: Json, name: str, units: Units) -> None:
    """Take from them; what reaches 0 is dropped, nothing goes below."""
    kept = details.get(name)
    if kept is None:
        return
    for line_id, count in units:
        if (left := kept.get(line_id, 0) - count) > 0:
            kept[line_id] = left
        else:
            kept.pop(line_id, None)
    if not kept:
        del details[name]


def units_of(lines: Iterable[Json]) -> dict[str, int]:
    """Add up units per line; a line may be named twice."""
    units: dict[str, int] = {}
    for line in lines:
        units[line["line_id"]] = units.get(line["line_id"], 0) + line["quantity"]
    return units


def count_units(row: Any, units: dict[str, int], column: str, sign: int = 1) -> None:
    """Add to what the lines of an order count in one place."""
    for line in lines_of(row):
        if line["line_id"] in units:
            line[column] += sign * units[line["line_id"]]


def placed(row: Any, fact: Json, _: str) -> None:
    """Begin the row."""
    message = fact["message"]
    customer = message["customer"] or {}
    row.is_known = True
    row.order_id, row.currency = message["order_id"], message["currency"]
    row.customer_id = customer.get("customer_id")
    # A zero byte is valid JSON; PostgreSQL takes it in `json` and in no text column.
    row.country = message["country"] and message["country"].replace("\x00", "")
    row.placed_at = datetime.fromisoformat(message["placed_at"])
    row.worths_minor = _worths_minor(message)
    row.total_minor = sum(row.worths_minor) + _shipping_minor(message)
    row.email, row.channel = customer.get("email"), message.get("channel")
    if row.email:
        row.email = row.email.replace("\x00", "")
    else:
        row.details["has_no_address"] = True
    row.words = words_of(message)
    row.lines = message["lines"]
    for line in row.lines:
        line["fulfilled"] = line["cancelled"] = 0


def total_minor(message: Json) -> int:
    """Return what an order cost."""
    return sum(_worths_minor(message)) + _shipping_minor(message)


def _worths_minor(message: Json) -> list[int]:
    """Return what each line of an order costs; old bodies know nothing but prices."""
    on_top = 0 if message.get("tax_included") else 1
    return [
        line["quantity"] * line["unit_price_minor"] - line.get("discount_minor", 0)
        + on_top * line.get("tax_minor", 0) + line.get("duties_minor", 0)
        for line in message["lines"]
    ]  # fmt: skip


def _shipping_minor(message: Json) -> int:
    shipping: Json = message.get("shipping") or {}
    on_top = 0 if message.get("tax_included") else shipping.get("tax_minor", 0)
    return int(shipping.get("amount_minor", 0) - shipping.get("discount_minor", 0) + on_top)


def _payment(row: Any, message: Json) -> Json:
    payments = row.details.setdefault("payments", {})
    payment: Json = payments.setdefault(message["payment_id"], {})
    if message.get("tender", "CARD") != "CARD":
        payment["tender"] = message["tender"]
    return payment


def authorized(row: Any, fact: Json, _: str) -> None:
    """Count money held."""
    message = fact["message"]
    payment = _payment(row, message)
    payment["authorized_minor"] = payment.get("authorized_minor", 0) + message["amount_minor"]


def capture_started(row: Any, fact: Json, _: str) -> None:
    """Count money on its way."""
    message = fact["message"]
    payment = _payment(row, message)
    payment["in_flight_minor"] = payment.get("in_flight_minor", 0) + message["amount_minor"]


STILL_HELD = (None, "UNCERTAIN", "VOID_FAILED")
"""Words for a payment to release that, as far as is known, was not."""


def captured(row: Any, fact: Json, _: str) -> None:
    """Count money that moved; a payment with money can no longer be released."""
    message = fact["message"]
    row.captured_minor += message["amount_minor"]
    payment = _payment(row, message)
    payment["captured_minor"] = payment.get("captured_minor", 0) + message["amount_minor"]
    _end_capture(row, message, payment)
    for entry in row.details.get("cancellations", {}).values():
        voids = entry.get("voids", {})
        if voids.get(message["payment_id"], "") in STILL_HELD:
            voids[message["payment_id"]] = "FAILED"


def capture_failed(row: Any, fact: Json, _: str) -> None:
    """Count money no longer as on its way."""
    _end_capture(row, fact["message"], _payment(row, fact["message"]))


def _end_capture(row: Any, message: Json, payment: Json) -> None:
    """Tell cancellations that waited for a payment, unless more of it is on its way."""
    left_minor = payment.get("in_flight_minor", 0) - message["amount_minor"]
    if left_minor > 0:
        payment["in_flight_minor"] = left_minor
        return
    payment.pop("in_flight_minor", None)
    stop_waiting(row, message["payment_id"])


def stop_waiting(row: Any, payment_id: str) -> None:
    """Note that what a payment comes to is known."""
    for entry in row.details.get("cancellations", {}).values():
        if payment_id in entry.get("awaited", ()):
            entry["awaited"].remove(payment_id)


def voided(row: Any, fact: Json, _: str) -> None:
    """Note that a payment holds money no longer; who wanted that is told."""
    payment_id = fact["message"]["payment_id"]
    payment = _payment(row, fact["message"])
    payment["is_voided"] = True
    payment.pop("in_flight_minor", None)
    for entry in row.details.get("cancellations", {}).values():
        voids = entry.get("voids", {})
        if voids.get(payment_id, "") in STILL_HELD:
            voids[payment_id] = "SUCCEEDED"
    stop_waiting(row, payment_id)


def fulfilled(row: Any, fact: Json, _: str) -> None:
    """Count units shipped; they leave their claims."""
    message = fact["message"]
    shipped = units_of(message["lines"])
    count_units(row, shipped, "fulfilled")
    claims = row.details.get("claims")
    if claims is None:
        return
    for claim_id in [message.get("claim_id")] if message.get("claim_id") else list(claims):
        for line_id, units in list(claims.get(claim_id, {}).items()):
            if used := min(units, shipped.get(line_id, 0)):
                shipped[line_id] -= used
                minus(claims, claim_id, [(line_id, used)])
    if not claims:
        del row.details["claims"]


def returned(row: Any, fact: Json, _: str) -> None:
    """Count units that came back."""
    plus(row.details, "returned", units_of(fact["message"]["lines"]).items())


def restock_reported(row: Any, fact: Json, _: str) -> None:
    """Note how a restock ended; what failed may be put back by hand."""
    message = fact["message"]
    if message.get("request_id"):
        asked = row.details["restocks"][message["request_id"]]
        wanted = asked["lines"]
    else:
        asked = row.details["cancellations"][message["cancellation_id"]]
        wanted = asked.get("back", asked["lines"])
    asked["restock"] = fact["outcome"]
    if fact["outcome"] == "FAILED":
        plus(row.details, "off_shelf", wanted.items())


def feedback_given(row: Any, fact: Json, _: str) -> None:
    """Note what the customer answered; the first answer about a cancellation counts."""
    entry = row.details["cancellations"][fact["message"]["cancellation_id"]]
    entry.setdefault("feedback", fact["message"]["answer"])


def notification_reported(row: Any, fact: Json, _: str) -> None:
    """Note how the message ended."""
    cancellations = row.details["cancellations"]
    cancellations[fact["message"]["cancellation_id"]]["notification"] = fact["outcome"]
