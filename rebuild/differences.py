"""What two tables of one name do not agree about, row by row and by name; pure.

A name says in which way rows differ: `table.column`, or `table.+row` where only the new table has
one and `table.-row` where only the old table had one. By name a difference is accepted.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple
from uuid import UUID

import orjson

Texts = Sequence[str | None]
"""The columns of a row, as PostgreSQL writes them."""


class Difference(NamedTuple):
    """A row that is not the same in both tables."""

    table: str
    stream: UUID | None
    """None of a sum, which belongs to none."""
    key: Texts
    columns: Sequence[str]
    old: Texts | None
    """None when only the new table has the row."""
    new: Texts | None
    """None when only the old table had it."""

    @property
    def row(self) -> str:
        """What the row is called in a list."""
        return f"{self.table}/{'/'.join(map(str, self.key))}"

    @property
    def names(self) -> list[str]:
        """In which ways it differs."""
        if self.old is None or self.new is None:
            return [f"{self.table}.{'+row' if self.old is None else '-row'}"]
        return [f"{self.table}.{column}" for column, _, _ in self._changes(self.old, self.new)]

    def _changes(self, old: Texts, new: Texts) -> Iterator[tuple[str, str | None, str | None]]:
        for column, before, after in zip(self.columns, old, new, strict=True):
            if before != after:
                yield column, before, after

    def to_json(self) -> dict[str, Any]:
        """Return it for a list: `changes` from old to new, down to the places inside documents."""
        told: dict[str, Any] = {
            "row": self.row,
            "stream": self.stream and str(self.stream),
            "names": self.names,
        }
        if self.old is None or self.new is None:
            return told | {
                "values": dict(zip(self.columns, self.old or self.new or (), strict=True))
            }
        changes: dict[str, Any] = {}
        for column, before, after in self._changes(self.old, self.new):
            changes |= dict(_unlike(_read(before), _read(after), column))
        return told | {"changes": changes}


def _read(text: str | None) -> Any:
    """Return a document as plain values, anything else as it stands."""
    with suppress(orjson.JSONDecodeError):
        return orjson.loads(text) if text and text[0] in "{[" else text
    return text


def _unlike(old: Any, new: Any, place: str) -> Iterator[tuple[str, list[Any]]]:
    """Return the innermost places where two values differ, each with both."""
    match old, new:
        case dict(), dict() if old != new:
            for key in sorted(old.keys() | new.keys()):
                if old.get(key) != new.get(key):
                    yield from _unlike(old.get(key), new.get(key), f"{place}.{key}")
        case list(), list() if len(old) == len(new) and old != new:
            for number, pair in enumerate(zip(old, new, strict=True)):
                if pair[0] != pair[1]:
                    yield from _unlike(*pair, f"{place}[{number}]")
        case _:
            yield place, [old, new]
