"""Figures on the screen: charts that reach over every value, and numbers that open."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, draw
from console.language import Words
from tests.support.console import visit
from tests.support.console_pages import NUMBERS, a_story
from tests.support.mothers import a_cancel_command

values = st.lists(st.floats(0, 10**13), max_size=400)


@given(values)
def test_a_chart_reaches_over_every_value_and_stays_in_its_frame(drawn: list[float]) -> None:
    chart = draw(drawn)
    assert len(chart.marks) == len(drawn)
    assert chart.ticks[-1].value >= max(drawn, default=0) * (1 - 1e-9)
    assert [tick.value for tick in chart.ticks] == sorted({tick.value for tick in chart.ticks})
    for mark, value in zip(chart.marks, drawn, strict=True):
        assert TOP - 0.2 <= mark.y <= HEIGHT - BOTTOM
        assert abs(mark.y + mark.height - (HEIGHT - BOTTOM)) < 0.2
        assert LEFT - 0.1 <= mark.left <= mark.left + mark.width <= WIDTH - RIGHT + 0.1
        assert mark.height == pytest.approx(
            value / chart.ticks[-1].value * (HEIGHT - TOP - BOTTOM), abs=0.06
        )
    assert sum(mark.has_label for mark in chart.marks) <= 8


async def test_every_number_of_the_page_opens_to_what_it_counts() -> None:
    browser = visit(a_story(a_cancel_command(lines=[("1", 1)])))
    page = (await browser.get(NUMBERS)).text
    behind = re.findall(r'href="/numbers/entries\?([^"]+)"', page)
    kinds = {re.search(r"of=([A-Z]+)", address)[1] for address in behind}  # type: ignore[index]
    assert kinds == {"PLACED", "KEPT", "WHOLE", "CANCELLED", "REFUNDS", "REQUESTS"}
    assert "5.00 EUR" in page
    assert "0.0%" in page
    assert re.search(r"feedback=GOOD[^>]*>1 well<", page)
    entries = (await browser.get("/numbers/entries?of=CANCELLED")).text
    assert 'href="/orders/489434"' in entries
    assert (await browser.get("/numbers/weather/csv")).status_code == 404


def test_shares_and_times_are_written_as_their_readers_do() -> None:
    en, fr = Words("en"), Words("fr")
    assert (en.share(0.0532), fr.share(0.0532), en.share(None)) == ("5.3%", "5,3\u202f%", "\u2013")
    assert (en.percent(2.5), en.percent(20.0), fr.percent(2.5)) == ("2.5%", "20%", "2,5\u202f%")
    assert (en.amount_on_axis(2500), fr.amount_on_axis(2500)) == ("2,500", "2\u202f500")
    assert (en.amount_on_axis(0.25), en.amount_on_axis(0)) == ("0.25", "0")
    assert (en.time_taken(40), en.time_taken(7_300), fr.time_taken(None)) == (
        "40 s",
        "2 h",
        "\u2013",
    )
    assert en.short_day("2026-02-01", "MONTH") == "Feb 2026"
