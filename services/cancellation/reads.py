"""The reads of the HTTP door: orders as they are, or as they were at any moment.

Every answer says as of which position it is true, and when the fact there was recorded.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

from fastapi import FastAPI, Path, Query
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from contracts.cancellation import CancelReason, Right
from contracts.values import Code, Identifier, OrderId
from kit.clock import utc_now
from kit.postgres import AnyConnection, Pool
from services.cancellation.access import needs
from services.cancellation.domain.plan_terms import ORDERS_MAX
from services.cancellation.problems import Problem, described
from services.cancellation.projections import past, queries
from services.cancellation.projections.past import Moment
from services.cancellation.projections.row import OrderState
from services.cancellation.settings import CancellationSettings

T = TypeVar("T")
K = TypeVar("K")

_ORDER_ID: TypeAdapter[str] = TypeAdapter(OrderId)

POSITION_MAX = 2**63 - 1

_TOTAL: TypeAdapter[int] = TypeAdapter(Annotated[int, Field(ge=0, le=POSITION_MAX)])

MinPosition = Annotated[
    int,
    Query(
        ge=0, le=POSITION_MAX,
        description="Wait until the read model holds this position, as a write returned it.",
    ),
]  # fmt: skip
OrderInPath = Annotated[OrderId, Path(description="The order.")]
At = Annotated[
    str | None,
    Query(
        max_length=40,
        description="Answer as of then: a position, or a time with its offset (RFC 3339).",
    ),
]


def _read_at(text: str) -> int | datetime:
    if text.isascii() and text.isdigit() and int(text) <= POSITION_MAX:
        return int(text)
    try:
        # In a query a plus sign means a space.
        moment = datetime.fromisoformat(text[:19] + text[19:].replace(" ", "+"))
        if moment.tzinfo:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    detail = "`at` is a position, or a time with its offset: 4210, 2026-11-02T09:30:00Z"
    raise Problem(422, "AT_INVALID", detail)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _total(text: str) -> int:
    return _TOTAL.validate_python(text)


def read_cursor(text: str, id_: TypeAdapter[T], name: str) -> tuple[datetime, T]:
    """Return moment and id of the last row of a page, as the parameter `name` says them."""
    return _cursor(text, id_, name, _moment)


def _cursor(text: str, id_: TypeAdapter[T], name: str, read: Callable[[str], K]) -> tuple[K, T]:
    first, _, said = text.partition("~")
    try:
        return read(first), id_.validate_python(said)
    except (ValueError, OverflowError):  # pydantic's error is a ValueError
        detail = f"send `next_{name}` of the last page unchanged, or leave `{name}` out"
        raise Problem(422, "CURSOR_INVALID", detail) from None


def _write_cursor(last: tuple[datetime | int, str] | None) -> str | None:
    if last is None:
        return None
    first = last[0].isoformat() if isinstance(last[0], datetime) else last[0]
    return f"{first}~{last[1]}"


def write_moment(moment: Moment) -> dict[str, Any]:
    """Say what an answer is true for."""
    return {"as_of": moment.position, "as_of_time": moment.time}


def add_reads(app: FastAPI, pool: Pool, settings: CancellationSettings) -> None:
    """Add the routes."""
    _add_list(app, pool, settings)
    _add_order(app, pool, settings)


async def wait_until(pool: Pool, position: int, settings: CancellationSettings) -> None:
    """Wait until the read models are as far as asked."""
    timeout_s = settings.read_wait_max_s
    if position and not await queries.wait_until_projected(
        pool, position=position, timeout_s=timeout_s
    ):
        detail = f"position {position} was not projected within {timeout_s:g} s; ask again"
        raise Problem(503, "NOT_PROJECTED_YET", detail)


async def present(pool: Pool, min_position: int, settings: CancellationSettings) -> dict[str, Any]:
    """Wait until the read models are as far as asked and say how far they are."""
    await wait_until(pool, min_position, settings)
    position = await queries.as_of(pool)
    async with pool.acquire() as connection:
        return write_moment(await past.moment_of(connection, position))


async def moment_at(connection: AnyConnection, at: str) -> Moment:
    """Return the moment asked for; what lies in the log up to it never changes again."""
    wanted = _read_at(at)
    newest = await past.newest(connection)
    if wanted > newest if isinstance(wanted, int) else wanted > utc_now():
        detail = f"nothing is known of {at} yet; the newest position is {newest}"
        raise Problem(422, "AT_IN_FUTURE", detail)
    return await past.moment_of(connection, wanted)


class OrderFilter(BaseModel):
    """Which orders; what is left out does not matter."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    q: str | None = Field(default=None, max_length=200)
    """Words that begin words of the order: number, customer, e-mail address, articles."""
    state: OrderState | None = None
    """What is said of the order."""
    reason: CancelReason | None = None
    """Why it was cancelled last."""
    refund_state: Code | None = None
    """What is said of its money."""
    stuck: queries.Stuck | None = None
    """A leg that needs somebody."""
    channel: Identifier | None = None
    """Where it was sold."""
    country: str | None = Field(default=None, max_length=500)
    """As the shop writes it."""
    total_from_minor: int | None = Field(default=None, ge=0, le=POSITION_MAX)
    """It cost so much or more."""
    total_to_minor: int | None = Field(default=None, ge=0, le=POSITION_MAX)
    """It cost so much or less."""
    placed_within_s: int | None = Field(default=None, ge=0, le=10 * 366 * 86_400)
    """Placed so long ago at most."""
    sort: queries.Sort = "NEWEST"
    """By the moment they were placed, or by what they cost."""
    min_position: int = Field(default=0, ge=0, le=POSITION_MAX)
    """Wait until the read model holds this position, as a write returned it."""

    def wanted(self, now: datetime) -> queries.Wanted:
        """Return it as the query takes it."""
        within_s = self.placed_within_s
        return queries.Wanted(
            state=self.state,
            reason=self.reason,
            refund_state=self.refund_state,
            stuck=self.stuck,
            channel=self.channel,
            country=self.country and self.country.replace("\x00", ""),
            total_from_minor=self.total_from_minor,
            total_to_minor=self.total_to_minor,
            placed_after=None if within_s is None else now - timedelta(seconds=within_s),
            text=self.q,
            sort=self.sort,
        )


class OrderPage(OrderFilter):
    """Which orders, and how many of them."""

    before: str | None = Field(default=None, max_length=200)
    """`next_before` of the page before, which had the same filters."""
    limit: int = Field(default=50, ge=1, le=200)
    """How many at most."""
    at: str | None = Field(default=None, max_length=40)
    """Answer as of then: a position, or a time with its offset (RFC 3339); only with `state`."""

    @property
    def is_of_the_past(self) -> bool:
        """Tell whether it asks for nothing that cannot be answered as of then."""
        return self.model_fields_set <= {"at", "state", "before", "limit", "min_position"}

    def wanted(self, now: datetime) -> queries.Wanted:
        """Return it as the query takes it."""
        wanted = super().wanted(now)
        if self.before is None:
            return wanted
        by_total = queries.SORTED_BY[self.sort][0] == "total_minor"
        read: Callable[[str], datetime | int] = _total if by_total else _moment
        return wanted._replace(before=_cursor(self.before, _ORDER_ID, "before", read))


def _add_list(app: FastAPI, pool: Pool, settings: CancellationSettings) -> None:
    @app.get("/v1/orders", tags=["reads"], **needs(Right.READ), responses=described(422, 503))
    async def list_orders(asked: Annotated[OrderPage, Query()]) -> dict[str, Any]:
        """List orders, the newest first unless told otherwise.

        With `at` a page may be short; go on while there is a `next_before`.
        """
        at, limit, wanted = asked.at, asked.limit, asked.wanted(utc_now())
        if at is not None:
            if not asked.is_of_the_past:
                detail = "with `at` orders are filtered by `state` alone"
                raise Problem(422, "FILTER_NOT_IN_PAST", detail)
            async with pool.acquire() as connection:
                moment = await moment_at(connection, at)
            await wait_until(pool, moment.position, settings)
            async with pool.acquire() as connection:
                orders, last = await past.list_orders(
                    connection, moment.position, state=wanted.state, limit=limit,
                    before=read_cursor(asked.before, _ORDER_ID, "before") if asked.before else None,
                )  # fmt: skip
            return {**write_moment(moment), "orders": orders, "next_before": _write_cursor(last)}
        as_of = await present(pool, asked.min_position, settings)
        rows = await queries.list_orders(pool, wanted, limit=limit)
        column = queries.SORTED_BY[wanted.sort][0]
        last = (rows[-1][column], rows[-1]["order_id"]) if len(rows) == limit else None
        return {**as_of, "orders": rows, "next_before": _write_cursor(last)}

    @app.get("/v1/order-ids", tags=["reads"], **needs(Right.READ), responses=described(422, 503))
    async def list_order_ids(asked: Annotated[OrderFilter, Query()]) -> dict[str, Any]:
        """List the numbers of all orders that fit, for a bulk plan.

        One more than a plan may have says that there are more.
        """
        as_of = await present(pool, asked.min_position, settings)
        limit = ORDERS_MAX + 1
        found = await queries.list_order_ids(pool, asked.wanted(utc_now()), limit=limit)
        return {**as_of, "order_ids": found}


def _add_order(app: FastAPI, pool: Pool, settings: CancellationSettings) -> None:
    def missing(order_id: str, at: str | None) -> Problem:
        by_then = f" by {at}" if at else ""
        return Problem(404, "ORDER_NOT_FOUND", f"no order {order_id} was announced to us{by_then}")

    @app.get(
        "/v1/orders/{order_id}",
        tags=["reads"],
        **needs(Right.READ),
        responses=described(404, 422, 503),
    )
    async def find_order(
        order_id: OrderInPath, min_position: MinPosition = 0, at: At = None
    ) -> dict[str, Any]:
        """Return one order: its lines, money and how far each leg has come."""
        if at is None:
            as_of = await present(pool, min_position, settings)
            order = await queries.find_order(pool, order_id)
        else:
            async with pool.acquire() as connection:
                moment = await moment_at(connection, at)
                as_of = write_moment(moment)
                order = await past.find_order(connection, order_id, moment.position)
        if order is None:
            raise missing(order_id, at)
        return {**as_of, "order": order}

    @app.get(
        "/v1/orders/{order_id}/history",
        tags=["reads"],
        **needs(Right.READ),
        responses=described(404, 422, 503),
    )
    async def find_history(
        order_id: OrderInPath, min_position: MinPosition = 0, at: At = None
    ) -> dict[str, Any]:
        """Return every fact of one order, with what caused it."""
        if at is None:
            as_of = await present(pool, min_position, settings)
            history = await queries.find_history(pool, order_id)
        else:
            async with pool.acquire() as connection:
                moment = await moment_at(connection, at)
                as_of = write_moment(moment)
                history = await past.find_history(connection, order_id, moment.position)
        if not history:
            raise missing(order_id, at)
        return {**as_of, "order_id": order_id, "history": history}
