"""What upstream and the legs said, folded into an order's row.

Facts come as plain values, because a rebuild is bound by decoding; stored names and fields are ours
and do not move. What old bodies do not say is looked up with a default.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from services.cancellation.projections.placing import PlacedOrder
from services.cancellation.projections.row import Json

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


def placed(row: Any, order: PlacedOrder, _: str) -> None:
    """Begin the row."""
    customer, lines = order.customer, order.lines
    row.is_known = True
    row.order_id, row.currency, row.channel = order.order_id, order.currency, order.channel
    # A zero byte is valid JSON; PostgreSQL takes it in `json` and in no text column.
    row.country = order.country and order.country.replace("\x00", "")
    row.placed_at = datetime.fromisoformat(order.placed_at)
    row.worths_minor = order.worths_minor()
    row.total_minor = sum(row.worths_minor) + order.shipping_minor()
    row.unit_count = sum([line.quantity for line in lines])
    if customer:
        row.customer_id = customer.customer_id
        row.email = customer.email and customer.email.replace("\x00", "")
    if not row.email:
        row.details["has_no_address"] = True
    row.placed = order


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
    plus(row.details, "fulfilled", shipped.items())
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
