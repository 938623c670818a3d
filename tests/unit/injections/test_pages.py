"""Whatever somebody writes stays text on every page and in every mail."""

import email
import email.policy
import re

import pytest
from pydantic import ValidationError

from services.notifier.domain.stationery import Alternative, Stationery
from services.notifier.rendering import render
from tests.support.console_pages import ORDER, WISH
from tests.support.injected import (
    CUSTOMERS_PAGES,
    console_paths,
    console_with,
    foreign_addresses,
    mails_with,
    page_with,
    structure_of,
)
from tests.support.injections import FAMILIES, NEUTRAL, PAYLOADS
from tests.support.mails import parts_of
from tests.support.mothers import A_CAUSE, SHOP

SHORT = [text for text in PAYLOADS if text not in FAMILIES["long"]]
ALL = "\n".join(SHORT)
"""One that breaks out changes what the page is made of, whatever the others do."""

IN_MAILS = ["\n".join(SHORT[first : first + 150]) for first in range(0, len(SHORT), 150)]
"""A mail has an end."""

UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def test_there_are_as_many_as_were_promised() -> None:
    assert len(PAYLOADS) >= 500
    assert all(len(set(family)) == len(family) for family in FAMILIES.values())


@pytest.mark.parametrize("path", console_paths())
async def test_the_staffs_pages_are_made_of_the_same(path: str) -> None:
    plain = await console_with(NEUTRAL).get(path)
    attacked = await console_with(ALL).get(path)
    assert plain.status_code == attacked.status_code == 200
    assert structure_of(attacked.text) == structure_of(plain.text)
    assert foreign_addresses(attacked.text) == []


@pytest.mark.parametrize("below", CUSTOMERS_PAGES)
async def test_the_customers_page_is_made_of_the_same(below: str) -> None:
    plain = await page_with(NEUTRAL).get(below)
    attacked = await page_with(ALL).get(below)
    assert plain.status_code == attacked.status_code == 200
    assert structure_of(attacked.text) == structure_of(plain.text)
    assert foreign_addresses(attacked.text) == []


@pytest.mark.parametrize("text", FAMILIES["long"])
async def test_nothing_is_too_long_to_be_shown(text: str) -> None:
    attacked = await console_with(text).get(ORDER)
    assert structure_of(attacked.text) == structure_of((await console_with("x").get(ORDER)).text)


async def test_what_is_typed_comes_back_as_text() -> None:
    browser = console_with(NEUTRAL)
    plain = structure_of((await browser.get(f"/orders?q={NEUTRAL}")).text)
    wish = {**WISH, "units:1": "1"}
    asked = structure_of((await browser.post(f"{ORDER}/cancel", **wish, look="yes")).text)
    for text in PAYLOADS[::5]:
        if len(text) < 500 and text.strip():
            answer = await browser.client.get("/orders", params={"q": text})
            assert structure_of(answer.text) == plain, text
    for text in PAYLOADS[::20]:
        answer = await browser.post(f"{ORDER}/cancel", **wish, look="yes", staff_note=text)
        assert foreign_addresses(answer.text) == []
        if answer.status_code == 200:
            assert structure_of(answer.text) == asked, text


@pytest.mark.parametrize("text", [*IN_MAILS, "[panel] x", "[items]\n\n[said] x", "x\n\n[panel]"])
def test_mails_are_made_of_the_same_in_html_and_in_plain_words(text: str) -> None:
    for (name, plain, paper), (_, attacked, papers) in zip(
        mails_with(NEUTRAL), mails_with(text), strict=True
    ):
        before = render(plain, A_CAUSE, sender=SHOP, stationery=paper)
        after = render(attacked, A_CAUSE, sender=SHOP, stationery=papers)
        words, html = parts_of(after)
        words_before, html_before = parts_of(before)
        assert structure_of(html) == structure_of(html_before), name
        assert foreign_addresses(html) == [], name
        assert words.count("\n\n") == words_before.count("\n\n"), name
        assert not UNSEEN.search(words + html), name
        assert headers_of(after) == headers_of(before), name


def headers_of(content: bytes) -> dict[str, str]:
    """Return the headers a mail program sees."""
    return dict(email.message_from_bytes(content, policy=email.policy.default).items())


def test_no_payload_is_an_address_of_the_shop() -> None:
    label = {"en": "x", "fr": "x"}
    for text in PAYLOADS:
        for given in (text, f"https://shop.example/{text}" if " " in text else text):
            for field in ("reorder_url", "feedback_url", "page_url"):
                with pytest.raises(ValidationError):
                    Stationery.model_validate({"version": 1, field: given})
            with pytest.raises(ValidationError):
                Alternative.model_validate({"label": label, "url": given})
