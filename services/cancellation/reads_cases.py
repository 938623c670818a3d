"""The reads of cases over HTTP: what needs a person, and what may safely be done about it."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import FastAPI, Path, Query
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from contracts.cancellation import Right, Role
from contracts.values import AMOUNT_MINOR_MAX, Code, Identifier, OrderId
from kit.clock import utc_now
from kit.postgres import Pool
from services.cancellation.access import needs
from services.cancellation.case_actions import actions_of
from services.cancellation.problems import Problem, described
from services.cancellation.projections.case_queries import Wanted, find_case, list_cases
from services.cancellation.reads import POSITION_MAX, MinPosition, present, read_cursor
from services.cancellation.settings import CancellationSettings

_CASE_ID: TypeAdapter[UUID] = TypeAdapter(UUID)


class CaseFilter(BaseModel):
    """Which cases; what is left out does not matter."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    state: Literal["OPEN", "CLOSED"] | None = None
    """Whether they still need somebody."""
    kind: Code | None = None
    """What went wrong."""
    role: Role | None = None
    """Who they wait for."""
    owner: Identifier | None = None
    """Whose they are."""
    order_id: OrderId | None = None
    """About which order."""
    overdue: bool | None = None
    """Whether they are open and their deadline is over."""
    stake_from_minor: int | None = Field(default=None, ge=0, le=AMOUNT_MINOR_MAX)
    """At stake: so much or more."""
    older_than_s: int | None = Field(default=None, ge=0, le=10 * 366 * 86_400)
    """Opened so long ago or longer."""
    after: str | None = Field(default=None, max_length=200)
    """`next_after` of the page before."""
    limit: int = Field(default=50, ge=1, le=200)
    """How many at most."""
    min_position: int = Field(default=0, ge=0, le=POSITION_MAX)
    """Wait until the read model holds this position, as a write returned it."""

    def wanted(self, now: datetime) -> Wanted:
        """Return it as the query takes it."""
        age_s = self.older_than_s
        return Wanted(
            state=self.state,
            kind=self.kind,
            role=self.role,
            owner=self.owner,
            order_id=self.order_id,
            is_overdue=self.overdue,
            stake_from_minor=self.stake_from_minor,
            opened_before=None if age_s is None else now - timedelta(seconds=age_s),
            after=read_cursor(self.after, _CASE_ID, "after") if self.after else None,
        )


def add_case_reads(app: FastAPI, pool: Pool, settings: CancellationSettings) -> None:
    """Add the routes."""

    @app.get("/v1/cases", tags=["reads"], **needs(Right.READ), responses=described(422, 503))
    async def list_of_cases(asked: Annotated[CaseFilter, Query()]) -> dict[str, Any]:
        """List what needs a person, or did; what has waited longest comes first."""
        now = utc_now()
        wanted = asked.wanted(now)
        as_of = await present(pool, asked.min_position, settings)
        rows = await list_cases(pool, wanted, now=now, limit=asked.limit)
        last = rows[-1] if len(rows) == asked.limit else None
        cursor = f"{last['opened_at'].isoformat()}~{last['case_id']}" if last else None
        return {**as_of, "cases": rows, "next_after": cursor}

    @app.get(
        "/v1/cases/{case_id}",
        tags=["reads"],
        **needs(Right.READ),
        responses=described(404, 422, 503),
    )
    async def one_case(
        case_id: Annotated[UUID, Path(description="The case.")], min_position: MinPosition = 0
    ) -> dict[str, Any]:
        """Return one case, its story, and what may safely be done about it now."""
        as_of = await present(pool, min_position, settings)
        found = await find_case(pool, case_id, now=utc_now())
        if found is None:
            raise Problem(404, "CASE_NOT_FOUND", f"no case {case_id}")
        row, story = found
        actions = [action.model_dump(mode="json") for action in actions_of(row)]
        return {**as_of, "case": {**row, "next_actions": actions}, "story": story}
