"""What an order is found by: its number, its customer, the e-mail address, its articles.

The words of an order and those somebody types are taken apart by the same rule; each word typed
must begin a word of the order.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import chain

from services.cancellation.projections.placing import PlacedOrder

WORD_LENGTH_MAX = 100
"""The longest number there is; longer words are cut."""

BYTES_MAX = 100_000
"""So much of an order can be found; PostgreSQL indexes a megabyte at most, and a thousand long
titles are more."""

WEEK_S = 604_800
BLOCK_WEEKS = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

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
    """Return every word a placed order is found by, each once."""
    customer = order.customer
    texts = (order.order_id, *((customer.customer_id, customer.email) if customer else ()))
    parts = [take_apart(text) for text in texts if text]
    parts += [_of_article(line.sku, line.title) for line in order.lines]
    words = " ".join(dict.fromkeys(chain.from_iterable(parts)))
    if len(words) * 4 < BYTES_MAX or len(words.encode()) < BYTES_MAX:  # no sign takes more than 4
        return words
    cut = words.encode()[:BYTES_MAX]
    return cut[: cut.rindex(b" ")].decode()


def week_of(moment: datetime) -> int:
    """Return the number of the week a moment lies in, from 1970 on."""
    return int(moment.timestamp() // WEEK_S)


def start_of(week: int) -> datetime:
    """Return the first moment of a week."""
    return _EPOCH + timedelta(seconds=week * WEEK_S)


def when(placed_at: datetime) -> str:
    """Return the words for the week an order was placed in and for a longer time around it.

    Nobody types them, because what is typed has no capitals; with them a search for a word many
    orders have looks at some weeks alone.
    """
    week = week_of(placed_at)
    return f"W{week} B{week // BLOCK_WEEKS}"


def within(first: int, last: int) -> str:
    """Return what asks for orders of some weeks, as PostgreSQL's `tsquery`; of more, if many."""
    if last - first < BLOCK_WEEKS:
        words = [f"W{week}" for week in range(first, last + 1)]
    else:
        words = [f"B{block}" for block in range(first // BLOCK_WEEKS, last // BLOCK_WEEKS + 1)]
    return "(" + " | ".join(f"'{word}'" for word in words) + ")"


def patterns_of(text: str) -> list[str]:
    """Return what somebody typed as patterns of `LIKE`: the same question, asked of a text."""
    signs = {"\\": "\\\\", "%": "\\%", "_": "\\_"}
    quoted = ("".join(signs.get(c, c) for c in word) for word in take_apart(text))
    return [f"% {word}%" for word in quoted]


def query_of(text: str) -> str | None:
    """Return what somebody typed as PostgreSQL's `tsquery`; None when there is no word in it."""
    quoted = (word.replace("\\", "\\\\").replace("'", "''") for word in take_apart(text))
    return " & ".join(f"'{word}':*" for word in quoted) or None
