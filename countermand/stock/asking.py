"""Reads the stock ledger, and sends commands about it and waits for their answers."""

import asyncio
import time
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import asyncpg
import orjson

from contracts.inventory import LOCATIONS_KEY, AdjustStock, SetStockLocation, key_of
from countermand.endpoints import Endpoints
from countermand.errors import KnownError
from countermand.upstream import Outgoing, open_upstream
from kit.ids import stream_id

Row = dict[str, Any]

ANSWER_WITHIN_S = 30.0

_LEVELS = """
    SELECT location, sum(on_hand)::bigint AS on_hand, sum(reserved)::bigint AS reserved,
        sum(on_hand - reserved)::bigint AS available, max(recorded_at) AS moved_at
    FROM inventory.stock_movements
    WHERE sku = $1 AND ($2::timestamptz IS NULL OR recorded_at <= $2)
    GROUP BY location ORDER BY location"""

_MOVEMENTS = """
    SELECT recorded_at, kind, quantity, on_hand, reserved, location, order_id, line_id,
        cancellation_id, request_id, reason, actor
    FROM inventory.stock_movements
    WHERE sku = $1 AND ($2::text IS NULL OR location = $2)
    ORDER BY recorded_at DESC, movement_id LIMIT $3"""

_NEWEST = """
    SELECT topic, state FROM inventory.inventory_events
    WHERE originator_id = $1 ORDER BY originator_version DESC LIMIT 50"""


async def read_levels(data_dir: Path, sku: str, at: datetime | None) -> list[Row]:
    """Return the levels of an article per location, as they are or as they were."""
    return await _fetch(data_dir, _LEVELS, sku, at)


async def read_movements(data_dir: Path, sku: str, location: str | None, limit: int) -> list[Row]:
    """Return the newest movements of an article."""
    return await _fetch(data_dir, _MOVEMENTS, sku, location, limit)


async def read_locations(data_dir: Path) -> list[Row]:
    """Return what was last said about each location."""
    found: dict[str, Row] = {}
    query = (
        "SELECT state FROM inventory.inventory_events WHERE originator_id = $1"
        " AND topic = 'stock.location-set.v1' ORDER BY originator_version"
    )
    for row in await _fetch(data_dir, query, stream_id(f"inventory:{LOCATIONS_KEY}")):
        fact = orjson.loads(row["state"])["fact"]
        found[fact["location"]] = {
            name: fact[name] for name in ("location", "is_active", "fallback")
        }
    return [found[name] for name in sorted(found)]


async def _fetch(data_dir: Path, query: str, *arguments: Any) -> list[Row]:
    connection = await asyncpg.connect(Endpoints.find(data_dir).postgres_dsn)
    try:
        return [_shown(dict(row)) for row in await connection.fetch(query, *arguments)]
    finally:
        await connection.close()


def _shown(row: Row) -> Row:
    """An unnamed location is no location."""
    return {**row, "location": row["location"] or None} if "location" in row else row


async def count(
    data_dir: Path, counted: int, at: datetime | None, command_id: str, **about: Any
) -> Row:
    """Say what was counted: the difference to what the book said at that moment."""
    levels = await read_levels(data_dir, about["sku"], at)
    level = next((row for row in levels if row["location"] == about["location"]), None)
    change = counted - (level["on_hand"] if level else 0)
    command = AdjustStock(change=change, reason="COUNTED", counted=counted, **about)
    return await send(data_dir, command, command_id)


async def send(data_dir: Path, command: AdjustStock | SetStockLocation, command_id: str) -> Row:
    """Send a command and return its answer: the fact, and its stored name.

    Raises:
        KnownError: it is on Kafka and was not answered in time.
    """
    endpoints = Endpoints.find(data_dir)
    async with open_upstream(endpoints.kafka_bootstrap) as upstream:
        await upstream.publish([Outgoing(command_id, command)])
    stream = stream_id(f"inventory:{key_of(command)}")
    deadline = time.monotonic() + ANSWER_WITHIN_S
    while time.monotonic() < deadline:
        for row in await _fetch(data_dir, _NEWEST, stream):
            body = orjson.loads(row["state"])
            if body["cause"]["message_id"] == command_id:
                return {"name": row["topic"], **body["fact"]}
        await asyncio.sleep(0.1)
    raise KnownError(
        f"Command {command_id} is on Kafka and was not answered within {ANSWER_WITHIN_S:.0f} s."
        " The same again under the same id has effect once."
    )


Reason = Literal["RECEIVED", "DAMAGED", "LOST", "FOUND", "MOVED", "OTHER"]
"""Why, when nothing was counted."""
