"""The inbox: what needs a person, whose it is, and what may safely be done about it.

What may be done is what the API offers, action by action; the console only fills in who asks and
what was written.
"""

from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from console.api import Json, path
from console.desk import Visit, new_command_id
from console.forms import INVALID
from console.pages import asking
from console.pages.asking import Asked, Wish

ROWS = 50
ROLES = ("AGENT", "MANAGER", "OPS", "ADMIN")
STATES = ("OPEN", "CLOSED")
FILTERS = ("state", "role", "owner", "overdue", "kind")

OPENED = "order.case-opened.v1"

YOU = "your-name"
WRITTEN = "what I found out"
"""Places of an action the API leaves to whoever asks."""


async def show_list(visit: Visit) -> Response:
    """List cases; what has waited longest comes first."""
    asked = {name: value for name, value in visit.query.items() if value and name in FILTERS}
    asked.setdefault("state", "OPEN")
    found = await visit.api.get("/v1/cases", limit=ROWS, after=visit.query.get("after"), **asked)
    next_ = found["next_after"]
    me = str(visit.session.name)
    views = {
        "open": {"state": "OPEN"},
        "overdue": {"state": "OPEN", "overdue": "true"},
        "mine": {"state": "OPEN", "owner": me},
        "role": {"state": "OPEN", "role": str(visit.session.role)},
        "closed": {"state": "CLOSED"},
    }
    return visit.page(
        "cases.html",
        cases=found["cases"],
        asked=asked,
        view=next((name for name, view in views.items() if view == asked), None),
        views={name: f"/cases?{urlencode(view)}" for name, view in views.items()},
        next=f"/cases?{urlencode({**asked, 'after': next_})}" if next_ else None,
    )


async def show(visit: Visit) -> Response:
    """Show a case with its story."""
    return await _case(visit, Asked(new_command_id()))


async def act(visit: Visit) -> Response:
    """Do one of the things the API offers for the case now."""
    if before := await asking.found(visit):
        return before.seen_at("cases", visit.within("case_id"))
    found = await _find(visit)
    actions = {one["name"]: one for one in found["case"]["next_actions"]}
    action = actions.get(visit.form.text("action") or "")
    if action is None or action["method"] != "POST":
        gone = Asked(new_command_id(), trouble="trouble.action_gone", status=409)
        return await _case(visit, gone)
    body = _body_of(visit, action, found["case"]["currency"])
    if visit.form.errors:
        return await _case(visit, Asked(asking.command_id_of(visit), status=INVALID))
    done = await asking.send(visit, Wish(action["path"], body))
    if isinstance(done, Asked):
        return await _case(visit, done)
    return done.seen_at("cases", visit.within("case_id"))


def _body_of(visit: Visit, action: Json, currency: str) -> Json:
    """Return what an action says, with what was written; what is wrong is noted in the form."""
    form, is_note = visit.form, action["name"] == "NOTE"
    note = form.sentence("note")
    if is_note and note is None:
        form.errors.setdefault("note", "error.no_note")
    body: Json = _filled(action["body"], str(visit.session.name), note or "")
    if note and not is_note:
        body["staff_note"] = note
    if "proof" in body:
        body["proof"] = form.sentence("proof")
        if body["proof"] is None:
            form.errors.setdefault("proof", "error.no_proof")
        amount_minor = form.amount("amount", currency)
        body["amount_minor"] = body["amount_minor"] if amount_minor is None else amount_minor
    return body


def _filled(body: Any, me: str, written: str) -> Any:
    """Put in who asks and what was written."""
    if isinstance(body, dict):
        return {name: _filled(value, me, written) for name, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, me, written) for value in body]
    return {YOU: me, WRITTEN: written}.get(body, body) if isinstance(body, str) else body


async def _find(visit: Visit) -> Json:
    where = path("v1", "cases", visit.within("case_id"))
    return await visit.api.get(where, min_position=visit.query.get("seen"))


async def _case(visit: Visit, asked: Asked) -> Response:
    found = await _find(visit)
    case = found["case"]
    where = path("v1", "orders", case["order_id"], "explanation")
    explained = await visit.api.get(where, locale=visit.locale)
    opened = next((one["version"] for one in found["story"] if one["name"] == OPENED), 0)
    if "amount" not in visit.form.fields and case["stake_minor"] is not None:
        visit.form.fields["amount"] = visit.say.decimal(case["stake_minor"], case["currency"])
    return visit.page(
        "case.html",
        asked.status,
        case=case,
        story=found["story"],
        seen=[one for one in explained["entries"] if one["version"] <= opened][-1:],
        asked=asked,
        form=visit.form,
        errors=visit.form.errors,
        refusals=asked.refusals,
        actions=[one for one in case["next_actions"] if one["method"] == "POST"],
        done=visit.query.get("done"),
    )
