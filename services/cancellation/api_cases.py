"""Routes: what staff do with a case."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Path
from fastapi.responses import JSONResponse

from contracts.cancellation import AddCaseNote, AssignCase, CloseCase, EscalateCase, Right
from services.cancellation.access import needs
from services.cancellation.desk import (
    COMMAND,
    Desk,
    Envelope,
    OrderInPath,
    answers,
    body_of,
    command_of,
)
from services.cancellation.domain import events

CaseInPath = Annotated[UUID, Path(description="As `CaseOpened` names it.")]

AssignBody: Any = body_of(AssignCase, "order_id", "case_id")
EscalateBody: Any = body_of(EscalateCase, "order_id", "case_id")
NoteBody: Any = body_of(AddCaseNote, "order_id", "case_id")
CloseBody: Any = body_of(CloseCase, "order_id", "case_id")

CASE = "/v1/orders/{order_id}/cases/{case_id}"


def add_cases(app: FastAPI, desk: Desk) -> None:
    """Add the routes."""

    @app.post(
        CASE + "/assignment", **COMMAND, **needs(Right.CASE), responses=answers(events.CaseAssigned)
    )
    async def assign_case(
        sent: Envelope, order_id: OrderInPath, case_id: CaseInPath, body: AssignBody
    ) -> JSONResponse:
        """Say whose a case is."""
        path = {"order_id": order_id, "case_id": case_id}
        return await desk.answer(sent, command_of(AssignCase, body, **path))

    @app.post(
        CASE + "/escalation",
        **COMMAND,
        **needs(Right.CASE),
        responses=answers(events.CaseEscalated),
    )
    async def escalate_case(
        sent: Envelope, order_id: OrderInPath, case_id: CaseInPath, body: EscalateBody
    ) -> JSONResponse:
        """Bring a case before the next higher role."""
        path = {"order_id": order_id, "case_id": case_id}
        return await desk.answer(sent, command_of(EscalateCase, body, **path))

    @app.post(
        CASE + "/notes", **COMMAND, **needs(Right.CASE), responses=answers(events.CaseNoteAdded)
    )
    async def add_case_note(
        sent: Envelope, order_id: OrderInPath, case_id: CaseInPath, body: NoteBody
    ) -> JSONResponse:
        """Write down what was found out about a case."""
        path = {"order_id": order_id, "case_id": case_id}
        return await desk.answer(sent, command_of(AddCaseNote, body, **path))

    @app.post(
        CASE + "/closure", **COMMAND, **needs(Right.CASE), responses=answers(events.CaseClosed)
    )
    async def close_case(
        sent: Envelope, order_id: OrderInPath, case_id: CaseInPath, body: CloseBody
    ) -> JSONResponse:
        """Close a case by hand, with what became of it."""
        path = {"order_id": order_id, "case_id": case_id}
        return await desk.answer(sent, command_of(CloseCase, body, **path))
