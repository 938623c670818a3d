"""Who somebody is: signed in by the API, kept in the session, named in every command."""

from contextlib import suppress
from urllib.parse import urlencode

from starlette.responses import Response

from console.api import AwayError, EndedError, Json, ProblemError
from console.desk import Visit
from console.forms import INVALID
from console.session import Session
from console.templating import go

WRONG, TOO_MANY = 401, 429

TROUBLES = {
    "IDENTITY_PROVIDER_UNAVAILABLE": "error.openid_away",
    "IDENTITY_PROVIDER_NOT_FOUND": "error.openid_none",
    "TOO_MANY_SIGN_INS": "error.openid_too_many",
    "NO_ROLE": "error.openid_no_role",
    "NAME_TAKEN": "error.openid_name_taken",
    "NAME_INVALID": "error.openid_name",
    "DISABLED": "error.openid_disabled",
    "DENIED": "error.openid_denied",
    "STATE": "error.openid_state",
    "NONCE": "error.openid_state",
    "CODE": "error.openid_code",
    "EXPIRED": "error.openid_expired",
}
"""What to say when nobody came in by the identity provider; for the rest there is one sentence."""


def within_console(where: str | None) -> str:
    """Return where to go on to, if that is a page of ours."""
    is_ours = where is not None and where.startswith("/") and where[1:2] not in ("/", "\\")
    return where if is_ours and where else "/orders"


async def show(visit: Visit) -> Response:
    """Ask who somebody is; after a try at the identity provider, with what was in its way."""
    if trouble := visit.query.get("trouble"):
        return await _ask(visit, 200, visit.say(TROUBLES.get(trouble, "error.openid")))
    return await _ask(visit, 200)


async def _ask(visit: Visit, status: int, trouble: str | None = None) -> Response:
    form, query = visit.form, visit.query
    next_ = within_console(form.text("next") or query.get("next"))
    notes = [name for name in ("ended", "changed") if name in query and not trouble]
    return visit.page(
        "you.html", status, form=form, next=next_, trouble=trouble, notes=notes,
        provider=await _provider(visit), there=f"/you/openid?{urlencode({'next': next_})}",
    )  # fmt: skip


async def _provider(visit: Visit) -> str | None:
    """Return what the identity provider is called; None where there is none."""
    try:
        name: str | None = (await visit.api.speaking_for(None).get("/v1/sign-in-ways"))["provider"]
    except (AwayError, ProblemError):
        return None
    return name


async def come(visit: Visit) -> Response:
    """Sign in with a name and a password."""
    form = visit.form
    name, password = form.text("name") or "", form.fields.get("password", "")
    try:
        told = await visit.api.speaking_for(None).sign_in(name or "-", password, visit.address)
    except ProblemError as refused:
        return await _ask(visit, refused.status, _why(visit, refused))
    return await let_in(visit, told, form.text("next"))


async def let_in(
    visit: Visit, told: Json, where: str | None, *, has_password: bool = True
) -> Response:
    """Begin a session of its own, whoever was there before, and go on."""
    await _end(visit)
    actor = told["actor"]
    visit.session = Session.begin(
        actor["id"], actor["role"], told["rights"], told["token"], has_password=has_password
    )
    return go(within_console(where))


def _why(visit: Visit, refused: ProblemError) -> str:
    """Say why nobody was let in; not which of name and password was wrong."""
    if refused.status == TOO_MANY:
        minutes = -(-int(refused.body.get("wait_s", 60)) // 60)
        return visit.say("error.too_many", minutes=minutes)
    return visit.say("error.sign_in")


async def leave(visit: Visit) -> Response:
    """End the session, here and at the API."""
    await _end(visit)
    visit.session = Session.begin()
    return go("/you")


async def _end(visit: Visit) -> None:
    if visit.session.token:
        # One that cannot be ended now ends by itself; the browser forgets it either way.
        with suppress(AwayError, EndedError, ProblemError):
            await visit.api.sign_out()


async def show_password(visit: Visit) -> Response:
    """Ask for a new password."""
    return _password(visit, 200)


def _password(visit: Visit, status: int, trouble: str | None = None) -> Response:
    return visit.page("password.html", status, form=visit.form, trouble=trouble)


async def change_password(visit: Visit) -> Response:
    """Change the password of whoever is there; they sign in anew with it."""
    fields, errors = visit.form.fields, visit.form.errors
    old, new, again = (fields.get(name, "") for name in ("old", "new", "again"))
    if new != again:
        errors["again"] = "error.not_same"
        return _password(visit, INVALID)
    try:
        await visit.api.change_password(old, new, visit.address)
    except ProblemError as refused:
        if refused.status == TOO_MANY:
            return _password(visit, refused.status, _why(visit, refused))
        if refused.status == WRONG:
            errors["old"] = "error.old_password"
        else:
            errors["new"] = "error.new_password"
        return _password(visit, refused.status)
    visit.session = Session.begin()
    return go("/you?changed=yes")
