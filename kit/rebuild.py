"""Builds a read model anew beside the old one, stream by stream, and swaps.

Reading by stream instead of by position writes every row once instead of once per fact. Readers use
the old tables until the swap, which is one short transaction that also catches up.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from kit.event_store import EventStore, LogEntry
from kit.postgres import AnyConnection, Pool
from kit.projector import PAGE_MAX, Projection

STREAM_PAGE_MAX = 5_000
"""Facts read at a time; the next page is read while the last one is written."""

_BEGINNING = UUID(int=0), 0


async def rebuild(*, schema: str, pool: Pool, store: EventStore, projection: Projection) -> int:
    """Rebuild `projection` from nothing and return how many facts it was built from."""
    async with pool.acquire() as reader, pool.acquire() as writer:
        head = await store.head(reader)
        for table in projection.tables:
            await writer.execute(f"DROP TABLE IF EXISTS {schema}.{table}_next")
            await writer.execute(
                f"CREATE TABLE {schema}.{table}_next (LIKE {schema}.{table} INCLUDING ALL)"
            )
        count, carried, after = 0, None, _BEGINNING
        reading = asyncio.create_task(_read(store, reader, after, head))
        while page := await reading:
            after = page[-1].stream, page[-1].version
            reading = asyncio.create_task(_read(store, reader, after, head))
            # One turn of the loop lets the request out, so the server reads while we fold.
            await asyncio.sleep(0)
            rows, carried = projection.fold(page, carried)
            await _copy(writer, schema, projection, rows)
            count += len(page)
        rows, _ = projection.fold([], carried)
        await _copy(writer, schema, projection, rows)
        async with writer.transaction():
            await _swap(writer, schema, store, projection, head)
        return count


async def _read(
    store: EventStore, connection: AnyConnection, after: tuple[UUID, int], head: int
) -> list[LogEntry]:
    return await store.read_streams(connection, after=after, up_to=head, limit=STREAM_PAGE_MAX)


async def _copy(
    connection: AnyConnection,
    schema: str,
    projection: Projection,
    rows: Mapping[str, Sequence[tuple[Any, ...]]],
) -> None:
    for table, records in rows.items():
        if records:
            await connection.copy_records_to_table(
                f"{table}_next",
                schema_name=schema,
                columns=projection.tables[table],
                records=records,
            )


async def _swap(
    connection: AnyConnection, schema: str, store: EventStore, projection: Projection, head: int
) -> None:
    """Put the new tables in place of the old and bring them up to the present."""
    await connection.execute(
        f"INSERT INTO {schema}.projection_cursors (projection, position) VALUES ($1, 0)"
        " ON CONFLICT (projection) DO UPDATE SET moved_at = now()",
        projection.name,
    )
    for table in projection.tables:
        await connection.execute(f"DROP TABLE {schema}.{table}")
        await connection.execute(f"ALTER TABLE {schema}.{table}_next RENAME TO {table}")
    while page := await store.read_log(connection, after=head, limit=PAGE_MAX):
        await projection.apply(connection, page)
        head = page[-1].position
    await connection.execute(
        f"UPDATE {schema}.projection_cursors SET position = $2, moved_at = now()"
        " WHERE projection = $1",
        projection.name,
        head,
    )
