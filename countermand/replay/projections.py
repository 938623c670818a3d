"""Target `projection:NAME`: rows of a read model, folded anew and put right where they differ.

The rows are folded up to where the projector has come and compared there, so live traffic makes no
difference. Only what differs is written, with the projector held up for one short transaction.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from countermand.replay.selection import Selection, read_facts, span_in
from countermand.replay.targets import Advance, BadTargetError, NotForetoldError, Row
from countermand.screen import OnStep
from countermand.specs import SPECS
from kit.event_store import LogEntry
from kit.postgres import AnyConnection, Pool
from kit.roles import ServiceSpec
from rebuild.summing import Summing
from services.cancellation.projections.orders import OrdersProjection

PROJECTIONS: Mapping[str, tuple[str, Summing]] = {
    OrdersProjection.name: ("cancellation", OrdersProjection())
}
"""Every read model and the service it belongs to."""

STREAMS_MAX = 500
"""Streams looked at in one transaction."""

Values = tuple[Any, ...]
Tables = dict[str, dict[Values, Values]]
"""By table and key: the row."""


class _Found(NamedTuple):
    position: int
    actual: Tables
    wanted: Tables


class ProjectionAgain:
    """One read model."""

    rate = 3_000.0
    chunk = 200
    is_atomic = True
    prepare = None
    final: frozenset[str] = frozenset()

    def __init__(self, pool: Pool, name: str, selection: Selection) -> None:
        if name not in PROJECTIONS:
            raise BadTargetError(f"There is no projection {name!r}; try {', '.join(PROJECTIONS)}.")
        service, self._projection = PROJECTIONS[name]
        self.name = f"projection:{name}"
        self._pool, self._selection = pool, selection
        self._spec: ServiceSpec = SPECS[service]
        self._keys: dict[str, Sequence[str]] = {}

    def forget(self) -> None:
        """Nothing is foreseen here."""

    async def scope(self) -> dict[str, Any]:
        """Return how far the projection has come."""
        position = await self._pool.fetchval(
            f"SELECT position FROM {self._spec.name}.projection_cursors WHERE projection = $1",
            self._projection.name,
        )
        return {self._spec.name: position or 0}

    async def survey(self, scope: dict[str, Any], on_step: OnStep) -> AsyncIterator[list[Row]]:
        """Return a row for every row of the read model that is not as its facts say."""
        streams = await self._streams(scope[self._spec.name])
        for start in range(0, len(streams), STREAMS_MAX):
            some = streams[start : start + STREAMS_MAX]
            async with self._snapshot() as connection:
                found = await self._find(connection, some)
            yield _differences(found, self._projection.tables)
            on_step("Orders folded", start + len(some), len(streams))

    async def _streams(self, up_to: int) -> list[UUID]:
        """Return the streams wanted, and for everything also those no fact knows of."""
        async with self._pool.acquire() as connection:
            streams: dict[UUID, None] = {}
            if self._selection.is_everything:
                schema = self._spec.name
                queries = [f"SELECT DISTINCT originator_id FROM {schema}.{schema}_events"]
                queries += [
                    f"SELECT DISTINCT stream_id FROM {schema}.{table}"
                    for table in self._projection.tables
                ]
                for query in queries:
                    streams |= dict.fromkeys(row[0] for row in await connection.fetch(query))
            else:
                span = await span_in(connection, self._spec, self._selection, up_to)
                async for page in read_facts(connection, self._spec, self._selection, span):
                    streams |= dict.fromkeys(entry.stream for entry in page)
        return sorted(streams)

    @asynccontextmanager
    async def _snapshot(self) -> AsyncIterator[AnyConnection]:
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield connection

    async def _find(
        self, connection: AnyConnection, streams: Sequence[UUID], *, lock: bool = False
    ) -> _Found:
        """Return the rows of some streams, as they are and as their facts want them."""
        position = await connection.fetchval(
            f"SELECT position FROM {self._spec.name}.projection_cursors WHERE projection = $1"
            + (" FOR UPDATE" if lock else ""),
            self._projection.name,
        )
        rows = await connection.fetch(
            "SELECT notification_id, originator_id, originator_version, topic, state"
            f" FROM {self._spec.name}.{self._spec.name}_events"
            " WHERE originator_id = ANY($1::uuid[]) AND notification_id <= $2"
            " ORDER BY originator_id, originator_version",
            list(streams), position or 0,
        )  # fmt: skip
        finished, carried = self._projection.fold([LogEntry(*row) for row in rows], None)
        last, _ = self._projection.fold([], carried)
        wanted: Tables = {}
        actual: Tables = {}
        for table, columns in self._projection.tables.items():
            keys = await self._key_of(connection, table)
            places = [list(columns).index(key) for key in keys]
            stored = await connection.fetch(
                f"SELECT {', '.join(columns)} FROM {self._spec.name}.{table}"
                " WHERE stream_id = ANY($1::uuid[])",
                list(streams),
            )
            actual[table] = {_pick(row, places): tuple(row) for row in stored}
            folded = [*finished.get(table, ()), *last.get(table, ())]
            wanted[table] = {_pick(row, places): tuple(row) for row in folded}
        return _Found(position or 0, actual, wanted)

    async def _key_of(self, connection: AnyConnection, table: str) -> Sequence[str]:
        """Return the columns of a table's primary key."""
        if table not in self._keys:
            rows = await connection.fetch(
                "SELECT a.attname FROM pg_index i JOIN pg_attribute a"
                " ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)"
                " WHERE i.indisprimary AND i.indrelid = $1::text::regclass ORDER BY a.attnum",
                f"{self._spec.name}.{table}",
            )
            self._keys[table] = [row[0] for row in rows]
        return self._keys[table]

    async def look(self, rows: Sequence[Row]) -> list[Row | None]:
        """Return the same rows as they are now."""
        async with self._snapshot() as connection:
            found = await self._find(connection, _streams_of(rows))
        now = {row["row"]: row for row in _differences(found, self._projection.tables)}
        return [now.get(row["row"]) for row in rows]

    async def act(self, rows: Sequence[Row], advance: Advance) -> int:
        """Put rows right, exactly as foretold."""
        async with self._pool.acquire() as connection, connection.transaction():
            # The projector waits for the cursor's row; what is seen now stays so until the commit.
            found = await self._find(connection, _streams_of(rows), lock=True)
            now = {row["row"]: row for row in _differences(found, self._projection.tables)}
            for row in rows:
                if now.get(row["row"]) != row:
                    raise NotForetoldError(row["row"])
            for table, columns in self._projection.tables.items():
                keys = await self._key_of(connection, table)
                wrong = [
                    key
                    for key in found.actual[table].keys() | found.wanted[table].keys()
                    if _name(table, key) in {row["row"] for row in rows}
                ]
                condition = " AND ".join(f"{name} = ${n}" for n, name in enumerate(keys, 1))
                await connection.executemany(
                    f"DELETE FROM {self._spec.name}.{table} WHERE {condition}", wrong
                )
                right = [found.wanted[table][key] for key in wrong if key in found.wanted[table]]
                await connection.copy_records_to_table(
                    table, schema_name=self._spec.name, columns=list(columns), records=right
                )
            await advance(connection)
        return len(rows)


def _streams_of(rows: Sequence[Row]) -> list[UUID]:
    return list(dict.fromkeys(UUID(row["stream"]) for row in rows))


def _pick(row: Any, places: Sequence[int]) -> Values:
    return tuple(row[place] for place in places)


def _name(table: str, key: Values) -> str:
    return f"{table}/{'/'.join(str(part) for part in key)}"


def _differences(found: _Found, tables: Mapping[str, Sequence[str]]) -> list[Row]:
    """Return a plan's row for every row that is not as it should be."""
    rows: list[Row] = []
    for table, columns in tables.items():
        place = list(columns).index("stream_id")
        actual, wanted = found.actual[table], found.wanted[table]
        for key in sorted(actual.keys() | wanted.keys(), key=str):
            is_, should = actual.get(key), wanted.get(key)
            if is_ == should:
                continue
            stream = (is_ or should or ())[place]
            about: Row = {"row": _name(table, key), "stream": str(stream), "do": True}
            if is_ is None or should is None:
                state = "row missing" if is_ is None else "row too many"
                whole = zip(columns, should or is_ or (), strict=True)
                rows.append({**about, "state": state, "values": {c: _json(v) for c, v in whole}})
                continue
            changes = {
                column: [_json(before), _json(after)]
                for column, before, after in zip(columns, is_, should, strict=True)
                if before != after
            }
            rows.append({**about, "state": "row differs", "changes": changes})
    return rows


def _json(value: Any) -> Any:
    """Return a value for the plan; of whole documents, which name people, only their digest."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value[:1] in ("{", "["):
        return f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"
    return str(value) if isinstance(value, UUID) else value
