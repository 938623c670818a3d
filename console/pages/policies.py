"""Policies: every version there was, what changed between two, and the next one, drafted and tried.

A draft lives in its form. Only what was looked at is put in force.
"""

from hashlib import sha256

import orjson
from starlette.responses import Response

from console.api import Json, ProblemError, path
from console.desk import Visit, new_command_id
from console.forms import INVALID
from console.pages import asking, policy_fields, what_if
from console.pages.asking import Asked, Done, Wish
from console.pages.policy_fields import BLANK_ROWS, changes, read, write

POLICIES = "/v1/policies"
ASKERS = ("STAFF", "CUSTOMER")


async def show_list(visit: Visit) -> Response:
    """List every version, the newest first."""
    found = await visit.api.get(POLICIES)
    return visit.page("policies.html", policies=found["policies"], done=visit.query.get("done"))


async def show(visit: Visit) -> Response:
    """Show one version, and what it changed."""
    found = await _find(visit, visit.within("version"))
    version = found["version"]
    other = _version(visit.query.get("against"), version - 1)
    before = await _find(visit, str(other)) if other >= 0 and other != version else None
    visit.form.fields = write(found["policy"], visit.say)
    listed = await visit.api.get(POLICIES)
    return visit.page(
        "policy.html",
        found=found,
        others=[one["version"] for one in listed["policies"] if one["version"] != version],
        against=other if before else None,
        changes=changes(before["policy"], found["policy"], visit.say) if before else [],
        **_fields(visit, found["policy"], 0),
    )


def _version(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else default  # noqa: PLR2004


async def show_draft(visit: Visit) -> Response:
    """Begin the next version with what is in force, or with any version there was."""
    base = await _find(visit, "current")
    begun = await _find(visit, visit.query["from"]) if visit.query.get("from") else base
    visit.form.fields = write(begun["policy"], visit.say)
    return await _draft(visit, base, Asked(new_command_id()))


async def send_draft(visit: Visit) -> Response:
    """Say what a draft changes and what it would do; or put it in force, if that was said of it."""
    form = visit.form
    base = await _find(visit, "current")
    policy = {**read(form, base["policy"]), "version": base["version"] + 1}
    note, order_id = form.sentence("staff_note"), form.text("trial_order")
    what_if.days_of(visit)
    if form.errors:
        asked = Asked(asking.command_id_of(visit), status=INVALID)
        return await _draft(visit, base, asked)
    if form.text("action") == "WHAT_IF":
        begun = await what_if.begin(visit, policy)
        return begun if isinstance(begun, Response) else await _draft(visit, base, begun, policy)
    looked = sha256(orjson.dumps(policy, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]
    if asking.is_look(visit) or form.text("looked") != looked:
        form.fields["looked"] = looked
        asked = await _tried(visit, policy, order_id)
        return await _draft(visit, base, asked, policy)
    body = {"policy": policy, **({"staff_note": note} if note else {})}
    done = await asking.send(visit, Wish(POLICIES, body))
    return done.seen_at("policies") if isinstance(done, Done) else await _draft(visit, base, done)


async def _tried(visit: Visit, policy: Json, order_id: str | None) -> Asked:
    """Try a draft on an order."""
    key = asking.command_id_of(visit)
    if order_id is None:
        return Asked(key)
    form = visit.form
    reason, _, own = (form.text("trial_reason") or "CUSTOMER").partition("/")
    actor = visit.session.actor
    if form.choice("trial_as", ASKERS, "STAFF") == "CUSTOMER":
        actor = {"type": "CUSTOMER", "id": "customer"}
    body = {
        "policy": policy, "order_id": order_id, "actor": actor, "reason": reason,
        **({"sub_reason": own} if own else {}),
    }  # fmt: skip
    try:
        return Asked(key, await visit.api.preview(f"{POLICIES}/trials", body, visit.locale))
    except ProblemError as wrong:
        return Asked(key, refusals=await asking.untold(visit, wrong), status=wrong.status)


async def _find(visit: Visit, version: str) -> Json:
    return await visit.api.get(path("v1", "policies", version))


async def _draft(visit: Visit, base: Json, asked: Asked, policy: Json | None = None) -> Response:
    return visit.page(
        "policy_draft.html",
        asked.status,
        base=base,
        asked=asked,
        refusals=asked.refusals,
        preview=asked.preview,
        changes=changes(base["policy"], policy, visit.say) if policy else None,
        groups=await asking.reasons_of(visit),
        askers=ASKERS,
        **_fields(visit, base["policy"], BLANK_ROWS),
    )


def _fields(visit: Visit, policy: Json, blank_rows: int) -> Json:
    """Return what the fields of a policy are drawn from."""
    return {
        "form": visit.form,
        "errors": visit.form.errors,
        "sections": policy_fields.SECTIONS,
        "tables": policy_fields.TABLES,
        "rows": {
            table: policy_fields.row_count(visit.form, table) + blank_rows
            for table in policy_fields.TABLES
        },
        "filled": {
            table: policy_fields.row_count(visit.form, table) for table in policy_fields.TABLES
        },
        "rights": policy_fields.askers(policy),
        "actions": policy_fields.ACTIONS,
        "right": policy_fields.right,
    }
