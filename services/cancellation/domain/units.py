"""Sums per line or per payment: added to, taken from, never below nothing."""

from collections.abc import Iterable, Mapping
from typing import Protocol

Totals = Mapping[str, int]
"""Units per line, or minor units per payment."""


class Units(Protocol):
    """So many units of one line, whatever else is said about them."""

    @property
    def line_id(self) -> str:
        """The line."""

    @property
    def quantity(self) -> int:
        """Units of it."""


def plus(totals: Totals, changes: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Add to totals."""
    changed = dict(totals)
    for key, amount in changes:
        changed[key] = changed.get(key, 0) + amount
    return changed


def minus(totals: Totals, changes: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Take from totals; what reaches 0 is dropped, nothing goes below."""
    changed = dict(totals)
    for key, amount in changes:
        changed[key] = changed.get(key, 0) - amount
        if changed[key] <= 0:
            del changed[key]
    return changed


def units_of(lines: Iterable[Units]) -> dict[str, int]:
    """Add up units per line; a line may be named twice."""
    return plus({}, [(line.line_id, line.quantity) for line in lines])
