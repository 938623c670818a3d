"""What was rebuilt or put right, by whom and why, and in what it differed: a row for ever."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import orjson

from kit.postgres import AnyConnection


class Entry(NamedTuple):
    """One row of `projection_rebuilds`."""

    projection: str
    version: int
    position: int
    facts: int
    digests: Mapping[str, str]
    """Per table, where all rows were compared."""
    differences: Mapping[str, int]
    """Rows by the name of what differed."""
    who: str
    why: str
    began_at: datetime
    stream_id: UUID | None = None
    """When only one stream was put right."""


async def record(connection: AnyConnection, schema: str, entry: Entry) -> None:
    """Keep it, in the transaction that changes the tables."""
    values = [orjson.dumps(v).decode() if isinstance(v, Mapping) else v for v in entry]
    marks = ", ".join(f"${n}" for n in range(1, len(values) + 1))
    await connection.execute(
        f"INSERT INTO {schema}.projection_rebuilds ({', '.join(Entry._fields)}) VALUES ({marks})",
        *values,
    )
