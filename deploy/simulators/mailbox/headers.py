"""The few headers the index keeps of a mail, read without parsing the rest of it.

The full parser takes ten times as long and is left to the page that shows one mail. Nothing here
raises: whatever a client sends has been accepted, and is shown as well as it can be.
"""

import contextlib
import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import NamedTuple

X_HEADERS_MAX = 20
VALUE_CHARACTERS_MAX = 998
"""Longest line RFC 5322 allows; a longer folded value is cut in the index, not in the mail."""

_FOLD = re.compile(r"\r?\n[ \t]+")


class MailHeaders(NamedTuple):
    """What the index says of a mail's own headers; the first of a repeated header counts."""

    message_id: str
    """With its angle brackets; empty when the mail has none."""
    subject: str
    """Decoded."""
    x_headers: dict[str, str]
    """Every `X-` header, by name as written."""


def read_headers(raw: bytes) -> MailHeaders:
    """Read the headers of a raw mail."""
    head = raw.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    message_id = subject = None
    x_headers: dict[str, str] = {}
    for line in unfold(head).split("\n"):
        name, colon, value = line.partition(":")
        if not colon:
            continue
        kind = name.lower()
        if kind == "message-id" and message_id is None:
            message_id = _clean(value)
        elif kind == "subject" and subject is None:
            subject = _clean(value)
        elif kind.startswith("x-") and len(x_headers) < X_HEADERS_MAX:
            x_headers.setdefault(name, _clean(value))
    return MailHeaders(message_id or "", subject or "", x_headers)


def unfold(text: str) -> str:
    """Join the continuation lines of headers to the lines they continue."""
    return _FOLD.sub(" ", text)


def decode_value(value: str) -> str:
    """Decode the encoded words (RFC 2047) of an unfolded header; what is none stays as it is."""
    if "=?" in value:
        with contextlib.suppress(HeaderParseError, LookupError, ValueError):
            value = str(make_header(decode_header(value)))
    return value.strip()


def _clean(value: str) -> str:
    return decode_value(value)[:VALUE_CHARACTERS_MAX]
