"""Bulk plans: how far each is, what came of every order; paused, resumed, ended early."""

from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from console.api import Json, path
from console.desk import Visit, new_command_id
from console.forms import INVALID
from console.pages import asking
from console.pages.asking import Asked, Wish

ROWS = 50
OUTCOMES = ("WAITING", "CANCELLED", "REQUESTED", "REFUSED", "SET_ASIDE")
CHANGES = {"PAUSE": "pause", "RESUME": "resume", "PACE": "resume", "CANCEL": "cancel"}
"""By button: the last word of the API's address."""

POSSIBLE = {"RUNNING": ("PACE", "PAUSE", "CANCEL"), "PAUSED": ("RESUME", "CANCEL")}
"""By state: what may be done; a plan that is over stays so."""

PLANS = "/v1/bulk-plans"
ORDERS_PER_S_MAX = 10_000


async def show_list(visit: Visit) -> Response:
    """List plans, the newest first."""
    return visit.page("plans.html", plans=(await visit.api.get(PLANS))["plans"])


async def show(visit: Visit) -> Response:
    """Show a plan."""
    return await _page(visit, Asked(new_command_id()))


async def change(visit: Visit) -> Response:
    """Pause a plan, resume it, change its pace, or end it."""
    plan_id, form = visit.within("plan_id"), visit.form
    action = CHANGES.get(form.text("action") or "", "pause")
    body: dict[str, Any] = {}
    if note := form.sentence("staff_note"):
        body["staff_note"] = note
    if action == "resume" and (orders_per_s := pace_of(visit)):
        body["orders_per_s"] = orders_per_s
    if form.errors:
        return await _page(visit, Asked(asking.command_id_of(visit), status=INVALID))
    done = await asking.send(visit, Wish(f"{_where(plan_id)}/{action}", body))
    if isinstance(done, Asked):
        return await _page(visit, done)
    return done.seen_at("bulk", plan_id)


def pace_of(visit: Visit) -> int | None:
    """Return how many orders per second were written down."""
    text = visit.form.text("orders_per_s")
    if text is None:
        return None
    if text.isascii() and text.isdigit() and 1 <= int(text[:8]) <= ORDERS_PER_S_MAX:
        return int(text)
    visit.form.errors["orders_per_s"] = "error.pace"
    return None


def _where(plan_id: str) -> str:
    return path("v1", "bulk-plans", plan_id)


async def _page(visit: Visit, asked: Asked) -> Response:
    plan_id = visit.within("plan_id")
    where, outcome = _where(plan_id), visit.query.get("outcome")
    outcome = outcome if outcome in OUTCOMES else None
    plan: Json = await visit.api.get(where)
    found = await visit.api.get(
        f"{where}/outcomes", outcome=outcome, code=visit.query.get("code"),
        after=visit.query.get("after"), limit=ROWS,
    )  # fmt: skip
    narrowed = {name: visit.query[name] for name in ("outcome", "code") if visit.query.get(name)}
    here, next_ = path("bulk", plan_id), found["next_after"]
    return visit.page(
        "plan.html",
        asked.status,
        plan=plan,
        rules=await asking.rules_of(visit),
        rows=found["outcomes"],
        narrowed=narrowed,
        outcomes={one: f"{here}?{urlencode({'outcome': one})}" for one in OUTCOMES},
        by_code=lambda code: f"{here}?{urlencode({'code': code})}",
        next=f"{here}?{urlencode({**narrowed, 'after': next_})}" if next_ else None,
        possible=POSSIBLE.get(plan["state"], ()),
        asked=asked,
        form=visit.form,
        errors=visit.form.errors,
        refusals=asked.refusals,
        done=visit.query.get("done"),
    )
