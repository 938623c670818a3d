"""Routes: cancel an order, look at what that would do, cancel what nobody paid for."""

from typing import Annotated, Any

from fastapi import FastAPI, Path
from fastapi.responses import JSONResponse

from contracts.cancellation import CancelOrder, CancelUnpaidOrder, Right
from contracts.values import CommandId
from services.cancellation.access import check_right, needs
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
from services.cancellation.domain.rules import chooses_money
from services.cancellation.explaining.preview import Preview
from services.cancellation.problems import Problem, described

CancelRequest: Any = body_of(CancelOrder, "order_id", name="CancelRequest")
UnpaidBody: Any = body_of(CancelUnpaidOrder, "order_id")


def add_cancelling(app: FastAPI, desk: Desk) -> None:
    """Add the routes."""
    _add_cancellations(app, desk)
    _add_others(app, desk)


def _add_cancellations(app: FastAPI, desk: Desk) -> None:
    @app.post(
        "/v1/orders/{order_id}/cancellations",
        **COMMAND,
        **needs(Right.CANCEL),
        responses=answers(events.OrderCancelled, events.CancellationRequested),
    )
    async def cancel_order(
        sent: Envelope, order_id: OrderInPath, body: CancelRequest
    ) -> JSONResponse:
        """Cancel an order or some of its lines.

        201 with the cancellation; 202 when a second person has to approve it; 403, 404 or 409 with
        every refusal; 409 `MESSAGE_ID_REUSED` when the key was used for another command. The same
        key and body always get the same answer.
        """
        command: Any = command_of(CancelOrder, body, order_id=order_id)
        if chooses_money(command):
            check_right(sent.caller, Right.REFUND)
        return await desk.answer(sent, command)

    @app.post(
        "/v1/orders/{order_id}/cancellation-previews",
        tags=["previews"],
        **needs(Right.CANCEL),
        responses=described(413, 422, 503),
    )
    async def preview_cancellation(
        order_id: OrderInPath, body: CancelRequest, locale: Language = "en"
    ) -> Preview:
        """Tell exactly what a cancellation would do now: money, stock, message and rules.

        It is the decision itself, not written down. Send its `basis.order_version` as
        `expected_version` with the command, and nothing else can be decided in between.
        """
        command = command_of(CancelOrder, body, order_id=order_id)
        return await desk.preview(command, locale)


def _add_others(app: FastAPI, desk: Desk) -> None:
    @app.post(
        "/v1/orders/{order_id}/unpaid-cancellations",
        **COMMAND,
        **needs(Right.CANCEL),
        responses=answers(events.OrderCancelled),
    )
    async def cancel_unpaid_order(
        sent: Envelope, order_id: OrderInPath, body: UnpaidBody
    ) -> JSONResponse:
        """Cancel an order nobody paid for in time; whether somebody did is looked at again."""
        return await desk.answer(sent, command_of(CancelUnpaidOrder, body, order_id=order_id))

    @app.get(
        "/v1/commands/{command_id}",
        tags=["commands"],
        **needs(Right.READ),
        responses=described(404, 422, 503),
    )
    async def find_command(
        command_id: Annotated[CommandId, Path(description="The command.")],
    ) -> dict[str, Any]:
        """Tell what became of a command, by whichever door it came."""
        answer = await desk.find(command_id)
        if answer is None:
            raise Problem(404, "COMMAND_NOT_FOUND", "no command of this id was received yet")
        return answer
