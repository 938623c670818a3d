"""Puts right what a projection shows of one stream, at once."""

from collections import Counter
from typing import NamedTuple
from uuid import UUID

from kit.clock import utc_now
from kit.event_store import EventStore
from kit.postgres import AnyConnection
from kit.projector import OtherVersionError
from rebuild.candidate import NEXT, TEMPORARY, Candidate
from rebuild.differences import Difference
from rebuild.record import Entry, record
from rebuild.summing import Summing


class Repaired(NamedTuple):
    """What came of a repair."""

    position: int
    differences: list[Difference]
    """Rows that were put right."""


async def repair(
    connection: AnyConnection, *, schema: str, store: EventStore, projection: Summing,
    stream: UUID, who: str, why: str,
) -> Repaired:  # fmt: skip
    """Fold a stream anew and put its rows in the place of those shown.

    Raises:
        OtherVersionError: the tables are another version's; rebuild them all.
    """
    began_at, version, name = utc_now(), max(projection.versions), projection.name
    candidate = Candidate(schema=schema, store=store, projection=projection, place=TEMPORARY)
    async with connection.transaction():
        # The projector waits for the cursor's row, so what is folded is what is shown next.
        cursor = await connection.fetchrow(
            f"SELECT position, version FROM {schema}.projection_cursors"
            " WHERE projection = $1 FOR UPDATE",
            name,
        )
        position, stored = cursor or (0, version)
        if stored != version:
            raise OtherVersionError(f"{schema}.{name} is stored as version {stored}, not {version}")
        await candidate.create(connection)
        facts = await candidate.refold(connection, [stream], position)
        found = [one async for one in candidate.differences(connection, [stream])]
        if found:
            for table, columns in projection.tables.items():
                names = ", ".join(columns)
                await connection.execute(
                    f"DELETE FROM {schema}.{table} WHERE stream_id = $1", stream
                )
                await connection.execute(
                    f"INSERT INTO {schema}.{table} ({names})"
                    f" SELECT {names} FROM {TEMPORARY}.{table}{NEXT}"
                )
            counts = Counter(name for one in found for name in one.names)
            entry = Entry(name, version, position, facts, {}, counts, who, why, began_at, stream)
            await record(connection, schema, entry)
        await candidate.drop(connection)
    return Repaired(position, found)
