"""Who somebody is: signed in by the API, kept in the session, named in every command."""

from contextlib import suppress

from starlette.responses import Response

from console.api import AwayError, EndedError, ProblemError
from console.desk import Visit
from console.forms import INVALID
from console.session import Session
from console.templating import go

WRONG, TOO_MANY = 401, 429


def within_console(where: str | None) -> str:
    """Return where to go on to, if that is a page of ours."""
    is_ours = where is not None and where.startswith("/") and where[1:2] not in ("/", "\\")
    return where if is_ours and where else "/orders"


async def show(visit: Visit) -> Response:
    """Ask who somebody is."""
    return _ask(visit, 200)


def _ask(visit: Visit, status: int, trouble: str | None = None) -> Response:
    form, query = visit.form, visit.query
    next_ = within_console(form.text("next") or query.get("next"))
    notes = [name for name in ("ended", "changed") if name in query and not trouble]
    return visit.page("you.html", status, form=form, next=next_, trouble=trouble, notes=notes)


async def come(visit: Visit) -> Response:
    """Sign in; begins a session of its own, whoever was there before."""
    form = visit.form
    name, password = form.text("name") or "", form.fields.get("password", "")
    try:
        told = await visit.api.speaking_for(None).sign_in(name or "-", password, visit.address)
    except ProblemError as refused:
        return _ask(visit, refused.status, _why(visit, refused))
    await _end(visit)
    actor = told["actor"]
    visit.session = Session.begin(actor["id"], actor["role"], told["rights"], told["token"])
    return go(within_console(form.text("next")))


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
