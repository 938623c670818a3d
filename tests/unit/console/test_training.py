"""A console before a sandbox says so on every page, and no other one ever does."""

import pytest

from console.training import EXERCISES
from tests.support.console import visit
from tests.support.console_pages import ORDER, PAGES, a_story, check_sound

SAID = {
    "en": "Training: these orders are made up",
    "fr": "Formation\u00a0: ces commandes sont inventées",
}
TITLE = {"en": "<title>[Training] ", "fr": "<title>[Formation] "}


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("path", [*PAGES, "/training", "/nowhere"])
async def test_every_page_of_a_sandbox_says_what_it_is(path: str, locale: str) -> None:
    answer = await visit(a_story(), locale, is_training=True).get(path)
    assert SAID[locale] in answer.text
    assert TITLE[locale] in answer.text
    real = await visit(a_story(), locale).get(path)
    assert SAID[locale] not in real.text
    assert TITLE[locale] not in real.text


async def test_whoever_is_not_in_yet_is_told_too() -> None:
    page = await visit(a_story(), name=None, is_training=True).get("/you")
    assert SAID["en"] in page.text


@pytest.mark.parametrize("locale", ["en", "fr"])
async def test_the_exercises_are_listed_and_not_done_while_nothing_is(locale: str) -> None:
    browser = visit(a_story(), locale, is_training=True)
    answer = await browser.get("/training")
    check_sound(answer, locale)
    assert f"0 {'of' if locale == 'en' else 'sur'} {len(EXERCISES)}" in answer.text
    for exercise in EXERCISES:
        assert f'href="/orders/{exercise.order_id}"' in answer.text
    assert 'href="/training"' in (await browser.get(ORDER)).text


async def test_a_shop_that_is_no_sandbox_has_no_exercises() -> None:
    assert (await visit(a_story()).get("/training")).status_code == 404
