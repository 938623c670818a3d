"""Whose turn it is: letters of one key go in the sequence in which they were set aside; pure.

What was set aside first goes first, although it came back with a new offset meanwhile.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from countermand.dead_letters.letters import Letter


class Line(NamedTuple):
    """The letters meant, in line."""

    sequences: list[list[Letter]]
    """Those that may go, per key; each waits for the answer to the one before it."""
    waiting: dict[Letter, Letter]
    """Those that may not, and the one each waits behind."""


def line_up(neighbours: Iterable[Letter], wanted: Collection[int]) -> Line:
    """Put the letters wanted in line.

    Args:
        neighbours: all letters of the same keys that are open or under way, and those wanted.
        wanted: numbers of the letters meant.
    """
    by_key: dict[tuple[str, int, bytes | None], list[Letter]] = {}
    for letter in sorted(neighbours, key=lambda one: (one.place, one.id)):
        by_key.setdefault(letter.sequence, []).append(letter)
    line = Line([], {})
    for letters in by_key.values():
        free: list[Letter] = []
        ahead: Letter | None = None
        for letter in letters:
            if ahead is None and letter.id in wanted and not letter.is_under_way:
                free.append(letter)
            elif ahead is None:
                ahead = letter
            elif letter.id in wanted:
                line.waiting[letter] = ahead
        if free:
            line.sequences.append(free)
    return line
