"""The read of requests over HTTP: which cancellations wait for a person, and until when."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from contracts.cancellation import PendingKind, Right
from kit.clock import utc_now
from kit.postgres import Pool
from services.cancellation.access import needs
from services.cancellation.problems import described
from services.cancellation.projections.request_queries import Wanted, list_requests
from services.cancellation.reads import POSITION_MAX, present, read_cursor
from services.cancellation.settings import CancellationSettings

_REQUEST_ID: TypeAdapter[UUID] = TypeAdapter(UUID)


class RequestFilter(BaseModel):
    """Which requests; what is left out does not matter."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    kind: PendingKind | None = None
    """Why they wait."""
    after: str | None = Field(default=None, max_length=200)
    """`next_after` of the page before, which had the same `kind`."""
    limit: int = Field(default=50, ge=1, le=200)
    """How many at most."""
    min_position: int = Field(default=0, ge=0, le=POSITION_MAX)
    """Wait until the read model holds this position, as a write returned it."""

    @property
    def wanted(self) -> Wanted:
        """Return it as the query takes it."""
        after = read_cursor(self.after, _REQUEST_ID, "after") if self.after else None
        return Wanted(self.kind, after)


def add_request_reads(app: FastAPI, pool: Pool, settings: CancellationSettings) -> None:
    """Add the route."""

    @app.get(
        "/v1/cancellation-requests",
        tags=["reads"],
        **needs(Right.READ),
        responses=described(422, 503),
    )
    async def list_cancellation_requests(
        asked: Annotated[RequestFilter, Query()],
    ) -> dict[str, Any]:
        """List the requests that wait for an answer; the one that is due first comes first."""
        wanted = asked.wanted
        as_of = await present(pool, asked.min_position, settings)
        rows = await list_requests(pool, wanted, now=utc_now(), limit=asked.limit)
        last = rows[-1] if len(rows) == asked.limit else None
        cursor = f"{last['expires_at']}~{last['request_id']}" if last else None
        return {**as_of, "requests": rows, "next_after": cursor}
