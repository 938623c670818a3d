"""The shops that `docs/capacity.md` speaks of, and the days they are played through."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from countermand.capacity.model import Load, Measured, Need, recall, shop, size
from countermand.capacity.simulation import DECIDES, Played, play

HOURS = (0, 0, 0, 0, 0, 0, 0, 12, 21, 80, 154, 209, 283, 231, 188, 223, 130, 78, 36, 27, 4, 0, 0, 0)
"""Orders per hour of the day in the month of real orders we ship; a test counts them again."""

PEAK = max(HOURS) / sum(HOURS) * 24
"""The busiest hour against the average: 4.1. A shop with customers around the world has less."""

CANCELLED = 0.05
"""Share of orders. The real shop has 0.20, counted by orders that lose anything at all."""

KEEPS_UP_S = 60.0
"""A day is played well when no cancellation ever waited longer."""

PLAYED_S = 3 * 3600
"""The busiest three hours; the queues of an hour are gone in the next or never."""

HELD_UP_S = 30
"""So long a process stands still in the middle of the busiest hour: a node dies, another starts."""


class Row(NamedTuple):
    """One scenario: what it takes, and how its day went."""

    need: Need
    played: Played
    held_up: Played
    """The same day with all deciding consumers standing still for a while."""
    half: Played | None
    """The same day with half of the most numerous process; None where there is one of each."""


def scenarios() -> Iterator[Load]:
    """Return the loads, small to large."""
    market = shop("marketplace, 10 million orders a day", 1e7, cancelled=CANCELLED, peak=PEAK)
    yield shop("1,000 orders a day", 1e3, cancelled=CANCELLED, peak=PEAK)
    yield shop("20,000 orders a day", 2e4, cancelled=CANCELLED, peak=PEAK)
    yield shop("500,000 orders a day", 5e5, cancelled=CANCELLED, peak=PEAK)
    yield market
    yield recall("the same, 5 million orders recalled within an hour", 5e6, within_s=3600,
                 beside=market)  # fmt: skip


def curve(load: Load, cancelled: float = CANCELLED) -> list[tuple[float, float]]:
    """Return what is expected per second in the busiest hours; a recall comes in one of them."""
    first = HOURS.index(max(HOURS)) - 1
    most = max(HOURS)
    usual = load.orders_per_s * cancelled
    extra = max(0.0, load.cancellations_per_s - usual)
    return [
        (
            load.orders_per_s * hour / most,
            usual * hour / most + (extra if hour == most else 0.0),
        )
        for hour in islice(HOURS, first, first + PLAYED_S // 3600)
        for _ in range(3600)
    ]


def rows(measured: Measured) -> Iterator[Row]:
    """Size every scenario and play it."""
    middle = 3600 + 1800
    for load in scenarios():
        need, day = size(measured, load), curve(load)
        busiest = max(need.processes, key=lambda name: need.processes[name])
        fewer = need.processes[busiest] // 2
        yield Row(
            need,
            play(measured, need, day),
            play(measured, need, day, held_up={DECIDES: (middle, middle + HELD_UP_S)}),
            play(
                measured, need._replace(processes={**need.processes, busiest: fewer}), day
            ) if need.processes[busiest] > 1 else None,
        )  # fmt: skip
