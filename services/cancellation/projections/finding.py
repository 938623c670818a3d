"""What an order is found by: its number, its customer, the e-mail address, its articles.

The words of an order and those somebody types are taken apart by the same rule; each word typed
must begin a word of the order.
"""

from functools import lru_cache
from itertools import chain

from services.cancellation.projections.row import Json

WORD_LENGTH_MAX = 100
"""The longest number there is; longer words are cut."""

BYTES_MAX = 100_000
"""So much of an order can be found; PostgreSQL indexes a megabyte at most, and a thousand long
titles are more."""

_AROUND = ".,;:!?'\"()[]{}<>*/\\"
"""Signs a word does not begin or end with."""


@lru_cache(maxsize=10_000)
def take_apart(text: str) -> tuple[str, ...]:
    """Return the words of a text, as they are compared; a shop has the same titles every day."""
    parts = (part.strip(_AROUND) for part in text.replace("\x00", " ").casefold().split())
    return tuple(part[:WORD_LENGTH_MAX] for part in parts if part)


def words_of(message: Json) -> str:
    """Return every word a placed order is found by, each once."""
    customer = message["customer"] or {}
    texts = [message["order_id"], customer.get("customer_id"), customer.get("email")]
    for line in message["lines"]:
        texts += (line["sku"], line["title"])
    words = " ".join(dict.fromkeys(chain.from_iterable(map(take_apart, filter(None, texts)))))
    if len(words) * 4 < BYTES_MAX or len(words.encode()) < BYTES_MAX:  # no sign takes more than 4
        return words
    cut = words.encode()[:BYTES_MAX]
    return cut[: cut.rindex(b" ")].decode()


def query_of(text: str) -> str | None:
    """Return what somebody typed as PostgreSQL's `tsquery`; None when there is no word in it."""
    quoted = (word.replace("\\", "\\\\").replace("'", "''") for word in take_apart(text))
    return " & ".join(f"'{word}':*" for word in quoted) or None
