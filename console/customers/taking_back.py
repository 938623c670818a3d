"""A customer takes back a request nobody has answered: look, confirm, receipt; and never twice."""

from starlette.exceptions import HTTPException
from starlette.responses import Response

from console.api import AwayError, ProblemError, path
from console.customers.asking import (
    command_id_of,
    granted_before,
    new_command_id,
    to_receipt,
    whole,
)
from console.customers.story import Asked
from console.customers.visit import Visit


def _open(visit: Visit) -> Asked | None:
    """Return the request, while it can be taken back."""
    request_id = visit.within("request_id")
    return next((one for one in visit.story.mine if one.request_id == request_id), None)


async def show(visit: Visit) -> Response:
    """Say what would be taken back."""
    if _open(visit) is None:
        raise HTTPException(404)
    return _look(visit, new_command_id())


def _look(visit: Visit, command_id: str, trouble: str | None = None, status: int = 200) -> Response:
    return visit.page(
        "take_back.html", status, asked=_open(visit), command_id=command_id, trouble=trouble
    )


async def send(visit: Visit) -> Response:
    """Take it back; whoever presses twice, or sends again after a lost answer, does it once."""
    if before := await granted_before(visit):
        return before
    if _open(visit) is None:
        return _look(visit, new_command_id(), "trouble.answered", 409)
    key = command_id_of(visit)
    where = path(
        "v1", "orders", visit.story.order_id, "cancellation-requests", visit.within("request_id"),
        "denial",
    )  # fmt: skip
    try:
        answer = await visit.api.send(where, {"actor": whole(visit)["actor"]}, key)
    except AwayError:
        return _look(visit, key, "trouble.unknown", 503)
    except ProblemError:
        return _look(visit, new_command_id(), "trouble.answered", 409)
    return to_receipt(visit, key, answer)
