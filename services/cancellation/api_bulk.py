"""Routes: bulk plans. Look ahead, start, pause, resume, cancel, and see what came of each order."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import orjson
from fastapi import FastAPI, Header, Path, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse

from contracts.cancellation import Right
from contracts.values import Code
from services.cancellation.access import check_actor, check_right, needs
from services.cancellation.bulk import reading
from services.cancellation.bulk.answers import (
    BulkAnswer,
    BulkPlanList,
    BulkPlanRead,
    BulkPreview,
    OrderOutcomes,
    Outcome,
)
from services.cancellation.bulk.desk import IdReusedError, PlanDesk
from services.cancellation.bulk.preview import Preview, look_ahead
from services.cancellation.bulk.requests import BulkPlanBody, BulkPreviewBody
from services.cancellation.desk import Envelope, body_of, command_of, respond
from services.cancellation.domain.plan_commands import (
    CancelBulkPlan,
    PauseBulkPlan,
    ResumeBulkPlan,
)
from services.cancellation.domain.plan_terms import PlanId, Target
from services.cancellation.domain.plan_terms import command_of as wish_of
from services.cancellation.domain.rules import chooses_money
from services.cancellation.problems import Problem, described

PREFIX = "/v1/bulk-plans"
NDJSON = "application/x-ndjson"
MOST = "Entries at most."

TOLD: dict[int | str, dict[str, Any]] = {
    201: {"model": BulkAnswer, "description": "Decided; the answer stands for ever."}
}

InPath = Annotated[PlanId, Path(description="The plan's name.")]
Name = Annotated[
    PlanId,
    Header(alias="Idempotency-Key", description="The plan's name, and the command's id."),
]

PauseBody: Any = body_of(PauseBulkPlan, "plan_id")
ResumeBody: Any = body_of(ResumeBulkPlan, "plan_id")
CancelBody: Any = body_of(CancelBulkPlan, "plan_id")


def add_bulk(app: FastAPI, desk: PlanDesk) -> None:
    """Add the routes."""
    _add_preview(app, desk)
    _add_start(app, desk)
    _add_changes(app, desk)
    _add_reads(app, desk)


def _add_preview(app: FastAPI, desk: PlanDesk) -> None:
    as_lines = {NDJSON: {"schema": {"type": "string"}}}
    lines: dict[int | str, dict[str, Any]] = {200: {"content": as_lines}}

    @app.post(
        f"{PREFIX}/preview",
        tags=["previews"],
        **needs(Right.BULK),
        response_model=BulkPreview,
        responses={**lines, **described(413, 422, 503)},
    )
    async def preview_plan(request: Request, body: BulkPreviewBody) -> Any:
        """Tell what a plan would do; nothing is written.

        With `Accept: application/x-ndjson` a line tells how far it is after every batch, and the
        last line is the answer.
        """
        targets = await desk.find(body.order_ids, body.filter)
        steps = look_ahead(desk.orders, body.wish, body.actor.role, targets)
        if NDJSON in request.headers.get("accept", ""):
            return StreamingResponse(_stream(steps), media_type=NDJSON)
        async for preview in steps:
            last = preview
        return last.to_json()


async def _stream(steps: AsyncIterator[Preview]) -> AsyncIterator[bytes]:
    async for preview in steps:
        yield orjson.dumps({"checked": preview.checked, "of": preview.orders}) + b"\n"
        last = preview
    yield BulkPreview(**last.to_json()).model_dump_json().encode() + b"\n"


def _add_start(app: FastAPI, desk: PlanDesk) -> None:
    @app.post(
        PREFIX,
        status_code=201,
        tags=["commands"],
        **needs(Right.BULK),
        responses={**TOLD, **described(403, 409, 413, 422, 503)},
    )
    async def start_plan(sent: Envelope, name: Name, body: BulkPlanBody) -> JSONResponse:
        """Start a plan.

        The key is the plan's name. The same key and body always get the same answer, and the plan
        keeps the orders that fitted the first time.
        """
        check_actor(sent.caller, body.actor)
        if chooses_money(wish_of(name, body.wish, body.actor.role, Target("any"))):
            check_right(sent.caller, Right.REFUND)
        targets = await desk.find(body.order_ids, body.filter)
        try:
            answer = await desk.start(
                body, targets, name, sent.correlation_id, wish=body.wish, selection=body.filter,
                orders_per_s=body.orders_per_s, expected_digest=body.expected_digest,
                actor=body.actor,
            )  # fmt: skip
        except IdReusedError as reused:
            raise Problem(409, "MESSAGE_ID_REUSED", str(reused)) from None
        return respond(answer)


def _add_changes(app: FastAPI, desk: PlanDesk) -> None:
    about: dict[str, Any] = {
        "status_code": 201,
        "tags": ["commands"],
        "responses": {**TOLD, **described(403, 404, 409, 413, 422, 503)},
    }

    async def change(sent: Envelope, model: Any, plan_id: str, body: Any) -> JSONResponse:
        command: Any = command_of(model, body, plan_id=plan_id)
        check_actor(sent.caller, command.actor)
        try:
            answer = await desk.change(command, sent.key, sent.correlation_id)
        except IdReusedError as reused:
            raise Problem(409, "MESSAGE_ID_REUSED", str(reused)) from None
        return respond(answer)

    @app.post(f"{PREFIX}/{{plan_id}}/pause", **about, **needs(Right.BULK))
    async def pause_plan(sent: Envelope, plan_id: InPath, body: PauseBody) -> JSONResponse:
        """Pause a plan: once this is answered, no further order is touched."""
        return await change(sent, PauseBulkPlan, plan_id, body)

    @app.post(f"{PREFIX}/{{plan_id}}/resume", **about, **needs(Right.BULK))
    async def resume_plan(sent: Envelope, plan_id: InPath, body: ResumeBody) -> JSONResponse:
        """Go on with a paused plan, or change the pace of one that runs."""
        return await change(sent, ResumeBulkPlan, plan_id, body)

    @app.post(f"{PREFIX}/{{plan_id}}/cancel", **about, **needs(Right.BULK))
    async def cancel_plan(sent: Envelope, plan_id: InPath, body: CancelBody) -> JSONResponse:
        """End a plan early; the orders it cancelled stay cancelled."""
        return await change(sent, CancelBulkPlan, plan_id, body)


def _add_reads(app: FastAPI, desk: PlanDesk) -> None:
    async def find(plan_id: str) -> dict[str, Any]:
        plan = await reading.find_plan(desk.pool, plan_id)
        if plan is None:
            raise Problem(404, "PLAN_NOT_FOUND", f"no plan {plan_id}; GET {PREFIX} lists all")
        return plan

    @app.get(PREFIX, tags=["reads"], **needs(Right.READ), responses=described(422, 503))
    async def list_plans(
        limit: Annotated[int, Query(ge=1, le=200, description=MOST)] = 50,
    ) -> BulkPlanList:
        """List plans, newest first."""
        return BulkPlanList.model_validate({"plans": await reading.list_plans(desk.pool, limit)})

    @app.get(
        f"{PREFIX}/{{plan_id}}",
        tags=["reads"],
        **needs(Right.READ),
        responses=described(404, 422, 503),
    )
    async def find_plan(plan_id: InPath) -> BulkPlanRead:
        """Return one plan: how far it is, and what came of its orders."""
        return BulkPlanRead.model_validate(await find(plan_id))

    @app.get(
        f"{PREFIX}/{{plan_id}}/outcomes",
        tags=["reads"],
        **needs(Right.READ),
        responses=described(404, 422, 503),
    )
    async def list_outcomes(
        plan_id: InPath,
        outcome: Annotated[Outcome | None, Query(description="Only what came to this.")] = None,
        code: Annotated[Code | None, Query(description="Only with this code.")] = None,
        after: Annotated[int, Query(ge=0, le=2**31 - 1, description="`next_after`.")] = 0,
        limit: Annotated[int, Query(ge=1, le=5_000, description=MOST)] = 500,
    ) -> OrderOutcomes:
        """List what came of every order, in the plan's sequence."""
        await find(plan_id)
        found = await reading.list_outcomes(
            desk.pool, plan_id, outcome=outcome, code=code, after=after, limit=limit
        )
        next_after = found[-1]["number"] if len(found) == limit else None
        return OrderOutcomes.model_validate(
            {"plan_id": plan_id, "outcomes": found, "next_after": next_after}
        )
