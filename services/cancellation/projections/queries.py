"""Reads for the API: SELECT → plain values. Only the look-up by command id asks the event store.

Every answer says as of which position it is true.
"""

import asyncio
from datetime import datetime
from typing import Any

import orjson

from kit.event_store import EventStore
from kit.facts import Fact
from kit.ids import stream_id
from kit.postgres import Pool
from services.cancellation.domain import events

Row = dict[str, Any]

_LEG_WORDS = """
    CASE WHEN refunds_open > 0 THEN 'PENDING' WHEN refunds_failed > 0 THEN 'FAILED'
         WHEN refunds_uncertain > 0 THEN 'UNCERTAIN' WHEN refund_due_minor > 0 THEN 'SUCCEEDED'
         ELSE 'NOT_DUE' END AS refund_state,
    CASE WHEN restocks_open > 0 THEN 'PENDING' WHEN restocks_failed > 0 THEN 'FAILED'
         WHEN cancellation_count > 0 THEN 'SETTLED' ELSE 'NOT_DUE' END AS restock_state,
    CASE WHEN notifications_open > 0 THEN 'PENDING' WHEN notifications_failed > 0 THEN 'FAILED'
         WHEN notifications_uncertain > 0 THEN 'UNCERTAIN'
         WHEN cancellation_count > 0 THEN 'SETTLED' ELSE 'NOT_DUE' END AS notification_state"""

_SUMMARY = f"""order_id, state, currency, customer_id, country, placed_at, total_minor,
    captured_minor, cancelled_minor, refund_due_minor, refunded_minor, reason, cancelled_at,
    cancellation_count, rejection_count, {_LEG_WORDS}, version, last_position"""


async def wait_until_projected(pool: Pool, *, position: int, timeout_s: float) -> bool:
    """Wait until the read models hold `position`; False when they do not in time."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while await as_of(pool) < position:
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(0.01)
    return True


async def as_of(pool: Pool) -> int:
    """Return the position the read models are true for."""
    return int(
        await pool.fetchval(
            "SELECT coalesce(max(position), 0) FROM cancellation.projection_cursors"
            " WHERE projection = 'orders'"
        )
    )


async def list_orders(
    pool: Pool, *, state: str | None, before: tuple[datetime, str] | None, limit: int
) -> list[Row]:
    """List orders, newest first; `before` is placement time and number of the last one seen."""
    placed_at, order_id = before or (None, None)
    rows = await pool.fetch(
        f"SELECT {_SUMMARY} FROM cancellation.order_summaries"
        " WHERE ($1::text IS NULL OR state = $1)"
        " AND ($2::timestamptz IS NULL OR (placed_at, order_id) < ($2, $3::text))"
        " ORDER BY placed_at DESC, order_id DESC LIMIT $4",
        state, placed_at, order_id, limit,
    )  # fmt: skip
    return [dict(row) for row in rows]


async def find_order(pool: Pool, order_id: str) -> Row | None:
    """Return one order with its lines, None when nobody told us about it."""
    row = await pool.fetchrow(
        f"SELECT {_SUMMARY}, lines FROM cancellation.order_summaries WHERE stream_id = $1",
        stream_id(f"order:{order_id}"),
    )
    return None if row is None else {**dict(row), "lines": orjson.loads(row["lines"])}


async def find_history(pool: Pool, order_id: str) -> list[Row]:
    """Return every fact of one order, oldest first."""
    rows = await pool.fetch(
        "SELECT version, position, name, recorded_at, message_id, correlation_id, fact"
        " FROM cancellation.order_history WHERE stream_id = $1 ORDER BY version",
        stream_id(f"order:{order_id}"),
    )
    return [{**dict(row), "fact": orjson.loads(row["fact"])} for row in rows]


async def find_answer(pool: Pool, store: EventStore, command_id: str) -> Row | None:
    """Return what became of a command, None when it was never received.

    Looks into the inbox and the order's own stream, so the answer is there as soon as the command
    is decided, projected or not.
    """
    async with pool.acquire() as connection:
        stream = await connection.fetchval(
            "SELECT stream_id FROM cancellation.inbox WHERE message_id = $1", command_id
        )
        facts = await store.load(connection, stream) if stream else []
        own = [recorded for recorded in facts if recorded.cause.message_id == command_id]
        if own:
            # Of the last fact the command caused, as its first answer said; the stream goes on.
            position = await connection.fetchval(
                "SELECT notification_id FROM cancellation.cancellation_events"
                " WHERE originator_id = $1 AND originator_version = $2",
                stream, own[-1].originator_version,
            )  # fmt: skip
            return {**describe(own[0].fact), "position": position}
        letter = await connection.fetchrow(
            "SELECT code, detail, recorded_at FROM cancellation.dead_letters"
            " WHERE message_id = $1 ORDER BY dead_letter_id LIMIT 1",
            command_id,
        )
    return None if letter is None else {"outcome": "DEAD_LETTERED", **dict(letter)}


def describe(fact: Fact) -> Row:
    """Put the answer to a command into public words."""
    match fact:
        case events.OrderCancelled():
            return {
                "outcome": "CANCELLED",
                **fact.model_dump(
                    mode="json",
                    include={
                        "order_id", "command_id", "cancellation_id", "lines", "currency",
                        "refund_minor", "restock", "nothing_left",
                    },
                ),
                "notify": fact.recipient is not None,
            }  # fmt: skip
        case events.CancellationRejected():
            return {
                "outcome": "REJECTED",
                **fact.model_dump(mode="json", include={"order_id", "command_id", "refusals"}),
            }
        case _:
            return {"outcome": "RECORDED", "fact": fact.NAME}
