"""Logs written row by row, with times, gaps and sizes as a test wants them."""

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from kit.ids import stream_id


def body_of(fact: dict[str, Any], recorded_at: datetime, message_id: str = "m") -> bytes:
    """Return a stored body."""
    cause = {
        "message_id": message_id, "correlation_id": message_id, "traceparent": None,
        "recorded_at": recorded_at,
    }  # fmt: skip
    return orjson.dumps({"fact": fact, "cause": cause})


async def write_log(
    connection: "asyncpg.Connection[asyncpg.Record]",
    times: Sequence[datetime],
    *,
    service: str = "cancellation",
    gaps: random.Random | None = None,
) -> list[int]:
    """Append one fact per time, each to a stream of its own; returns their positions."""
    rows = [
        (stream_id(f"order:{number}"), 1, "order.placed.v1", body_of(
            {"message": {"order_id": str(number)}}, time, f"m-{number}"
        ))
        for number, time in enumerate(times)
    ]  # fmt: skip
    return await insert(connection, rows, service=service, gaps=gaps)


async def insert(
    connection: "asyncpg.Connection[asyncpg.Record]",
    rows: Sequence[tuple[UUID, int, str, bytes]],
    *,
    service: str = "cancellation",
    gaps: random.Random | None = None,
) -> list[int]:
    """Append rows; `gaps` leaves positions out, as transactions do that were rolled back."""
    first = await connection.fetchval(
        f"SELECT coalesce(max(notification_id), 0) + 1 FROM {service}.{service}_events"
    )
    positions: list[int] = []
    for _ in rows:
        first += gaps.choice((0, 0, 0, 1, 5)) if gaps else 0
        positions.append(first)
        first += 1
    await connection.copy_records_to_table(
        f"{service}_events",
        schema_name=service,
        columns=(
            "notification_id", "originator_id", "originator_version", "topic", "state",
        ),
        records=[(position, *row) for position, row in zip(positions, rows, strict=True)],
    )  # fmt: skip
    return positions
