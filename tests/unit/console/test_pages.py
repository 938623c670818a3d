"""Pages as browsers get them: both languages, sound markup, and no words that become markup."""

import pytest

from contracts.orders import Customer
from tests.support.console import visit
from tests.support.console_pages import (
    HOSTILE,
    ORDER,
    PAGES,
    WISH,
    Markup,
    a_story,
    check_sound,
)
from tests.support.mothers import (
    FIRST,
    a_cancel_command,
    a_capture,
    a_line,
    a_restock_failure,
    a_shipment,
    an_order,
)
from tests.support.telling import Told


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_shown_in_both_languages_and_sound(path: str, locale: str) -> None:
    answer = await visit(a_story(a_cancel_command(lines=[("1", 1)])), locale).get(path)
    check_sound(answer, locale)


@pytest.mark.parametrize("path", PAGES)
async def test_whatever_an_order_holds_stays_text(path: str) -> None:
    story = Told().say(
        an_order(
            a_line("1").model_copy(update={"title": HOSTILE}), a_line("2"),
            customer=Customer(customer_id="13085", email="a\"'&@x.example"), country=HOSTILE,
        ),
        a_capture(),
        a_cancel_command(lines=[("1", 1)], staff_note=HOSTILE, customer_message=HOSTILE),
        a_restock_failure(FIRST).model_copy(update={"detail": HOSTILE}),
    )  # fmt: skip
    answer = await visit(story).get(path)
    assert answer.status_code == 200
    elements = Markup(answer.text).elements
    assert [attributes for tag, attributes in elements if tag == "script"] == [
        {"src": next(a["src"] for t, a in elements if t == "script"), "defer": None}
    ]
    assert not [a for tag, a in elements if tag == "img" and a.get("src") == "x"]


async def test_what_was_typed_stays_text_too() -> None:
    browser = visit(a_story())
    for answer in (
        await browser.get("/orders?q=%22%3E%3Cscript%3E&country=%3Cimg%20src=x%3E"),
        await browser.post(f"{ORDER}/cancel", **WISH, staff_note=HOSTILE * 20),
        await browser.get("/you?next=%22%3E%3Cscript%3E"),
    ):
        elements = Markup(answer.text).elements
        assert [tag for tag, _ in elements].count("script") == 1
        assert not [a for tag, a in elements if a.get("src") == "x"]


@pytest.mark.parametrize("path", ["/orders", ORDER])
async def test_reasons_are_called_as_the_reader_does_whatever_the_customer_was_told(
    path: str,
) -> None:
    story = a_story(a_cancel_command(sub_reason="CHANGED_MIND"))
    assert "Vous avez changé" in (await visit(story, "fr").get(path)).text
    assert "You changed your mind" in (await visit(story, "en").get(path)).text


async def test_an_order_shows_what_had_left_the_shop_by_then() -> None:
    browser = visit(a_story(a_shipment(("2", 1))))
    now, before = [(await browser.get(path)).text for path in (ORDER, f"{ORDER}?at=2")]
    assert "<strong>Sent</strong>" in now
    assert "Nothing has left the shop." in before


async def test_an_order_of_the_past_offers_nothing_to_do() -> None:
    browser = visit(a_story(a_cancel_command(lines=[("1", 1)])))
    past = (await browser.get(f"{ORDER}?at=2")).text
    assert "Nothing can be done here" in past
    assert f'href="{ORDER}/cancel"' not in past
    assert "<s>" not in past
    assert "2 of 3" in past
