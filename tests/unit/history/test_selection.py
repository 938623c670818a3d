"""Which events are wanted, and the words people ask in."""

from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countermand.history.asking import Question
from countermand.history.logs import like
from countermand.history.selection import (
    EVERYWHERE,
    Place,
    QuestionError,
    Selection,
    read_place,
    read_time,
    write_place,
)
from tests.unit.history.sources import START, an_event

LATER = START + timedelta(seconds=10)


@pytest.mark.parametrize(
    ("asked", "event", "is_wanted"),
    [
        ({}, {}, True),
        ({"orders": frozenset({"1", "2"})}, {}, True),
        ({"orders": frozenset({"2"})}, {}, False),
        ({"orders": frozenset({"2"})}, {"order_id": None}, False),
        ({"types": ("order.placed.v1",)}, {}, True),
        ({"types": ("order.*",)}, {}, True),
        ({"types": ("order.p?aced.v[12]",)}, {}, True),
        ({"types": ("refund.*", "*.placed.*")}, {}, True),
        ({"types": ("refund.*",)}, {}, False),
        ({"types": ("ORDER.*",)}, {}, False),
        ({"types": ("*",)}, {"name": None}, True),
        ({"types": ("order.*",)}, {"name": None}, False),
        ({"since": START}, {}, True),
        ({"since": LATER}, {}, False),
        ({"until": START}, {}, True),
        ({"until": START}, {"recorded_at": LATER}, False),
        ({"happened_since": LATER}, {"recorded_at": LATER}, False),
        ({"happened_since": LATER}, {"happened_at": LATER}, True),
        ({"happened_until": START}, {"happened_at": LATER}, False),
        ({"happened_until": LATER}, {"happened_at": None}, False),
        ({"correlation": "story"}, {}, True),
        ({"correlation": "other"}, {}, False),
        ({"causation": "m"}, {}, True),
        ({"causation": "m"}, {"causation_id": None}, False),
        ({"causation": "m", "correlation": "other"}, {}, False),
    ],
)
def test_every_condition_must_hold(
    asked: dict[str, Any], event: dict[str, Any], *, is_wanted: bool
) -> None:
    assert Selection(**asked).wants(an_event()._replace(**event)) is is_wanted


NOW = datetime(2026, 11, 2, 9, 30, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "2026-11-02T09:30:15"),
        ("10m", "2026-11-02T09:20:15"),
        ("1.5h", "2026-11-02T08:00:15"),
        ("2d", "2026-10-31T09:30:15"),
        ("45s", "2026-11-02T09:29:30"),
        ("08:15", "2026-11-02T08:15:00"),
        ("08:15:30", "2026-11-02T08:15:30"),
        ("2026-11-01", "2026-11-01T00:00:00"),
        ("2026-11-01T10:00", "2026-11-01T10:00:00"),
        ("2026-11-01 10:00:00.5", "2026-11-01T10:00:00.5"),
        ("2026-11-01T10:00:00+02:00", "2026-11-01T08:00:00"),
        ("2026-11-01T10:00:00Z", "2026-11-01T10:00:00"),
    ],
)
def test_times_are_written_as_people_write_them(text: str, expected: str) -> None:
    assert read_time(text, NOW) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "10", "10w", "25:00", "2026-13-01", "-5m", "9" * 20 + "d"]
)
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(QuestionError, match="10m for so long ago"):
        read_time(text, NOW)


def test_a_position_is_for_every_source_or_for_one() -> None:
    assert read_place(None) == EVERYWHERE
    assert read_place("7") == Place(7)
    place = read_place("refunds=5, orders.events=9,orders.events/2=3")
    assert [place.of(s) for s in ("refunds", "orders.events/2", "orders.events/1")] == [5, 3, 9]
    assert place.of("notifier") is None
    assert Place(7).of("orders.events/1") == 7


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "refunds=", "refunds=-2", "a=1,b"])
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(QuestionError, match="SOURCE=POSITION"):
        read_place(text)


@given(st.dictionaries(st.from_regex(r"[a-z.]+(/[0-9]+)?", fullmatch=True), st.integers(0, 2**60)))
def test_a_place_reads_as_it_was_written(positions: dict[str, int]) -> None:
    if positions:
        assert read_place(write_place(positions)).by_source == positions


def test_an_empty_partition_is_no_place() -> None:
    assert write_place({"orders.events/1": -1, "orders.events/0": 3}) == "orders.events/0=3"


@pytest.mark.parametrize(
    ("place", "selection"),
    [
        (Place(7), Selection()),
        (EVERYWHERE, Selection(until=START)),
        (EVERYWHERE, Selection(happened_until=START)),
    ],
)
def test_what_is_followed_has_no_end(place: Place, selection: Selection) -> None:
    Question(sources=(), selection=selection, up_to=place)
    with pytest.raises(QuestionError, match="no end"):
        Question(sources=(), selection=selection, up_to=place, follow=True)


def _matches_like(text: str, pattern: str) -> bool:
    """Match as PostgreSQL's LIKE does."""
    if not pattern:
        return not text
    head, rest = pattern[0], pattern[1:]
    if head == "%":
        return any(_matches_like(text[n:], rest) for n in range(len(text) + 1))
    if head == "\\":
        head, rest = rest[0], rest[1:]
    elif head == "_":
        return bool(text) and _matches_like(text[1:], rest)
    return text[:1] == head and _matches_like(text[1:], rest)


@given(st.text("ab._%\\", max_size=6), st.text("ab._%\\*?[]", max_size=6))
def test_the_database_is_never_asked_for_too_little(name: str, pattern: str) -> None:
    if fnmatchcase(name, pattern):
        assert _matches_like(name, like(pattern))
