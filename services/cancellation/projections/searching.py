"""How orders are looked for, so that no list reads all of a large shop.

Filters that few orders pass are asked of the narrow table of `states`. Words are asked of an index
that knows no sequence but of time, so for how much time it is read is decided here.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

import asyncpg

from kit.postgres import Pool
from services.cancellation.projections.figure_filters import Query
from services.cancellation.projections.finding import (
    SPELLINGS_MAX,
    around,
    query_of,
    take_apart,
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

_WORDS = "cancellation.words_of(words, placed_at) @@ {}::text::tsquery"
_HAS = "strpos(' ' || words, {}) > 0"
"""The same question about one word, of a row at hand."""

_FEW_WORDS = (
    "coalesce(words, (SELECT o.words FROM cancellation.order_summaries o"
    " WHERE o.stream_id = order_states.stream_id)) AS words"
)
"""Rows of a projector of before have no words of their own."""

NEAR = 150
"""Rows at the end asked for, whose words are looked at one by one: what many orders have stands
there."""

MANY = 5_000
"""So many at most of the orders more is said of: a row of theirs is narrow, and takes less than a
microsecond."""

ENOUGH = 6
"""When one of so many of a page stood in the first rows, the others are looked for in the next: the
index would read all orders that have a word which many have."""

STEPS_MAX, FURTHER_MIN, FURTHER_MAX = 2, 4, 64
"""The time words are looked for in next is so many times as long, as many as were found tell."""


class _Typed(NamedTuple):
    """What somebody typed, and what the shop knows of it."""

    words: Sequence[tuple[str, Sequence[str]]]
    """Each word, and the words of articles it begins."""
    edge_s: float
    """From which moment on the page is."""
    near_s: float | None
    """The moment `NEAR` orders further on; None when there are not so many."""

    @property
    def query(self) -> str:
        """As the index is asked."""
        return query_of(self.words)

    @property
    def has_a_name(self) -> bool:
        """Tell whether a word can only be the beginning of a name."""
        return any(not articles for _, articles in self.words)


async def find(pool: Pool, columns: str, wanted: Wanted, limit: int) -> list[asyncpg.Record]:
    """Return so many of the orders that fit, from the end asked for."""
    ask = _Asking(pool, columns, wanted, limit)
    if not wanted.text:
        return await ask.all()
    words = take_apart(wanted.text)
    if not words:
        return []
    if SORTED_BY[wanted.sort][0] != "placed_at":
        return await ask.all((await ask.typed(words)).query)
    return await _search(ask, words)


async def _search(ask: "_Asking", words: Sequence[str]) -> list[asyncpg.Record]:
    """Look at rows where few are to be looked at or many have the words, else ask the index.

    Each step is exact: what holds a page from the end asked for on holds that page.
    """
    near_count = 0
    if ask.is_among_few:
        found = await ask.first(words, MANY)
        if len(found) >= ask.limit or not await ask.are_more_than(MANY):
            return found
        near_count = len(found) * NEAR // MANY
    typed = await ask.typed(words)
    if typed.has_a_name:
        found = await ask.any(typed.query)
        return found if len(found) < ask.limit else await _further_and_further(ask, typed, 0)
    if ask.is_among_few:
        return await _further_and_further(ask, typed, near_count)
    found = await ask.first(words, NEAR)
    if typed.near_s is None:
        return found
    if len(found) * ENOUGH >= ask.limit > len(found):
        further = NEAR * ask.limit * 3 // (len(found) * 2)
        found = await ask.first(words, further)
    if len(found) >= ask.limit:
        return found
    return await _further_and_further(ask, typed, len(found))


async def _further_and_further(
    ask: "_Asking", typed: _Typed, found_count: int
) -> list[asyncpg.Record]:
    """Ask for words in as long a time as what was found so far tells, in a longer one, in all."""
    edge_s, near_s = typed.edge_s, typed.near_s
    for _ in range(STEPS_MAX):
        if near_s is None:
            break
        longer = 2 * ask.limit / found_count if found_count else FURTHER_MAX
        near_s = edge_s + (near_s - edge_s) * max(FURTHER_MIN, min(FURTHER_MAX, longer))
        stretch = around(edge_s, near_s)
        if stretch is None:
            break
        found = await ask.all(f"{stretch} & {typed.query}")
        if len(found) >= ask.limit:
            return found
        found_count = len(found)
    return await ask.all(typed.query)


class _Asking:
    """One question, and how much of the shop is read for it."""

    def __init__(self, pool: Pool, columns: str, wanted: Wanted, limit: int) -> None:
        self.limit, self._pool, self._columns, self._wanted = limit, pool, columns, wanted
        self._column, self._way = SORTED_BY[wanted.sort]
        self._sequence = f"ORDER BY {self._column} {self._way}, order_id {self._way}"
        self.is_among_few = bool(
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
        """Ask for the first of all there are, or of all that have the words."""
        return await self._run(self._conditions(), words)

    async def any(self, words: str) -> list[asyncpg.Record]:
        """Ask for so many that have the words, whichever; when they are fewer, it is all."""
        return await self._run(self._conditions(), words, f"LIMIT {self.limit}")

    async def typed(self, words: Sequence[str]) -> _Typed:
        """Ask what words begin with those typed, and from which moment on to look for them."""
        query = self._conditions()
        table = "order_states" if self.is_among_few else "order_summaries"
        page = (
            f"SELECT placed_at FROM cancellation.{table}"
            f" WHERE {str(query) or 'true'} {self._sequence}"
        )
        place = query.place(list(words))
        rows = await self._pool.fetch(
            "SELECT typed, array(SELECT word FROM (SELECT word FROM cancellation.article_words"
            f" WHERE word >= typed ORDER BY word LIMIT {SPELLINGS_MAX + 1}) AS near"
            " WHERE starts_with(word, typed)) AS articles,"
            f" ({page} LIMIT 1) AS edge, ({page} OFFSET {NEAR} LIMIT 1) AS near"
            f" FROM unnest({place}::text[]) AS typed",
            *query.values,
        )
        found = [(row["typed"], row["articles"]) for row in rows]
        edge, near = rows[0]["edge"], rows[0]["near"]
        return _Typed(found, edge.timestamp() if edge else 0.0, near.timestamp() if near else None)

    async def are_more_than(self, count: int) -> bool:
        """Tell whether more of the orders more is said of fit, whatever their words."""
        query = self._conditions()
        rows = f"SELECT FROM cancellation.order_states WHERE {query} LIMIT {count + 1}"
        found = await self._pool.fetchval(f"SELECT count(*) FROM ({rows}) AS few", *query.values)
        return bool(found > count)

    async def first(self, words: Sequence[str], count: int) -> list[asyncpg.Record]:
        """Look at the words of the first so many, one by one."""
        query, page = self._conditions(), f"{self._sequence} LIMIT {self.limit}"
        columns, first = f"stream_id, {self._column}, order_id", f"{self._sequence} LIMIT {count}"
        if self.is_among_few:
            where = f"FROM cancellation.order_states WHERE {query}"
            rows = f"SELECT {columns}, {_FEW_WORDS} {where} {first}"
        else:
            rows = self._rows(f"{columns}, words", query, None, first)
        fits = " AND ".join(_HAS.format(query.place(f" {word}")) for word in words)
        found = f"SELECT stream_id FROM ({rows}) AS at_hand WHERE {fits} {page}"
        return await self._pool.fetch(
            f"SELECT {self._columns} FROM cancellation.order_summaries"
            f" WHERE stream_id IN ({found}) {page}",
            *query.values,
        )

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

    async def _run(
        self, query: Query, words: str | None, any_of_them: str = ""
    ) -> list[asyncpg.Record]:
        page = f"{self._sequence} LIMIT {self.limit}"
        if words:
            # PostgreSQL would walk along the sequence, hoping to meet so many that have the words.
            rows = self._rows(f"stream_id, {self._column}, order_id", query, words, any_of_them)
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
        if self.is_among_few or (self._is_of_amounts and not words):
            # Of amounts an index knows the moments, too, so rows are read only for the page.
            table = "order_states" if self.is_among_few else "order_summaries"
            narrow = f"SELECT stream_id FROM cancellation.{table} WHERE {where}"
            where = f"stream_id IN ({narrow}{'' if words else f' {page}'})"
        if words:
            where += f" AND {_WORDS.format(query.place(words))}"
        return f"SELECT {columns} FROM cancellation.order_summaries WHERE {where} {page}"
