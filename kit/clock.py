"""The only place that asks the time.

Everything else is handed a moment, so decisions can be replayed and tests need no waiting.
"""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns an aware moment in UTC."""


def utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


REST_MAX_S = 0.25
"""A loop that had to wait for a server goes on at once when that is back."""


def rest_s(took_s: float, *, pace_s: float) -> float:
    """Return how long a loop rests after a round, so that what comes meanwhile shares the next.

    Rounds begin `pace_s` apart. On a machine with too much to do they take longer, and a rest as
    long as the round makes them fewer and fuller, until it has not.
    """
    return max(pace_s - took_s, min(took_s, REST_MAX_S))
