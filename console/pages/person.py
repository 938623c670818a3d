"""Who somebody is: said once, kept in the session, named in every command."""

from typing import get_args

from starlette.responses import Response

from console.desk import Visit, go
from console.session import Session, is_a_person
from contracts.cancellation import Role

ROLES: tuple[Role, ...] = get_args(Role)


def within_console(where: str | None) -> str:
    """Return where to go on to, if that is a page of ours."""
    is_ours = where is not None and where.startswith("/") and where[1:2] not in ("/", "\\")
    return where if is_ours and where else "/orders"


async def show(visit: Visit) -> Response:
    """Ask who somebody is."""
    return _ask(visit, 200)


def _ask(visit: Visit, status: int) -> Response:
    next_ = visit.form.text("next") or visit.query.get("next")
    return visit.page("you.html", status, roles=ROLES, form=visit.form, next=within_console(next_))


async def come(visit: Visit) -> Response:
    """Begin a session of its own under this name."""
    form = visit.form
    name, role = form.text("name") or "", form.choice("role", ROLES, "AGENT")
    if not is_a_person(name, role):
        form.errors["name"] = "error.name"
        return _ask(visit, 422)
    visit.session = Session.begin(name, next(one for one in ROLES if one == role))
    return go(within_console(form.text("next")))


async def leave(visit: Visit) -> Response:
    """End the session."""
    visit.session = Session.begin()
    return go("/you")
