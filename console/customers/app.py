"""The application: who has a link comes in, and whatever goes wrong is a page of plain words."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple
from uuid import uuid4

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.api import Api, AwayError, EndedError, ProblemError, path
from console.customers import asking, pages, taking_back
from console.customers.rates import MINUTE_S, Rate
from console.customers.settings import CustomersSettings
from console.customers.shop import Notifier, Shop
from console.customers.story import Story
from console.customers.visit import ASSETS, Visit, show, speaker
from console.forms import read_form
from console.headers import HEADERS, SecureHeaders
from console.templating import route_of
from contracts.links import PATH, OrderLink, read_link
from kit.clock import utc_now
from kit.logs import get_logger

log = get_logger("customers")

PAGE_HEADERS = {
    **HEADERS,
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow, noarchive",
}
"""Nothing runs, nothing is loaded from elsewhere, and no other site is told the link."""


Page = Callable[[Visit], Awaitable[Response]]


class Door(NamedTuple):
    """One address below a link and what is behind it."""

    path: str
    get: Page | None = None
    post: Page | None = None


DOORS: Sequence[Door] = (
    Door("", pages.show),
    Door("/cancel", asking.show, asking.send),
    Door("/requests/{request_id}/take-back", taking_back.show, taking_back.send),
    Door("/receipts/{command_id}", asking.receipt),
    Door("/feedback", post=pages.answer),
)


class _Told(Exception):  # noqa: N818 - it is the answer itself
    """Raised on the way in; becomes a page."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status, self.problem = status, problem


class _Page:
    """What all pages share."""

    def __init__(self, api: Api, notifier: Notifier, settings: CustomersSettings) -> None:
        self._api, self._notifier = api, notifier
        self._keys = settings.linking
        self._visits = Rate(settings.visits_per_minute)
        self._wrong = Rate(settings.wrong_links_per_minute)
        self._forms = Rate(settings.forms_per_minute)

    def route(self, door: Door) -> Route:
        """Return the route of a door."""

        async def enter(request: Request) -> Response:
            try:
                visit = await self._come_in(request)
                page = door.post if request.method == "POST" else door.get
                assert page is not None  # noqa: S101 - the route has no other methods
                return await page(visit)
            except (_Told, ProblemError, AwayError, EndedError, HTTPException) as wrong:
                return await self.tell(request, wrong)

        methods = [m for m, page in (("GET", door.get), ("POST", door.post)) if page]
        return Route(f"{PATH}/{{token}}{door.path}", enter, methods=methods, name=door.path)

    async def _come_in(self, request: Request) -> Visit:
        token = request.path_params["token"]
        link = self._read(token, request.client.host if request.client else "")
        visit = Visit(request, api=self._api, notifier=self._notifier, token=token, link=link)
        if request.method == "POST":
            if not self._forms.take(link.order_id):
                raise _Told(429, "often")
            visit.form = await read_form(request)
        story = await self._story(link.order_id, request.query_params.get("seen", ""))
        visit.story, visit.say = story, speaker(request, story.locale)
        newest = story.newest
        visit.shop = await self._notifier.shop(
            visit.say.locale,
            skus=sorted({unit.sku for unit in newest.lines}) if newest else (),
            reason=newest.reason if newest else None,
        )
        return visit

    def _read(self, token: str, who: str) -> OrderLink:
        if not self._visits.take(who) or not self._wrong.has_left(who):
            raise _Told(429, "often")
        link = read_link(self._keys, token)
        if link is None:
            self._wrong.take(who)
            raise _Told(404, "unknown")
        if link.ends_at <= utc_now().timestamp():
            raise _Told(410, "over")
        return link

    async def _story(self, order_id: str, seen: str) -> Story:
        where = path("v1", "orders", order_id)
        waits = {"min_position": seen} if seen.isdecimal() and len(seen) < 19 else {}  # noqa: PLR2004 - below 2⁶³
        order, history = await asyncio.gather(
            self._api.get(where, **waits), self._api.get(f"{where}/history", **waits)
        )
        return Story(order["order"], history["history"])

    async def tell(self, request: Request, wrong: Exception, **more: Any) -> Response:
        """Say what went wrong in words, and where help is."""
        match wrong:
            case _Told():
                status, problem = wrong.status, wrong.problem
            case AwayError() | EndedError():  # the second: the page's own key is not taken
                status, problem = 503, "away"
            case ProblemError():
                status, problem = (404, "unknown") if wrong.status == 404 else (503, "away")  # noqa: PLR2004 - HTTP's own
            case HTTPException():
                status = wrong.status_code
                problem = {404: "nowhere", 503: "away"}.get(status, "malformed")
            case _:
                status, problem = 500, "ours"
        say = speaker(request, None)
        shop = Shop() if status == 429 else await self._notifier.shop(say.locale)  # noqa: PLR2004
        response = show(
            "problem.html", status, say=say, request=request, shop=shop, problem=problem, **more
        )
        if status in (429, 503):
            response.headers["Retry-After"] = str(MINUTE_S)
        return response


def build(api: Api, notifier: Notifier, settings: CustomersSettings) -> SecureHeaders:
    """Build the application."""
    page = _Page(api, notifier, settings)

    async def nowhere(request: Request, error: Exception) -> Response:
        return await page.tell(request, error)

    async def unforeseen(request: Request, error: Exception) -> Response:
        # Not under its address: a link in a log could be opened by whoever reads that.
        incident = str(uuid4())
        log.error("page.failed", path=PATH, incident=incident, exc_info=error)
        return await page.tell(request, error, incident=incident)

    handlers: Any = {HTTPException: nowhere, Exception: unforeseen}
    app = Starlette(
        routes=[
            *(page.route(door) for door in DOORS),
            route_of(ASSETS),
        ],
        exception_handlers=handlers,
    )
    return SecureHeaders(app, is_https=settings.is_https, headers=PAGE_HEADERS)
