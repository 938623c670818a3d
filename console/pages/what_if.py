"""What-if: a draft of the policy over the past, and that very draft put in force."""

from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from console.api import AwayError, Json, ProblemError, path
from console.desk import Visit, new_command_id
from console.forms import INVALID
from console.pages import asking
from console.pages.asking import Asked, Done, Wish
from console.pages.policy_fields import changes
from console.templating import go

WHAT_IFS, POLICIES = "/v1/policy-what-ifs", "/v1/policies"
DAYS_MAX = 3_660
ROWS = 50


def days_of(visit: Visit) -> int:
    """Return how many days of the past were asked for."""
    text = visit.form.text("days") or "90"
    if text.isascii() and text.isdigit() and 1 <= int(text[:8]) <= DAYS_MAX:
        return int(text)
    visit.form.errors["days"] = "error.days"
    return 90


async def begin(visit: Visit, policy: Json) -> Response | Asked:
    """Have a draft held against the past."""
    try:
        begun = await visit.api.do(WHAT_IFS, {"policy": policy, "days": days_of(visit)})
    except AwayError:
        return Asked(asking.command_id_of(visit), trouble="trouble.unknown", status=503)
    except ProblemError as refused:
        told = await asking.untold(visit, refused)
        return Asked(asking.command_id_of(visit), refusals=told, status=refused.status)
    return go(path("policies", "what-if", begun["what_if_id"]))


async def show(visit: Visit) -> Response:
    """Show what a draft would have made of the past."""
    return await _page(visit, Asked(new_command_id()))


async def act(visit: Visit) -> Response:
    """Put the very draft in force, or stop looking."""
    where = path("v1", "policy-what-ifs", visit.within("what_if_id"))
    if visit.form.text("action") == "STOP":
        await visit.api.do(f"{where}/stop", {})
        return go(path("policies", "what-if", visit.within("what_if_id")))
    note = visit.form.sentence("staff_note")
    if visit.form.errors:
        return await _page(visit, Asked(asking.command_id_of(visit), status=INVALID))
    found = await visit.api.get(where)
    body: dict[str, Any] = {"policy": found["policy"]}
    if note:
        body["staff_note"] = note
    done = await asking.send(visit, Wish(POLICIES, body))
    return done.seen_at("policies") if isinstance(done, Done) else await _page(visit, done)


async def download(visit: Visit) -> Response:
    """Hand out every flip as a table for spreadsheets."""
    where = path("v1", "policy-what-ifs", visit.within("what_if_id"), "flips")
    headers = {"Content-Disposition": 'attachment; filename="what-if.csv"'}
    table = await visit.api.table(where, {})
    return Response(table, media_type="text/csv; charset=utf-8", headers=headers)


async def _page(visit: Visit, asked: Asked) -> Response:
    where = path("v1", "policy-what-ifs", visit.within("what_if_id"))
    found = await visit.api.get(where)
    flips = await visit.api.get(f"{where}/flips", limit=ROWS, after=visit.query.get("after"))
    base = await visit.api.get(path("v1", "policies", str(found["base_version"])))
    current = await visit.api.get(path("v1", "policies", "current"))
    here, next_ = path("policies", "what-if", visit.within("what_if_id")), flips["next_after"]
    return visit.page(
        "what_if.html",
        asked.status,
        found=found,
        sums=found["sums"],
        flips=flips["flips"],
        here_at=here,
        next=f"{here}?{urlencode({'after': next_})}" if next_ else None,
        changes=changes(base["policy"], found["policy"], visit.say),
        is_stale=current["version"] != found["base_version"],
        rules=await asking.rules_of(visit),
        asked=asked,
        refusals=asked.refusals,
        form=visit.form,
        errors=visit.form.errors,
    )
