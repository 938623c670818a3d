"""What an order is found by, and what somebody types."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cancellation.projections.finding import (
    BYTES_MAX,
    SPANS_S,
    STRETCHES_MAX,
    around,
    article_of,
    articles_of,
    found_by,
    queries_of_article,
    query_of,
    take_apart,
    words_of,
)
from tests.support.mothers import a_line, an_order


def words(*titles: str, **more: object) -> list[str]:
    lines = [a_line(str(n)).model_copy(update={"title": t}) for n, t in enumerate(titles, 1)]
    return words_of(cast("Any", an_order(*lines, **more))).split(" ")


def test_an_order_is_found_by_number_customer_address_and_articles() -> None:
    assert words("Red Mug, (large)") == [
        "489434", "13085", "ada@example.com", "N", "sku-1", "red", "mug", "large",
    ]  # fmt: skip


def test_a_guests_order_is_found_by_the_rest_and_each_word_stands_once() -> None:
    assert words("Mug", "MUG", customer=None) == ["489434", "N", "sku-1", "mug", "sku-2"]


def test_a_word_that_is_a_name_too_stands_among_the_names() -> None:
    assert words("Ada 13085") == ["489434", "13085", "ada@example.com", "N", "sku-1", "ada"]


def test_words_of_an_article_are_told_each_once() -> None:
    assert article_of("SKU-1", "Red Mug, red sku-1").words == ("sku-1", "red", "mug")


def test_in_the_index_stand_names_times_and_each_article_once() -> None:
    lines = [a_line(n).model_copy(update={"sku": "SKU-1", "title": "Mug"}) for n in ("1", "2")]
    order, placed_at = cast("Any", an_order(*lines)), datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    second = int(placed_at.timestamp())
    assert found_by(order, placed_at, articles_of(order.lines)).split(" ") == [
        "N489434", "N13085", "Nada@example.com",
        *(f"{kind}{second // span_s}" for kind, span_s in SPANS_S.items()),
        article_of("SKU-1", "Mug").word,
    ]  # fmt: skip


@given(st.text(), st.text())
def test_an_article_stands_for_one_word_nobody_types(sku: str, title: str) -> None:
    word = article_of(sku, title).word
    assert len(word) == 12
    assert set(word) <= set("0123456789abcdef")
    assert word == article_of(sku, title).word != article_of(title + "x", sku).word


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
    ("typed", "articles", "query"),
    [
        ("red", ["0a1b", "2c3d"], "('Nred':* | 0a1b | 2c3d)"),
        ("o'neill", [], "('No''neill':*)"),
        ("a\\b", [], "('Na\\\\b':*)"),
    ],
)
def test_what_is_typed_is_words_and_no_language(
    typed: str, articles: list[str], query: str
) -> None:
    assert query_of([(typed, articles)]) == query
    assert query_of([(typed, articles), ("&", [])]) == f"{query} & ('N&':*)"


def test_nothing_typed_is_no_word() -> None:
    assert take_apart("  . ") == take_apart("") == ()


def test_an_articles_number_is_asked_for_as_a_whole() -> None:
    assert queries_of_article("SKU 1") == ("'Nsku' & 'N1'", "'sku' & '1'")


moments = st.floats(-(10**9), 10**10)


@given(moments, moments, moments)
def test_an_order_placed_between_two_moments_is_among_those_asked_for(
    one: float, other: float, placed: float
) -> None:
    asked = around(one, other)
    longest = list(SPANS_S.values())[-1]
    if asked is None:
        assert abs(one - other) > (STRETCHES_MAX - 1) * longest
        return
    assert 1 <= asked.count("'") // 2 <= STRETCHES_MAX
    if min(one, other) <= placed <= max(one, other):
        words = (f"'{kind}{int(placed // span_s)}'" for kind, span_s in SPANS_S.items())
        assert any(word in asked for word in words)


def test_nobody_types_the_words_of_names_and_times() -> None:
    for word in ("N489434", "A151234", "N"):
        assert take_apart(word) != (word,)
