"""Routes: customers ask for a cancellation, a person grants or refuses it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Path
from fastapi.responses import JSONResponse

from contracts.cancellation import (
    ApproveCancellation,
    DenyCancellation,
    ExpireCancellationRequest,
    RequestCancellation,
    Right,
)
from services.cancellation.access import needs
from services.cancellation.desk import (
    COMMAND,
    Desk,
    Envelope,
    Language,
    OrderInPath,
    answers,
    body_of,
    command_of,
)
from services.cancellation.domain import events
from services.cancellation.explaining.preview import Preview
from services.cancellation.problems import described

RequestInPath = Annotated[UUID, Path(description="As `OrderCancellationRequested` names it.")]

RequestBody: Any = body_of(RequestCancellation, "order_id")
ApproveBody: Any = body_of(ApproveCancellation, "order_id", "request_id")
DenyBody: Any = body_of(DenyCancellation, "order_id", "request_id")
ExpireBody: Any = body_of(ExpireCancellationRequest, "order_id", "request_id")

REQUESTS = "/v1/orders/{order_id}/cancellation-requests"


def add_requests(app: FastAPI, desk: Desk) -> None:
    """Add the routes."""
    _add_asking(app, desk)
    _add_refusing(app, desk)
    _add_granting(app, desk)


def _add_asking(app: FastAPI, desk: Desk) -> None:
    @app.post(
        REQUESTS,
        **COMMAND,
        **needs(Right.REQUEST),
        responses=answers(events.OrderCancelled, events.CancellationRequested),
    )
    async def request_cancellation(
        sent: Envelope, order_id: OrderInPath, body: RequestBody
    ) -> JSONResponse:
        """Ask, as a customer, for a cancellation.

        201 when the policy grants it at once, 202 when a person has to decide.
        """
        return await desk.answer(sent, command_of(RequestCancellation, body, order_id=order_id))

    @app.post(
        "/v1/orders/{order_id}/cancellation-request-previews",
        **needs(Right.REQUEST),
        tags=["previews"],
        responses=described(413, 422, 503),
    )
    async def preview_request(
        order_id: OrderInPath, body: RequestBody, locale: Language = "en"
    ) -> Preview:
        """Tell exactly what asking would come to now: granted, or waiting for a person."""
        return await desk.preview(command_of(RequestCancellation, body, order_id=order_id), locale)


def _add_refusing(app: FastAPI, desk: Desk) -> None:
    @app.post(
        REQUESTS + "/{request_id}/denial",
        **COMMAND,
        **needs(Right.REQUEST),
        responses=answers(events.CancellationDenied),
    )
    async def deny_cancellation(
        sent: Envelope, order_id: OrderInPath, request_id: RequestInPath, body: DenyBody
    ) -> JSONResponse:
        """Refuse a request; whoever made it may take it back this way."""
        path = {"order_id": order_id, "request_id": request_id}
        return await desk.answer(sent, command_of(DenyCancellation, body, **path))

    @app.post(
        REQUESTS + "/{request_id}/expiry",
        **COMMAND,
        **needs(Right.REQUEST),
        responses=answers(events.OrderCancelled, events.CancellationDenied),
    )
    async def expire_cancellation_request(
        sent: Envelope, order_id: OrderInPath, request_id: RequestInPath, body: ExpireBody
    ) -> JSONResponse:
        """Close a request nobody answered in time, the way the policy says."""
        path = {"order_id": order_id, "request_id": request_id}
        return await desk.answer(sent, command_of(ExpireCancellationRequest, body, **path))


def _add_granting(app: FastAPI, desk: Desk) -> None:
    @app.post(
        REQUESTS + "/{request_id}/approval",
        **COMMAND,
        **needs(Right.APPROVE),
        responses=answers(events.OrderCancelled),
    )
    async def approve_cancellation(
        sent: Envelope, order_id: OrderInPath, request_id: RequestInPath, body: ApproveBody
    ) -> JSONResponse:
        """Grant a request; it is decided anew, as order and policy stand now.

        Whoever asked cannot approve.
        """
        path = {"order_id": order_id, "request_id": request_id}
        return await desk.answer(sent, command_of(ApproveCancellation, body, **path))

    @app.post(
        REQUESTS + "/{request_id}/approval-previews",
        tags=["previews"],
        **needs(Right.APPROVE),
        responses=described(413, 422, 503),
    )
    async def preview_approval(
        order_id: OrderInPath, request_id: RequestInPath, body: ApproveBody, locale: Language = "en"
    ) -> Preview:
        """Tell exactly what granting a request would do now."""
        path = {"order_id": order_id, "request_id": request_id}
        return await desk.preview(command_of(ApproveCancellation, body, **path), locale)
