"""What an order is found by, and what somebody types."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cancellation.projections.finding import (
    BYTES_MAX,
    patterns_of,
    query_of,
    start_of,
    take_apart,
    week_of,
    when,
    within,
    words_of,
)
from tests.support.mothers import a_line, an_order


def words(*titles: str, **more: object) -> list[str]:
    lines = [a_line(str(n)).model_copy(update={"title": t}) for n, t in enumerate(titles, 1)]
    return words_of(cast("Any", an_order(*lines, **more))).split(" ")


def test_an_order_is_found_by_number_customer_address_and_articles() -> None:
    assert words("Red Mug, (large)") == [
        "489434", "13085", "ada@example.com", "sku-1", "red", "mug", "large",
    ]  # fmt: skip


def test_a_guests_order_is_found_by_the_rest_and_each_word_stands_once() -> None:
    assert words("Mug", "MUG", customer=None) == ["489434", "sku-1", "mug", "sku-2"]


def test_no_order_has_more_words_than_postgresql_can_index() -> None:
    titles = [f"{n:03}{'é' * 90}" for n in range(1_000)]
    found = words(*titles)
    assert sum(len(word.encode()) + 1 for word in found) <= BYTES_MAX
    assert found[0] == "489434"


@given(st.text())
def test_whatever_a_title_holds_its_words_can_be_stored_and_compared(title: str) -> None:
    for word in take_apart(title):
        assert word
        assert word.split() == [word]
        assert "\x00" not in word
        assert word == take_apart(word)[0] or word != word.casefold()


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("Red mug", "'red':* & 'mug':*"),
        ("O'Neill", "'o''neill':*"),
        ("a\\b & c | !d:*", "'a\\\\b':* & '&':* & 'c':* & '|':* & 'd':*"),
        ("  . ", None),
        ("", None),
    ],
)
def test_what_is_typed_is_words_and_no_language(typed: str, query: str | None) -> None:
    assert query_of(typed) == query


def test_a_pattern_asks_what_the_query_asks() -> None:
    assert patterns_of("Red 100%_ a\\b") == ["% red%", "% 100\\%\\_%", "% a\\\\b%"]


@given(st.integers(-(10**9), 10**10), st.integers(0, 99))
def test_an_order_is_among_those_of_any_weeks_around_its_own(second: int, around: int) -> None:
    moment = datetime.fromtimestamp(second, UTC)
    week = week_of(moment)
    assert start_of(week) <= moment < start_of(week) + timedelta(days=7)
    asked = within(week - around, week + around)
    assert any(f"'{word}'" in asked for word in when(moment).split())
    assert take_apart(when(moment)) != tuple(when(moment).split()), "nobody can type them"
