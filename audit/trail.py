"""Keeps the audit history of a log: a link per fact, and a signed root per period.

In a schema of its own, `<service>_audit`, so that another database role may keep it than the one
that writes the log. Links are a projection and can be rebuilt; roots are evidence and never change.
"""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from audit.hashes import GENESIS, Root, chain, tree_root
from audit.tables import audit_schema
from kit.clock import utc_now
from kit.event_store import EventStore, LogEntry
from kit.health import Health
from kit.logs import get_logger
from kit.postgres import UNAVAILABLE, AnyConnection, Pool
from kit.projector import PAGE_MAX, Projector
from kit.settings import SettingsError

log = get_logger("audit")

PACE_S = 1.0
"""Pause when there is little to do; nobody waits for a link, so pages may be large."""

ROOT_COLUMNS = tuple(name for name in Root._fields if name != "log")


class AuditTrail:
    """The links of a log; a projection that reads no body."""

    name = "audit"
    versions: Mapping[int, Collection[str]] = {1: ()}
    tables = {"entries": ("stream_id", "version", "position", "link")}  # noqa: RUF012
    sums: Mapping[str, Any] = {}
    is_part = False

    def __init__(self, service: str) -> None:
        self._schema = audit_schema(service)
        self._select = (
            f"SELECT stream_id, link FROM {self._schema}.entries"
            " JOIN unnest($1::uuid[], $2::bigint[]) AS last (stream, version)"
            " ON stream_id = last.stream AND entries.version = last.version"
        )

    async def apply(self, connection: AnyConnection, page: Sequence[LogEntry]) -> None:
        """Add the links of a page."""
        before: dict[UUID, int] = {}
        for entry in page:
            before.setdefault(entry.stream, entry.version - 1)
        rows = await connection.fetch(self._select, list(before), list(before.values()))
        records = chain(page, {row[0]: row[1] for row in rows})
        await connection.copy_records_to_table(
            "entries", schema_name=self._schema, columns=self.tables["entries"], records=records
        )

    def fold(
        self, page: Sequence[LogEntry], carried: dict[UUID, bytes] | None
    ) -> tuple[Mapping[str, Sequence[tuple[Any, ...]]], dict[UUID, bytes]]:
        """Add the links of a page ordered by stream; the last stream may go on in the next."""
        links = carried or {}
        records = chain(page, links)
        last = page[-1].stream if page else None
        return {"entries": records}, {last: links[last]} if last else links

    def sums_of(self, _: Sequence[LogEntry]) -> Mapping[str, Sequence[tuple[Any, ...]]]:
        """Return nothing: links are added to no sum."""
        return {}


class Sealer:
    """Closes periods: signs a root over the links since the last one."""

    def __init__(
        self, *, service: str, pool: Pool, key_file: Path, period_s: float, entries_max: int
    ) -> None:
        """Read the key.

        Raises:
            SettingsError: the key cannot be used.
        """
        from audit import signing  # noqa: PLC0415 - only this role needs it

        key = signing.read_key(key_file)
        self._sign, self._public_key = key.sign, signing.public_key(key)
        self._service, self._pool = service, pool
        self._period_s, self._entries_max = period_s, entries_max
        self._open_since: float | None = None
        schema = audit_schema(service)
        columns = ", ".join(ROOT_COLUMNS)
        self._select_last = f"SELECT {columns} FROM {schema}.roots ORDER BY period DESC LIMIT 1"
        self._count = (
            f"SELECT count(*) FROM (SELECT FROM {schema}.entries WHERE position > $1 LIMIT $2)"
            " AS waiting"
        )
        self._select_links = (
            f"SELECT position, link FROM {schema}.entries"
            " WHERE position > $1 ORDER BY position LIMIT $2"
        )
        marks = ", ".join(f"${n}" for n in range(1, len(ROOT_COLUMNS) + 1))
        self._insert = (
            f"INSERT INTO {schema}.roots ({columns}) VALUES ({marks})"
            # Of two sealers the first one has it.
            " ON CONFLICT DO NOTHING RETURNING period"
        )

    async def seal(self) -> Root | None:
        """Sign the next root when its period is full or old enough."""
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(self._select_last)
            last = Root(self._service, *row) if row else None
            start = last.last_position if last else 0
            count = await connection.fetchval(self._count, start, self._entries_max)
            if not self._is_over(count):
                return None
            entries = await connection.fetch(self._select_links, start, self._entries_max)
            root = Root(
                log=self._service,
                period=last.period + 1 if last else 1,
                first_position=entries[0][0],
                last_position=entries[-1][0],
                entry_count=len(entries),
                tree=tree_root([link for _, link in entries]),
                previous=last.hash if last else GENESIS,
                closed_at=utc_now(),
                public_key=self._public_key,
            )
            root = root._replace(signature=self._sign(root.statement()))
            if await connection.fetchval(self._insert, *root[1:]) is None:
                return None
        self._open_since = None
        log.info(
            "root.signed", period=root.period, last_position=root.last_position,
            root=root.hash.hex(),
        )  # fmt: skip
        return root

    def _is_over(self, count: int) -> bool:
        if count == 0:
            self._open_since = None
            return False
        now = time.monotonic()
        if self._open_since is None:
            self._open_since = now
        return count >= self._entries_max or now - self._open_since >= self._period_s


async def keep_audit(
    health: Health,
    *,
    service: str,
    store: EventStore,
    pool: Pool,
    key_file: Path | None,
    period_s: float,
    entries_max: int,
) -> None:
    """Follow a log and seal its periods until cancelled.

    Raises:
        SettingsError: there is no key, or none that can be used.
    """
    if key_file is None:
        raise SettingsError(f"{service.upper()}_AUDIT_KEY_FILE names no key. Set it to a file.")
    sealer = Sealer(
        service=service, pool=pool, key_file=key_file, period_s=period_s, entries_max=entries_max
    )
    trail = Projector(
        schema=audit_schema(service), pool=pool, store=store, projection=AuditTrail(service)
    )
    loop = health.loop("audit")
    while True:
        try:
            applied, root = await trail.advance(), await sealer.seal()
        except (*UNAVAILABLE, asyncpg.DeadlockDetectedError) as away:
            log.warning("trail.interrupted", reason=str(away) or type(away).__name__)
            await asyncio.sleep(PACE_S)
            continue
        is_behind = applied == PAGE_MAX
        loop.progressed(lag_count=int(is_behind))
        if not is_behind and root is None:
            await asyncio.sleep(PACE_S)
