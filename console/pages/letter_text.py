"""A record as people read and mend it: its value as text, headers line by line, bytes as a dump."""

import json
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from console.api import Json
from console.forms import Form

TEXT_MAX = 30_000
"""Characters of a value shown; a page stays small."""

BYTES_MAX = 1_024
"""Bytes of a dump."""

ROW = 16
LINES_MAX = 400
"""Lines compared."""


class Shown(NamedTuple):
    """A record, ready to be shown."""

    key: str | None
    headers: list[list[str]]
    text: str
    is_cut: bool
    dump: list[str]
    size: int
    """Bytes of the value."""


def pretty(text: str) -> str:
    """Return JSON on several lines, if nothing of it would be lost by that."""
    try:
        data = json.loads(text)
    except ValueError:
        return text
    if text != json.dumps(data, ensure_ascii=False, separators=(",", ":")):
        return text
    return json.dumps(data, ensure_ascii=False, indent=2)


def shown(raw: Json) -> Shown:
    """Return a record as a page shows it."""
    value = bytes.fromhex(raw["value_hex"] or "")
    text = pretty(raw["value_text"] or "")
    return Shown(
        raw["key"], raw["headers"], text[:TEXT_MAX], len(text) > TEXT_MAX,
        list(_dump(value[:BYTES_MAX])), len(value),
    )  # fmt: skip


def _dump(value: bytes) -> Iterator[str]:
    for start in range(0, len(value), ROW):
        row = value[start : start + ROW]
        text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)  # noqa: PLR2004
        yield f"{start:06x}  {row.hex(' '):<47}  {text}"


def fields(raw: Json) -> dict[str, str]:
    """Return a record as the fields of a form."""
    return {
        "value": pretty(raw["value_text"] or ""),
        "key": raw["key"] or "",
        "headers": "\n".join(f"{name}: {text}" for name, text in raw["headers"]),
    }


def change(form: Form, now: Json) -> Json:
    """Return what a form changes of a record; what is wrong is noted in the form."""
    before = fields(now)
    changed: Json = {}
    value = form.fields.get("value", before["value"]).replace("\r\n", "\n")
    if value != before["value"]:
        changed["value"] = value
    key = form.fields.get("key", before["key"]).strip()
    if key != before["key"]:
        changed["key"] = key
    headers = dict(now["headers"])
    wanted: dict[str, Any] = {}
    for line in (form.text("headers") or "").split("\n"):
        name, is_there, text = line.partition(":")
        if line.strip() and not is_there:
            form.errors["headers"] = "error.headers"
        elif line.strip():
            wanted[name.strip()] = text.strip()
    differing = {name: text for name, text in wanted.items() if headers.get(name) != text}
    differing |= dict.fromkeys(headers.keys() - wanted.keys())
    if differing and "headers" in form.fields:
        changed["headers"] = differing
    if not changed:
        form.errors.setdefault("value", "error.nothing_mended")
    edits = form.fields.get("edits", "0")
    return {**changed, "edits_seen": int(edits) if edits.isascii() and edits.isdigit() else 0}


def compare(came: Json, mended: Json) -> list[tuple[str, str]]:
    """Return the lines of a record, each with what was done to it: kept, gone or new."""
    one, other = (_lines(raw)[:LINES_MAX] for raw in (came, mended))
    told: list[tuple[str, str]] = []
    for tag, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag == "equal":
            told += [("kept", line) for line in one[a:b]]
        else:
            told += [("gone", line) for line in one[a:b]]
            told += [("new", line) for line in other[c:d]]
    return told


def _lines(raw: Json) -> list[str]:
    now = fields(raw)
    return [f"key: {now['key']}", *now["headers"].split("\n"), "", *now["value"].split("\n")]
