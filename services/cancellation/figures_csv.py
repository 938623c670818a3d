"""Figures as a table for spreadsheets; no cell of it is ever taken for a formula."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes a text for a formula by. Source: OWASP, CSV Injection."""

_LEFT_OUT = "opens"
"""Addresses are for programs."""


def to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Write rows; what is nested gets a name of both parts."""
    flat = [dict(_flat(row)) for row in rows]
    columns = list(dict.fromkeys(name for row in flat for name in row))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in flat)
    return file.getvalue()


def _flat(row: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if name == _LEFT_OUT:
            continue
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}_")
        else:
            yield before + name, value


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, int | float):
        return value
    text = str(value)
    # The sign may follow spaces, which spreadsheets skip.
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
