"""A log of facts about nothing in particular, its audit history, and a look at both."""

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import orjson

from audit.signing import create_key
from audit.tables import audit_schema
from audit.trail import AuditTrail, Sealer
from kit.event_store import EventStore
from kit.facts import FactMapper
from kit.postgres import Pool, open_pool
from kit.projector import Projector

SERVICE = "cancellation"
EVENTS = "cancellation.cancellation_events"
ENTRIES = "cancellation_audit.entries"
ROOTS = "cancellation_audit.roots"
BEGAN = datetime(2026, 11, 2, tzinfo=UTC)
STORE = EventStore(SERVICE, FactMapper([]))


def random_rows(
    chance: random.Random, count: int, *, streams: int, gap: float = 0.1
) -> list[tuple[UUID, int, str, bytes, int]]:
    """Make rows of a log: stream, version, stored name, body, position, with holes here and there.

    Bodies end as all bodies do, with the moment they were recorded at; a fact a second.
    """
    ids = [UUID(int=chance.getrandbits(128), version=5) for _ in range(streams)]
    versions = dict.fromkeys(ids, 0)
    rows, position = [], 0
    for number in range(count):
        stream = chance.choice(ids)
        versions[stream] += 1
        position += 1 if chance.random() > gap else chance.randint(2, 3)
        text = "".join(chance.choices('aé"\\ ☂', k=chance.randint(0, 12)))
        body = orjson.dumps({
            "fact": {"number": number, "text": text},
            "cause": {"message_id": f"m{number}", "recorded_at": BEGAN + timedelta(seconds=number)},
        })  # fmt: skip
        rows.append((stream, versions[stream], f"thing.{number % 3}.v1", body, position))
    return rows


async def write_log(dsn: str, rows: Sequence[tuple[UUID, int, str, bytes, int]]) -> None:
    """Append rows as they are, positions too."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.copy_records_to_table(
            "cancellation_events", schema_name="cancellation", records=rows,
            columns=["originator_id", "originator_version", "topic", "state", "notification_id"],
        )  # fmt: skip
    finally:
        await connection.close()


@asynccontextmanager
async def auditor(
    dsn: str, key_file: Path, *, entries_max: int = 32, period_s: float = 0
) -> AsyncIterator[tuple[Projector, Sealer]]:
    """Lend what the role `audit` runs, to be driven by hand."""
    create_key(key_file)
    async with open_pool(dsn, name="test-audit", size_max=3) as pool:
        yield trail_over(pool), Sealer(
            service=SERVICE, pool=pool, key_file=key_file,
            period_s=period_s, entries_max=entries_max,
        )  # fmt: skip


def trail_over(pool: Pool) -> Projector:
    """Return the projector of the links."""
    return Projector(
        schema=audit_schema(SERVICE), pool=pool, store=STORE, projection=AuditTrail(SERVICE)
    )


async def link_all(trail: Projector) -> None:
    """Bring the links up to date."""
    while await trail.advance():
        pass


async def audit_all(dsn: str, key_file: Path, *, entries_max: int = 32) -> int:
    """Link and seal everything there is; returns how many roots this auditor signed."""
    count = 0
    async with auditor(dsn, key_file, entries_max=entries_max) as (trail, sealer):
        await link_all(trail)
        while await sealer.seal():
            count += 1
    return count
