"""How often somebody may do something: so many at once, and as many again each minute."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

KNOWN_MAX = 10_000
"""Whom one process remembers; whoever was not seen for longest is forgotten first."""

MINUTE_S = 60


class Rate:
    """Counts for each of many. Each process counts for itself."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = monotonic) -> None:
        self._per_minute, self._clock = per_minute, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Of each: how many are left, and when that was so."""

    def _left_of(self, who: str, now: float) -> float:
        left, since = self._left.pop(who, (float(self._per_minute), now))
        return min(self._per_minute, left + (now - since) * self._per_minute / MINUTE_S)

    def take(self, who: str) -> bool:
        """Count one; False when there is none left."""
        now = self._clock()
        left = self._left_of(who, now)
        is_left = left >= 1
        self._left[who] = (left - is_left, now)
        if len(self._left) > KNOWN_MAX:
            self._left.popitem(last=False)
        return is_left

    def has_left(self, who: str) -> bool:
        """Tell whether one is left, and count none."""
        now = self._clock()
        left = self._left_of(who, now)
        self._left[who] = (left, now)
        return left >= 1
