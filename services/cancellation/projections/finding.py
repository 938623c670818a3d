"""What an order is found by: its number, its customer, the e-mail address, its articles.

The words of an order and those somebody types are taken apart by the same rule; each word typed
must begin a word of the order. The index of orders has three kinds of words. Names (number,
customer, e-mail) are many and each is had by few orders; articles stand there as one short word
each, under which the table `articles` has their own words; and there are words for the time an
order was placed. Capitals tell the kinds apart: nothing typed has any, and no article.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from itertools import chain
from operator import attrgetter
from typing import Any

from rebuild.summing import SumTable
from services.cancellation.projections.placing import Line, PlacedOrder

WORD_LENGTH_MAX = 100
"""The longest number there is; longer words are cut."""

BYTES_MAX = 100_000
"""So much of an order can be found by looking at its words: a thousand long titles are more."""

ARTICLE_BYTES = 6
"""Of the hash an article stands for in the index: among a million articles, two are mistaken for
each other in one shop of six hundred, and an order is then found by the other's words, too."""

NAME = "N"
"""Stands before each name in the index, and alone behind the names where words are looked at."""

SPANS_S = {"A": 10_800, "B": 86_400, "C": 691_200, "D": 5_529_600, "E": 44_236_800}
"""Lengths of the stretches of time orders have a word for, each eight times as long as the one
before."""

STRETCHES_MAX = 9
"""So many of one length reach over any time the next length is too long for."""

WORD_COLUMNS: dict[str, str] = {
    "stream_id": "uuid", "placed_at": "timestamptz", "order_id": "text", "found_by": "text",
}  # fmt: skip
"""Columns of `order_words` and their types, in table order; its rows never change."""

ARTICLES = SumTable(key={"article": "text"}, sums={}, told={"words": "text"})
"""Every article anybody ever bought, and its words: which of them what somebody types begins."""

_AROUND = ".,;:!?'\"()[]{}<>*/\\"
"""Signs a word does not begin or end with."""


def take_apart(text: str) -> tuple[str, ...]:
    """Return the words of a text, as they are compared."""
    parts = [part.strip(_AROUND) for part in text.replace("\x00", " ").casefold().split()]
    return tuple([part[:WORD_LENGTH_MAX] for part in parts if part])


@dataclass(frozen=True, slots=True, eq=False)
class Article:
    """What is sold under a number and a title."""

    word: str
    """Stands for it in the index of orders."""
    sku: str
    words: tuple[str, ...]
    """What it is called, each word once."""


# A shop has the same articles every day.
@lru_cache(maxsize=100_000)
def article_of(sku: str, title: str) -> Article:
    """Return an article."""
    word = blake2b(f"{sku}\0{title}".encode(), digest_size=ARTICLE_BYTES).hexdigest()
    return Article(word, sku, tuple(dict.fromkeys((*take_apart(sku), *take_apart(title)))))


@lru_cache(maxsize=10_000)
def _times(number: int) -> str:
    """Return the words for the time of one of the shortest stretches."""
    shortest_s = SPANS_S["A"]
    return " ".join(f"{kind}{number * shortest_s // span_s}" for kind, span_s in SPANS_S.items())


def _names(order: PlacedOrder) -> dict[str, None]:
    names, customer = order.order_id, order.customer
    if customer:
        names += f" {customer.customer_id or ''} {customer.email or ''}"
    return dict.fromkeys(take_apart(names))


def articles_of(lines: Sequence[Line]) -> list[Article]:
    """Return each line's article."""
    return list(map(article_of, [line.sku for line in lines], [line.title for line in lines]))


def found_by(order: PlacedOrder, placed_at: datetime, articles: Iterable[Article]) -> str:
    """Return every word of a placed order in the index: names, times, articles."""
    times = _times(int(placed_at.timestamp() // SPANS_S["A"]))
    names = [NAME + name for name in _names(order)]
    return " ".join([*names, times, *dict.fromkeys([article.word for article in articles])])


_values = attrgetter(*WORD_COLUMNS)


def word_rows(rows: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """Return the rows of `order_words` for orders that were placed meanwhile."""
    return (_values(row) for row in rows if row.found_by is not None)


def words_of(order: PlacedOrder) -> str:
    """Return every word a placed order is found by, each once: names, `N`, words of articles."""
    called = _names(order)
    parts = [article.words for article in articles_of(order.lines)]
    words = dict.fromkeys(chain.from_iterable(parts), True)
    for name in called:
        words.pop(name, None)
    told = " ".join((*called, NAME, *words))
    if len(told) * 4 < BYTES_MAX or len(told.encode()) < BYTES_MAX:  # no sign takes more than 4
        return told
    cut = told.encode()[:BYTES_MAX]
    return cut[: cut.rindex(b" ")].decode()


def around(one_s: float, other_s: float) -> str | None:
    """Return what asks for orders placed between two moments, as PostgreSQL's `tsquery`.

    It asks for whole stretches, and few; None where the longest are too many.
    """
    first_s, last_s = sorted((one_s, other_s))
    for kind, span_s in SPANS_S.items():
        first, last = int(first_s // span_s), int(last_s // span_s)
        if last - first < STRETCHES_MAX:
            words = (f"'{kind}{number}'" for number in range(first, last + 1))
            return f"({' | '.join(words)})"
    return None


def begins(word: str) -> str:
    """Return what asks for words that begin so, as PostgreSQL's `tsquery`."""
    return f"{_quoted(word)}:*"


def query_of(typed: Iterable[tuple[str, Sequence[str]]]) -> str:
    """Return what asks for orders with words that begin so, as PostgreSQL's `tsquery`.

    Args:
        typed: each word, and the articles that have a word it begins.
    """
    groups = (" | ".join((begins(NAME + word), *articles)) for word, articles in typed)
    return " & ".join(f"({group})" for group in groups)


def queries_of_article(sku: str) -> tuple[str, str]:
    """Return what asks for an article's number, among names and of an article's words."""
    words = take_apart(sku)
    return " & ".join(_quoted(NAME + word) for word in words), " & ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
