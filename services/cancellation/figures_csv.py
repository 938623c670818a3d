"""Figures as a table for spreadsheets; no cell of it is ever taken for a formula."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes a text for a formula by. Source: OWASP, CSV Injection."""

_CONTROLS = re.compile(r"\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""What is no text: a terminal would obey it, and a lone carriage return ends a row."""

_LEFT_OUT = "opens"
"""Addresses are for programs."""


def to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Write rows; what is nested gets a name of both parts."""
    flat = [dict(_flat(row)) for row in rows]
    columns = list(dict.fromkeys(name for row in flat for name in row))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell(row.get(name)) for name in columns] for row in flat)
    return file.getvalue()


def _flat(row: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if name == _LEFT_OUT:
            continue
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}_")
        else:
            yield before + name, value


def cell(value: Any) -> Any:
    """Return what may stand in a cell: a number, or a text that is nothing but text."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return value
    text = _CONTROLS.sub("\ufffd", str(value))
    # The sign may follow spaces, which spreadsheets skip.
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
