"""The customer's page: what happened in plain words, in both languages, and nothing besides."""

from datetime import date, timedelta
from typing import Any

import pytest

from contracts.orders import Customer
from kit.ids import child_id
from services.notifier.domain.messages import MESSAGES
from services.notifier.domain.state import Messages
from services.notifier.domain.stationery import BUILT_IN
from tests.support.console_pages import HOSTILE, Markup, a_story
from tests.support.customers import link, open_link
from tests.support.money_mothers import a_manual_refund_owed, a_void_outcome
from tests.support.money_words import REFUND, failure, pending, success
from tests.support.mothers import (
    FIRST,
    a_cancel_command,
    a_capture,
    a_line,
    a_shipment,
    an_authorization,
    an_order,
    an_order_cancelled,
)
from tests.support.spec import story_of
from tests.support.telling import Told
from tests.support.wishes import a_denial, a_policy, a_release, a_request

GONE = a_cancel_command(lines=[("1", 2)])
PLACES = ("", "/cancel")
ARRIVAL = {"arrival_from": date(2099, 3, 5), "arrival_until": date(2099, 3, 9)}
LATE = {"arrival_from": date(2026, 3, 5), "arrival_until": date(2026, 3, 9)}


async def text_of(story: Told, locale: str = "en") -> str:
    answer = await open_link(story, locale).get(f"?language={locale}")
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("below", PLACES)
async def test_every_page_is_sound_in_both_languages(below: str, locale: str) -> None:
    answer = await open_link(a_story(GONE)).get(f"{below}?language={locale}")
    assert answer.status_code == 200
    assert answer.headers["content-language"] == locale
    elements = Markup(answer.text).elements
    assert ("html", {"lang": locale}) in elements
    assert [tag for tag, _ in elements].count("h1") == 1
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids)), "an id stands twice"
    labelled = {attributes.get("for") for tag, attributes in elements if tag == "label"}
    for tag, attributes in elements:
        assert tag not in ("script", "style", "img", "iframe")
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        if tag in ("input", "select", "textarea") and attributes.get("id"):
            assert attributes["id"] in labelled, attributes
        if tag == "form":
            assert (attributes.get("action") or "").startswith("/o/")
    assert len(answer.content) < 60_000


async def test_the_order_speaks_its_customers_language_and_the_switch_wins() -> None:
    ada = Customer(customer_id="13085", email="ada@example.com", locale="fr")
    page = open_link(Told().say(an_order(customer=ada), a_capture()), "en")
    assert (await page.get()).headers["content-language"] == "fr"
    chosen = await page.get("?language=en")
    assert chosen.headers["content-language"] == "en"
    assert f'{page.page}/cancel?language=en"' in chosen.text
    assert "set-cookie" not in chosen.headers


async def test_why_is_said_as_the_mails_say_it_and_no_note_or_code_is() -> None:
    story = a_story(
        a_cancel_command(
            lines=[("1", 2)], reason="INVENTORY", sub_reason="OUT_OF_STOCK",
            staff_note="thief!", customer_message="So sorry, Ada.",
        )
    )  # fmt: skip
    html = await text_of(story)
    assert "these items are out of stock" in html
    assert "So sorry, Ada." in html
    for ours in ("thief!", "OUT_OF_STOCK", "INVENTORY", "ada@example.com", "13085", "pi_489434"):
        assert ours not in html


async def test_while_the_notifier_is_away_the_page_says_what_it_knows() -> None:
    page = open_link(a_story(a_cancel_command(reason="FRAUD", sub_reason="FRAUD")))
    page.notifier.is_away = True
    html = (await page.get()).text
    assert "Your order is cancelled" in html
    assert "FRAUD" not in html


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ([], "We are starting this refund."),
        ([pending(REFUND, **ARRIVAL)], "between 5 Mar 2099 and 9 Mar 2099"),
        ([pending(REFUND, status="requires_action")], "needs something from you"),
        ([success(REFUND, **ARRIVAL)], "The refund has been made. It should be with you"),
        ([success(REFUND, **LATE, acquirer_reference="7453")], "should have arrived by 9 Mar 2026"),
        ([success(REFUND, acquirer_reference="7453")], "Reference for your bank: 7453"),
        ([failure(REFUND, is_final=False)], "We are trying again."),
        ([success(REFUND), failure(REFUND, after_success=True)], "Still to be given back."),
        ([a_manual_refund_owed()], "gives it back by hand"),
    ],
)
async def test_money_is_said_as_far_as_the_provider_has_and_no_further(
    said: list[Any], told: str
) -> None:
    html = await text_of(a_story(a_cancel_command(), *said))
    assert told in html
    if not any(isinstance(one, type(success())) for one in said):
        assert "has been made" not in html


async def test_a_released_payment_is_no_refund() -> None:
    story = Told().say(an_order(), an_authorization(), a_cancel_command())
    assert "is being released" in await text_of(story)
    story.say(a_void_outcome("SUCCEEDED"))
    html = await text_of(story)
    assert "Nothing was charged." in html
    assert "refund" not in html.lower()


async def test_a_held_cancellation_is_not_told_as_no_mail_tells_it() -> None:
    held = Told(book=a_policy(hold_s=900)).say(an_order(), a_capture(), GONE)
    html = await text_of(held)
    assert "Your order</h1>" in html
    assert "<span>Mug no. 1" in html
    held.now += timedelta(hours=1)
    held.say(a_release(FIRST))
    assert "Part of your order is cancelled" in await text_of(held)


async def test_a_customer_who_cancelled_sees_it_at_once_though_it_is_held() -> None:
    book = a_policy(hold_s=900, customer={"inside": "GRANT"})
    html = await text_of(Told(book=book).say(an_order(), a_capture(), a_request()))
    assert "It is being carried out." in html
    assert "refund" not in html.lower()


async def test_a_request_that_waits_and_one_that_was_denied_are_told() -> None:
    story = a_story(a_request(customer_note="my own words"))
    request_id = story.last.request_id
    html = await text_of(story)
    assert "We have your request" in html
    assert "/cancel" not in html
    story.say(a_denial(request_id, customer_message="It has left.", staff_note="liar"))
    html = await text_of(story)
    assert "It has left." in html
    assert "liar" not in html


async def test_what_was_sent_can_be_returned_and_not_cancelled() -> None:
    html = await text_of(a_story(a_shipment(("1", 2), ("2", 2))))
    assert "can be returned" in html
    assert "2 sent" in html
    assert "/cancel" not in html


def mails_of(*heard: Any) -> Messages:
    messages: Messages = MESSAGES.initial
    for fact in story_of(MESSAGES).under(BUILT_IN).given(*heard[:-1]).when(heard[-1]).facts:
        messages = MESSAGES.evolve(messages, fact)
    return messages


async def test_the_question_is_asked_on_the_page_and_its_answer_passed_on() -> None:
    page = open_link(a_story(a_cancel_command()))
    page.notifier.messages = mails_of(an_order_cancelled())
    assert "How did we handle this?" in (await page.get()).text
    answer = await page.post("/feedback", cancellation_id=str(FIRST), answer="GOOD")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{page.page}?thanks=yes")
    ((_, said),) = page.notifier.answered
    assert said == "GOOD"
    assert "Thank you for your answer." in (await page.get("?thanks=yes")).text
    for wrong in ({"answer": "GREAT"}, {"cancellation_id": str(child_id(FIRST, "x"))}):
        fields = {"cancellation_id": str(FIRST), "answer": "POOR", **wrong}
        assert (await page.post("/feedback", **fields)).status_code in (400, 404)
    assert len(page.notifier.answered) == 1


async def test_the_link_stands_in_no_address_the_notifier_is_asked_at() -> None:
    page = open_link(a_story(GONE))
    await page.get()
    assert page.notifier.asked
    assert not [one for one in page.notifier.asked if page.token in str(one.url)]


@pytest.mark.parametrize("below", PLACES)
async def test_whatever_an_order_holds_stays_text(below: str) -> None:
    story = Told().say(
        an_order(a_line("1").model_copy(update={"title": HOSTILE}), a_line("2"), country=HOSTILE),
        a_capture(),
        a_cancel_command(lines=[("1", 1)], customer_message=HOSTILE),
    )
    page = open_link(story)
    shop = page.notifier.stationery.model_copy(update={"shop_name": HOSTILE, "support": HOSTILE})
    page.notifier.stationery = shop
    tags = [tag for tag, _ in Markup((await page.get(below)).text).elements]
    assert not {"script", "img"} & set(tags)


async def test_a_link_shows_one_order_and_no_other() -> None:
    other = open_link(a_story(), token=link("another"))
    answer = await other.get()
    assert answer.status_code == 404
    assert "489434" not in answer.text
