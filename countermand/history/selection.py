"""Which events are wanted: a pure question to one event, and the words people ask it in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase

from countermand.history.event import Event

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class QuestionError(ValueError):
    """What was asked for cannot be understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Every condition must hold; one that is left out always does."""

    orders: frozenset[str] = frozenset()
    types: tuple[str, ...] = ()
    """Stored names or message types, `*` and `?` standing for anything; one of them must fit."""
    since: datetime | None = None
    """Recorded then or later."""
    until: datetime | None = None
    """Recorded then or earlier."""
    happened_since: datetime | None = None
    """The same by the fact's own time."""
    happened_until: datetime | None = None
    correlation: str | None = None
    causation: str | None = None

    def wants(self, event: Event) -> bool:
        """Tell whether an event is wanted."""
        return (
            (not self.orders or event.order_id in self.orders)
            and (not self.types or any(fnmatchcase(event.name or "", t) for t in self.types))
            and _is_within(event.recorded_at, self.since, self.until)
            and _is_within(event.happened_at, self.happened_since, self.happened_until)
            and self.correlation in (None, event.correlation_id)
            and self.causation in (None, event.causation_id)
        )


def _is_within(moment: datetime | None, since: datetime | None, until: datetime | None) -> bool:
    if moment is None:
        return since is None and until is None
    return (since is None or moment >= since) and (until is None or moment <= until)


@dataclass(frozen=True, slots=True)
class Place:
    """A position in every source, or one for each by name."""

    everywhere: int | None = None
    by_source: Mapping[str, int] = field(default_factory=dict)

    def of(self, source: str) -> int | None:
        """Return the position in a source, which a whole topic may stand for; None for none."""
        topic = source.partition("/")[0]
        return self.by_source.get(source, self.by_source.get(topic, self.everywhere))


EVERYWHERE = Place()
"""No position at all."""


def read_place(text: str | None) -> Place:
    """Read `4210`, or `cancellation=4210,refunds=17` as a page's end is written.

    Raises:
        QuestionError: it is neither.
    """
    if text is None:
        return EVERYWHERE
    try:
        if "=" not in text:
            return Place(_whole(text))
        pairs = (part.rpartition("=") for part in text.split(","))
        return Place(None, {name.strip(): _whole(number) for name, _, number in pairs})
    except ValueError:
        raise QuestionError(
            f"{text!r} is no position. Write 4210, or SOURCE=POSITION with commas between."
        ) from None


def _whole(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def write_place(positions: Mapping[str, int]) -> str:
    """Write what `read_place` reads; what is before the first offset is no place."""
    seen = sorted((source, place) for source, place in positions.items() if place >= 0)
    return ",".join(f"{source}={position}" for source, position in seen)


def read_time(text: str, now: datetime) -> datetime:
    """Read `2026-11-02`, `2026-11-02T09:30`, `09:30` (today) or `10m` (ago), in UTC.

    Raises:
        QuestionError: it is none of these.
    """
    if text == "now":
        return now
    try:
        if ago := re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text):
            return now - timedelta(**{UNITS[ago[2]]: float(ago[1])})
        is_today = re.fullmatch(r"\d\d:\d\d(:\d\d(\.\d+)?)?", text)
        moment = datetime.fromisoformat(f"{now:%Y-%m-%d}T{text}" if is_today else text)
    except (ValueError, OverflowError):
        raise QuestionError(
            f"{text!r} is no time. Write 2026-11-02T09:30, 09:30 for today, or 10m for so long ago;"
            " all in UTC unless an offset is given."
        ) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
