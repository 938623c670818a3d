"""The tables that are to take the place of a projection's old ones: `<table>_next`."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from kit.event_store import EventStore, LogEntry
from kit.postgres import AnyConnection, Pool
from rebuild.differences import Difference
from rebuild.summing import Rows, Summing, add_up

OnDone = Callable[[int, int], None]
"""Called with how much is done, and how much there is."""

AT_ONCE = 2
"""Indexes made at the same time."""

STREAMS_MAX = 500
"""Streams folded anew at a time."""

NEXT = "_next"
TEMPORARY = "pg_temp"
"""A schema that only this session sees."""


class Table(NamedTuple):
    """What PostgreSQL knows of a table."""

    name: str
    columns: Sequence[str]
    key: Sequence[str]
    hashed: Sequence[str]
    """The columns as PostgreSQL can hash them."""


class Candidate:
    """New tables of a projection, and the old ones beside them.

    Its `position` is where the log was when they were folded; committed work may move it on.
    """

    def __init__(
        self, *, schema: str, store: EventStore, projection: Summing, place: str | None = None
    ) -> None:
        """Describe; `place` is the schema of the new tables when it is not that of the old.

        Tables elsewhere hold single streams and no sums.
        """
        self._schema, self._place = schema, place or schema
        self._store, self._projection = store, projection
        self._sums = {} if place else projection.sums
        self._names = (*projection.tables, *self._sums)
        self._tables: list[Table] = []
        self.position = 0

    async def create(self, connection: AnyConnection) -> None:
        """Make the new tables, empty; leftovers go. Like the old but for their indexes.

        Only sums are looked up while they are written.
        """
        await self.drop(connection)
        lasting = "" if self._place != TEMPORARY else "TEMPORARY "
        for table in self._names:
            but = "" if table in self._sums else " EXCLUDING INDEXES"
            await connection.execute(
                f"CREATE {lasting}TABLE {self._place}.{table}{NEXT}"
                f" (LIKE {self._schema}.{table} INCLUDING ALL{but})"
            )
            names = f"{self._schema}.{table}", f"{self._place}.{table}{NEXT}"
            await _carry_out(connection, _OPTIONS, *names)
        self._tables = [
            Table(*row)
            for row in await connection.fetch(_DESCRIBE, self._schema, list(self._names))
        ]

    async def index(self, pool: Pool, on_done: OnDone) -> None:
        """Give the filled tables the indexes of the old, and let PostgreSQL look at them.

        Made at the end, a word index costs a third of what it does row by row. One of many words
        keeps one core busy most of the time, so the others are made beside it. All have names,
        since two made at once might be given the same.
        """
        stages: list[list[str]] = []
        for query in (_KEYS, _INDEXING):
            stages.append([])
            for table in self._tables:
                if table.name not in self._sums:
                    names = f"{self._schema}.{table.name}", f"{self._place}.{table.name}{NEXT}"
                    stages[-1] += [row[0] for row in await pool.fetch(query, *names)]
        stages.append([f"ANALYZE {self._place}.{table.name}{NEXT}" for table in self._tables])
        done, count = 0, sum(map(len, stages))

        async def work(statements: Iterator[str]) -> None:
            nonlocal done
            for statement in statements:
                async with pool.acquire() as connection, connection.transaction():
                    await connection.execute("SET LOCAL statement_timeout = 0")
                    await connection.execute("SET LOCAL maintenance_work_mem = '128MB'")
                    await connection.execute(statement)
                done += 1
                on_done(done, count)

        for stage in stages:
            statements = iter(stage)
            workers = [asyncio.create_task(work(statements)) for _ in range(AT_ONCE)]
            try:
                await asyncio.gather(*workers)
            finally:
                for worker in workers:
                    worker.cancel()
                await asyncio.gather(*workers, return_exceptions=True)

    async def drop(self, connection: AnyConnection) -> None:
        """Throw the new tables away."""
        for table in self._names:
            await connection.execute(f"DROP TABLE IF EXISTS {self._place}.{table}{NEXT}")

    async def copy(
        self, connection: AnyConnection, rows: Mapping[str, Sequence[tuple[Any, ...]]]
    ) -> None:
        """Add rows of streams."""
        for table, columns in self._projection.tables.items():
            if records := rows.get(table):
                await connection.copy_records_to_table(
                    f"{table}{NEXT}", schema_name=self._place, columns=columns, records=records
                )

    async def add_up(self, connection: AnyConnection, rows: Rows) -> None:
        """Add to sums."""
        for name, table in self._sums.items():
            where = f"{self._place}.{name}{NEXT}"
            await add_up(connection, table, where, rows.get(name, ()))

    async def refold(
        self, connection: AnyConnection, streams: Sequence[UUID], position: int
    ) -> int:
        """Put what streams come to at a position in the place of what they came to before.

        What has come since the tables' own position is added to the sums. Returns how many facts
        the streams have.
        """
        count = 0
        for start in range(0, len(streams), STREAMS_MAX):
            some = streams[start : start + STREAMS_MAX]
            for table in self._projection.tables:
                await connection.execute(
                    f"DELETE FROM {self._place}.{table}{NEXT} WHERE stream_id = ANY($1)", some
                )
            page: list[LogEntry] = await self._store.read_of(connection, some, up_to=position)
            rows, carried = self._projection.fold(page, None)
            await self.copy(connection, rows)
            rows, _ = self._projection.fold([], carried)
            await self.copy(connection, rows)
            new = [entry for entry in page if entry.position > self.position]
            await self.add_up(connection, self._projection.sums_of(new))
            count += len(page)
        return count

    async def digests(
        self, connection: AnyConnection, on_done: OnDone
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Return a figure per old and new table that depends on every row, in any sequence."""
        old, new = dict[str, str](), dict[str, str]()
        for count, table in enumerate(self._tables, 1):
            for figures, where in (
                (old, f"{self._schema}.{table.name}"),
                (new, f"{self._place}.{table.name}{NEXT}"),
            ):
                figures[table.name] = await connection.fetchval(
                    "SELECT count(*) || ' rows, ' || to_hex((coalesce(sum(hash_record_extended("
                    f"ROW({', '.join(table.hashed)}), 0)), 0) % (2::numeric ^ 63))::bigint)"
                    f" FROM {where}"
                )
            on_done(count, len(self._tables))
        return old, new

    async def differences(
        self, connection: AnyConnection, streams: Sequence[UUID] | None = None
    ) -> AsyncIterator[Difference]:
        """Return every row that is not the same, by key; of some streams only where named.

        Sums belong to no stream and are compared only as a whole.

        Needs a transaction, because there may be as many as there are rows.
        """
        some = "" if streams is None else " WHERE stream_id = ANY($1)"
        arguments = [] if streams is None else [streams]
        for table in self._tables:
            is_sum = table.name in self._sums
            if is_sum and streams is not None:
                continue
            stream = "NULL::uuid" if is_sum else "coalesce(o.stream_id, n.stream_id)"
            texts = [
                f"CASE WHEN {side}.{table.key[0]} IS NOT NULL THEN ARRAY"
                f"[{', '.join(f'{side}.{column}::text' for column in table.columns)}] END"
                for side in ("o", "n")
            ]
            keys = [f"coalesce(o.{column}, n.{column})" for column in table.key]
            query = (
                f"SELECT {stream},"
                f" ARRAY[{', '.join(f'{key}::text' for key in keys)}], {', '.join(texts)}"
                f" FROM (SELECT * FROM {self._schema}.{table.name}{some}) o"
                f" FULL JOIN (SELECT * FROM {self._place}.{table.name}{NEXT}{some}) n"
                f" USING ({', '.join(table.key)})"
                f" WHERE o::text IS DISTINCT FROM n::text ORDER BY {', '.join(keys)}"
            )
            async for stream, key, was, is_ in connection.cursor(query, *arguments):
                yield Difference(table.name, stream, key, table.columns, was, is_)

    async def replace(self, connection: AnyConnection) -> None:
        """Put the new tables in the place of the old, with their owners, grants and index names."""
        names = [f"{self._schema}.{table.name}" for table in self._tables]
        await connection.execute(f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE")
        for table in self._tables:
            old, new = f"{self._schema}.{table.name}", f"{self._schema}.{table.name}{NEXT}"
            await _carry_out(connection, _RIGHTS, old, new)
            renamings = await connection.fetch(_INDEXES, old, new)
            await connection.execute(f"DROP TABLE {old}")
            await connection.execute(f"ALTER TABLE {new} RENAME TO {table.name}")
            for renaming in renamings:
                await connection.execute(renaming[0])


async def _carry_out(connection: AnyConnection, query: str, old: str, new: str) -> None:
    for statement in await connection.fetch(query, old, new):
        await connection.execute(statement[0])


_DESCRIBE = """
    SELECT c.relname,
        array(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0
              AND NOT attisdropped AND attgenerated = '' ORDER BY attnum),
        array(SELECT a.attname::text FROM pg_index i JOIN pg_attribute a
              ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
              WHERE i.indisprimary AND i.indrelid = c.oid ORDER BY a.attnum),
        array(SELECT quote_ident(attname) || CASE atttypid WHEN 'json'::regtype THEN '::text'
              ELSE '' END FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0
              AND NOT attisdropped AND attgenerated = '' ORDER BY attnum)
    FROM unnest($2::text[]) WITH ORDINALITY AS wanted (name, number)
    JOIN pg_class c ON c.oid = ($1 || '.' || name)::regclass ORDER BY number"""

_OPTIONS = """
    SELECT format('ALTER TABLE %s SET (%s)', $2::text, array_to_string(reloptions, ', '))
    FROM pg_class WHERE oid = $1::text::regclass AND reloptions IS NOT NULL"""

_KEYS = """
    SELECT format('ALTER TABLE %s ADD %s', $2::text, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE conrelid = $1::text::regclass AND contype IN ('p', 'u')"""

_INDEXING = """
    SELECT format('CREATE %s INDEX %I ON %s%s', CASE WHEN indisunique THEN 'UNIQUE' END,
        left(relname, 58) || '_next', $2::text,
        substring(pg_get_indexdef(indexrelid) from ' USING .*'))
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE indrelid = $1::text::regclass
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
    ORDER BY pg_get_indexdef(indexrelid) LIKE '% USING btree %'"""

_RIGHTS = """
    SELECT format('ALTER TABLE %s OWNER TO %I', $2::text, pg_get_userbyid(old.relowner))
    FROM pg_class old, pg_class new
    WHERE old.oid = $1::text::regclass AND new.oid = $2::text::regclass
        AND old.relowner <> new.relowner
    UNION ALL
    SELECT format('GRANT %s ON %s TO %s', privilege_type, $2::text,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END
        || CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
    FROM pg_class old, aclexplode(old.relacl) WHERE old.oid = $1::text::regclass"""

_INDEXES = """
    WITH indexes AS (
        SELECT indrelid, indexrelid::regclass::text AS name, relname, indisunique,
            substring(pg_get_indexdef(indexrelid) from ' USING .*') AS definition
        FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    )
    SELECT format('ALTER INDEX %s RENAME TO %I', new.name, old.relname)
    FROM indexes old JOIN indexes new USING (indisunique, definition)
    WHERE old.indrelid = $1::text::regclass AND new.indrelid = $2::text::regclass"""
