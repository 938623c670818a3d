"""Orders as they were: the same answers as `queries`, folded from the log up to a position.

The fold is the projection's own, and PostgreSQL words the rows by the same expressions, so what is
said of a past moment is what was said then. Nothing is written.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from kit.event_store import LogEntry
from kit.facts import FactMapper, RecordedFact
from kit.ids import stream_id
from kit.moments import position_at, time_of
from kit.postgres import AnyConnection
from services.cancellation.projections.folding import fold_page
from services.cancellation.projections.history import HISTORY_COLUMNS, history_row
from services.cancellation.projections.placing import placed_body
from services.cancellation.projections.queries import SUMMARY, Row
from services.cancellation.projections.row import SUMMARY_COLUMNS
from services.cancellation.projections.shown import in_detail, in_list

SCHEMA = "cancellation"

CANDIDATES = 200
"""Orders folded at a time for a list."""

CANDIDATES_MAX = 2_000
"""Orders looked at for one page at most; a page may then be short and still be followed by more."""

_STREAMS = (
    "SELECT notification_id, originator_id, originator_version, topic, state"
    f" FROM {SCHEMA}.{SCHEMA}_events"
    " WHERE originator_id = ANY($1::uuid[]) AND notification_id <= $2"
    " ORDER BY originator_id, originator_version"
)
_NEWEST = f"SELECT coalesce(max(notification_id), 0) FROM {SCHEMA}.{SCHEMA}_events"
_FOLDED = ", ".join(f"${n}::{type_}[]" for n, type_ in enumerate(SUMMARY_COLUMNS.values(), 1))
_WORDED = (
    f"SELECT {SUMMARY}, details FROM unnest({_FOLDED}) AS folded ({', '.join(SUMMARY_COLUMNS)})"
)
_CANDIDATES = (
    f"SELECT stream_id, placed_at, order_id FROM {SCHEMA}.order_summaries"
    " WHERE $1::timestamptz IS NULL OR (placed_at, order_id) < ($1, $2::text)"
    " ORDER BY placed_at DESC, order_id DESC LIMIT $3"
)

Cursor = tuple[datetime, str]
"""Placement time and number of the last order seen."""


class Moment(NamedTuple):
    """A place in the log: what comes after it has not happened yet."""

    position: int
    time: datetime | None
    """When the fact there was recorded; None before the first."""


async def moment_of(connection: AnyConnection, at: int | datetime) -> Moment:
    """Return the place a position or a time stands for."""
    position = at if isinstance(at, int) else await position_at(connection, SCHEMA, at)
    return Moment(position, await time_of(connection, SCHEMA, position))


async def newest(connection: AnyConnection) -> int:
    """Return the newest position of the log, projected or not."""
    return int(await connection.fetchval(_NEWEST))


async def find_order(connection: AnyConnection, order_id: str, position: int) -> Row | None:
    """Return one order in detail, None when nobody had told us about it."""
    entries = await _read(connection, [stream_id(f"order:{order_id}")], position)
    for row in await _word(connection, fold_page(entries, {})):
        return in_detail({**row, "placed": placed_body(entries)})
    return None


async def find_history(connection: AnyConnection, order_id: str, position: int) -> list[Row]:
    """Return every fact of one order up to then, oldest first."""
    entries = await _read(connection, [stream_id(f"order:{order_id}")], position)
    rows = [dict(zip(HISTORY_COLUMNS, history_row(one), strict=True)) for one in entries]
    return [
        {name: value for name, value in row.items() if name != "stream_id"}
        | {"fact": orjson.loads(row["fact"])}
        for row in rows
    ]


async def find_facts(
    connection: AnyConnection, mapper: FactMapper, order_id: str, position: int
) -> list[RecordedFact]:
    """Return every fact of one order up to then, oldest first, as its decisions read it."""
    rows = await connection.fetch(_STREAMS, [stream_id(f"order:{order_id}")], position)
    return [RecordedFact(row[1], row[2], *mapper.read_body(row[3], row[4])) for row in rows]


async def list_orders(
    connection: AnyConnection,
    position: int,
    *,
    state: str | None,
    before: Cursor | None,
    limit: int,
) -> tuple[list[Row], Cursor | None]:
    """List orders as they were, newest first, and where the next page begins.

    Placement time and number never change, so today's orders, in today's sequence, are the
    candidates; what each was is folded from its stream. Needs read models that hold `position`.
    """
    found: list[Row] = []
    looked_at = 0
    while looked_at < CANDIDATES_MAX:
        placed_at, order_id = before or (None, None)
        candidates = await connection.fetch(_CANDIDATES, placed_at, order_id, CANDIDATES)
        folded = await _fold(connection, [row["stream_id"] for row in candidates], position)
        then = {row["order_id"]: row for row in await _word(connection, folded)}
        for row in candidates:
            before = row["placed_at"], row["order_id"]
            order = then.get(row["order_id"])
            if order and state in (None, order["state"]):
                found.append(in_list(order))
                if len(found) == limit:
                    return found, before
        looked_at += len(candidates)
        if len(candidates) < CANDIDATES:
            return found, None
    return found, before


async def _read(
    connection: AnyConnection, streams: Sequence[UUID], position: int
) -> list[LogEntry]:
    return [LogEntry(*row) for row in await connection.fetch(_STREAMS, streams, position)]


async def _fold(
    connection: AnyConnection, streams: Sequence[UUID], position: int
) -> list[tuple[Any, ...]]:
    return fold_page(await _read(connection, streams, position), {})


async def _word(connection: AnyConnection, folded: Sequence[tuple[Any, ...]]) -> list[Row]:
    if not folded:
        return []
    return [dict(row) for row in await connection.fetch(_WORDED, *zip(*folded, strict=True))]
