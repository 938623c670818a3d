"""The reads of the HTTP door: orders as they are, or as they were at any moment.

Every answer says as of which position it is true, and when the fact there was recorded.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from fastapi import FastAPI, Path, Query
from pydantic import TypeAdapter

from contracts.values import OrderId
from kit.clock import utc_now
from kit.postgres import AnyConnection, Pool
from services.cancellation.problems import Problem, described
from services.cancellation.projections import past, queries
from services.cancellation.projections.past import Moment
from services.cancellation.projections.row import OrderState
from services.cancellation.settings import CancellationSettings

T = TypeVar("T")

_ORDER_ID: TypeAdapter[str] = TypeAdapter(OrderId)

POSITION_MAX = 2**63 - 1

MinPosition = Annotated[
    int,
    Query(
        ge=0, le=POSITION_MAX,
        description="Wait until the read model holds this position, as a write returned it.",
    ),
]  # fmt: skip
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


def read_cursor(text: str, id_: TypeAdapter[T], name: str) -> tuple[datetime, T]:
    """Return moment and id of the last row of a page, as the parameter `name` says them."""
    moment, _, said = text.partition("~")
    try:
        return datetime.fromisoformat(moment).astimezone(UTC), id_.validate_python(said)
    except (ValueError, OverflowError):  # pydantic's error is a ValueError
        detail = f"send `next_{name}` of the last page unchanged, or leave `{name}` out"
        raise Problem(422, "CURSOR_INVALID", detail) from None


def _write_cursor(last: tuple[datetime, str] | None) -> str | None:
    return f"{last[0].isoformat()}~{last[1]}" if last else None


def write_moment(moment: Moment) -> dict[str, Any]:
    """Say what an answer is true for."""
    return {"as_of": moment.position, "as_of_time": moment.time}


def add_reads(app: FastAPI, pool: Pool, settings: CancellationSettings) -> None:
    """Add the routes."""
    _add_list(app, pool, settings)
    _add_order(app, pool, settings)


async def _wait_until(pool: Pool, position: int, settings: CancellationSettings) -> None:
    timeout_s = settings.read_wait_max_s
    if position and not await queries.wait_until_projected(
        pool, position=position, timeout_s=timeout_s
    ):
        detail = f"position {position} was not projected within {timeout_s:g} s; ask again"
        raise Problem(503, "NOT_PROJECTED_YET", detail)


async def present(pool: Pool, min_position: int, settings: CancellationSettings) -> dict[str, Any]:
    """Wait until the read models are as far as asked and say how far they are."""
    await _wait_until(pool, min_position, settings)
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


def _add_list(app: FastAPI, pool: Pool, settings: CancellationSettings) -> None:
    @app.get("/v1/orders", tags=["reads"], responses=described(422, 503))
    async def list_orders(
        state: OrderState | None = None,
        before: Annotated[
            str | None, Query(max_length=200, description="`next_before` of the page before.")
        ] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        min_position: MinPosition = 0,
        at: At = None,
    ) -> dict[str, Any]:
        """List orders, newest first.

        With `at` a page may be short; go on while there is a `next_before`.
        """
        page = read_cursor(before, _ORDER_ID, "before") if before else None
        if at is not None:
            async with pool.acquire() as connection:
                moment = await moment_at(connection, at)
            await _wait_until(pool, moment.position, settings)
            async with pool.acquire() as connection:
                orders, last = await past.list_orders(
                    connection, moment.position, state=state, before=page, limit=limit
                )
            return {**write_moment(moment), "orders": orders, "next_before": _write_cursor(last)}
        as_of = await present(pool, min_position, settings)
        rows = await queries.list_orders(pool, state=state, before=page, limit=limit)
        last = (rows[-1]["placed_at"], rows[-1]["order_id"]) if len(rows) == limit else None
        return {**as_of, "orders": rows, "next_before": _write_cursor(last)}


def _add_order(app: FastAPI, pool: Pool, settings: CancellationSettings) -> None:
    def missing(order_id: str, at: str | None) -> Problem:
        by_then = f" by {at}" if at else ""
        return Problem(404, "ORDER_NOT_FOUND", f"no order {order_id} was announced to us{by_then}")

    @app.get("/v1/orders/{order_id}", tags=["reads"], responses=described(404, 422, 503))
    async def find_order(
        order_id: Annotated[OrderId, Path()], min_position: MinPosition = 0, at: At = None
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

    @app.get("/v1/orders/{order_id}/history", tags=["reads"], responses=described(404, 422, 503))
    async def find_history(
        order_id: Annotated[OrderId, Path()], min_position: MinPosition = 0, at: At = None
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
