"""The link to a customer's page: which order, until when, and a seal only key holders can make.

Whoever writes to customers can make one. The page is at `<address>/o/<token>`, and the token is

    <order id> "." <end, seconds since 1970> "." <seal>

where the seal is the first 16 bytes of the HMAC-SHA256, under the shared key, of `order-link:`
and everything before the last point, as URL-safe base64 without padding.
"""

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

PATH = "/o"
"""Below the page's address."""

KEY_CHARACTERS_MIN = 32
"""Of a key; what is drawn at random with so many cannot be guessed."""

LENGTH_MAX = 200
"""Of a token; the longest order id has 100 characters."""

_SEAL_BYTES = 16
_SAID = re.compile(r"([A-Za-z0-9][A-Za-z0-9._:-]{0,99})\.([0-9]{1,12})")


class OrderLink(NamedTuple):
    """What a link says."""

    order_id: str
    """The only order it shows."""
    ends_at: int
    """Not from then on; seconds since 1970."""


def write_link(key: str, link: OrderLink) -> str:
    """Return the token of a link; always the same for the same key and link."""
    said = f"{link.order_id}.{link.ends_at}"
    return f"{said}.{_seal(key, said)}"


def read_link(keys: Sequence[str], token: str) -> OrderLink | None:
    """Return what a token says, its end still to be looked at; None when no key made it.

    Args:
        keys: every key in use; several while one replaces another.
        token: what stands in the address.
    """
    said, _, seal = token.rpartition(".")
    found = _SAID.fullmatch(said)
    if found is None or len(token) > LENGTH_MAX:
        return None
    # As bytes, since text is compared in constant time only while it is ASCII.
    if not any(hmac.compare_digest(_seal(key, said).encode(), seal.encode()) for key in keys):
        return None
    return OrderLink(found[1], int(found[2]))


def link_keys(given: str) -> tuple[str, ...]:
    """Return the keys of a setting, separated by commas; the first makes links, all are known.

    Raises:
        ValueError: one is too short to keep anybody out.
    """
    keys = tuple(one.strip() for one in given.split(",") if one.strip())
    if any(len(key) < KEY_CHARACTERS_MIN for key in keys):
        raise ValueError(f"a key has {KEY_CHARACTERS_MIN} characters or more")
    return keys


def _seal(key: str, said: str) -> str:
    made = hmac.new(key.encode(), f"order-link:{said}".encode(), sha256).digest()
    return urlsafe_b64encode(made[:_SEAL_BYTES]).rstrip(b"=").decode()
