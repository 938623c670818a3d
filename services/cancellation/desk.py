"""From an HTTP request to a decision and back: what all commands have in common.

A command's key is its id. Whoever got no answer asks again with the same key, or looks the answer
up by it; nothing is done twice.
"""

import re
from dataclasses import dataclass, replace
from typing import Annotated, Any, Union
from uuid import UUID

from fastapi import Depends, Header, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, create_model

from contracts.message import Command
from contracts.values import CommandId, Locale, OrderId
from kit.cloudevents import Incoming, fingerprint
from kit.event_store import EventStore, Stream
from kit.facts import Fact
from kit.postgres import Pool
from kit.processor import Processor
from services.cancellation import problems
from services.cancellation.access import caller_of, check_actor
from services.cancellation.answers import (
    ANSWERS,
    MODELS,
    REFUSED,
    WAITING,
    answer_to,
    describe,
    find_answer,
)
from services.cancellation.domain.policy import Rulebook
from services.cancellation.explaining.preview import Preview, preview
from services.cancellation.people.callers import Caller
from services.cancellation.problems import Problem
from services.cancellation.translation import stream_of

NOT_PERMITTED = frozenset({"MISSING_PERMISSION", "SAME_PERSON"})

CORRELATION_ID = re.compile(r"[!-~]{1,200}")
"""Printable ASCII, not longer than `kit.cloudevents` reads."""

TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
"""Source: W3C Trace Context, 3.2.2; what differs is ignored, as the standard asks."""

FORESEEN = "foreseen"
"""Id of a command that is only tried."""

COMMAND: dict[str, Any] = {"status_code": 201, "tags": ["commands"]}
"""What all routes of commands have in common."""

Key = Annotated[CommandId, Header(alias="Idempotency-Key", description="The command's id.")]
OrderInPath = Annotated[OrderId, Path(description="The order.")]
Language = Annotated[Locale, Query(description="Language of the sentences.")]


@dataclass(frozen=True, slots=True)
class Sent:
    """What a request says about its command beside the command."""

    key: str
    correlation_id: str
    traceparent: str | None
    caller: Caller | None
    """Who was let in; None where nobody has to say."""


def _sent(request: Request, key: Key) -> Sent:
    correlation_id = _header(request, "X-Correlation-ID", CORRELATION_ID) or key
    traceparent = _header(request, "traceparent", TRACEPARENT)
    return Sent(key, correlation_id, traceparent, caller_of(request))


def _header(request: Request, name: str, pattern: re.Pattern[str]) -> str | None:
    """Return a header that is as it should be; any other would be put aside by our own readers."""
    value = request.headers.get(name, "")
    return value if pattern.fullmatch(value) else None


Envelope = Annotated[Sent, Depends(_sent)]


def answers(*facts: type[Fact]) -> dict[int | str, dict[str, Any]]:
    """Describe the answers a route may give, for OpenAPI: these facts, or a problem."""
    granted = tuple(MODELS[fact] for fact in facts if ANSWERS[fact].outcome != WAITING)
    waiting = [MODELS[fact] for fact in facts if ANSWERS[fact].outcome == WAITING]
    described: dict[int | str, dict[str, Any]] = {
        201: {"model": Union[granted], "description": "Decided; the answer stands for ever."}  # noqa: UP007
    }
    if waiting:
        described[202] = {"model": waiting[0], "description": "Waits for a person to decide."}
    return described | problems.described(403, 404, 409, 413, 422, 503)


def body_of(command: type[Command], *in_path: str, name: str | None = None) -> Any:
    """Return the model of a command without what stands in the path."""
    fields: Any = {
        field: (info.annotation, info)
        for field, info in command.model_fields.items()
        if field not in in_path
    }
    return create_model(
        name or f"{command.__name__}Body",
        __doc__=command.__doc__,
        __config__=command.model_config,
        **fields,
    )


def command_of(model: type[Command], body: BaseModel, **in_path: Any) -> Command:
    """Put a command together; what the body leaves out stays left out."""
    return model(**in_path, **{name: getattr(body, name) for name in body.model_fields_set})


def signed(caller: Caller | None, command: Any) -> Any:
    """Return a command that names whoever sends it, and nobody else.

    Raises:
        Problem: it names somebody else.
    """
    if caller is None:
        return command
    if command.actor is None:
        return command.model_copy(update={"actor": caller.actor})
    check_actor(caller, command.actor)
    return command


def http_status(code: str) -> int:
    """Return the HTTP status of a refusal with this first code."""
    if code in NOT_PERMITTED:
        return 403
    return 404 if code.endswith("_NOT_FOUND") else 409


class Desk:
    """Takes commands and answers them."""

    def __init__(self, pool: Pool, store: EventStore, processor: Processor[Any]) -> None:
        self.pool, self.store, self._processor = pool, store, processor

    async def answer(self, sent: Sent, command: Command) -> JSONResponse:
        """Have a command decided, or return the answer it has."""
        command = signed(sent.caller, command)
        message = _message(command, sent.key, sent.correlation_id, sent.traceparent)
        (outcome,) = await self._processor.process([message])
        if outcome.status == "id_reused":
            raise Problem(409, outcome.code, outcome.detail)
        if outcome.status == "handled":
            fact = answer_to(sent.key, outcome.facts)
            return respond({**describe(fact), "position": outcome.position})
        return respond(await self.find(sent.key) or {})

    async def find(self, command_id: str) -> dict[str, Any] | None:
        """Return the answer to a command, by whichever door it came."""
        return await find_answer(self.pool, self.store, command_id)

    async def preview(
        self, command: Command, locale: Locale, book: Rulebook | None = None
    ) -> Preview:
        """Tell what a command would do now, or would under another policy; nothing is written."""
        message = _message(command, FORESEEN, FORESEEN, None)
        known: dict[UUID, Stream[Any]] = {}
        processor = replace(self._processor, reference=lambda: book) if book else self._processor
        _, recorded = await processor.foresee([message], known)
        return preview(command, recorded, known[message.stream].state.placed, locale)


def _message(command: Command, id_: str, correlation_id: str, traceparent: str | None) -> Incoming:
    return Incoming(
        id=id_,
        type=command.TYPE,
        data=command,
        stream=stream_of(command)[1],
        fingerprint=fingerprint(command.TYPE, command),
        correlation_id=correlation_id,
        traceparent=traceparent,
    )


def respond(answer: dict[str, Any]) -> JSONResponse:
    """Answer 201 what was granted, 202 what waits for a person, and refusals as a problem."""
    if answer.get("outcome") != REFUSED:
        return JSONResponse(answer, 202 if answer.get("outcome") == WAITING else 201)
    refusals = answer["refusals"]
    code = refusals[0]["code"]
    detail = "; ".join(f"{refusal['detail']}. {refusal['remedy']}" for refusal in refusals)
    return problems.answer(http_status(code), code, detail, **answer)
