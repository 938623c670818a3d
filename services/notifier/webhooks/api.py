"""The HTTP door for endpoints and deliveries."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from fastapi import APIRouter, FastAPI, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from httpx2 import AsyncClient
from pydantic import BaseModel, ConfigDict, Field

from contracts.cancellation import Right
from contracts.values import CommandId, OrderId, Text
from services.notifier.webhooks.desk import KEEP_OLD_S, By, Desk, Refused, Row
from services.notifier.webhooks.domain.outgoing import TYPES
from web import problems
from web.docs import OWN_PAGE, describe
from web.door import Door, Mode, name_below
from web.problems import BodyLimit

DESCRIPTION = """
Where the merchant's own systems are told what happens, signed as Standard Webhooks has it, and what
was sent to them; the mails about an order, and what mails are written on. Come with a session or a
key of the cancellation API (`Authorization: Bearer …`): reading needs the right READ, sending a
webhook again REPLAY, a mail again CASE, anything else POLICY.
"""

NOT_FOUND, CONFLICT, INVALID = 404, 409, 422
PROBLEMS = {
    401: "Nobody said who asks, or with a key or session that opens nothing.",
    403: "Whoever asks may not do this.",
    NOT_FOUND: "There is no such thing.",
    CONFLICT: "Not as things stand now, or the key was used for something else.",
    413: "The body is too large.",
    INVALID: "The request is malformed, or cannot be carried out for ever.",
    503: "The store, or the service that knows who may come in, is away; ask again.",
}
"""Why a request may fail, by HTTP status."""

CONFLICTING = frozenset({"ENDPOINT_DISABLED", "DELIVERY_PENDING", "MESSAGE_ID_REUSED"})

Key = Annotated[CommandId, Header(alias="Idempotency-Key", description="The same has effect once.")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    who: Annotated[str, Field(min_length=1, max_length=100)]
    """Who wants it: a name. It counts only where the caller's key may name others."""
    why: Text | None = None
    """Why."""

    def by(self, request: Request, key: str) -> By:
        """Return who wants it."""
        return By(name_below(request, self.who), self.why, key)


class Registration(_Body):
    """A new endpoint."""

    url: str
    """Where to; https, on a public address."""
    types: tuple[str, ...] = ()
    """What it wants to hear; empty for everything there is."""
    description: Text | None = None
    """What it is for."""


class Change(_Body):
    """What is to be different; what is left out stays."""

    url: str | None = None
    """Where to."""
    types: tuple[str, ...] | None = None
    """What it wants to hear."""
    description: Text | None = None
    """What it is for."""
    is_enabled: bool | None = None
    """False: nothing is sent. True: what happens from now on."""


class Replacement(_Body):
    """A new key."""

    keep_old_s: float = Field(default=KEEP_OLD_S, ge=0, le=30 * 86_400)
    """So long the old one signs, too."""


class Wish(_Body):
    """Anything that needs no more words."""


Outcome = Literal["PENDING", "SUCCEEDED", "FAILED"]


def right_of(method: str, path: str) -> Right:
    """Return which right a request needs."""
    if method in ("GET", "HEAD", "OPTIONS"):
        return Right.READ
    return Right.REPLAY if path.endswith("/send-again") else Right.POLICY


class More(NamedTuple):
    """Routes beside these, of the same service and behind the same door."""

    router: APIRouter
    right_of: Callable[[str, str], Right | None]
    """Which right one of them needs; None for one that is not among them."""
    larger: Mapping[str, int]
    """Limits of bodies, by the beginning of the path."""


def build(
    desk: Desk, *, body_bytes_max: int, api: AsyncClient, access: Mode, more: More | None = None
) -> FastAPI:
    """Build the application; who comes in is asked of the cancellation service's API."""

    def right(method: str, path: str) -> Right:
        return (more and more.right_of(method, path)) or right_of(method, path)

    app = FastAPI(
        title="Countermand notifier", version="1", description=DESCRIPTION,
        responses=problems.described(PROBLEMS), **OWN_PAGE,
    )  # fmt: skip
    describe(app)
    problems.install(app)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    if more is not None:
        app.include_router(more.router)
    larger = more.larger if more else {}
    app.add_middleware(BodyLimit, bytes_max=body_bytes_max, larger=larger)
    app.add_middleware(Door, api=api, mode=access, right_of=right)
    _add_endpoints(app, desk)
    _add_deliveries(app, desk)
    return app


def _add_endpoints(app: FastAPI, desk: Desk) -> None:
    @app.get("/v1/webhooks/types")
    async def list_types() -> Row:
        """List the types an endpoint may ask for."""
        return {"types": sorted(TYPES)}

    @app.post("/v1/webhooks/endpoints", status_code=201)
    async def register(request: Request, key: Key, body: Registration) -> Row:
        """Register an endpoint; its secret is in this answer and in no other."""
        return await desk.register(body.url, body.types, body.description, body.by(request, key))

    @app.get("/v1/webhooks/endpoints")
    async def list_endpoints() -> Row:
        """List the endpoints and how they do."""
        return {"endpoints": await desk.endpoints()}

    @app.get("/v1/webhooks/endpoints/{endpoint_id}")
    async def show_endpoint(endpoint_id: UUID) -> Row:
        """Return one endpoint."""
        return await desk.show(endpoint_id)

    @app.patch("/v1/webhooks/endpoints/{endpoint_id}")
    async def change_endpoint(request: Request, endpoint_id: UUID, key: Key, body: Change) -> Row:
        """Change an endpoint, disable it, enable it again."""
        changes = body.model_dump(exclude={"who", "why"}, exclude_unset=True)
        return await desk.change(endpoint_id, body.by(request, key), **changes)

    @app.post("/v1/webhooks/endpoints/{endpoint_id}/secret", status_code=201)
    async def replace_secret(
        request: Request, endpoint_id: UUID, key: Key, body: Replacement
    ) -> Row:
        """Make a new secret; it is in this answer and in no other."""
        return await desk.replace_key(endpoint_id, body.keep_old_s, body.by(request, key))

    @app.post("/v1/webhooks/endpoints/{endpoint_id}/ping", status_code=201)
    async def ping(request: Request, endpoint_id: UUID, key: Key, body: Wish) -> Row:
        """Send something to try the receiver."""
        return await desk.ping(endpoint_id, body.by(request, key))


def _add_deliveries(app: FastAPI, desk: Desk) -> None:
    @app.get("/v1/webhooks/deliveries")
    async def list_deliveries(
        endpoint_id: UUID | None = None,
        order_id: OrderId | None = None,
        outcome: Outcome | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    ) -> Row:
        """List deliveries, newest first, and how each ended."""
        return {
            "deliveries": await desk.deliveries(
                endpoint_id=endpoint_id, order_id=order_id, outcome=outcome, limit=limit
            )
        }

    @app.get("/v1/webhooks/deliveries/{delivery_id}")
    async def show_delivery(delivery_id: UUID) -> Row:
        """Return one delivery: what is sent, how often it was tried, how it ended."""
        return await desk.show_delivery(delivery_id)

    @app.post("/v1/webhooks/deliveries/{delivery_id}/send-again", status_code=201)
    async def send_again(request: Request, delivery_id: UUID, key: Key, body: Wish) -> Row:
        """Send what has ended once more, under the same id."""
        return await desk.send_again(delivery_id, body.by(request, key))


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)  # noqa: S101 - registered for this class only
    status = NOT_FOUND if error.code.endswith("_NOT_FOUND") else INVALID
    return problems.answer(
        CONFLICT if error.code in CONFLICTING else status, error.code, error.detail
    )


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    findings: list[dict[str, Any]] = [
        {"field": ".".join(str(part) for part in found["loc"][1:]), "what": found["msg"]}
        for found in error.errors()
    ]
    detail = "; ".join(f"{found['field']}: {found['what']}" for found in findings[:10])
    return problems.answer(INVALID, "REQUEST_INVALID", detail, findings=findings)
