"""The customers' door: one question below a mail, answered once, and what their page asks.

Whoever has the link may answer; it names nobody. Looking changes nothing, because mail programs
follow links by themselves; only a button does.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from contracts.notifier import FeedbackAnswer
from kit.cloudevents import Incoming, fingerprint
from kit.event_store import EventStore
from kit.postgres import Pool
from kit.processor import Processor
from services.notifier import customers
from services.notifier.domain.commands import GiveFeedback
from services.notifier.domain.events import NotificationRequested
from services.notifier.rendering import FEEDBACK_PATH
from services.notifier.sealing import read_feedback_token
from services.notifier.translation import stream_of
from services.notifier.words import LABELS
from web import problems
from web.problems import BodyLimit, Problem

BODY_BYTES_MAX = 1_024
"""Of an answer; a form with one word in it."""

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
}

_PAGE = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    auto_reload=False,
).get_template("feedback.html")


def build(
    pool: Pool, store: EventStore, processor: Processor[Any], secret: bytes,
    link_keys: Sequence[str],
) -> Starlette:  # fmt: skip
    """Build the application."""

    async def asked(request: Request) -> NotificationRequested | None:
        message_id = read_feedback_token(secret, request.path_params["token"])
        found = message_id and await pool.fetchval(
            "SELECT request FROM notifier.effects WHERE effect_id = $1", message_id
        )
        return NotificationRequested.model_validate_json(found) if found else None

    async def show(request: Request) -> HTMLResponse:
        mail = await asked(request)
        return _page("unknown", "en", 404) if mail is None else _page("asked", _locale(mail))

    async def take(request: Request) -> HTMLResponse:
        mail = await asked(request)
        if mail is None:
            return _page("unknown", "en", 404)
        form = parse_qs((await request.body()).decode("ascii", "replace"))
        answer = form.get("answer", [""])[0]
        if answer not in get_args(FeedbackAnswer):
            raise Problem(422, "ANSWER_UNKNOWN", "answer is one of GOOD, FAIR, POOR")
        said = GiveFeedback.model_validate(
            {"order_id": mail.order_id, "message_id": mail.message_id, "answer": answer}
        )
        type_, id_ = type(said).__name__, f"feedback:{mail.message_id}:{answer}"
        _, stream = stream_of(said)
        print_ = fingerprint(type_, said)
        await processor.process([Incoming(id_, type_, said, stream, print_, id_)])
        return _page("thanks", _locale(mail))

    path = f"{FEEDBACK_PATH}/{{token}}"
    app = Starlette(
        routes=[
            Route(path, show, methods=["GET"]),
            Route(path, take, methods=["POST"]),
            *customers.routes(pool, store, secret, link_keys),
        ]
    )
    problems.install(app)
    app.add_middleware(BodyLimit, bytes_max=BODY_BYTES_MAX, larger={})
    return app


def _locale(mail: NotificationRequested) -> str:
    return mail.recipient.locale


def _page(which: str, locale: str, status: int = 200) -> HTMLResponse:
    words, answers = LABELS[locale], get_args(FeedbackAnswer) if which == "asked" else ()
    html = _PAGE.render(locale=locale, words=words, title=words[which], answers=answers)
    return HTMLResponse(html, status, headers=HEADERS)
