"""The read of changes over HTTP: which orders have had facts since a position."""

from typing import Annotated, Any

from fastapi import FastAPI, Query

from contracts.cancellation import Right
from kit.postgres import Pool
from services.cancellation.access import needs
from services.cancellation.problems import described
from services.cancellation.projections import queries
from services.cancellation.reads import POSITION_MAX


def add_change_reads(app: FastAPI, pool: Pool) -> None:
    """Add the route."""

    @app.get("/v1/changes", tags=["reads"], **needs(Right.READ), responses=described(422, 503))
    async def list_changes(
        after: Annotated[
            int | None,
            Query(
                ge=0,
                le=POSITION_MAX,
                description="`as_of` of the answer before; left out, nothing has changed yet.",
            ),
        ] = None,
    ) -> dict[str, Any]:
        """List the orders that have changed, for whoever shows them and wants to look again.

        Asked every second or so it is cheap. `is_all` is false when so much has changed that only
        the newest of it is listed.
        """
        as_of = await queries.as_of(pool)
        start = max(as_of if after is None else after, as_of - queries.CHANGES_MAX)
        order_ids = await queries.list_changed(pool, start, as_of) if start < as_of else []
        return {"as_of": as_of, "order_ids": order_ids, "is_all": after is None or start <= after}
