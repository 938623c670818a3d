"""The HTTP door: the same commands as on Kafka, and reads.

A command's key is its id. Whoever got no answer asks again with the same key, or looks the answer
up by it; nothing is done twice.
"""

import asyncio
import re
from datetime import UTC, datetime
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, Header, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, TypeAdapter, create_model

from contracts.cancellation import CancelOrder, Refusal
from contracts.values import CommandId, OrderId
from kit.cloudevents import Incoming, fingerprint
from kit.event_store import EventStore
from kit.health import Health
from kit.postgres import Pool
from kit.processor import Processor
from services.cancellation import problems
from services.cancellation.problems import Problem
from services.cancellation.projections import queries
from services.cancellation.settings import CancellationSettings
from services.cancellation.translation import stream_of

CancelRequest: Any = create_model(
    "CancelRequest",
    __doc__="A cancel command without its order number, which stands in the path.",
    __config__=CancelOrder.model_config,
    **{
        name: (field.annotation, field)
        for name, field in CancelOrder.model_fields.items()
        if name != "order_id"
    },  # type: ignore[call-overload]
)

STATUS_BY_CODE = {"ORDER_NOT_FOUND": 404, "LINE_NOT_FOUND": 404}
"""HTTP status of a refusal by its first code; 409 for all others."""

PROBLEMS = {
    404: "No such order, line or command.",
    409: "Refused as the order stands now, or the key was used for another command.",
    413: "The body is too large.",
    422: "The request is malformed.",
    503: "The store is away, or the read models are behind; the same request may be sent again.",
}
"""Why a request may fail, by HTTP status."""

CORRELATION_ID = re.compile(r"[!-~]{1,200}")
"""Printable ASCII, not longer than `kit.cloudevents` reads."""

TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
"""Source: W3C Trace Context, 3.2.2; what differs is ignored, as the standard asks."""

_ORDER_ID: TypeAdapter[str] = TypeAdapter(OrderId)

MinPosition = Annotated[
    int,
    Query(
        ge=0, description="Wait until the read model holds this position, as a write returned it."
    ),
]
Key = Annotated[CommandId, Header(alias="Idempotency-Key", description="The command's id.")]


class Finding(BaseModel):
    """One malformed part of a request."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    field: str
    """Where, for example `lines.0.quantity`."""
    what: str
    """What is wrong there."""


class ProblemDetails(BaseModel):
    """Why a request was not carried out, and what would make it right (RFC 9457)."""

    model_config = ConfigDict(title="Problem", extra="allow", use_attribute_docstrings=True)

    type: str
    """Always `about:blank`; go by `code`."""
    title: str
    """The same as `code`."""
    status: int
    """HTTP status."""
    code: str
    """Stable and machine readable, for example `NOTHING_LEFT`."""
    detail: str
    """In words, with the next step."""
    refusals: tuple[Refusal, ...] = ()
    """Every failed rule; only when a command was refused."""
    findings: tuple[Finding, ...] = ()
    """Every malformed part; only with status 422."""


class _Api(FastAPI):
    """The application; it describes its problems, for which FastAPI has no media type."""

    def openapi(self) -> dict[str, Any]:
        """Describe the API."""
        if self.openapi_schema is None:
            problem = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas = super().openapi()["components"]["schemas"]
            schemas |= {**problem.pop("$defs"), problem["title"]: problem}
        return super().openapi()


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": PROBLEMS[status], "content": content} for status in statuses}


def build(
    *, pool: Pool, store: EventStore, processor: Processor[Any], settings: CancellationSettings
) -> FastAPI:
    """Build the application."""
    app = _Api(
        title="Countermand",
        version="1",
        summary="Cancel orders and read what became of them.",
        openapi_url="/openapi.json",
        docs_url="/docs",
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    problems.install(app)
    app.add_middleware(problems.BodyLimit, bytes_max=settings.http_body_bytes_max)
    _add_commands(app, pool, store, processor)
    _add_reads(app, pool, settings)
    return app


def _add_commands(app: FastAPI, pool: Pool, store: EventStore, processor: Processor[Any]) -> None:
    @app.post(
        "/v1/orders/{order_id}/cancellations",
        status_code=201,
        tags=["commands"],
        responses=_problems(404, 409, 413, 422, 503),
    )
    async def cancel_order(
        request: Request, order_id: Annotated[OrderId, Path()], key: Key, body: CancelRequest
    ) -> JSONResponse:
        """Cancel an order or some of its lines.

        201 with the cancellation; 404 or 409 with every refusal; 409 `MESSAGE_ID_REUSED` when the
        key was used for another command. The same key and body always get the same answer.
        """
        values = {name: getattr(body, name) for name in body.model_fields_set}
        command = CancelOrder(order_id=order_id, **values)
        message = Incoming(
            id=key,
            type=CancelOrder.TYPE,
            data=command,
            stream=stream_of(command)[1],
            fingerprint=fingerprint(CancelOrder.TYPE, command),
            correlation_id=_header(request, "X-Correlation-ID", CORRELATION_ID) or key,
            traceparent=_header(request, "traceparent", TRACEPARENT),
        )
        (outcome,) = await processor.process([message])
        if outcome.status == "id_reused":
            raise Problem(409, outcome.code, outcome.detail)
        if outcome.status == "handled":
            answer = {**queries.describe(outcome.facts[0]), "position": outcome.position}
        else:
            answer = await queries.find_answer(pool, store, key) or {}
        return _answer_command(answer)

    @app.get("/v1/commands/{command_id}", tags=["commands"], responses=_problems(404, 422, 503))
    async def find_command(command_id: Annotated[CommandId, Path()]) -> dict[str, Any]:
        """Tell what became of a command, by whichever door it came."""
        answer = await queries.find_answer(pool, store, command_id)
        if answer is None:
            raise Problem(404, "COMMAND_NOT_FOUND", "no command of this id was received yet")
        return answer


def _header(request: Request, name: str, pattern: re.Pattern[str]) -> str | None:
    """Return a header that is as it should be; any other would be put aside by our own readers."""
    value = request.headers.get(name, "")
    return value if pattern.fullmatch(value) else None


def _answer_command(answer: dict[str, Any]) -> JSONResponse:
    if answer.get("outcome") != "REJECTED":
        return JSONResponse(answer, 201)
    refusals = answer["refusals"]
    code = refusals[0]["code"]
    detail = "; ".join(f"{refusal['detail']}. {refusal['remedy']}" for refusal in refusals)
    return problems.answer(STATUS_BY_CODE.get(code, 409), code, detail, **answer)


def _read_cursor(text: str) -> tuple[datetime, str]:
    moment, _, order_id = text.partition("~")
    try:
        order_id = _ORDER_ID.validate_python(order_id)
        return datetime.fromisoformat(moment).astimezone(UTC), order_id
    except (ValueError, OverflowError):  # pydantic's error is a ValueError
        detail = "send `next_before` of the last page unchanged, or leave `before` out"
        raise Problem(422, "CURSOR_INVALID", detail) from None


def _add_reads(app: FastAPI, pool: Pool, settings: CancellationSettings) -> None:
    async def wait_until(position: int) -> int:
        timeout_s = settings.read_wait_max_s
        if position and not await queries.wait_until_projected(
            pool, position=position, timeout_s=timeout_s
        ):
            detail = f"position {position} was not projected within {timeout_s:g} s; ask again"
            raise Problem(503, "NOT_PROJECTED_YET", detail)
        return await queries.as_of(pool)

    @app.get("/v1/orders", tags=["reads"], responses=_problems(422, 503))
    async def list_orders(
        state: Annotated[
            str | None, Query(pattern="^(PLACED|PARTIALLY_CANCELLED|CANCELLED)$")
        ] = None,
        before: Annotated[
            str | None, Query(max_length=200, description="`next_before` of the page before.")
        ] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        min_position: MinPosition = 0,
    ) -> dict[str, Any]:
        """List orders, newest first."""
        page = _read_cursor(before) if before else None
        position = await wait_until(min_position)
        rows = await queries.list_orders(pool, state=state, before=page, limit=limit)
        last = rows[-1] if len(rows) == limit else None
        following = f"{last['placed_at'].isoformat()}~{last['order_id']}" if last else None
        return {"as_of": position, "orders": rows, "next_before": following}

    @app.get("/v1/orders/{order_id}", tags=["reads"], responses=_problems(404, 422, 503))
    async def find_order(
        order_id: Annotated[OrderId, Path()], min_position: MinPosition = 0
    ) -> dict[str, Any]:
        """Return one order: its lines, money and how far each leg has come."""
        position = await wait_until(min_position)
        order = await queries.find_order(pool, order_id)
        if order is None:
            raise Problem(404, "ORDER_NOT_FOUND", f"no order {order_id} was announced to us")
        return {"as_of": position, "order": order}

    @app.get("/v1/orders/{order_id}/history", tags=["reads"], responses=_problems(404, 422, 503))
    async def find_history(
        order_id: Annotated[OrderId, Path()], min_position: MinPosition = 0
    ) -> dict[str, Any]:
        """Return every fact of one order, with what caused it."""
        position = await wait_until(min_position)
        history = await queries.find_history(pool, order_id)
        if not history:
            raise Problem(404, "ORDER_NOT_FOUND", f"nothing was ever recorded for {order_id}")
        return {"as_of": position, "order_id": order_id, "history": history}


async def run(app: FastAPI, settings: CancellationSettings, health: Health) -> None:
    """Serve until cancelled."""
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.http_host,
            port=settings.http_port,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
    )
    # Signals are the process's business (`kit.process`).
    loop = health.loop("api")
    serving = asyncio.create_task(server._serve())  # noqa: SLF001 - `serve` would take the signals
    while not serving.done():
        if server.started:
            loop.progressed()
        await asyncio.sleep(0.1 if not server.started else 1)
    await serving
