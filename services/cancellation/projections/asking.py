"""Questions about orders as PostgreSQL is asked them.

Filters that few orders pass are asked of the narrow table of `states`. Words are asked of an index
that knows no sequence but of time, or looked at row by row.
"""

from collections.abc import Sequence
from typing import NamedTuple

import asyncpg

from kit.postgres import Pool
from services.cancellation.projections.figure_filters import Query
from services.cancellation.projections.finding import NAME, begins, query_of
from services.cancellation.projections.wanted import CONDITIONS, SORTED_BY, STUCK, Wanted

_SPELLED = "cancellation.words_of(words)"
"""What the index of articles is made of."""

_WORDS = "cancellation.order_words"
_WORDED = f"(SELECT stream_id, found_by, lexemes FROM {_WORDS}) AS worded"
_HAVE = "lexemes @@ {}::text::tsquery"
"""Whether an order has words, as their index is asked."""

WITH_WORDS = f"stream_id IN (SELECT stream_id FROM {_WORDS} WHERE {_HAVE})"

ARTICLES_CALLED = (
    "(SELECT concat_ws(' | ', {}::text, string_agg(article, ' | ')) FROM cancellation.articles"
    f" WHERE {_SPELLED} @@ {{}}::text::tsquery)"
)
"""Of what an article's number is asked with: which orders to look for, also by words of before."""

_HAS = "strpos(' ' || words, {}) > 0"
"""Whether a word of a row at hand begins so."""

_HAS_WORDS = "ts_match_vq(lexemes, (SELECT {}::text::tsquery))"
"""The same of a row at hand, for which PostgreSQL is not to read the index."""

_HAS_NAME = "strpos(' ' || found_by, {}) > 0"
_HAS_ARTICLE = (
    "EXISTS (SELECT FROM unnest(string_to_array(found_by, ' ')) AS one"
    " WHERE NOT one NOT IN (SELECT unnest({}::text[])))"
)
"""Asked so, PostgreSQL makes a table of the articles, once; for each order that is looked at."""

_HAS_SUCH_AN_ARTICLE = (
    "EXISTS (SELECT FROM cancellation.articles a"
    " WHERE a.article = ANY (string_to_array(found_by, ' ')) AND strpos(' ' || a.words, {}) > 0)"
)
"""The same where too many articles have a word to be named."""

_FEW_WORDS = (
    "coalesce(words, (SELECT o.words FROM cancellation.order_summaries o"
    " WHERE o.stream_id = order_states.stream_id)) AS words"
)
"""Rows of a projector of before have no words of their own."""

ARTICLES_MAX = 2_000
"""Articles that are asked for one by one. Where more have what was typed, many orders have it."""

TOGETHER = 30
"""So many articles are asked for at once where many orders may have them."""

LISTED = 120
"""So many articles are looked for in a row one after the other; a table of more is worth making."""

NEAR = 150
"""Rows at the end asked for whose words are looked at: what many orders have stands there."""

NARROW = 20
"""Where one order of so many passes a filter, those are looked at: an index finds all that have a
word, to throw hundreds of thousands away."""


class Word(NamedTuple):
    """A word somebody typed, and what the shop knows of it."""

    text: str
    articles: Sequence[str]
    """Those that have a word it begins; when there are more than `ARTICLES_MAX`, some."""

    @property
    def is_named(self) -> bool:
        """Tell whether all articles that have it are known."""
        return len(self.articles) <= ARTICLES_MAX


class Typed(NamedTuple):
    """What somebody typed, and how far away is what it is looked for in first."""

    words: Sequence[Word]
    edge_s: float
    """From which moment on the page is."""
    near_s: float | None
    """The moment `NEAR` orders further on; None when there are not so many."""

    @property
    def asked(self) -> Word | None:
        """The word the index is asked for, which the fewest articles have; where it can be."""
        named = [word for word in self.words if word.is_named]
        return min(named, key=lambda word: len(word.articles), default=None)

    @property
    def others(self) -> Sequence[Word]:
        """Words the rows it finds are looked at for: hundreds of articles slow an index down."""
        asked = self.asked
        return [word for word in self.words if word != asked]

    @property
    def has_a_name(self) -> bool:
        """Tell whether a word can only be the beginning of a name."""
        return any(not word.articles for word in self.words)


class Asking:
    """One question, and how much of the shop is read for it."""

    def __init__(self, pool: Pool, columns: str, wanted: Wanted, limit: int) -> None:
        self.limit, self._pool, self._columns, self._wanted = limit, pool, columns, wanted
        self._column, self._way = SORTED_BY[wanted.sort]
        self._sequence = f"ORDER BY {self._column} {self._way}, order_id {self._way}"
        self._page = f"{self._sequence} LIMIT {limit}"
        self._key = f"stream_id, {self._column}, order_id"
        self.is_among_few = bool(
            wanted.stuck
            or wanted.reason is not None
            or wanted.state not in (None, "PLACED")
            or wanted.refund_state not in (None, "NOT_DUE")
        )
        """Whether only orders can fit of which more is said than that they were placed."""
        few_or_all = "order_states" if self.is_among_few else "order_summaries"
        self._table = f"cancellation.{few_or_all}"
        self.is_by_time = self._column == "placed_at"
        asked = {name for name in CONDITIONS if getattr(wanted, name) is not None}
        self._is_of_words = self.is_by_time and not wanted.stuck and asked <= {"placed_after"}
        """Whether the table of words knows all that is asked for."""
        self._is_of_amounts = self.is_by_time and not (
            wanted.total_from_minor is None and wanted.total_to_minor is None
        )

    async def listed(self) -> list[asyncpg.Record]:
        """Ask for the first of all there are."""
        query = self._conditions()
        return await self._fetch(self._rows(self._columns, query, self._page), query)

    async def typed(self, words: Sequence[str]) -> Typed:
        """Ask which articles have what was typed, and from which moment on to look for them."""
        query = self._conditions()
        page = f"SELECT placed_at FROM {self._table} WHERE {str(query) or 'true'} {self._sequence}"
        place = query.place([begins(word) for word in words])
        rows = await self._pool.fetch(
            f"SELECT array(SELECT article FROM cancellation.articles WHERE {_SPELLED}"
            f" @@ begun::tsquery LIMIT {ARTICLES_MAX + 1}) AS articles,"
            f" ({page} LIMIT 1) AS edge, ({page} OFFSET {NEAR} LIMIT 1) AS near"
            f" FROM unnest({place}::text[]) WITH ORDINALITY AS typed (begun, n) ORDER BY n",
            *query.values,
        )
        found = [Word(word, row["articles"]) for word, row in zip(words, rows, strict=True)]
        edge, near = rows[0]["edge"], rows[0]["near"]
        return Typed(found, edge.timestamp() if edge else 0.0, near.timestamp() if near else None)

    async def are_more_than(self, count: int) -> bool:
        """Tell whether more orders fit, whatever their words."""
        query = self._conditions()
        rows = f"SELECT FROM {self._table} WHERE {str(query) or 'true'} LIMIT {count + 1}"
        found = await self._pool.fetchval(f"SELECT count(*) FROM ({rows}) AS fit", *query.values)
        return bool(found > count)

    async def is_narrow(self, typed: Typed) -> bool:
        """Tell whether of `NARROW` orders at the end asked for less than one fits."""
        if self._is_of_words or not self.is_by_time or typed.near_s is None:
            return False
        rows = (
            "SELECT FROM cancellation.order_summaries"
            " WHERE placed_at BETWEEN to_timestamp($1) AND to_timestamp($2)"
            f" LIMIT {NEAR * NARROW}"
        )
        span = sorted((typed.edge_s, typed.near_s))
        found = await self._pool.fetchval(f"SELECT count(*) FROM ({rows}) AS all_of_them", *span)
        return bool(found >= NEAR * NARROW)

    async def first_of_few(self, words: Sequence[str], count: int) -> list[asyncpg.Record]:
        """Look at the words of the first so many more is said of, one by one."""
        query = self._conditions()
        rows = (
            f"SELECT {self._key}, {_FEW_WORDS} FROM {self._table} WHERE {query}"
            f" {self._sequence} LIMIT {count}"
        )
        fits = " AND ".join(_HAS.format(query.place(f" {word}")) for word in words)
        return await self._fetch(self._whole(f"({rows}) AS at_hand WHERE {fits}"), query)

    async def first(self, typed: Typed, count: int) -> list[asyncpg.Record]:
        """Look at the words of the first so many, one by one."""
        query = self._conditions()
        rows = self._rows(self._key, query, f"{self._sequence} LIMIT {count}")
        fits = " AND ".join(_fits(query, word) for word in typed.words)
        return await self._fetch(
            self._whole(f"({rows}) AS at_hand JOIN {_WORDED} USING (stream_id) WHERE {fits}"), query
        )

    def _conditions(self) -> Query:
        """Return all that is asked of a row but its words."""
        query = Query()
        for name, condition in CONDITIONS.items():
            if (value := getattr(self._wanted, name)) is not None:
                query.add(condition, value)
        if self._wanted.stuck:
            query.add(STUCK[self._wanted.stuck])
        if self._wanted.before:
            sign = ">" if self._way == "ASC" else "<"
            query.add(f"({self._column}, order_id) {sign} ({{}}, {{}})", *self._wanted.before)
        return query

    async def all(
        self, typed: Typed, stretch: str = "", *, is_any: bool = False, is_wide: bool = False
    ) -> list[asyncpg.Record]:
        """Ask for the first that have the words, of all there are or of a time.

        With `is_any` for so many of them, whichever; when they are fewer, it is all. With `is_wide`
        hundreds of thousands may have them.
        """
        any_of_them = f"LIMIT {self.limit}" if is_any else ""
        query = self._conditions()
        where = str(query) or "true"
        fits = "".join(f" AND {_fits(query, word)}" for word in typed.others)
        joined = f"{self._table} JOIN {_WORDED} USING (stream_id)"
        if typed.asked is None:
            return await self._fetch(self._whole(f"{joined} WHERE {where}{fits}"), query)
        # Read before it is sorted: PostgreSQL would walk along the sequence, hoping to meet so many
        # that have the words.
        words = f"{_asked(query, typed.asked, stretch, is_wide=is_wide)}{fits}"
        tables = _WORDS if self._is_of_words else joined
        found = f"SELECT {self._key} FROM {tables} WHERE {words} AND {where} {any_of_them}"
        return await self._fetch(
            f"WITH found AS MATERIALIZED ({found}) {self._whole('found')}", query
        )

    def _whole(self, found: str) -> str:
        """Return the statement for the first page, whole, of what was found."""
        return (
            f"SELECT {self._columns} FROM cancellation.order_summaries"
            f" WHERE stream_id IN (SELECT stream_id FROM {found} {self._page}) {self._page}"
        )

    def _rows(self, columns: str, query: Query, page: str) -> str:
        """Return the statement; what few orders pass is asked of the narrow table."""
        where = str(query) or "true"
        if self.is_among_few or self._is_of_amounts:
            # Of amounts an index knows the moments, too, so rows are read only for the page.
            where = f"stream_id IN (SELECT stream_id FROM {self._table} WHERE {where} {page})"
        return f"SELECT {columns} FROM cancellation.order_summaries WHERE {where} {page}"

    async def _fetch(self, statement: str, query: Query) -> list[asyncpg.Record]:
        return await self._pool.fetch(statement, *query.values)


def _asked(query: Query, word: Word, stretch: str, *, is_wide: bool) -> str:
    """Return the question to the index for a word and a time.

    It goes through all orders that fit once for every article named together, so where they are
    many, articles are asked for in groups, and what these find is put together.
    """
    if not is_wide or len(word.articles) <= TOGETHER:
        both = " & ".join(filter(None, (stretch, query_of([word]))))
        return _HAVE.format(query.place(both))
    groups = [word.articles[n : n + TOGETHER] for n in range(0, len(word.articles), TOGETHER)]
    asked = [query_of([(word.text, groups[0])]), *map(" | ".join, groups[1:])]
    found = f"({' OR '.join(_HAVE.format(query.place(one)) for one in asked)})"
    return f"{found} AND {_HAVE.format(query.place(stretch))}" if stretch else found


def _fits(query: Query, word: Word) -> str:
    """Return whether a row at hand has a word that begins so."""
    if word.is_named and len(word.articles) <= LISTED:
        return _HAS_WORDS.format(query.place(query_of([word])))
    named = _HAS_NAME.format(query.place(f" {NAME}{word.text}"))
    if word.is_named:
        return f"({named} OR {_HAS_ARTICLE.format(query.place(list(word.articles)))})"
    return f"({named} OR {_HAS_SUCH_AN_ARTICLE.format(query.place(f' {word.text}'))})"
