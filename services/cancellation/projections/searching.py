"""How orders are looked for, so that no list reads all of a large shop.

Filters that few orders pass are asked of the narrow table of `states`. Words are asked of an index
that knows no sequence, so how much of it is read is decided here.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

import asyncpg

from kit.postgres import Pool
from services.cancellation.projections.figure_filters import Query
from services.cancellation.projections.finding import (
    patterns_of,
    query_of,
    start_of,
    week_of,
    within,
)

Sort = Literal["NEWEST", "OLDEST", "HIGHEST", "LOWEST"]
Stuck = Literal["MONEY", "STOCK", "MESSAGE"]


class Wanted(NamedTuple):
    """Which orders; None does not ask."""

    state: str | None = None
    reason: str | None = None
    refund_state: str | None = None
    stuck: Stuck | None = None
    """A leg that needs somebody."""
    channel: str | None = None
    country: str | None = None
    total_from_minor: int | None = None
    total_to_minor: int | None = None
    placed_after: datetime | None = None
    text: str | None = None
    """Words somebody typed."""
    sort: Sort = "NEWEST"
    before: tuple[datetime | int, str] | None = None
    """What it is sorted by and the number of the last one seen."""


SORTED_BY: dict[Sort, tuple[str, str]] = {
    "NEWEST": ("placed_at", "DESC"),
    "OLDEST": ("placed_at", "ASC"),
    "HIGHEST": ("total_minor", "DESC"),
    "LOWEST": ("total_minor", "ASC"),
}
"""By which column, which never changes, and which way; each has its index."""

_STUCK = {
    "MONEY": "refund_state IN ('FAILED', 'UNCERTAIN', 'OWED')",
    "STOCK": "restock_state IN ('FAILED', 'LEFT_FOR_LATER')",
    "MESSAGE": "notification_state IN ('FAILED', 'UNCERTAIN')",
}
"""When a leg needs somebody."""

_CONDITIONS = {
    "state": "state = {}",
    "reason": "reason = {}",
    "refund_state": "refund_state = {}",
    "channel": "channel = {}",
    "country": "country = {}",
    "total_from_minor": "total_minor >= {}",
    "total_to_minor": "total_minor <= {}",
    "placed_after": "placed_at >= {}",
}
"""What each wish asks of a row; its value takes the place."""

_WORDS = "cancellation.words_of(words) @@ {}::text::tsquery"
_PATTERNS = "' ' || words LIKE ALL({}::text[])"
"""The same question about words, of the index and of a row at hand."""

LOOKED_AT, MANY = 150, 5_000
"""Rows at the end asked for, whose words are looked at one by one: what many orders have stands
there. So many at most, where few rows are to be looked at anyway."""

ENOUGH_OF_ONE, ENOUGH_OF_MORE = 8, 25
"""When one of so many of a page stood in the first rows, the others are looked for further on; with
several words the index takes longer, because each of them may be what many orders have."""

FEW = 1_000
"""So many orders are sorted whole."""

SPANS_WEEKS = (1, 4, 16, 64, 256)
"""So much time is looked through for words that neither every fourth order has nor few have."""


async def find(pool: Pool, columns: str, wanted: Wanted, limit: int) -> list[asyncpg.Record]:
    """Return so many of the orders that fit, from the end asked for."""
    ask = _Asking(pool, columns, wanted, limit)
    if not wanted.text:
        return await ask.all()
    words = query_of(wanted.text)
    if words is None:
        return []
    if SORTED_BY[wanted.sort][0] != "placed_at":
        return await ask.all(words)
    return await _search(ask, wanted, words)


async def _search(ask: "_Asking", wanted: Wanted, words: str) -> list[asyncpg.Record]:
    """Look at rows while many have the words, else ask the index.

    Each step is exact: what holds a page from the end asked for on holds that page.
    """
    patterns = patterns_of(wanted.text or "")
    found = await ask.first(patterns, LOOKED_AT)
    if len(found) >= ask.limit:
        return found
    if await ask.is_soon_looked_through():
        return await ask.first(patterns, MANY)
    enough = ENOUGH_OF_ONE if len(patterns) == 1 else ENOUGH_OF_MORE
    if len(found) * enough >= ask.limit:
        further = LOOKED_AT * ask.limit * 3 // (len(found) * 2)
        found = await ask.first(patterns, further)
        if len(found) >= ask.limit:
            return found
    return await _by_index(ask, words)


async def _by_index(ask: "_Asking", words: str) -> list[asyncpg.Record]:
    """Ask for a week, for all if they are few, for longer and longer."""
    edge = await ask.edge()
    if edge is None:
        return []
    for weeks in SPANS_WEEKS:
        found = await ask.span(words, edge, weeks)
        if len(found) >= ask.limit:
            return found
        if weeks == 1 and (few := await ask.few(words)) is not None:
            return few
    return await ask.all(words)


class _Asking:
    """One question, and how much of the shop is read for it."""

    def __init__(self, pool: Pool, columns: str, wanted: Wanted, limit: int) -> None:
        self.limit, self._pool, self._columns, self._wanted = limit, pool, columns, wanted
        self._column, self._way = SORTED_BY[wanted.sort]
        self._sequence = f"ORDER BY {self._column} {self._way}, order_id {self._way}"
        self._is_among_few = bool(
            wanted.stuck
            or wanted.reason is not None
            or wanted.state not in (None, "PLACED")
            or wanted.refund_state not in (None, "NOT_DUE")
        )
        """Whether only orders can fit of which more is said than that they were placed."""
        self._is_of_amounts = self._column == "placed_at" and not (
            wanted.total_from_minor is None and wanted.total_to_minor is None
        )

    async def all(self, words: str | None = None) -> list[asyncpg.Record]:
        """Ask for all there are."""
        return await self._run(self._conditions(), words)

    async def span(self, words: str, edge: datetime, weeks: int) -> list[asyncpg.Record]:
        """Ask for those of some weeks from an edge on."""
        query, near = self._conditions(), week_of(edge)
        far = near - weeks if self._way == "DESC" else near + weeks
        if self._way == "DESC":
            query.add("placed_at >= {}", start_of(far))
        else:
            query.add("placed_at < {}", start_of(far + 1))
        return await self._run(query, f"{words} & {within(min(near, far), max(near, far))}")

    async def few(self, words: str) -> list[asyncpg.Record] | None:
        """Ask for all there are if they are few; None otherwise."""
        query = self._conditions()
        rows = self._rows("1", query, words, f"LIMIT {FEW + 1}")
        count = await self._pool.fetchval(f"SELECT count(*) FROM ({rows}) AS found", *query.values)
        return await self.all(words) if count <= FEW else None

    async def is_soon_looked_through(self) -> bool:
        """Tell whether few orders fit, whatever their words."""
        if not self._is_among_few:
            return False
        query = self._conditions()
        rows = f"SELECT FROM cancellation.order_states WHERE {query} LIMIT {MANY + 1}"
        count = await self._pool.fetchval(f"SELECT count(*) FROM ({rows}) AS few", *query.values)
        return bool(count <= MANY)

    async def first(self, patterns: Sequence[str], count: int) -> list[asyncpg.Record]:
        """Look at the words of the first so many, one by one."""
        query = self._conditions()
        rows = self._rows("*", query, None, f"{self._sequence} LIMIT {count}")
        fits = _PATTERNS.format(query.place(list(patterns)))
        return await self._pool.fetch(
            f"SELECT {self._columns} FROM ({rows}) AS at_hand WHERE {fits}"
            f" {self._sequence} LIMIT {self.limit}",
            *query.values,
        )

    async def edge(self) -> datetime | None:
        """Return from which moment on the page is; None in an empty shop."""
        moment: Any = self._wanted.before and self._wanted.before[0]
        if not moment:
            moment = await self._pool.fetchval(
                f"SELECT placed_at FROM cancellation.order_summaries {self._sequence} LIMIT 1"
            )
        edge: datetime | None = moment
        return edge

    def _conditions(self) -> Query:
        """Return all that is asked of a row but its words."""
        query = Query()
        for name, condition in _CONDITIONS.items():
            if (value := getattr(self._wanted, name)) is not None:
                query.add(condition, value)
        if self._wanted.stuck:
            query.add(_STUCK[self._wanted.stuck])
        if self._wanted.before:
            sign = ">" if self._way == "ASC" else "<"
            query.add(f"({self._column}, order_id) {sign} ({{}}, {{}})", *self._wanted.before)
        return query

    async def _run(self, query: Query, words: str | None) -> list[asyncpg.Record]:
        page = f"{self._sequence} LIMIT {self.limit}"
        if words:
            # PostgreSQL would walk along the sequence, hoping to meet so many that have the words.
            rows = self._rows(f"stream_id, {self._column}, order_id", query, words, "")
            statement = (
                f"WITH found AS MATERIALIZED ({rows}) SELECT {self._columns}"
                " FROM cancellation.order_summaries"
                f" WHERE stream_id IN (SELECT stream_id FROM found {page}) {page}"
            )
        else:
            statement = self._rows(self._columns, query, None, page)
        return await self._pool.fetch(statement, *query.values)

    def _rows(self, columns: str, query: Query, words: str | None, page: str) -> str:
        """Return the statement; what few orders pass is asked of the narrow table."""
        where = str(query) or "true"
        if self._is_among_few or (self._is_of_amounts and not words):
            # Of amounts an index knows the moments, too, so rows are read only for the page.
            table = "order_states" if self._is_among_few else "order_summaries"
            narrow = f"SELECT stream_id FROM cancellation.{table} WHERE {where}"
            where = f"stream_id IN ({narrow}{'' if words else f' {page}'})"
        if words:
            where += f" AND {_WORDS.format(query.place(words))}"
        return f"SELECT {columns} FROM cancellation.order_summaries WHERE {where} {page}"
