"""What an order is found by: its number, its customer, the e-mail address, its articles.

The words of an order and those somebody types are taken apart by the same rule; each word typed
must begin a word of the order. The index has three kinds of words. Names (number, customer, e-mail)
are many and each is had by few orders; articles have few words and many orders each; and there are
words for the time an order was placed. Capitals tell the kinds apart: nothing typed has any.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain

from services.cancellation.projections.placing import PlacedOrder

WORD_LENGTH_MAX = 100
"""The longest number there is; longer words are cut."""

BYTES_MAX = 100_000
"""So much of an order can be found; PostgreSQL indexes a megabyte at most, and a thousand long
titles are more."""

NAMES_END = "N"
"""Stands after the names of an order, and in the index before each of them."""

SPANS_S = {"A": 10_800, "B": 86_400, "C": 691_200, "D": 5_529_600, "E": 44_236_800}
"""Lengths of the stretches of time orders have a word for, each eight times as long as the one
before. `words_of` in the database says the same."""

STRETCHES_MAX = 9
"""So many of one length reach over any time the next length is too long for."""

SPELLINGS_MAX = 24
"""Words of articles that are asked for one by one; where what was typed begins more, it is they."""

_AROUND = ".,;:!?'\"()[]{}<>*/\\"
"""Signs a word does not begin or end with."""


@lru_cache(maxsize=10_000)
def take_apart(text: str) -> tuple[str, ...]:
    """Return the words of a text, as they are compared; a shop has the same titles every day."""
    parts = (part.strip(_AROUND) for part in text.replace("\x00", " ").casefold().split())
    return tuple(part[:WORD_LENGTH_MAX] for part in parts if part)


@lru_cache(maxsize=20_000)
def _of_article(sku: str, title: str) -> tuple[str, ...]:
    return (*take_apart(sku), *take_apart(title))


def words_of(order: PlacedOrder) -> str:
    """Return every word a placed order is found by, each once: names, `N`, words of articles."""
    customer = order.customer
    names = (order.order_id, *((customer.customer_id, customer.email) if customer else ()))
    called = dict.fromkeys(chain.from_iterable(map(take_apart, filter(None, names))))
    parts = [_of_article(line.sku, line.title) for line in order.lines]
    words = dict.fromkeys(chain.from_iterable(parts), True)
    for name in called:
        words.pop(name, None)
    told = " ".join((*called, NAMES_END, *words))
    if len(told) * 4 < BYTES_MAX or len(told.encode()) < BYTES_MAX:  # no sign takes more than 4
        return told
    cut = told.encode()[:BYTES_MAX]
    return cut[: cut.rindex(b" ")].decode()


def words_in(texts: Iterable[str]) -> list[str]:
    """Return the words of articles' numbers and titles, each once, in their sequence."""
    return sorted(set(chain.from_iterable(map(take_apart, texts))))


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


def query_of(typed: Iterable[tuple[str, Sequence[str]]]) -> str:
    """Return what asks for orders with words that begin so, as PostgreSQL's `tsquery`.

    Args:
        typed: each word, and the words of articles it begins; they are asked for as they are,
            because PostgreSQL reads all there is of a beginning, and of a word only what it needs.
    """
    groups = []
    for word, articles in typed:
        asked = [f"{_quoted(NAMES_END + word)}:*"]
        if len(articles) > SPELLINGS_MAX:
            asked.append(f"{_quoted(word)}:*")
        else:
            asked += map(_quoted, articles)
        groups.append(f"({' | '.join(asked)})")
    return " & ".join(groups)


def query_of_article(sku: str) -> str:
    """Return what asks for orders with every word of an article's number."""
    return " & ".join(
        f"({_quoted(word)} | {_quoted(NAMES_END + word)})" for word in take_apart(sku)
    )


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
