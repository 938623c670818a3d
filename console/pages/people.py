"""People and keys: who may come in, with which rights, what happened; secrets are shown once."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from console.api import Json, path
from console.desk import Visit
from console.forms import INVALID
from console.pages import operating
from console.pages.operating import Trouble
from contracts.cancellation import RIGHTS_OF as RIGHTS_BY_ROLE
from contracts.cancellation import Right

PEOPLE, KEYS = "/v1/people", "/v1/keys"
RIGHTS_OF: Mapping[str, frozenset[Right]] = {
    str(role): rights for role, rights in RIGHTS_BY_ROLE.items()
}
ROLES = tuple(RIGHTS_OF)
ENTRIES = 50
CHANGES = ("SAVE", "PASSWORD", "DISABLE", "ENABLE")
RIGHT = "right:"
"""How the name of a right's box begins."""


async def show_list(visit: Visit) -> Response:
    """List accounts."""
    found = await visit.api.get(PEOPLE)
    own = {one["name"]: set(one["rights"]) != RIGHTS_OF[one["role"]] for one in found["people"]}
    return visit.page("people.html", people=found["people"], is_own=own)


async def show_keys(visit: Visit) -> Response:
    """List keys."""
    keys = (await visit.api.get(KEYS))["keys"]
    return visit.page("keys.html", keys=keys, done=visit.query.get("done"))


async def show_log(visit: Visit) -> Response:
    """List what happened to accounts and keys, and who came in; the newest first."""
    found = await visit.api.get("/v1/people-log", limit=ENTRIES, before=visit.query.get("before"))
    next_ = found["next_before"]
    return visit.page(
        "people_log.html",
        entries=found["log"],
        next=f"/people/log?{urlencode({'before': next_})}" if next_ else None,
    )


async def show_new(visit: Visit) -> Response:
    """Ask whose account is to be opened."""
    return _new(visit, 200)


async def add(visit: Visit) -> Response:
    """Open an account and show its password, once."""
    form = visit.form
    name = _name(visit)
    body: Json = {"name": name, "role": form.choice("role", ROLES, ROLES[0])} | _note(visit)
    if form.errors:
        return _new(visit, INVALID)
    made = await _ask(visit, PEOPLE, body)
    if isinstance(made, Trouble):
        return _new(visit, made.status, made)
    return _secret(visit, "password", made["name"], made["password"], "ADDED")


def _new(visit: Visit, status: int, trouble: Trouble | None = None) -> Response:
    return visit.page(
        "person_new.html", status, form=visit.form, errors=visit.form.errors, trouble=trouble,
        roles=ROLES, rights_of=RIGHTS_OF,
    )  # fmt: skip


async def show(visit: Visit) -> Response:
    """Show an account."""
    return await _person(visit, 200)


async def change(visit: Visit) -> Response:
    """Change an account, or give it a new password and show that once."""
    form, name = visit.form, visit.within("name")
    action = form.choice("action", CHANGES, "SAVE")
    body: Json = _note(visit)
    if action == "SAVE":
        role = form.choice("role", ROLES, ROLES[0])
        body["role"] = role
        if form.choice("which", ("ROLE", "OWN"), "ROLE") == "OWN":
            body["rights"] = _rights(visit)
        else:
            body["rights"] = [right for right in Right if right in RIGHTS_OF[role]]
    elif action != "PASSWORD":
        body["is_enabled"] = action == "ENABLE"
    if form.errors:
        return await _person(visit, INVALID)
    where = path("v1", "people", name)
    if action == "PASSWORD":
        made = await _ask(visit, f"{where}/password", {})
        if isinstance(made, Trouble):
            return await _person(visit, made.status, made)
        return _secret(visit, "password", made["name"], made["password"], "RESET")
    done = await _ask(visit, f"{where}/changes", body)
    if isinstance(done, Trouble):
        return await _person(visit, done.status, done)
    return operating.go_on(path("people", "accounts", name), done=action)


async def _person(visit: Visit, status: int, trouble: Trouble | None = None) -> Response:
    name = visit.within("name")
    person = (await visit.api.get(path("v1", "people", name)))["person"]
    return visit.page(
        "person.html", status, person=person, form=visit.form, errors=visit.form.errors,
        trouble=trouble, roles=ROLES, rights=tuple(Right), right_field=RIGHT,
        is_own=set(person["rights"]) != RIGHTS_OF[person["role"]],
        is_me=name == visit.session.name, done=visit.query.get("done"),
    )  # fmt: skip


async def show_new_key(visit: Visit) -> Response:
    """Ask which service is to have a key."""
    return _new_key(visit, 200)


async def issue(visit: Visit) -> Response:
    """Issue a key and show it, once."""
    body: Json = {"name": _name(visit), "rights": _rights(visit)} | _note(visit)
    if until := visit.form.text("expires_at"):
        body["expires_at"] = f"{until}T00:00:00Z"
    if visit.form.errors:
        return _new_key(visit, INVALID)
    made = await _ask(visit, KEYS, body)
    if isinstance(made, Trouble):
        return _new_key(visit, made.status, made)
    return _secret(visit, "key", made["name"], made["key"], "ISSUED")


def _new_key(visit: Visit, status: int, trouble: Trouble | None = None) -> Response:
    return visit.page(
        "key_new.html", status, form=visit.form, errors=visit.form.errors, trouble=trouble,
        rights=tuple(Right), right_field=RIGHT,
    )  # fmt: skip


async def show_revoke(visit: Visit) -> Response:
    """Ask whether a key is to open nothing any more."""
    return await _revoke(visit, 200)


async def revoke(visit: Visit) -> Response:
    """Revoke a key."""
    body = _note(visit)
    if visit.form.errors:
        return await _revoke(visit, INVALID)
    done = await _ask(visit, path("v1", "keys", visit.within("name"), "revocation"), body)
    if isinstance(done, Trouble):
        return await _revoke(visit, done.status, done)
    return operating.go_on("/people/keys", done="REVOKED")


async def _revoke(visit: Visit, status: int, trouble: Trouble | None = None) -> Response:
    return visit.page(
        "key_revoke.html", status, name=visit.within("name"), form=visit.form,
        errors=visit.form.errors, trouble=trouble,
    )  # fmt: skip


def _name(visit: Visit) -> str:
    name = (visit.form.text("name") or "").lower()
    if not (name.isascii() and name[:1].isalnum() and name.translate(_INNER).isalnum()):
        visit.form.errors["name"] = "error.name"
    return name


_INNER: dict[int, Any] = dict.fromkeys(map(ord, "._:-"))


def _rights(visit: Visit) -> list[str]:
    chosen = [right for right in Right if visit.form.flag(f"{RIGHT}{right}")]
    if not chosen:
        visit.form.errors["rights"] = "error.no_rights"
    return [str(right) for right in chosen]


def _note(visit: Visit) -> Json:
    note = visit.form.sentence("staff_note")
    return {"staff_note": note} if note else {}


async def _ask(visit: Visit, where: str, body: Json) -> Json | Trouble:
    return await operating.send(visit, visit.api, where, body, about="people")


def _secret(visit: Visit, kind: str, name: str, secret: str, done: str) -> Response:
    """Show what is shown once; the page is kept by no cache and no address leads to it."""
    return visit.page("secret.html", kind=kind, name=name, secret=secret, done=done)
