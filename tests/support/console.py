"""The console over one order whose story a test tells; its answers are made by the API's functions.

What the API does between a request and its functions (PostgreSQL) is left out here; the tests in
Chromium have all of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2
import orjson
from fastapi.encoders import jsonable_encoder

from console.api import Api, Apis
from console.app import build
from console.session import COOKIE, Session, Sessions
from console.settings import ConsoleSettings
from contracts import cancellation as commands
from contracts.cancellation import RIGHTS_OF
from kit.event_store import LogEntry
from kit.facts import Cause, RecordedFact
from services.cancellation.answers import answer_to, describe
from services.cancellation.bootstrap import SERVICE
from services.cancellation.case_actions import actions_of
from services.cancellation.desk import http_status
from services.cancellation.domain.default_policy import DEFAULT_POLICY
from services.cancellation.explaining.preview import preview
from services.cancellation.explaining.refusing import every_rule
from services.cancellation.explaining.words import Speaker
from services.cancellation.projections.cases import CASE_COLUMNS, rows_of
from services.cancellation.projections.folding import fold_page
from services.cancellation.projections.history import HISTORY_COLUMNS, history_row
from services.cancellation.projections.row import OrderSummary
from services.cancellation.projections.shown import in_list
from services.notifier.domain.state import Messages
from tests.support.console_browser import Browser
from tests.support.console_figures import entries_of, figures_of
from tests.support.mails import foreseen, next_foreseen
from tests.support.mothers import ORDER_ID
from tests.support.rows import shown
from tests.support.spec import NOW, STREAM
from tests.support.telling import Told

SECRET = "a-key-of-the-tests-and-of-nothing-else"
COMMANDS: Mapping[str, Any] = {
    "cancellations": commands.CancelOrder,
    "cancellation-previews": commands.CancelOrder,
    "cancellation-requests": commands.RequestCancellation,
    "cancellation-request-previews": commands.RequestCancellation,
    "refund-settlements": commands.SettleRefund,
    "refund-settlement-previews": commands.SettleRefund,
    "restocks": commands.RestockCancelledItems,
    "manual-refunds": commands.RecordManualRefund,
    "approval": commands.ApproveCancellation,
    "approval-previews": commands.ApproveCancellation,
    "denial": commands.DenyCancellation,
    "undo": commands.UndoCancellation,
    "reinstatement": commands.ReinstateOrder,
    "reinstatement-previews": commands.ReinstateOrder,
    "assignment": commands.AssignCase,
    "escalation": commands.EscalateCase,
    "notes": commands.AddCaseNote,
    "closure": commands.CloseCase,
}
"""What is asked for by the last word of an address."""


A_MAIL: Mapping[str, Any] = {
    "message_id": "6c9c9e34-2f0c-5d0a-9a51-4a7a0c3f8a01", "kind": "ORDER_CANCELLED",
    "locale": "fr", "outcome": "SUCCEEDED", "decided_at": "2026-02-01T10:00:00Z",
    "answer": "250 ok", "detail": None, "bounce": None, "resend_of": None, "resent_by": None,
    "resent_why": None,
}  # fmt: skip
A_MAIL_AGAIN = {
    **A_MAIL, "message_id": "6c9c9e34-2f0c-5d0a-9a51-4a7a0c3f8a02", "outcome": "FAILED",
    "resend_of": A_MAIL["message_id"], "resent_by": "lea", "resent_why": "lost in a filter",
    "detail": "550 no such box",
}  # fmt: skip
"""As the notifier tells of mails."""


@dataclass
class ApiOfOneOrder:
    """Answers for the API about the one order of a story."""

    told: Told
    answers: dict[str, Any] = field(default_factory=dict)
    """What each command came to, by its id."""
    asked: list[tuple[str, Any]] = field(default_factory=list)
    """Every command that was sent, with its id."""
    told_before: Messages = field(default_factory=Messages)
    """What the customer was told by mail."""
    is_away: bool = False
    session: str | None = "a-session"
    """What a session that is not over is known by."""
    entrance: tuple[int, Any] | None = None
    """What whoever signs in or changes a password is told; None when they are let in."""

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request."""
        if self.is_away:
            raise httpx2.ConnectError("nobody there", request=request)
        parts = request.url.path.strip("/").split("/")[1:]
        if parts == ["sign-in-ways"]:
            return httpx2.Response(200, json={"provider": None})
        if parts[0] in ("sessions", "me"):
            return self._at_the_entrance(parts, request)
        if request.headers.get("authorization") != f"Bearer {self.session}":
            return httpx2.Response(401, json={"code": "CREDENTIAL_INVALID", "detail": "over"})
        body = self._read(parts, request) if request.method == "GET" else self._do(parts, request)
        status, content = body if isinstance(body, tuple) else (200, body)
        return httpx2.Response(status, json=jsonable_encoder(content))

    def _at_the_entrance(self, parts: list[str], request: httpx2.Request) -> httpx2.Response:
        if request.method == "DELETE":
            self.session = None
            return httpx2.Response(204)
        if self.entrance:
            return httpx2.Response(self.entrance[0], json=self.entrance[1])
        if parts == ["me", "password"]:
            self.session = None
            return httpx2.Response(204)
        self.session = "another-session"
        name = orjson.loads(request.content)["name"]
        told = {"actor": {"type": "STAFF", "id": name, "role": "AGENT"},
                "rights": sorted(RIGHTS_OF["AGENT"]), "token": self.session}  # fmt: skip
        return httpx2.Response(201, json=told)

    def _read(self, parts: list[str], request: httpx2.Request) -> Any:
        at = int(request.url.params.get("at") or len(self.told.recorded))
        locale: Any = request.url.params.get("locale", "en")
        known = {
            "orders": self._list,
            f"orders/{ORDER_ID}": lambda: _as_of(at, order=self._order(at)),
            f"orders/{ORDER_ID}/history": lambda: _as_of(at, history=self._history(at)),
            f"orders/{ORDER_ID}/explanation": lambda: _as_of(at, **self._explained(at, locale)),
            f"orders/{ORDER_ID}/messages": lambda: {"messages": [A_MAIL, A_MAIL_AGAIN]},
            "reasons": lambda: {"reasons": [
                {"reason": one.reason, "sub_reason": one.code, "label": getattr(one.labels, locale)}
                for one in DEFAULT_POLICY.reasons
            ]},
            "cancellation-requests": lambda: {"requests": self.requests(), "next_after": None},
            "rules": lambda: {"rules": [
                one.model_dump() for one in every_rule(Speaker(locale))
            ]},
            "figures/entries": lambda: entries_of(self._order(at)),
            **{f"figures/{what}": lambda what=what: figures_of(
                self._order(at), what, dict(request.url.params)
            ) for what in ("cancellations", "refunds", "requests")},
            "cases": lambda: {"cases": self.cases(), "next_after": None},
            **{f"cases/{case['case_id']}": lambda case=case: self._case(case, at)
               for case in self.cases()},
            **{f"commands/{key}": lambda key=key: self.answers[key] for key in self.answers},
        }  # fmt: skip
        found = known.get("/".join(parts))
        missing = {"code": "ORDER_NOT_FOUND", "detail": "nobody announced it", "status": 404}
        return found() if found else (404, missing)

    def _list(self) -> Any:
        at = len(self.told.recorded)
        return _as_of(at, orders=[in_list(self._order(at))], next_before=None)

    def requests(self) -> list[dict[str, Any]]:
        """Return the requests that wait for an answer."""
        order = self._order(len(self.told.recorded))
        return [
            {**order, **one, "left_s": 7_200, "is_overdue": False}
            for one in order["requests"]
            if one["outcome"] is None
        ]

    def _explained(self, at: int, locale: Any) -> dict[str, Any]:
        before = Told(recorded=self.told.recorded[:at], books=self.told.books)
        return before.explained(locale).model_dump(mode="json")

    def _case(self, case: dict[str, Any], at: int) -> Any:
        actions = [one.model_dump(mode="json") for one in actions_of(case)]
        story = [one for one in self._history(at) if one["name"].startswith("order.case")]
        story = [{name: one[name] for name in one if name != "message_id"} for one in story]
        return {"case": {**case, "next_actions": actions}, "story": story}

    def _do(self, parts: list[str], request: httpx2.Request) -> Any:
        said = orjson.loads(request.content)
        if parts == ["mail-previews"]:
            return foreseen(said)
        if parts == ["next-mail-previews"]:
            return next_foreseen(said, self.told_before)
        in_path = {"cancellations": "cancellation_id", "cases": "case_id",
                   "cancellation-requests": "request_id"}  # fmt: skip
        named = {in_path[parts[2]]: parts[3]} if len(parts) > 3 else {}
        model = COMMANDS[parts[-1]]
        command = model.model_validate_json(orjson.dumps({**said, **named, "order_id": parts[1]}))
        if parts[-1].endswith("previews"):
            locale: Any = request.url.params["locale"]
            ahead = Told(self.told.book, self.told.now, self.told.state, list(self.told.recorded))
            ahead.say(command)
            new = ahead.recorded[len(self.told.recorded) :]
            return preview(command, new, self.told.state.placed, locale).model_dump(mode="json")
        key = request.headers["idempotency-key"]
        self.asked.append((key, said))
        if key not in self.answers:
            self._decide(key, command)
        return self._answered(key)

    def _decide(self, key: str, command: Any) -> None:
        known = len(self.told.recorded)
        self.told.say(command)
        facts = [one.fact for one in self.told.recorded[known:]]
        cause = Cause(message_id=key, correlation_id=key, recorded_at=self.told.now)
        self.told.recorded[known:] = [
            RecordedFact(STREAM, known + n, fact, cause) for n, fact in enumerate(facts, 1)
        ]
        position = len(self.told.recorded)
        self.answers[key] = {**describe(answer_to(key, facts)), "position": position}

    def _answered(self, key: str) -> tuple[int, Any]:
        answer = self.answers[key]
        if answer["outcome"] != "REJECTED":
            return 201, answer
        code = answer["refusals"][0]["code"]
        return http_status(code), {**answer, "code": code, "detail": "refused"}

    def _page(self, at: int) -> list[LogEntry]:
        mapper = SERVICE.store.mapper
        return [
            LogEntry(
                n, STREAM, n, one.fact.NAME,
                mapper.write_body(one.fact, mapper.transcoder.encode(one.cause)),
            )
            for n, one in enumerate(self.told.recorded[:at], 1)
        ]  # fmt: skip

    def _order(self, at: int) -> dict[str, Any]:
        page = self._page(at)
        (row,) = fold_page(page, {})
        return shown(row, page)

    def _history(self, at: int) -> list[dict[str, Any]]:
        page = self._page(at)
        rows = [dict(zip(HISTORY_COLUMNS, history_row(one), strict=True)) for one in page]
        return [{**row, "fact": orjson.loads(row["fact"])} for row in rows]

    def cases(self) -> list[dict[str, Any]]:
        folded: dict[UUID, OrderSummary] = {}
        fold_page(self._page(len(self.told.recorded)), folded)
        summary = folded[STREAM]
        rows = rows_of(summary, summary.details.get("cases", {}).keys())
        return [
            {**case, "lines": orjson.loads(case["lines"]), "is_overdue": False, "age_s": 90_000}
            for case in (dict(zip(CASE_COLUMNS, row, strict=True)) for row in rows)
        ]


def _as_of(at: int, **more: Any) -> dict[str, Any]:
    return {"as_of": at, "as_of_time": NOW, **more}


def visit(
    told: Told, locale: str = "en", *, name: str | None = "kim", role: Any = "MANAGER", **more: Any
) -> Browser:
    """Open the console over a story, signed in as `name`."""
    api = ApiOfOneOrder(told)
    settings = ConsoleSettings.model_validate({"secret_key": SECRET, **more})
    answered_by = [api.answer]

    def pass_on(request: httpx2.Request) -> httpx2.Response:
        found: httpx2.Response = answered_by[0](request)
        return found

    wire = httpx2.MockTransport(pass_on)
    to_api = httpx2.AsyncClient(transport=wire, base_url="http://api")
    app = build(Apis(Api(to_api), Api(to_api), Api(to_api)), settings)
    sessions = Sessions(SECRET, 3600)
    session = Session.begin()
    if name is not None:
        session = Session.begin(name, role, sorted(RIGHTS_OF[role]), api.session)
    client = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app, raise_app_exceptions=False),
        base_url="http://console",
        headers={"accept-language": locale},
        cookies={COOKIE: sessions.write(session)},
    )
    return Browser(api, client, sessions.token(session), answered_by)
