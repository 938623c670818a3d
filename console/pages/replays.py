"""Replays: what would change, who agreed, how far it is; planned, approved, run, paused, ended."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from console.api import Json, path
from console.desk import Visit
from console.forms import INVALID, Form
from console.pages import operating
from console.pages.letters import SERVICES
from console.pages.operating import Trouble
from contracts.topics import TOPICS

PLANS = "/v1/replay-plans"
ROWS = 50
TO = ("LEG", "PROJECTION", "TOPIC", "WEBHOOK")
LEGS = SERVICES[:4]
OURS = tuple(topic.name for topic in TOPICS if topic.owner in LEGS)
PROJECTIONS = ("orders",)
REASONS = ("CUSTOMER", "INVENTORY", "FRAUD", "DECLINED", "STAFF", "OTHER")
RATE_MAX = 100_000
WHERE = {
    "APPROVE": "approval", "RUN": "runs", "PAUSE": "pause", "CANCEL": "cancellation",
}  # fmt: skip
"""By button: the last word of the API's address."""


async def show_list(visit: Visit) -> Response:
    """List plans and what is being done, the newest first."""
    found = await visit.operations.get(PLANS)
    jobs = [job for job in found["jobs"] if not job["ended_at"] or job["error"]]
    is_moving = any(not job["ended_at"] for job in jobs)
    is_moving |= any(plan["is_under_way"] for plan in found["plans"])
    return visit.page("replays.html", plans=found["plans"], jobs=jobs, is_moving=is_moving)


async def show_new(visit: Visit) -> Response:
    """Ask what a plan is to be about; what the address says is filled in."""
    visit.form.fields |= visit.query
    return _new(visit, 200)


def _new(visit: Visit, status: int, trouble: Trouble | None = None) -> Response:
    return visit.page(
        "replay_new.html", trouble.status if trouble else status, form=visit.form,
        errors=visit.form.errors, trouble=trouble, legs=LEGS, topics=OURS,
        projections=PROJECTIONS, reasons=REASONS, to=TO,
    )  # fmt: skip


async def make(visit: Visit) -> Response:
    """Have a plan made; it changes nothing."""
    form = visit.form
    operating.check_why(visit)
    target, selection = _target(form), _selection(form)
    if form.errors:
        return _new(visit, INVALID)
    made = await operating.act(visit, PLANS, {"target": target, "selection": selection})
    if isinstance(made, Trouble):
        return _new(visit, made.status, made)
    if made["plan"] is None:
        return operating.go_on("/replays")
    return operating.go_on(path("replays", made["plan"]), done="MADE")


def _target(form: Form) -> str:
    kind = form.choice("to", TO, "LEG")
    if kind == "LEG":
        return f"leg:{form.choice('service', LEGS, LEGS[0])}"
    if kind == "PROJECTION":
        return f"projection:{form.choice('projection', PROJECTIONS, PROJECTIONS[0])}"
    if kind == "TOPIC":
        return f"topic:{form.choice('topic', OURS, OURS[0])}"
    endpoint = form.text("endpoint")
    if endpoint is None or not endpoint.replace("-", "").isalnum():
        form.errors["endpoint"] = "error.no_endpoint"
    return f"webhook:{endpoint}"


def _selection(form: Form) -> Json:
    selection: Json = {
        "orders": sorted(set((form.text("orders") or "").split())),
        "types": sorted(set((form.text("types") or "").split())),
        "reason": form.choice("reason", REASONS, "") or None,
        "correlation": form.text("correlation"),
        "cause": form.text("cause"),
    }
    for name in ("since", "until"):
        if text := form.text(name):
            selection[name] = text if text.endswith("Z") else f"{text}Z"
    return {name: value for name, value in selection.items() if value}


async def show(visit: Visit) -> Response:
    """Show a plan."""
    return await _plan(visit, 200)


async def act(visit: Visit) -> Response:
    """Approve a plan, run it, let it stand still, or end it."""
    form, plan_hash = visit.form, visit.within("plan_hash")
    action = form.choice("action", tuple(WHERE), "PAUSE")
    operating.check_why(visit)
    body: dict[str, Any] = {}
    if action == "RUN" and (text := form.text("rate")):
        if text.isascii() and text.isdigit() and 1 <= int(text[:8]) <= RATE_MAX:
            body["rate"] = int(text)
        else:
            form.errors["rate"] = "error.rate"
    if form.errors:
        return await _plan(visit, INVALID)
    done = await operating.act(visit, path("v1", "replay-plans", plan_hash, WHERE[action]), body)
    if isinstance(done, Trouble):
        return await _plan(visit, done.status, done)
    return operating.go_on(path("replays", plan_hash), done=action)


def possible(plan: Json) -> Sequence[str]:
    """Return what may be done with a plan as it stands."""
    status = plan["status"]
    if status in ("COMPLETED", "CANCELLED"):
        return ()
    if plan["is_under_way"]:
        return ("PAUSE", "CANCEL")
    if plan["needs_approval"] and not plan["approver"]:
        return ("APPROVE", "CANCEL")
    return ("RUN", "CANCEL") if plan["to_do"] else ("CANCEL",)


async def _plan(visit: Visit, status: int, trouble: Trouble | None = None) -> Response:
    plan_hash = visit.within("plan_hash")
    where, query = path("v1", "replay-plans", plan_hash), visit.query
    plan = await visit.operations.get(where)
    every = query.get("rows") == "all"
    found = await visit.operations.get(
        f"{where}/rows", every="true" if every else None, from_line=query.get("from"), limit=ROWS
    )
    here = path("replays", plan_hash)
    next_: Json = {"rows": "all" if every else "todo", "from": found["next_line"]}
    return visit.page(
        "replay.html",
        status,
        plan=plan,
        rows=found["rows"],
        every=every,
        next=f"{here}?{urlencode(next_)}" if found["next_line"] else None,
        possible=possible(plan),
        is_mine=plan["planner"] == visit.session.name,
        form=visit.form,
        errors=visit.form.errors,
        trouble=trouble,
        done=query.get("done"),
    )
