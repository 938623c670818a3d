"""The list of orders: found, filtered, page by page."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from console.api import ProblemError, path
from console.desk import Visit
from console.forms import read_amount
from console.pages import asking
from console.pages.views import saved
from console.templating import go

ROWS = 50

STATES = (
    "PLACED", "CLAIMED", "AWAITING_APPROVAL", "CANCELLATION_REQUESTED", "HELD",
    "PARTIALLY_CANCELLED", "CANCELLED", "REINSTATED",
)  # fmt: skip
REASONS = ("CUSTOMER", "INVENTORY", "FRAUD", "DECLINED", "STAFF", "OTHER")
REFUND_STATES = (
    "PENDING", "RETRYING", "FAILED", "UNCERTAIN", "HELD", "OWED", "AWAITING_CAPTURE", "CREDIT_DUE",
    "TO_VOID", "SUCCEEDED", "CREDITED", "VOIDED", "NOT_DUE",
)  # fmt: skip
LEGS = ("MONEY", "STOCK", "MESSAGE")
AGES = {"day": 86_400, "week": 7 * 86_400, "month": 30 * 86_400, "quarter": 91 * 86_400}
"""Placed so long ago at most, in seconds."""
SORTS = ("NEWEST", "OLDEST", "HIGHEST", "LOWEST")

VIEWS: dict[str, dict[str, str]] = {
    "all": {},
    "waiting": {"state": "CANCELLATION_REQUESTED"},
    "approval": {"state": "AWAITING_APPROVAL"},
    "held": {"state": "HELD"},
    "cancelled": {"state": "CANCELLED"},
    "owed": {"refund_state": "OWED"},
    "failed": {"refund_state": "FAILED"},
    "left": {"stuck": "STOCK"},
}
"""Views that are one click away, and the filters they stand for."""

PASSED_ON = ("q", "state", "reason", "refund_state", "stuck", "channel", "country", "sort")
"""Filters the API knows by the same name."""

FILTERS = (*PASSED_ON, "age", "from", "to")
CURRENCY = "EUR"
"""Amounts of the filter have two digits, whatever is looked for."""


async def home(_: Visit) -> Response:
    """Send the browser to the list."""
    return go("/orders")


async def show_list(visit: Visit) -> Response:
    """List orders; one whose number was typed opens at once."""
    asked = asked_for(visit)
    if await _is_a_number(visit, asked.get("q", "").strip()):
        return go(path("orders", asked["q"].strip()))
    wrong = [name for name in ("from", "to") if _minor(asked, name) is None and name in asked]
    found = await visit.api.get(
        "/v1/orders", limit=ROWS, before=visit.query.get("before"), **wanted(asked)
    )
    next_, own, query = found["next_before"], saved(visit), urlencode(asked)
    return visit.page(
        "orders.html",
        orders=await asking.in_reader_words(visit, found["orders"]),
        position=found["as_of"],
        asked=asked,
        wrong=wrong,
        is_first="before" not in visit.query,
        first=_address(asked),
        bulk=f"/bulk/new?{urlencode(asked)}" if asked else None,
        next=_address({**asked, "before": next_}) if next_ else None,
        views={name: _address(view) for name, view in VIEWS.items()},
        own={name: f"/orders?{view}" for name, view in own.items()},
        mine=next((name for name, view in own.items() if view == query), None),
        query=query,
        view=next((name for name, view in VIEWS.items() if view == asked), None),
        without={name: _address({k: v for k, v in asked.items() if k != name}) for name in asked},
        choices={
            "state": STATES, "reason": REASONS, "refund_state": REFUND_STATES, "stuck": LEGS,
            "age": tuple(AGES), "sort": SORTS,
        },
    )  # fmt: skip


async def _is_a_number(visit: Visit, text: str | None) -> bool:
    """Tell whether what was typed is the number of an order."""
    if not text:
        return False
    try:
        await visit.api.get(path("v1", "orders", text))
    except ProblemError:
        return False
    return True


def asked_for(visit: Visit) -> dict[str, str]:
    """Return the filters somebody set."""
    return {name: value for name, value in visit.query.items() if value and name in FILTERS}


def wanted(asked: Mapping[str, str]) -> dict[str, Any]:
    """Return the filters as the API takes them."""
    found: dict[str, Any] = {name: asked.get(name) for name in PASSED_ON}
    found["placed_within_s"] = AGES.get(asked.get("age", ""))
    found["total_from_minor"] = _minor(asked, "from")
    found["total_to_minor"] = _minor(asked, "to")
    return found


def _minor(asked: Mapping[str, str], name: str) -> int | None:
    return read_amount(asked[name], CURRENCY) if name in asked else None


def _address(asked: Mapping[str, Any]) -> str:
    return f"/orders?{urlencode(asked)}" if asked else "/orders"
