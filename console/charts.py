"""Charts as plain geometry; the templates draw them, the style sheet paints them."""

import math
from collections.abc import Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 720, 210
LEFT, RIGHT, TOP, BOTTOM = 66, 8, 12, 26
TICKS = 4
LABELS_MAX = 8
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
"""Steps of an axis that people read easily, times a power of ten."""


class Mark(NamedTuple):
    """One value, as a column and as a point."""

    x: float
    y: float
    left: float
    width: float
    height: float
    has_label: bool


class Tick(NamedTuple):
    """One line of the grid."""

    y: float
    value: float


class Chart(NamedTuple):
    """A chart over a span of time."""

    marks: list[Mark]
    ticks: list[Tick]

    @property
    def line(self) -> str:
        """Return the points of the line through all values."""
        return " ".join(f"{mark.x},{mark.y}" for mark in self.marks)


def nice_step(most: float) -> float:
    """Return the distance of two ticks, so that `TICKS` of them reach over every value."""
    raw = most / TICKS if most > 0 else 1.0
    power = 10.0 ** math.floor(math.log10(raw))
    return next(step * power for step in STEPS if step * power >= raw * (1 - 1e-9))


def draw(values: Sequence[float]) -> Chart:
    """Place values side by side over a common ground of 0."""
    step = nice_step(max(values, default=0.0))
    ground, room = HEIGHT - BOTTOM, HEIGHT - TOP - BOTTOM
    top = step * TICKS
    slot = (WIDTH - LEFT - RIGHT) / max(1, len(values))
    every = math.ceil(len(values) / LABELS_MAX)
    marks = []
    for number, value in enumerate(values):
        height = round(max(0.0, value) / top * room, 1)
        width = min(48.0, slot * 0.7)
        x = LEFT + slot * (number + 0.5)
        mark = Mark(
            round(x, 1), round(ground - height, 1), round(x - width / 2, 1), round(width, 1),
            height, number % every == 0,
        )  # fmt: skip
        marks.append(mark)
    ticks = [Tick(round(ground - room * n / TICKS, 1), step * n) for n in range(TICKS + 1)]
    return Chart(marks, ticks)
