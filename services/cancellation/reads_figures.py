"""The figures over HTTP: what was placed, cancelled, refunded, requested; and what stands behind.

Every answer is counted in one snapshot and says as of which position it is true.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import FastAPI, Query, Response
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from contracts.cancellation import ActorType, CancelReason, PendingKind, Right
from contracts.notifier import FeedbackAnswer
from contracts.values import Currency, OrderId, Tender
from kit.clock import utc_now
from kit.postgres import AnyConnection, Pool
from services.cancellation import figure_counts
from services.cancellation.access import needs
from services.cancellation.figure_shares import conversion_of
from services.cancellation.figures_csv import to_csv
from services.cancellation.problems import Problem, described
from services.cancellation.projections import past
from services.cancellation.projections.figure_entries import KINDS, Of, list_entries
from services.cancellation.projections.figure_filters import Dates, Wanted
from services.cancellation.projections.figure_queries import (
    CancelledBy,
    RefundsBy,
    RequestsBy,
    Row,
)
from services.cancellation.reads import POSITION_MAX, read_cursor, wait_until, write_moment
from services.cancellation.settings import CancellationSettings

DAYS_MAX = {"DAY": 400, "WEEK": 2_000}
"""Days a period may have when each day, or each week, is a row."""

DAYS_EVER_MAX = 3_660
DAYS_USUAL = 90

Format = Literal["json", "csv"]
Feedback = FeedbackAnswer | Literal[""]

Told = Annotated[str | None, Field(default=None, max_length=500)]
"""A text as the shop wrote it; empty for what was not told."""

CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}}}


class Filter(BaseModel):
    """What is counted; what is left out does not matter."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, populate_by_name=True)

    dates: Dates = "ORDER"
    """`ORDER`: by the day the order was placed. `EVENT`: by the day something happened to it."""
    first: date | None = None
    """First day, UTC; left out, 90 days up to the last."""
    last: date | None = None
    """Last day, UTC; left out, today."""
    currency: Currency | None = None
    """Of the order."""
    channel: Told
    """Where it was sold; empty for not told."""
    country: Told
    """As the shop writes it; empty for not told."""
    reason: CancelReason | None = None
    """Why it was cancelled."""
    format: Format = "json"
    """`csv` for a table."""
    min_position: int = Field(default=0, ge=0, le=POSITION_MAX)
    """Wait until the read model holds this position, as a write returned it."""
    limit: int = Field(default=50, ge=1, le=500)
    """Rows of one currency at most; the greatest amounts come first."""

    def wanted(self) -> Wanted:
        """Return it as the queries take it."""
        last = self.last or utc_now().date()
        first = self.first or max(last - timedelta(days=DAYS_USUAL - 1), date(1900, 1, 1))
        days = (last - first).days + 1
        if days < 1:
            raise Problem(422, "PERIOD_INVALID", f"{first} comes after {last}")
        if last.year >= 9000:  # noqa: PLR2004 - no moment lies there, see `Timestamp`
            raise Problem(422, "PERIOD_INVALID", f"no order was placed on {last}")
        by = getattr(self, "by", None)
        most = DAYS_MAX.get(str(by), DAYS_EVER_MAX)
        if days > most:
            detail = f"{days} days; at most {most}" + (f" by {by.lower()}" if by else "")
            raise Problem(422, "PERIOD_TOO_LONG", detail)
        known: dict[str, Any] = {
            name: value.replace("\x00", "") if isinstance(value, str) else value
            for name in Wanted._fields
            if (value := getattr(self, name, None)) is not None
        }
        return Wanted(**{**known, "first": first, "last": last})


class CancelledFilter(Filter):
    """What is counted of orders and their cancellations."""

    by: CancelledBy = "TOTAL"
    """One row for each …"""
    sub_reason: str | None = Field(default=None, max_length=60)
    """The merchant's own reason; empty for none."""
    product: str | None = Field(default=None, min_length=1, max_length=100)
    """Number of an article; then lines are counted, and delivery is in none."""
    actor: ActorType | None = None
    """What kind of party asked."""
    staff: str | None = Field(default=None, min_length=1, max_length=100)
    """Who of the staff asked."""
    feedback: Feedback | None = None
    """What the customer answered about it; empty for no answer."""
    visits: int | None = Field(default=None, ge=1, le=10**12)
    """How many visits the shop had in the period; then the answer says what became of them."""


class RefundsFilter(Filter):
    """What is counted of refunds."""

    by: RefundsBy = "TOTAL"
    """One row for each …"""
    tender: Tender | None = None
    """What the payment was made with."""
    method: str | None = Field(default=None, max_length=60)
    """How, in particular; empty for not told."""


class RequestsFilter(Filter):
    """What is counted of requests."""

    by: RequestsBy = "TOTAL"
    """One row for each …"""
    kind: PendingKind | None = None
    """Why they waited."""


class EntriesFilter(Filter):
    """Which entries stand behind a figure."""

    of: Of
    """Of which kind."""
    sub_reason: str | None = Field(default=None, max_length=60)
    """As with cancellations."""
    product: str | None = Field(default=None, min_length=1, max_length=100)
    """As with cancellations."""
    actor: ActorType | None = None
    """As with cancellations."""
    staff: str | None = Field(default=None, min_length=1, max_length=100)
    """As with cancellations."""
    feedback: Feedback | None = None
    """As with cancellations."""
    tender: Tender | None = None
    """As with refunds."""
    method: str | None = Field(default=None, max_length=60)
    """As with refunds."""
    refund_state: Literal["SUCCEEDED", "OPEN", "FAILED"] | None = None
    """How refunds stand."""
    kind: PendingKind | None = None
    """As with requests."""
    outcome: Literal["APPROVED", "DENIED", "OPEN"] | None = None
    """How requests were answered."""
    after: str | None = Field(default=None, max_length=200)
    """`next_after` of the page before, which had the same filters."""


_SHARED = ("dates", "first", "last", "currency", "channel", "country", "reason")


def add_figures(app: FastAPI, pool: Pool, settings: CancellationSettings) -> None:
    """Add the routes."""
    _add_counts(app, pool, settings)
    _add_entries(app, pool, settings)


@asynccontextmanager
async def _snapshot(
    pool: Pool, min_position: int, settings: CancellationSettings
) -> AsyncIterator[tuple[AnyConnection, dict[str, Any]]]:
    """Yield a connection that sees one moment, and which."""
    await wait_until(pool, min_position, settings)
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        # A figure over years reads what several processes read sooner, and is planned as such: from
        # the sixth time on PostgreSQL would take one plan for a week and for years.
        position = await connection.fetchval(
            "SELECT coalesce(max(position), 0),"
            " set_config('max_parallel_workers_per_gather', '2', true),"
            " set_config('plan_cache_mode', 'force_custom_plan', true)"
            " FROM cancellation.projection_cursors WHERE projection = 'orders'"
        )
        yield connection, write_moment(await past.moment_of(connection, position))


def _answer(
    asked_for: Filter, as_of: dict[str, Any], rows: Sequence[Row], **more: Any
) -> dict[str, Any] | Response:
    wanted = asked_for.wanted()
    if asked_for.format == "csv":
        name = f"figures-{wanted.first}-{wanted.last}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(to_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)
    return {**as_of, "first": wanted.first, "last": wanted.last, "rows": rows, **more}


Count = Callable[[AnyConnection, Wanted, Any, int], Awaitable[list[Row]]]
"""Counts what is wanted by one kind of group, at most so many of each currency."""

FIGURES: dict[str, Any] = {"tags": ["figures"], **needs(Right.READ)}


def _add_counts(app: FastAPI, pool: Pool, settings: CancellationSettings) -> None:
    told = {**CSV, **described(422, 503)}

    @app.get(
        "/v1/figures/cancellations", responses=told, response_model=None, **FIGURES
    )  # fmt: skip
    async def figures_of_cancellations(
        asked_for: Annotated[CancelledFilter, Query()],
    ) -> dict[str, Any] | Response:
        """Count what was placed, what of it was cancelled, and what is left."""
        as_of, rows, total = await _counted(asked_for, pool, settings, figure_counts.cancelled)
        more = {"conversion": conversion_of(total, asked_for.visits)}
        return _answer(asked_for, as_of, rows, total=total, **more)

    @app.get(
        "/v1/figures/refunds", responses=told, response_model=None, **FIGURES
    )  # fmt: skip
    async def figures_of_refunds(
        asked_for: Annotated[RefundsFilter, Query()],
    ) -> dict[str, Any] | Response:
        """Count refunds, how they stand, and how long those took that succeeded."""
        as_of, rows, total = await _counted(asked_for, pool, settings, figure_counts.refunds)
        return _answer(asked_for, as_of, rows, total=total)

    @app.get(
        "/v1/figures/requests", responses=told, response_model=None, **FIGURES
    )  # fmt: skip
    async def figures_of_requests(
        asked_for: Annotated[RequestsFilter, Query()],
    ) -> dict[str, Any] | Response:
        """Count requests, how they were answered, and how long that took."""
        as_of, rows, total = await _counted(asked_for, pool, settings, figure_counts.requests)
        return _answer(asked_for, as_of, rows, total=total)


async def _counted(
    asked_for: CancelledFilter | RefundsFilter | RequestsFilter, pool: Pool,
    settings: CancellationSettings, count: Count,
) -> tuple[dict[str, Any], list[Row], list[Row]]:  # fmt: skip
    """Count by groups and in all, of one moment; return that moment first."""
    wanted, by = asked_for.wanted(), asked_for.by
    async with _snapshot(pool, asked_for.min_position, settings) as (connection, as_of):
        total = await count(connection, wanted, "TOTAL", 1)
        rows = total if by == "TOTAL" else await count(connection, wanted, by, asked_for.limit)
    return as_of, rows, total


def _add_entries(app: FastAPI, pool: Pool, settings: CancellationSettings) -> None:
    order_id: TypeAdapter[str] = TypeAdapter(OrderId)
    uuid: TypeAdapter[UUID] = TypeAdapter(UUID)

    @app.get(
        "/v1/figures/entries", **FIGURES,
        responses={**CSV, **described(422, 503)}, response_model=None,
    )  # fmt: skip
    async def entries_behind(
        asked_for: Annotated[EntriesFilter, Query()],
    ) -> dict[str, Any] | Response:
        """List exactly what a figure counts, the newest first."""
        kind = KINDS[asked_for.of]
        general = {*Filter.model_fields, "of", "after"} - {*_SHARED[3:]}
        given = {name for name in asked_for.model_fields_set if name not in general}
        if strange := sorted(given - kind.filters):
            detail = f"{asked_for.of} knows no {', '.join(strange)}"
            raise Problem(422, "FILTER_NOT_KNOWN", detail)
        wanted = asked_for.wanted()
        after: tuple[datetime, Any] | None = None
        if asked_for.after:
            is_order = kind.id == "order_id"
            id_: TypeAdapter[Any] = order_id if is_order else uuid
            after = read_cursor(asked_for.after, id_, "after")
        async with _snapshot(pool, asked_for.min_position, settings) as (connection, as_of):
            rows = await list_entries(
                connection, asked_for.of, wanted, after=after, limit=asked_for.limit
            )
        last = rows[-1] if len(rows) == asked_for.limit else None
        next_after = f"{last['at'].isoformat()}~{last['id']}" if last else None
        rows = [{**row, "history": f"/v1/orders/{row['order_id']}/history"} for row in rows]
        return _answer(asked_for, as_of, rows, next_after=next_after)
