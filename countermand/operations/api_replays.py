"""Routes: replays planned, looked at row by row, approved by a second person, run, ended."""

from pathlib import Path as File
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from fastapi import FastAPI, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from contracts.cancellation import Right
from countermand.dead_letters.actions import By
from countermand.operations.acting import Act, by_of, second_of
from countermand.operations.jobs import Jobs
from countermand.operations.settings import OperationsSettings
from countermand.replay import decisions, doing
from countermand.replay.doing import System
from countermand.replay.journal import check
from countermand.replay.kept import fetch, read_rows
from countermand.replay.legs import GRACE_S
from countermand.replay.running import BusyError, is_under_way
from countermand.replay.seen import Seen, see
from countermand.replay.selection import Selection
from countermand.screen import OnStep
from services.cancellation.access import needs
from services.cancellation.problems import described

Hash = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
LISTED_MAX = 50
NAMED_MAX = 1_000
STARTED_WITHIN_S = 1.0
"""So long the answer to a run waits: short ones are over by then."""

REPLAY: dict[str, Any] = {"tags": ["replays"], **needs(Right.REPLAY)}
ACT: dict[str, Any] = {**REPLAY, "responses": described(404, 409, 413, 422, 503)}


class PlanWish(Act):
    """What a plan is about."""

    target: Annotated[str, StringConstraints(max_length=200, pattern=r"^[a-z]+:[A-Za-z0-9._-]+$")]
    """`leg:SERVICE`, `topic:NAME`, `projection:NAME` or `webhook:ENDPOINT`."""
    selection: Selection = Selection()
    """Which facts, or which dead letters."""

    @field_validator("selection")
    @classmethod
    def _can_be_asked(cls, selection: Selection) -> Selection:
        if len(selection.orders) + len(selection.types) > NAMED_MAX:
            raise ValueError(f"name {NAMED_MAX:,} orders and types at most")
        if "\\u0000" in selection.model_dump_json():
            raise ValueError("PostgreSQL takes no NUL")
        return selection

    older_than_s: float = Field(default=GRACE_S, ge=0, le=10**9)
    """What is younger may still be under way."""


class RunWish(Act):
    """How a plan is to be run."""

    rate: float | None = Field(default=None, gt=0, le=100_000)
    """Rows per second at most."""


class RowsAsked(BaseModel):
    """Which rows of a plan."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    every: bool = False
    """Also those that are done already."""
    from_line: int = Field(default=0, ge=0, le=10**9)
    """`next_line` of the page before."""
    limit: int = Field(default=50, ge=1, le=200)
    """How many at most."""


class Desk:
    """Replays of one system, and the jobs about them."""

    def __init__(self, system: System, jobs: Jobs) -> None:
        self.system, self.jobs = system, jobs

    async def told(self, plan_hash: str) -> dict[str, Any]:
        """Return what is known of a replay.

        Raises:
            RefusedError: nobody has made this plan here.
        """
        seen = await see(self.system.journal, plan_hash)
        if not seen.history:
            await self.system.journal.find(plan_hash)
        return await self._told(seen)

    async def _told(self, seen: Seen) -> dict[str, Any]:
        planned = seen.planned
        return {
            **seen.to_json(), "planner": seen.state.planner, "approver": seen.state.approver,
            "planned_at": seen.history[0].cause.recorded_at, "why": planned.why,
            "selection": planned.selection, "totals": planned.totals,
            "estimate_s": planned.estimate_s,
            "is_under_way": await is_under_way(self.system.pool, seen.plan_hash),
        }  # fmt: skip

    async def newest(self) -> list[dict[str, Any]]:
        """Return the replays planned last, without what happened to each."""
        journal = self.system.journal
        found = [await self.told(hash_) for hash_ in await journal.hashes(LISTED_MAX)]
        return [{name: one[name] for name in one if name != "history"} for one in found]

    async def make(self, wish: PlanWish, by: By, on_step: OnStep) -> str:
        """Make a plan; returns its hash."""
        with TemporaryDirectory() as folder:
            made = await doing.make(
                self.system, wish.target, wish.selection, by, grace_s=wish.older_than_s,
                part=File(folder, "part"), path_of=lambda hash_: File(folder, hash_),
                on_step=on_step,
            )  # fmt: skip
        return made.hash

    async def run(self, plan_hash: str, wish: RunWish, by: By, on_step: OnStep) -> str:
        """Carry a plan out, or go on with it; returns how that ended."""
        with TemporaryDirectory() as folder:
            plan = await fetch(self.system.pool, plan_hash, File(folder, plan_hash))
            ended = await doing.carry_out(self.system, plan, by, rate=wish.rate, on_step=on_step)
        return ended.outcome

    async def check_start(self, plan_hash: str, by: By) -> None:
        """Ask whether a plan may be run now.

        Raises:
            RefusedError: its rules forbid it.
            BusyError: somebody runs it.
        """
        check(await self.system.journal.state(plan_hash), decisions.Start(who=by.who, why=by.why))
        if await is_under_way(self.system.pool, plan_hash):
            raise BusyError(f"Somebody else runs the plan {plan_hash[:12]} right now.")


def add_replays(
    app: FastAPI, system: System, jobs: Jobs, settings: OperationsSettings
) -> None:  # fmt: skip
    """Add the routes."""
    desk = Desk(system, jobs)
    _add_reads(app, desk)
    _add_making(app, desk, settings)
    _add_acts(app, desk)


def _add_reads(app: FastAPI, desk: Desk) -> None:
    @app.get("/v1/replay-plans", **REPLAY, responses=described(422, 503))
    async def list_plans() -> dict[str, Any]:
        """List the plans made last and what this process is doing, the newest first."""
        return {"plans": await desk.newest(), "jobs": [job.to_json() for job in desk.jobs]}

    @app.get("/v1/replay-plans/{plan_hash}", **REPLAY, responses=described(404, 422, 503))
    async def one_plan(plan_hash: Hash) -> dict[str, Any]:
        """Return a plan, who did what to it, how far it is, and when it will be done."""
        return await desk.told(plan_hash)

    @app.get("/v1/replay-plans/{plan_hash}/rows", **REPLAY, responses=described(422, 503))
    async def rows_of_plan(plan_hash: Hash, asked: Annotated[RowsAsked, Query()]) -> dict[str, Any]:
        """Return the rows of a plan: what would change, what is missing, what is done already."""
        page = await read_rows(
            desk.system.pool, plan_hash, from_line=asked.from_line, limit=asked.limit,
            only_to_do=not asked.every,
        )  # fmt: skip
        return {"rows": page.rows, "next_line": page.next_line}


def _add_making(app: FastAPI, desk: Desk, settings: OperationsSettings) -> None:
    @app.post(
        "/v1/replay-plans", status_code=201, **REPLAY, responses=described(409, 413, 422, 503)
    )
    async def make_plan(request: Request, response: Response, body: PlanWish) -> dict[str, Any]:
        """Write down what would change; 202 where that takes longer than an answer."""
        by = by_of(request, body)
        doing.target_of(desk.system, body.target, body.selection, grace_s=body.older_than_s)
        job, task = desk.jobs.start(
            "PLAN", body.target, by.who, lambda on_step: desk.make(body, by, on_step)
        )
        if await desk.jobs.within(task, settings.answer_within_s):
            return {"plan": job.result, "job": None}
        response.status_code = 202
        return {"plan": None, "job": job.to_json()}


def _add_acts(app: FastAPI, desk: Desk) -> None:
    async def record(plan_hash: str, command: decisions.Command) -> dict[str, Any]:
        await desk.system.journal.record(plan_hash, command)
        return await desk.told(plan_hash)

    @app.post("/v1/replay-plans/{plan_hash}/approval", **ACT)
    async def approve_plan(request: Request, plan_hash: Hash, body: Act) -> dict[str, Any]:
        """Agree to a plan somebody else has made."""
        by = second_of(request, body)
        return await record(plan_hash, decisions.Approve(who=by.who, why=by.why))

    @app.post("/v1/replay-plans/{plan_hash}/runs", status_code=202, **ACT)
    async def run_plan(request: Request, plan_hash: Hash, body: RunWish) -> dict[str, Any]:
        """Do exactly what the plan says, or go on; nothing is done if the world has moved."""
        by = by_of(request, body)
        await desk.check_start(plan_hash, by)
        _, task = desk.jobs.start(
            "RUN", plan_hash, by.who, lambda on_step: desk.run(plan_hash, body, by, on_step)
        )
        await desk.jobs.within(task, STARTED_WITHIN_S)
        return await desk.told(plan_hash)

    @app.post("/v1/replay-plans/{plan_hash}/pause", **ACT)
    async def pause_plan(request: Request, plan_hash: Hash, body: Act) -> dict[str, Any]:
        """Let a run stand still after the rows at hand."""
        by = by_of(request, body)
        return await record(plan_hash, decisions.Pause(who=by.who, why=by.why))

    @app.post("/v1/replay-plans/{plan_hash}/cancellation", **ACT)
    async def cancel_plan(request: Request, plan_hash: Hash, body: Act) -> dict[str, Any]:
        """End a plan for good; what is done stays done."""
        by = by_of(request, body)
        return await record(plan_hash, decisions.Cancel(who=by.who, why=by.why))
