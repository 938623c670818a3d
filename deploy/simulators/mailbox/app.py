"""The mailbox's HTTP doors: pages for people, JSON for tests, faults for experimenters.

Pages are found by mail number (keyset), so a page stays the same while new mails arrive.
"""

from itertools import islice
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from deploy.simulators.faults import FaultPlan, FaultRefusedError
from deploy.simulators.mailbox import pages
from deploy.simulators.mailbox.reading import read_mail
from deploy.simulators.mailbox.store import Mail, MailStore

PAGE_MAILS = 50
LIMIT_MAX = 1000
QUERY_CHARACTERS_MAX = 200
NUMBER_DIGITS_MAX = 18


class NumberRefusedError(ValueError):
    """A query parameter is not the number it should be."""


class MailboxDoors:
    """Every door, over one store."""

    def __init__(self, store: MailStore, faults: FaultPlan) -> None:
        self._store = store
        self._faults = faults

    async def show_list(self, request: Request) -> Response:
        """`GET /`: the newest mails, or those that match `?q=`."""
        query = request.query_params.get("q", "").strip()[:QUERY_CHARACTERS_MAX]
        try:
            before = _number(request, "before")
        except NumberRefusedError as error:
            return pages.error_page(400, "This page does not exist", str(error))
        mails, next_before = self._page(query, before, PAGE_MAILS)
        return pages.page(
            "list.html",
            mails=[(mail, self._store.copies_count(mail)) for mail in mails],
            next_before=next_before,
            before=before,
            q=query,
            summary=self._store.summary(),
            fault_notes=pages.fault_notes(self._faults.describe()),
        )

    async def show_mail(self, request: Request) -> Response:
        """`GET /mails/{number}`: one mail, taken apart."""
        mail = self._store.mail(request.path_params["number"])
        if mail is None:
            return _no_such_mail()
        return pages.page(
            "mail.html",
            mail=mail,
            read=read_mail(self._store.raw(mail)),
            copies_count=self._store.copies_count(mail),
            has_newer=mail.number < len(self._store),
        )

    async def show_html(self, request: Request) -> Response:
        """`GET /mails/{number}/html`: the HTML part alone, disarmed."""
        mail = self._store.mail(request.path_params["number"])
        html = read_mail(self._store.raw(mail)).html if mail else None
        return _no_such_mail() if html is None else pages.mail_html(html)

    async def show_raw(self, request: Request) -> Response:
        """`GET /mails/{number}/raw`: byte for byte."""
        mail = self._store.mail(request.path_params["number"])
        return (
            _no_such_mail() if mail is None else pages.raw_mail(mail.number, self._store.raw(mail))
        )

    async def show_stylesheet(self, _request: Request) -> Response:
        """`GET /mailbox.css`."""
        return pages.stylesheet()

    async def list_mails(self, request: Request) -> Response:
        """`GET /api/mails`: index entries, the newest first; pass `next_before` on as `before`."""
        try:
            before, limit = _number(request, "before"), _number(request, "limit") or PAGE_MAILS
        except NumberRefusedError as error:
            return _refusal(str(error))
        if limit > LIMIT_MAX:
            return _refusal(f"limit must be at most {LIMIT_MAX}.")
        mails, next_before = self._page(request.query_params.get("q", ""), before, limit)
        return _json({"mails": mails, "next_before": next_before})

    async def show_summary(self, _request: Request) -> Response:
        """`GET /api/summary`."""
        return _json(self._store.summary())

    async def show_index(self, _request: Request) -> Response:
        """`GET /api/index`: every index entry as JSON lines, the oldest first."""
        return StreamingResponse(self._store.index_lines(), media_type="application/x-ndjson")

    async def change_faults(self, request: Request) -> Response:
        """`/_sim/faults`: POST arms one, DELETE disarms all, GET shows them."""
        if request.method == "POST":
            try:
                return _json(self._faults.arm(await request.body()).describe())
            except FaultRefusedError as error:
                return _refusal(str(error))
        if request.method == "DELETE":
            self._faults.clear()
        return _json(self._faults.describe())

    async def show_health(self, _request: Request) -> Response:
        """`GET /healthz`."""
        return _json({"status": "ok"})

    def _page(self, query: str, before: int | None, limit: int) -> tuple[list[Mail], int | None]:
        """Return up to `limit` mails and where the next page starts, if there is one."""
        found = list(islice(self._store.newest_first(query, before), limit + 1))
        mails = found[:limit]
        return mails, mails[-1].number if len(found) > limit else None


def mailbox_app(store: MailStore, faults: FaultPlan) -> Starlette:
    """Return the ASGI application."""
    doors = MailboxDoors(store, faults)
    return Starlette(
        routes=[
            Route("/", doors.show_list),
            Route("/mailbox.css", doors.show_stylesheet),
            Route("/mails/{number:int}", doors.show_mail),
            Route("/mails/{number:int}/html", doors.show_html),
            Route("/mails/{number:int}/raw", doors.show_raw),
            Route("/api/mails", doors.list_mails),
            Route("/api/summary", doors.show_summary),
            Route("/api/index", doors.show_index),
            Route("/_sim/faults", doors.change_faults, methods=["GET", "POST", "DELETE"]),
            Route("/healthz", doors.show_health),
        ],
    )


def _number(request: Request, name: str) -> int | None:
    """Return a positive number from the query, or None when it is not given."""
    text = request.query_params.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > NUMBER_DIGITS_MAX or int(text) < 1:
        raise NumberRefusedError(f"{name} must be a whole number from 1.")
    return int(text)


def _json(value: Any) -> Response:
    return Response(orjson.dumps(value), media_type="application/json")


def _refusal(message: str) -> Response:
    body = orjson.dumps({"error": {"message": message}})
    return Response(body, 400, media_type="application/json")


def _no_such_mail() -> Response:
    return pages.error_page(
        404, "No such mail", "It may not have arrived yet, or has no such part. Look in the list."
    )
