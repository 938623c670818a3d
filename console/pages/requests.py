"""The inbox of requests: cancellations that wait for a person, and the answer to one of them."""

from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from console.api import Json, ProblemError, path
from console.desk import Visit, new_command_id
from console.forms import INVALID
from console.pages import asking, order
from console.pages.asking import Asked, Wish
from contracts.cancellation import Right

ROWS = 50
KINDS = ("CUSTOMER_REQUEST", "APPROVAL")
ASKED = "order.cancellation-requested.v1"
REASONED = {"CUSTOMER_REQUEST": "customer_message", "APPROVAL": "staff_note"}
"""Where it must be said why a request is denied: to the customer, or to who asked."""


async def show_list(visit: Visit) -> Response:
    """List requests; the one that is due first comes first."""
    kind = visit.query.get("kind")
    kind = kind if kind in KINDS else None
    found = await visit.api.get(
        "/v1/cancellation-requests", kind=kind, limit=ROWS, after=visit.query.get("after")
    )
    next_ = found["next_after"]
    asked = {"kind": kind} if kind else {}
    return visit.page(
        "requests.html",
        requests=await asking.in_reader_words(visit, found["requests"]),
        view=kind or "ALL",
        views={name: f"/requests?{urlencode({'kind': name})}" if name in KINDS else "/requests"
               for name in ("ALL", *KINDS)},
        next=f"/requests?{urlencode({**asked, 'after': next_})}" if next_ else None,
    )  # fmt: skip


async def show(visit: Visit) -> Response:
    """Show a request, and what granting it would do."""
    found, request = await _find(visit)
    asked = Asked(new_command_id())
    if request["outcome"] is None:
        asked = await _ahead(visit)
    return await _page(visit, found, request, asked)


async def answer(visit: Visit) -> Response:
    """Grant a request, or deny it and say why."""
    if before := await asking.found(visit):
        return before.seen_at("orders", visit.within("order_id"))
    found, request = await _find(visit)
    if asking.is_look(visit):
        return await _page(visit, found, request, await _ahead(visit))
    is_denied = visit.form.text("answer") == "DENY"
    wish = _denial(visit, request) if is_denied else _approval(visit)
    if visit.form.errors:
        again = await _ahead(visit)
        return await _page(visit, found, request, again._replace(status=INVALID))
    done = await asking.send(visit, wish)
    if isinstance(done, Asked):
        return await _page(visit, found, request, done)
    return done.seen_at("orders", visit.within("order_id"))


async def _ahead(visit: Visit) -> Asked:
    """Ask what granting it would do, where it is this person's to grant."""
    if not visit.session.may(Right.APPROVE):
        return Asked(asking.command_id_of(visit))
    return await asking.look(visit, _approval(visit))


def _approval(visit: Visit) -> Wish:
    note = visit.form.sentence("staff_note")
    body = {"staff_note": note} if note else {}
    return Wish(f"{_where(visit)}/approval", body, f"{_where(visit)}/approval-previews")


def _denial(visit: Visit, request: Json) -> Wish:
    form = visit.form
    said = {name: form.sentence(name) for name in ("customer_message", "staff_note")}
    place = REASONED[request["kind"]]
    if said[place] is None:
        form.errors.setdefault(place, "error.no_reason_why_not")
    body = {name: text for name, text in said.items() if text}
    return Wish(f"{_where(visit)}/denial", body)


def _denied(visit: Visit, request: Json) -> Json:
    """Return what denying a request would answer."""
    return {
        "outcome": "DENIED",
        "order_id": visit.within("order_id"),
        "request_id": request["request_id"],
        "is_by_default": False,
        "customer_message": visit.form.text("customer_message"),
    }


def _where(visit: Visit) -> str:
    return path(
        "v1", "orders", visit.within("order_id"),
        "cancellation-requests", visit.within("request_id"),
    )  # fmt: skip


async def _find(visit: Visit) -> tuple[Json, Json]:
    found = await order.find(visit)
    for request in found["requests"]:
        if request["request_id"] == visit.within("request_id"):
            return found, (await asking.in_reader_words(visit, [request]))[0]
    raise ProblemError(404, {"code": "REQUEST_NOT_FOUND"})


async def _page(visit: Visit, found: Json, request: Json, asked: Asked) -> Response:
    entry, fact = await _asked_in(visit, request)
    is_answered = request["outcome"] is not None or request["kind"] != "CUSTOMER_REQUEST"
    denial = [] if is_answered else await asking.next_mails(visit, _denied(visit, request))
    return visit.page(
        "request.html",
        asked.status,
        order=found,
        request=request,
        form=visit.form,
        asked=asked,
        errors=visit.form.errors,
        preview=asked.preview,
        refusals=asked.refusals,
        told=entry,
        customer_note=fact.get("customer_note"),
        denial=denial,
    )


async def _asked_in(visit: Visit, request: Json) -> tuple[Json, dict[str, Any]]:
    """Return who asked for what, in words, and the fact that keeps it."""
    where = path("v1", "orders", visit.within("order_id"))
    history = (await visit.api.get(f"{where}/history"))["history"]
    explained = await visit.api.get(f"{where}/explanation", locale=visit.locale)
    fact = next(
        one for one in history
        if one["name"] == ASKED and one["fact"]["request_id"] == request["request_id"]
    )  # fmt: skip
    entry = next(one for one in explained["entries"] if one["message_id"] == fact["message_id"])
    return entry, fact["fact"]
