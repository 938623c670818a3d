"""Stripe's doors, under `/v1`: the ones that act are struck by faults and counted, the others look.

`GET /v1/refunds/search` is ours: Stripe has no search over refunds.
"""

from collections.abc import Callable, Coroutine
from itertools import dropwhile, islice
from typing import Any

import orjson

from deploy.simulators.faults import Fault, FaultPlan
from deploy.simulators.payments.doors import Door, Request, json_answer
from deploy.simulators.payments.errors import (
    ApiError,
    internal_error,
    parameter_invalid,
    parameter_missing,
    parameter_unknown,
    resource_missing,
)
from deploy.simulators.payments.provider import REPLAYED, Provider
from deploy.simulators.payments.refund_form import FORM, fingerprint_of, parse_pairs, parse_refund
from deploy.simulators.payments.scripts import Scripts, Step
from deploy.simulators.serving import Answer, read_body

ACT_MODES = ("fail_before", "fail_stored", "fail_after", "slow", "garbage")
DECLINE, FAIL_LOOK = "decline", "fail_look"
DECLINED = (Step(status="failed", failure_reason="declined"),)
KEY_CHARACTERS_MAX = 255
FORM_BYTES_MAX = 65_536
LIMIT_MAX = 100
LIMIT_DEFAULT = 10


class V1:
    """The doors, and what of their use is counted."""

    def __init__(self, provider: Provider, faults: FaultPlan, scripts: Scripts) -> None:
        self._provider, self._faults, self._scripts = provider, faults, scripts
        self.requests_count = 0
        self.replayed_count = 0
        self.conflicts_count = 0

    def door(self, method: str, path: str) -> Door | None:
        """Return the door of a path."""
        match method, path.removeprefix("/v1/").split("/"):
            case "POST", ["refunds"]:
                return self._create_refund
            case "POST", ["payment_intents", payment_id, "cancel"]:
                return lambda request: self._void(request, payment_id)
            case "GET", what:
                look = self._look(what)
                return look and (lambda request: self._looked(request, look))
            case _:
                return None

    def _look(self, path: list[str]) -> Callable[[Request], Answer] | None:
        match path:
            case ["refunds"]:
                return self._list_refunds
            case ["refunds", "search"]:
                return self._search_refunds
            case ["refunds", identifier]:
                return lambda _: Answer(200, self._provider.books.refund(identifier).body)
            case ["payment_intents", identifier]:
                return lambda _: json_answer(self._provider.books.payment(identifier).as_json())
            case ["events"]:
                return self._list_events
            case _:
                return None

    async def _looked(self, request: Request, look: Callable[[Request], Answer]) -> Answer | None:
        return None if self._faults.draw(FAIL_LOOK) else look(request)

    async def _create_refund(self, request: Request) -> Answer | None:
        key, body = await self._begin(request)
        form = parse_refund(body)
        fault = self._faults.draw(*ACT_MODES, DECLINE)
        declined = fault is not None and fault.mode == DECLINE
        steps = DECLINED if declined else self._scripts.draw(form.payment_intent)
        fail, hold_s = _prepare(fault)
        create = self._provider.create_refund
        return await self._end(fault, create(key, form, steps=steps, fail=fail, hold_s=hold_s))

    async def _void(self, request: Request, payment_id: str) -> Answer | None:
        key, body = await self._begin(request)
        pairs = parse_pairs(body)
        for name, _ in pairs:
            if name != "cancellation_reason":
                raise parameter_unknown(name)
        fault = self._faults.draw(*ACT_MODES)
        fail, hold_s = _prepare(fault)
        fingerprint = fingerprint_of([("payment_intent", payment_id), *pairs])
        void = self._provider.void
        return await self._end(fault, void(key, payment_id, fingerprint, fail=fail, hold_s=hold_s))

    async def _begin(self, request: Request) -> tuple[str, bytes]:
        self.requests_count += 1
        body = await read_body(request.receive, FORM_BYTES_MAX)
        key = _idempotency_key(request)
        content_type = (request.header(b"content-type") or b"").partition(b";")[0].strip()
        if body and content_type != FORM:
            raise ApiError(400, f"The body must be {FORM.decode()}.")
        return key, body

    async def _end(self, fault: Fault | None, acting: Coroutine[Any, Any, Answer]) -> Answer | None:
        try:
            answer = await acting
        except ApiError:
            self.conflicts_count += 1
            raise
        self.replayed_count += answer.headers is REPLAYED
        if fault and fault.mode == "fail_after":
            return None
        if fault and fault.mode == "garbage":
            return Answer(200, b"<html>Bad gateway, politely</html>")
        return answer

    def _list_refunds(self, request: Request) -> Answer:
        query = request.query("payment_intent", "limit", "starting_after")
        limit = _limit(query.get("limit"))
        found = self._provider.books.newest_first(query.get("payment_intent"))
        after = query.get("starting_after")
        if after is not None:
            self._provider.books.refund(after)
            found = islice(dropwhile(lambda refund: refund.refund_id != after, found), 1, None)
        page = [refund.body for refund in islice(found, limit + 1)]
        return _listing("list", "/v1/refunds", page[:limit], has_more=len(page) > limit)

    def _search_refunds(self, request: Request) -> Answer:
        refund_id = request.query("refund_id").get("refund_id")
        if not refund_id:
            raise parameter_missing("refund_id")
        found = [refund.body for refund in self._provider.books.with_our_id(refund_id)]
        return _listing("search_result", "/v1/refunds/search", found, has_more=False)

    def _list_events(self, request: Request) -> Answer:
        known = ("limit", "starting_after", "created[gte]", *(f"types[{n}]" for n in range(20)))
        query = request.query(*known)
        limit = _limit(query.get("limit"))
        types = {value for name, value in query.items() if name.startswith("types[")}
        since = _limit(query.get("created[gte]"), maximum=2**40, default=0, minimum=0)
        found = list(self._provider.events.newest_first(types, since))
        after = query.get("starting_after")
        if after is not None:
            if after not in {event.event_id for event in found}:
                raise resource_missing("event", after, "starting_after")
            found = list(dropwhile(lambda event: event.event_id != after, found))[1:]
        page = [event.body for event in found[:limit]]
        return _listing("list", "/v1/events", page, has_more=len(found) > limit)


def _prepare(fault: Fault | None) -> tuple[bool, float]:
    """Return whether the execution is to break, and how long its answer waits.

    Raises:
        ApiError: nothing is to be done at all.
    """
    if fault and fault.mode == "fail_before":
        raise internal_error()
    return bool(fault and fault.mode == "fail_stored"), fault.delay_s if fault else 0.0


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


def _limit(
    text: str | None, *, minimum: int = 1, maximum: int = LIMIT_MAX, default: int = LIMIT_DEFAULT
) -> int:
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or not minimum <= int(text) <= maximum:
        raise parameter_invalid("limit", f"Invalid limit: must be {minimum} to {maximum}")
    return int(text)


def _listing(kind: str, url: str, bodies: list[bytes], *, has_more: bool) -> Answer:
    data = [orjson.Fragment(body) for body in bodies]
    return json_answer({"object": kind, "url": url, "has_more": has_more, "data": data})
