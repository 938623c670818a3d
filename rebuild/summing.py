"""Tables of sums over many streams: each row is what facts have added up to.

What a fact adds depends on that fact alone, so sums may be taken in any sequence; they are never
folded anew by stream.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from kit.event_store import LogEntry
from kit.postgres import AnyConnection
from kit.projector import Projection

Rows = Mapping[str, Sequence[tuple[Any, ...]]]

KEPT_MAX = 200_000
"""Rows kept together before they are written."""


class SumTable(NamedTuple):
    """Columns and their types, in table order: the key, then what is added up.

    With nothing to add up it is a set: the keys there are, and what follows from them.
    """

    key: Mapping[str, str]
    sums: Mapping[str, str]
    told: Mapping[str, str] = {}
    """Of a set: columns that follow from the key."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column."""
        return (*self.key, *self.sums, *self.told)

    def adding(self, table: str, first: int = 1) -> str:
        """Return the statement that adds rows, one array per column.

        Args:
            table: its name, with its schema.
            first: number of the first argument.
        """
        types = (*self.key.values(), *self.sums.values(), *self.told.values())
        arrays = ", ".join(f"${n}::{type_}[]" for n, type_ in enumerate(types, first))
        added = ", ".join(f"{name} = t.{name} + excluded.{name}" for name in self.sums)
        return (
            f"INSERT INTO {table} AS t ({', '.join(self.columns)})"
            f" SELECT * FROM unnest({arrays})"
            f" ON CONFLICT ({', '.join(self.key)}) DO"
            + (f" UPDATE SET {added}" if added else " NOTHING")
        )


class Summing(Projection, Protocol):
    """A read model that has tables of sums, too."""

    @property
    def sums(self) -> Mapping[str, SumTable]:
        """They; `fold` returns their rows as what the page adds."""

    @property
    def is_part(self) -> bool:
        """Tell whether there are more tables under its cursor."""

    def sums_of(self, page: Sequence[LogEntry]) -> Rows:
        """Return what some facts add, whichever they are; pure."""


class Sums:
    """Additions kept together, so that a row many facts add to is written seldom."""

    def __init__(self, tables: Mapping[str, SumTable]) -> None:
        self._tables = tables
        self._kept: dict[str, dict[tuple[Any, ...], tuple[Any, ...]]] = {}

    @property
    def is_full(self) -> bool:
        """Tell whether it is time to write."""
        return sum(map(len, self._kept.values())) >= KEPT_MAX

    def take(self, rows: Rows) -> None:
        """Keep what a page adds."""
        for name, table in self._tables.items():
            kept, size = self._kept.setdefault(name, {}), len(table.key)
            for row in rows.get(name, ()):
                key, added = row[:size], row[size:]
                if table.sums and key in kept:
                    added = tuple(map(sum, zip(kept[key], added, strict=True)))
                kept[key] = added

    def take_out(self) -> Rows:
        """Return what was kept, by key, and forget it.

        All who add in this sequence wait for each other at most, and never in a circle.
        """
        kept, self._kept = self._kept, {}
        return {name: [(*key, *rows[key]) for key in sorted(rows)] for name, rows in kept.items()}


async def add_up(
    connection: AnyConnection, table: SumTable, name: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Add rows to a table."""
    if rows:
        await connection.execute(table.adding(name), *zip(*rows, strict=True))
