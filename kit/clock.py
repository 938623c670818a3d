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
