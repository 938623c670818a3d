"""Routes: what may follow a cancellation: end its hold, take it back, settle money, restock."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Path
from fastapi.responses import JSONResponse

from contracts.cancellation import (
    RecordManualRefund,
    ReinstateOrder,
    ReleaseHold,
    RestockCancelledItems,
    Right,
    SettleRefund,
    UndoCancellation,
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

CancellationInPath = Annotated[UUID, Path(description="As `OrderCancelled` names it.")]

ReleaseBody: Any = body_of(ReleaseHold, "order_id", "cancellation_id")
UndoBody: Any = body_of(UndoCancellation, "order_id", "cancellation_id")
ReinstateBody: Any = body_of(ReinstateOrder, "order_id", "cancellation_id")
SettleBody: Any = body_of(SettleRefund, "order_id")
ManualRefundBody: Any = body_of(RecordManualRefund, "order_id")
RestockBody: Any = body_of(RestockCancelledItems, "order_id")

CANCELLATION = "/v1/orders/{order_id}/cancellations/{cancellation_id}"


def add_afterwards(app: FastAPI, desk: Desk) -> None:
    """Add the routes."""
    _add_taking_back(app, desk)
    _add_reinstating(app, desk)
    _add_settling(app, desk)


def _add_taking_back(app: FastAPI, desk: Desk) -> None:
    @app.post(
        CANCELLATION + "/release",
        **COMMAND,
        **needs(Right.CANCEL),
        responses=answers(events.CancellationConfirmed),
    )
    async def release_hold(
        sent: Envelope, order_id: OrderInPath, cancellation_id: CancellationInPath,
        body: ReleaseBody,
    ) -> JSONResponse:  # fmt: skip
        """Let money, stock and message of a held cancellation go."""
        path = {"order_id": order_id, "cancellation_id": cancellation_id}
        return await desk.answer(sent, command_of(ReleaseHold, body, **path))

    @app.post(
        CANCELLATION + "/undo",
        **COMMAND,
        **needs(Right.CANCEL),
        responses=answers(events.CancellationUndone),
    )
    async def undo_cancellation(
        sent: Envelope, order_id: OrderInPath, cancellation_id: CancellationInPath, body: UndoBody
    ) -> JSONResponse:
        """Take a cancellation back within its hold, as if it had never been."""
        path = {"order_id": order_id, "cancellation_id": cancellation_id}
        return await desk.answer(sent, command_of(UndoCancellation, body, **path))


def _add_reinstating(app: FastAPI, desk: Desk) -> None:
    @app.post(
        CANCELLATION + "/reinstatement",
        **COMMAND,
        **needs(Right.CANCEL),
        responses=answers(events.OrderReinstated),
    )
    async def reinstate_order(
        sent: Envelope, order_id: OrderInPath, cancellation_id: CancellationInPath,
        body: ReinstateBody,
    ) -> JSONResponse:  # fmt: skip
        """Open the units of a cancellation again; says what cannot come back by itself."""
        path = {"order_id": order_id, "cancellation_id": cancellation_id}
        return await desk.answer(sent, command_of(ReinstateOrder, body, **path))

    @app.post(
        CANCELLATION + "/reinstatement-previews",
        tags=["previews"],
        **needs(Right.CANCEL),
        responses=described(413, 422, 503),
    )
    async def preview_reinstatement(
        order_id: OrderInPath, cancellation_id: CancellationInPath, body: ReinstateBody,
        locale: Language = "en",
    ) -> Preview:  # fmt: skip
        """Tell what would come back, and what would not, if the order were reinstated now."""
        path = {"order_id": order_id, "cancellation_id": cancellation_id}
        return await desk.preview(command_of(ReinstateOrder, body, **path), locale)


def _add_settling(app: FastAPI, desk: Desk) -> None:
    @app.post(
        "/v1/orders/{order_id}/refund-settlements",
        **COMMAND,
        **needs(Right.REFUND),
        responses=answers(events.RefundRequested),
    )
    async def settle_refund(
        sent: Envelope, order_id: OrderInPath, body: SettleBody
    ) -> JSONResponse:
        """Give back what a cancellation with refund `LATER` left owed, at once or in parts."""
        return await desk.answer(sent, command_of(SettleRefund, body, order_id=order_id))

    @app.post(
        "/v1/orders/{order_id}/refund-settlement-previews",
        tags=["previews"],
        **needs(Right.REFUND),
        responses=described(413, 422, 503),
    )
    async def preview_settlement(
        order_id: OrderInPath, body: SettleBody, locale: Language = "en"
    ) -> Preview:
        """Tell exactly which money a settlement would move now."""
        return await desk.preview(command_of(SettleRefund, body, order_id=order_id), locale)

    @app.post(
        "/v1/orders/{order_id}/manual-refunds",
        **COMMAND,
        **needs(Right.REFUND),
        responses=answers(events.ManualRefundRecorded),
    )
    async def record_manual_refund(
        sent: Envelope, order_id: OrderInPath, body: ManualRefundBody
    ) -> JSONResponse:
        """Record that a person has given back money that is owed by hand, or a part of it."""
        return await desk.answer(sent, command_of(RecordManualRefund, body, order_id=order_id))

    @app.post(
        "/v1/orders/{order_id}/restocks",
        **COMMAND,
        **needs(Right.RESTOCK),
        responses=answers(events.RestockRequested),
    )
    async def restock_cancelled_items(
        sent: Envelope, order_id: OrderInPath, body: RestockBody
    ) -> JSONResponse:
        """Put cancelled units back by hand; at most those cancelled and not back yet."""
        return await desk.answer(sent, command_of(RestockCancelledItems, body, order_id=order_id))
