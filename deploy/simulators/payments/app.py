"""The provider's HTTP doors: Stripe's under `/v1`, the experimenter's under `/_sim`.

`POST /v1/refunds` is the only door faults strike and the only one counted; all others are for
looking. `GET /v1/refunds/search` is ours: Stripe has no search over refunds.
"""

from collections.abc import Awaitable, Callable
from itertools import dropwhile, islice
from typing import NamedTuple
from urllib.parse import parse_qsl

import orjson

from deploy.simulators.faults import FaultPlan, FaultRefusedError
from deploy.simulators.group_commit import WriteRefusedError
from deploy.simulators.payments.books import Refund
from deploy.simulators.payments.captures import parse_captures
from deploy.simulators.payments.errors import (
    ApiError,
    internal_error,
    parameter_invalid,
    parameter_missing,
    parameter_unknown,
)
from deploy.simulators.payments.ledger import Ledger
from deploy.simulators.payments.provider import REPLAYED, Provider
from deploy.simulators.payments.refund_form import FORM, parse_refund
from deploy.simulators.serving import (
    JSON_LINES,
    Answer,
    BodyTooLargeError,
    ClientGoneError,
    Receive,
    Scope,
    Send,
    hang_up,
    read_body,
    send_answer,
    send_stream,
)

FAULT_MODES = ("fail_before", "fail_stored", "fail_after", "slow", "garbage", "decline")
KEY_CHARACTERS_MAX = 255
REFUND_BYTES_MAX = 65_536
PAYMENTS_BYTES_MAX = 33_554_432
LIMIT_MAX = 100
LIMIT_DEFAULT = 10


class Request(NamedTuple):
    """One HTTP request."""

    scope: Scope
    receive: Receive

    def header(self, name: bytes) -> bytes | None:
        """Return the first value of a header; `name` in lower case."""
        for key, value in self.scope["headers"]:
            if key == name:
                return bytes(value)
        return None

    def query(self, *known: str) -> dict[str, str]:
        """Return the query's parameters.

        Raises:
            ApiError: one of them is not `known`.
        """
        found = dict(parse_qsl(self.scope["query_string"].decode("latin-1")))
        for name in found:
            if name not in known:
                raise parameter_unknown(name)
        return found


Door = Callable[[Request], Awaitable[Answer | None]]
"""Answers a request; None means the connection was cut instead."""


class PaymentsApp:
    """The ASGI application."""

    def __init__(self, provider: Provider, ledger: Ledger) -> None:
        self._provider = provider
        self._ledger = ledger
        self._faults = FaultPlan(*FAULT_MODES)
        self._requests_count = 0
        self._replayed_count = 0
        self._conflicts_count = 0
        self._doors: dict[tuple[str, str], Door] = {
            ("POST", "/v1/refunds"): self._create_refund,
            ("GET", "/v1/refunds"): self._list_refunds,
            ("GET", "/v1/refunds/search"): self._search_refunds,
            ("POST", "/_sim/payments"): self._capture,
            ("POST", "/_sim/faults"): self._arm_fault,
            ("GET", "/_sim/faults"): self._show_faults,
            ("DELETE", "/_sim/faults"): self._clear_faults,
            ("GET", "/_sim/summary"): self._show_summary,
            ("GET", "/healthz"): self._show_health,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        method, path = scope["method"], scope["path"]
        if method == "GET" and path == "/_sim/ledger":
            await send_stream(send, JSON_LINES, self._ledger.chunks())
            return
        door = self._doors.get((method, path))
        if door is None:
            is_refund = method == "GET" and path.startswith("/v1/refunds/")
            door = self._show_refund if is_refund else self._refuse_unknown
        try:
            answer = await door(Request(scope, receive))
        except ApiError as refusal:
            answer = refusal.answer()
        except BodyTooLargeError as error:
            answer = ApiError(413, str(error)).answer()
        except WriteRefusedError:
            answer = internal_error().answer()
        except ClientGoneError:
            return
        if answer is None:
            await hang_up(scope, receive)
        else:
            await send_answer(send, answer)

    async def _create_refund(self, request: Request) -> Answer | None:
        self._requests_count += 1
        body = await read_body(request.receive, REFUND_BYTES_MAX)
        key = _idempotency_key(request)
        if (request.header(b"content-type") or b"").partition(b";")[0].strip() != FORM:
            raise ApiError(400, f"The body must be {FORM.decode()}.")
        form = parse_refund(body)
        fault = self._faults.draw()
        mode = fault.mode if fault else None
        if mode == "fail_before":
            raise internal_error()
        try:
            answer = await self._provider.create_refund(
                key,
                form,
                decline=mode == "decline",
                fail=mode == "fail_stored",
                hold_s=fault.delay_s if fault else 0.0,
            )
        except ApiError:
            self._conflicts_count += 1
            raise
        self._replayed_count += answer.headers is REPLAYED
        if mode == "fail_after":
            return None
        if mode == "garbage":
            return Answer(200, b"<html>Bad gateway, politely</html>")
        return answer

    async def _list_refunds(self, request: Request) -> Answer:
        query = request.query("payment_intent", "limit", "starting_after")
        limit = _limit(query.get("limit"))
        found = self._provider.books.newest_first(query.get("payment_intent"))
        after = query.get("starting_after")
        if after is not None:
            self._provider.books.refund(after)
            found = islice(dropwhile(lambda refund: refund.refund_id != after, found), 1, None)
        page = list(islice(found, limit + 1))
        return _listing("list", "/v1/refunds", page[:limit], has_more=len(page) > limit)

    async def _search_refunds(self, request: Request) -> Answer:
        refund_id = request.query("refund_id").get("refund_id")
        if not refund_id:
            raise parameter_missing("refund_id")
        found = self._provider.books.with_our_id(refund_id)
        return _listing("search_result", "/v1/refunds/search", found, has_more=False)

    async def _show_refund(self, request: Request) -> Answer:
        identifier = request.scope["path"].removeprefix("/v1/refunds/")
        return Answer(200, self._provider.books.refund(identifier).body)

    async def _refuse_unknown(self, request: Request) -> Answer:
        method, path = request.scope["method"], request.scope["path"]
        raise ApiError(404, f"Unrecognized request URL ({method}: {path}).")

    async def _capture(self, request: Request) -> Answer:
        body = await read_body(request.receive, PAYMENTS_BYTES_MAX)
        captures = parse_captures(body)
        new_count = await self._provider.capture(captures)
        return _json({"registered": new_count, "known": len(captures) - new_count})

    async def _arm_fault(self, request: Request) -> Answer:
        body = await read_body(request.receive, REFUND_BYTES_MAX)
        try:
            return _json(self._faults.arm(body).describe())
        except FaultRefusedError as error:
            raise ApiError(400, str(error)) from None

    async def _show_faults(self, _request: Request) -> Answer:
        return _json(self._faults.describe())

    async def _clear_faults(self, _request: Request) -> Answer:
        self._faults.clear()
        return _json([])

    async def _show_summary(self, _request: Request) -> Answer:
        return _json(
            self._provider.books.summary()
            | {
                "requests": self._requests_count,
                "replayed": self._replayed_count,
                "conflicts": self._conflicts_count,
            }
        )

    async def _show_health(self, _request: Request) -> Answer:
        return _json({"status": "ok"})


def _idempotency_key(request: Request) -> str:
    """Return the key a refund must carry; Stripe itself would do without one."""
    raw = request.header(b"idempotency-key") or b""
    key = raw.decode("latin-1")
    if not 0 < len(key) <= KEY_CHARACTERS_MAX or not key.isprintable():
        raise ApiError(
            400,
            f"The header Idempotency-Key is required: 1 to {KEY_CHARACTERS_MAX} printable "
            "characters.",
            code="idempotency_key_missing",
        )
    return key


def _limit(text: str | None) -> int:
    if text is None:
        return LIMIT_DEFAULT
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= LIMIT_MAX:
        raise parameter_invalid("limit", f"Invalid limit: must be 1 to {LIMIT_MAX}")
    return int(text)


def _listing(kind: str, url: str, refunds: list[Refund], *, has_more: bool) -> Answer:
    data = [orjson.Fragment(refund.body) for refund in refunds]
    return _json({"object": kind, "url": url, "has_more": has_more, "data": data})


def _json(value: object) -> Answer:
    return Answer(200, orjson.dumps(value))
