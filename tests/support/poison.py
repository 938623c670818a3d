"""Records nobody should send, each beside the reason it must be put aside with."""

from collections.abc import Callable
from typing import Any

from contracts.values import AMOUNT_MINOR_MAX
from tests.support.messages import cancel, captured, placed, record


def broken(id_: str, **changes: Any) -> dict[str, Any]:
    """Return a good record with its key, value or headers replaced."""
    return {**record(placed(id_), id_), **changes}


def without(id_: str, name: str) -> dict[str, Any]:
    good = record(placed(id_), id_)
    return {**good, "headers": [pair for pair in good["headers"] if pair[0] != name]}


def with_header(id_: str, name: str, value: bytes) -> dict[str, Any]:
    changed = without(id_, name)
    return {**changed, "headers": [*changed["headers"], (name, value)]}


def edited(id_: str, old: bytes, new: bytes) -> dict[str, Any]:
    """Return a good record whose JSON was edited as text."""
    good = record(placed(id_), id_)
    assert old in good["value"]
    return {**good, "value": good["value"].replace(old, new)}


PRICE = b'"unit_price_minor":1250'
POISON: dict[str, tuple[str, Callable[[str], dict[str, Any]]]] = {
    "bad JSON": ("JSON_INVALID", lambda i: broken(i, value=b'{"order_id": ')),
    "no JSON at all": ("JSON_INVALID", lambda i: broken(i, value=b"\xff\xfe\x00")),
    "deep nesting": ("JSON_INVALID", lambda i: broken(i, value=b"[" * 200_000)),
    "deep object": ("JSON_INVALID", lambda i: broken(i, value=b'{"a":' * 100_000)),
    "a JSON list": ("DATA_INVALID", lambda i: broken(i, value=b"[]")),
    "wrong type": ("DATA_INVALID", lambda i: edited(i, b'"quantity":2', b'"quantity":"two"')),
    "unknown currency": ("DATA_INVALID", lambda i: edited(i, b'"EUR"', b'"ABC"')),
    "negative money": ("DATA_INVALID", lambda i: edited(i, PRICE, b'"unit_price_minor":-1')),
    "fractional money": ("DATA_INVALID", lambda i: edited(i, PRICE, b'"unit_price_minor":12.5')),
    "money as NaN": ("DATA_INVALID", lambda i: edited(i, PRICE, b'"unit_price_minor":NaN')),
    "money beyond int64": (
        "DATA_INVALID", lambda i: edited(i, PRICE, b'"unit_price_minor":' + b"9" * 30),
    ),
    "a sum beyond all bounds": (
        "AMOUNT_TOO_GREAT",
        lambda i: edited(i, PRICE, f'"unit_price_minor":{AMOUNT_MINOR_MAX}'.encode()),
    ),
    "a year no calendar has": (
        "DATA_INVALID", lambda i: edited(i, b"2026-11-02", b"0001-01-01"),
    ),
    "half a surrogate pair": (
        "JSON_INVALID", lambda i: edited(i, b"Article 1", b"\\ud800"),
    ),
    "empty": ("VALUE_EMPTY", lambda i: broken(i, value=b"")),
    "tombstone": ("VALUE_EMPTY", lambda i: broken(i, value=None)),
    "ten megabytes": ("MESSAGE_TOO_LARGE", lambda i: broken(i, value=b" " * 10_000_000)),
    "wrong key": ("KEY_MISMATCH", lambda i: broken(i, key=b"another order")),
    "no headers": ("HEADER_MISSING", lambda i: broken(i, headers=[])),
    "no type": ("HEADER_MISSING", lambda i: without(i, "ce_type")),
    "no id": ("HEADER_MISSING", lambda i: without(i, "ce_id")),
    "id not UTF-8": ("HEADER_NOT_UTF8", lambda i: with_header(i, "ce_id", b"\xff\xfe")),
    "type not UTF-8": ("HEADER_NOT_UTF8", lambda i: with_header(i, "ce_type", b"\xc3\x28")),
    "id with a zero byte": ("HEADER_INVALID", lambda i: with_header(i, "ce_id", b"a\x00b")),
    "endless id": ("HEADER_INVALID", lambda i: with_header(i, "ce_id", b"a" * 5_000)),
    "empty id": ("HEADER_INVALID", lambda i: with_header(i, "ce_id", b"")),
    "CloudEvents 0.3": (
        "SPECVERSION_UNSUPPORTED", lambda i: with_header(i, "ce_specversion", b"0.3"),
    ),
    "a fact of an unknown order": (
        "ORDER_NOT_FOUND", lambda i: record(captured(f"unknown-{i}"), i),
    ),
    "an id used again": ("MESSAGE_ID_REUSED", lambda _: record(placed("other"), "good-0")),
    "a command's id used again": (
        "MESSAGE_ID_REUSED", lambda _: record(cancel("good-0", reason="FRAUD"), "command"),
    ),
    "a misspelt command": (
        "DATA_INVALID",
        lambda i: {**record(cancel("good-0"), i),
                   "value": b'{"order_id":"good-0","reason":"CUSTOMER","line":[]}'},
    ),
    "a message id no answer can carry": (
        "COMMAND_ID_INVALID", lambda _: record(cancel("good-0"), "not an id!"),
    ),
}  # fmt: skip
"""What to break, and the reason it must be put aside with."""
