"""The application: every page has its door in `DOORS`, and whatever goes wrong is a page too."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.api import Apis, AwayError, EndedError, ProblemError
from console.desk import ASSETS, Page, Visit
from console.forms import BYTES_MAX, TOKEN, read_form
from console.headers import SecureHeaders
from console.language import LOCALES, Words, choose
from console.live import Feed
from console.pages import (
    afterwards,
    bulk,
    bulk_new,
    cancel,
    cases,
    guidance,
    letters,
    live,
    messages,
    numbers,
    openid,
    order,
    orders,
    people,
    person,
    policies,
    replays,
    requests,
    training,
    views,
    what_if,
)
from console.pages.asking import MISSING_RIGHT
from console.session import COOKIE, LANGUAGE_COOKIE, Session, Sessions, cookie_at
from console.settings import ConsoleSettings
from console.templating import YEAR_S, go, route_of
from contracts.cancellation import Right
from contracts.values import Locale
from kit.logs import get_logger

log = get_logger("console")

PLAN_BYTES_MAX = 6_291_456
"""50,000 of the longest order numbers; as the API takes them."""

LETTER_BYTES_MAX = 4_194_304
"""A record of a megabyte, as a form writes it."""


class Door(NamedTuple):
    """One address, what is behind it, and which right opens it."""

    path: str
    get: Page | None = None
    post: Page | None = None
    form_bytes_max: int = BYTES_MAX
    """The largest form it takes."""
    needs: Right | None = None
    """Who has this right comes in; None only where nobody has to say who they are."""
    to_send: Right | None = None
    """For its form, where that needs another right than the page."""

    @property
    def is_open(self) -> bool:
        """True where nobody has to say who they are."""
        return self.needs is None

    def needed_by(self, method: str) -> Right | None:
        """Return the right a request needs."""
        return self.to_send if method == "POST" and self.to_send else self.needs


ORDER = "/orders/{order_id}"
CANCELLATION = ORDER + "/cancellations/{cancellation_id}"

DOORS: Sequence[Door] = (
    Door("/", orders.home, needs=Right.READ),
    Door("/orders", orders.show_list, needs=Right.READ),
    Door("/orders/{order_id}", order.show, needs=Right.READ),
    Door(f"{ORDER}/cancel", cancel.show, cancel.send, needs=Right.CANCEL),
    Door(f"{ORDER}/settle", afterwards.show_settle, afterwards.send_settle, needs=Right.REFUND),
    Door(f"{ORDER}/restock", afterwards.show_restock, afterwards.send_restock, needs=Right.RESTOCK),
    Door(
        f"{CANCELLATION}/reinstate",
        afterwards.show_reinstate,
        afterwards.send_reinstate,
        needs=Right.CANCEL,
    ),
    Door(f"{CANCELLATION}/undo", post=afterwards.undo, needs=Right.CANCEL),
    Door(
        f"{ORDER}/requests/{{request_id}}",
        requests.show,
        requests.answer,
        needs=Right.READ,
        to_send=Right.REQUEST,
    ),
    Door(f"{ORDER}/messages", messages.show, messages.resend, needs=Right.READ, to_send=Right.CASE),
    Door("/requests", requests.show_list, needs=Right.READ),
    Door("/numbers", numbers.show, needs=Right.READ),
    Door("/numbers/entries", numbers.show_entries, needs=Right.READ),
    Door("/numbers/{table}/csv", numbers.download, needs=Right.READ),
    Door("/cases", cases.show_list, needs=Right.READ),
    Door("/cases/{case_id}", cases.show, cases.act, needs=Right.READ, to_send=Right.CASE),
    Door("/bulk", bulk.show_list, needs=Right.READ),
    Door(
        "/bulk/new",
        bulk_new.show,
        bulk_new.send,
        needs=Right.BULK,
        form_bytes_max=PLAN_BYTES_MAX,
    ),
    Door("/bulk/{plan_id}", bulk.show, bulk.change, needs=Right.READ, to_send=Right.BULK),
    Door("/policies", policies.show_list, needs=Right.READ),
    Door("/policies/draft", policies.show_draft, policies.send_draft, needs=Right.DRAFT),
    Door("/policies/what-if/{what_if_id}", what_if.show, what_if.act, needs=Right.DRAFT),
    Door("/policies/what-if/{what_if_id}/csv", what_if.download, needs=Right.DRAFT),
    Door("/policies/{version}", policies.show, needs=Right.READ),
    Door("/dead-letters", letters.show_causes, needs=Right.REPLAY),
    Door("/dead-letters/each", letters.show_each, letters.act_on_some, needs=Right.REPLAY),
    Door(
        "/dead-letters/{service}/{number}",
        letters.show,
        letters.act,
        needs=Right.REPLAY,
        form_bytes_max=LETTER_BYTES_MAX,
    ),
    Door("/replays", replays.show_list, needs=Right.REPLAY),
    Door("/replays/new", replays.show_new, replays.make, needs=Right.REPLAY),
    Door("/replays/{plan_hash}", replays.show, replays.act, needs=Right.REPLAY),
    Door("/people", people.show_list, needs=Right.PEOPLE),
    Door("/people/new", people.show_new, people.add, needs=Right.PEOPLE),
    Door("/people/log", people.show_log, needs=Right.PEOPLE),
    Door("/people/accounts/{name}", people.show, people.change, needs=Right.PEOPLE),
    Door("/people/keys", people.show_keys, needs=Right.PEOPLE),
    Door("/people/keys/new", people.show_new_key, people.issue, needs=Right.PEOPLE),
    Door("/people/keys/{name}/revoke", people.show_revoke, people.revoke, needs=Right.PEOPLE),
    Door("/live", live.stream, needs=Right.READ),
    Door("/help", guidance.show, needs=Right.READ),
    Door("/training", training.show, needs=Right.READ),
    Door("/views", post=views.keep, needs=Right.READ),
    Door("/you", person.show, person.come),
    Door("/you/openid", openid.leave_for),
    Door("/you/openid/back", openid.come_back),
    Door("/you/password", person.show_password, person.change_password, needs=Right.READ),
    Door("/leave", post=person.leave),
)


class _Console:
    """What all pages share."""

    def __init__(self, apis: Apis, sessions: Sessions, settings: ConsoleSettings) -> None:
        self.apis, self.sessions, self._settings = apis, sessions, settings
        self.feed = Feed()

    async def visit(self, request: Request) -> Visit:
        """Understand a request."""
        session = self._session_of(request) or Session.begin()
        chosen = request.cookies.get(cookie_at(request.url, LANGUAGE_COOKIE))
        locale = choose(
            request.query_params.get("language") or chosen,
            request.headers.get("accept-language", ""),
        )
        return Visit(
            request, apis=self.apis.speaking_for(session.token), feed=self.feed,
            session=session, sessions=self.sessions, say=Words(locale),
            is_training=self._settings.is_training,
        )  # fmt: skip

    def route(self, door: Door) -> Route:
        """Return the route of a door."""

        async def enter(request: Request) -> Response:
            visit = await self.visit(request)
            if locale := _chosen_language(request):
                visit.kept[LANGUAGE_COOKIE] = locale, YEAR_S
                url = request.url.remove_query_params("language")
                return self._keep(visit, go(f"{url.path}?{url.query}" if url.query else url.path))
            try:
                response = await self._enter(door, visit)
            except EndedError:
                visit.session = Session.begin()
                response = _to_entrance(visit, ended="yes")
            except (ProblemError, AwayError, HTTPException) as wrong:
                response = _told(visit, wrong)
            return self._keep(visit, response)

        methods = [m for m, page in (("GET", door.get), ("POST", door.post)) if page]
        return Route(door.path, enter, methods=methods, name=door.path)

    async def _enter(self, door: Door, visit: Visit) -> Response:
        request = visit.request
        if request.method == "POST":
            if not _is_from_here(request):
                raise HTTPException(403)
            visit.form = await read_form(request, door.form_bytes_max)
            if not self.sessions.is_own_form(visit.session, visit.form.text(TOKEN) or ""):
                return visit.page("error.html", 403, problem="form")
        if not door.is_open and visit.session.name is None:
            return _to_entrance(visit)
        needed = door.needed_by(request.method)
        if needed and not visit.session.may(needed):
            return visit.page("error.html", 403, problem="right", right=needed)
        page = door.post if request.method == "POST" else door.get
        assert page is not None  # noqa: S101 - the route has no other methods
        return await page(visit)

    def _keep(self, visit: Visit, response: Response) -> Response:
        """Have the browser keep the session, whenever it is another than it came with."""
        request, kept = visit.request, dict[str, tuple[str, int | None]](visit.kept)
        if self._session_of(request) != visit.session:
            kept[COOKIE] = self.sessions.write(visit.session), None
        for name, (value, max_age_s) in kept.items():
            response.set_cookie(
                cookie_at(request.url, name), value, max_age=max_age_s, httponly=True,
                samesite="lax", secure=self._settings.is_https,
            )  # fmt: skip
        return response

    def _session_of(self, request: Request) -> Session | None:
        return self.sessions.read(request.cookies.get(cookie_at(request.url, COOKIE)))


def _chosen_language(request: Request) -> Locale | None:
    chosen = request.query_params.get("language")
    return next((one for one in LOCALES if one == chosen and request.method == "GET"), None)


def _is_from_here(request: Request) -> bool:
    """Tell whether a page of ours sent a form, as far as the browser says."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    # Whether it is HTTPS only the proxy in front of us knows.
    is_own = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    return site in ("same-origin", "none") and is_own


def _to_entrance(visit: Visit, **more: str) -> Response:
    """Have somebody sign in, and come back to what they wanted to see."""
    url = visit.request.url
    where = f"{url.path}?{url.query}" if url.query else url.path
    next_ = where if visit.request.method == "GET" else "/orders"
    return go(f"/you?{urlencode({'next': next_, **more})}")


def _told(visit: Visit, wrong: Exception) -> Response:
    """Say what went wrong in words."""
    match wrong:
        case AwayError():
            return visit.page("error.html", 503, problem="away")
        case ProblemError() if wrong.code.endswith("_NOT_FOUND"):
            return visit.page("error.html", 404, problem=wrong.code)
        case ProblemError() if wrong.code == MISSING_RIGHT:
            return visit.page("error.html", 403, problem="right", right=wrong.body["right"])
        case ProblemError():
            return visit.page("error.html", wrong.status, problem="refused", detail=wrong.body)
        case HTTPException() if wrong.status_code in (404, 405):
            return visit.page("error.html", wrong.status_code, problem="nowhere")
    status = wrong.status_code if isinstance(wrong, HTTPException) else 500
    return visit.page("error.html", status, problem="malformed")


def build(apis: Apis, settings: ConsoleSettings) -> SecureHeaders:
    """Build the application."""
    sessions = Sessions(settings.signing_key, settings.session_max_s)
    console = _Console(apis, sessions, settings)

    async def nowhere(request: Request, error: Exception) -> Response:
        return _told(await console.visit(request), error)

    async def unforeseen(request: Request, error: Exception) -> Response:
        incident = str(uuid4())
        log.error("page.failed", path=request.url.path, incident=incident, exc_info=error)
        visit = await console.visit(request)
        return visit.page("error.html", 500, problem="ours", incident=incident)

    handlers: Any = {HTTPException: nowhere, Exception: unforeseen}
    app = Starlette(
        routes=[
            *(console.route(door) for door in DOORS),
            route_of(ASSETS),
        ],
        exception_handlers=handlers,
    )
    # Around everything: also what was not foreseen is answered with them.
    return SecureHeaders(app, is_https=settings.is_https)
