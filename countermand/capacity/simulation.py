"""Plays a day against measured service times: does what the model says really keep up?

Second by second: arrivals are random around a curve, every process works off its queue at its
measured speed, and what it has done arrives at the next one. The model knows averages; the
simulation knows waves, and what a process held up leaves to be done.
"""

import math
import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from countermand.capacity.model import Measured, Need

WAY = (
    ("cancellation.consumer", "cancellation.relay"),
    ("inventory.consumer", "inventory.relay"),
    ("refunds.consumer", "refunds.worker", "refunds.relay"),
    ("notifier.consumer", "notifier.worker", "notifier.relay"),
)
"""First the decision, then three legs at once; the read model follows the log by itself."""

DECIDES = "cancellation.consumer"
FOLLOWS = "cancellation.projector"


class Played(NamedTuple):
    """How a day went."""

    arrived: int
    """Cancellations."""
    wait_max_s: float
    """The longest a cancellation waited in all queues on its slowest way."""
    left: int
    """Cancellations unfinished when the day was over."""
    tightest: str
    """The process with the longest queue, in seconds of its work."""


class _Station:
    """All processes of one name."""

    def __init__(self, name: str, count: int, order_us: float, cancellation_us: float) -> None:
        self.name, self.count = name, count
        self._order_s, self._cancellation_s = order_us / 1e6, cancellation_us / 1e6
        self.queue_s = self.longest_s = 0.0
        """Seconds of work in hand, for one process."""
        self._waiting = 0.0

    def work(self, orders: float, cancellations: float, speed: float) -> float:
        """Take in what arrived in a second and return the cancellations done in it."""
        self.queue_s += orders * self._order_s + cancellations * self._cancellation_s
        self._waiting += cancellations
        if not self.queue_s:
            done = self._waiting
        else:
            worked = min(self.queue_s, self.count * speed)
            done = self._waiting * worked / self.queue_s
            self.queue_s -= worked
        self._waiting -= done
        self.longest_s = max(self.longest_s, self.wait_s)
        return done

    @property
    def wait_s(self) -> float:
        """How long what arrives now will wait."""
        return self.queue_s / self.count

    @property
    def waiting(self) -> float:
        """Cancellations in hand."""
        return self._waiting


def play(
    measured: Measured, need: Need, curve: Sequence[tuple[float, float]], *,
    seed: int = 1, held_up: Mapping[str, tuple[int, int]] | None = None,
) -> Played:  # fmt: skip
    """Play seconds of arrivals.

    Args:
        measured: what each process needs per order and cancellation.
        need: how many processes there are.
        curve: orders and cancellations expected in each second.
        seed: of chance.
        held_up: processes that stand still, from one second to another.
    """
    chance = random.Random(seed)  # noqa: S311 - arrivals, not secrets
    stations = {
        name: _Station(
            name, count, measured.order_cpu_us.get(name, 0),
            measured.cancellation_cpu_us.get(name, 0),
        )
        for name, count in need.processes.items()
    }  # fmt: skip
    decision, *legs = [[stations[name] for name in way if name in stations] for way in WAY]
    arrived, longest_s = 0, 0.0
    for second, (orders_expected, expected) in enumerate(curve):
        orders = float(_arrivals(chance, orders_expected))
        came = _arrivals(chance, expected)
        arrived += came

        def step(way: list[_Station], some: float, now: int = second, new: float = orders) -> float:
            for station in way:
                stopped = (held_up or {}).get(station.name, (-1, -1))
                speed = 0.0 if stopped[0] <= now < stopped[1] else 1.0
                some = station.work(new, some, speed)
            return some

        decided = step(decision, float(came))
        for leg in legs:
            step(leg, decided)
        step([stations[FOLLOWS]], decided)
        first_s = sum(station.wait_s for station in decision)
        longest_s = max(
            longest_s, first_s + max(sum(station.wait_s for station in leg) for leg in legs)
        )
    tightest = max(stations.values(), key=lambda station: station.longest_s)
    left = sum(station.waiting for station in decision) + max(
        sum(station.waiting for station in leg) for leg in legs
    )
    return Played(arrived, round(longest_s, 1), round(left), tightest.name)


def _arrivals(chance: random.Random, expected: float) -> int:
    """Draw from the Poisson distribution; from 50 on as good as normal."""
    if expected > 50:  # noqa: PLR2004 - the docstring says it
        return max(0, round(chance.gauss(expected, math.sqrt(expected))))
    limit, product, count = math.exp(-expected), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count
