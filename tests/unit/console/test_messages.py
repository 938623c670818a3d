"""Mails from the console: what was sent, one sent again, and what stands in the way, in words."""

from typing import Any

import httpx2
import orjson
import pytest

from tests.support.console import A_MAIL, visit
from tests.support.console_browser import Browser
from tests.support.console_pages import HOSTILE, ORDER, Markup, a_story, check_sound, field

MAIL = str(A_MAIL["message_id"])
FORM = {"command_id": "console-1", "message": MAIL, "why": "lost in a filter"}


def a_mail(**changes: Any) -> dict[str, Any]:
    return {**A_MAIL, **changes}


def at_the_desk(*mails: Any, role: Any = "AGENT", locale: str = "en") -> tuple[Browser, list[Any]]:
    """Open the console over a notifier that has sent these mails; returns what it is asked."""
    browser, asked = visit(a_story(), locale, role=role), []
    others = browser.api.answer

    def answer(request: httpx2.Request) -> httpx2.Response:
        if not request.url.path.startswith("/v1/messages/"):
            is_list = request.url.path.endswith("/messages")
            return httpx2.Response(200, json={"messages": mails}) if is_list else others(request)
        asked.append((request.headers["idempotency-key"], orjson.loads(request.content)))
        return httpx2.Response(201, json={"message_id": "new"})

    browser.reach(answer)
    return browser, asked


@pytest.mark.parametrize("locale", ["en", "fr"])
async def test_every_mail_is_shown_with_how_it_ended_and_stays_text(locale: str) -> None:
    browser, _ = at_the_desk(
        a_mail(), a_mail(message_id="b", outcome="FAILED", detail=HOSTILE),
        a_mail(message_id="c", outcome="PENDING", resend_of=MAIL, resent_by=HOSTILE,
               resent_why=HOSTILE, bounce=HOSTILE), locale=locale,
    )  # fmt: skip
    answer = await browser.get(f"{ORDER}/messages")
    check_sound(answer, locale)
    elements = Markup(answer.text).elements
    assert [tag for tag, _ in elements].count("script") == 1
    offered = [a["value"] for tag, a in elements if a.get("name") == "message"]
    assert offered == ["b", MAIL], "what is on its way is not sent again"


async def test_a_mail_is_sent_again_as_who_is_signed_in_with_the_reason() -> None:
    browser, asked = at_the_desk(a_mail())
    assert 'href="/orders/489434/messages"' in (await browser.get(ORDER)).text
    for _ in range(2):
        answer = await browser.post(f"{ORDER}/messages", **FORM)
        assert answer.headers["location"] == f"{ORDER}/messages?sent=yes"
    assert asked == [("console-1", {"who": "kim", "why": "lost in a filter"})] * 2
    assert "It is on its way" in (await browser.get(answer.headers["location"])).text


async def test_without_a_choice_or_a_reason_nothing_is_sent() -> None:
    browser, asked = at_the_desk(a_mail())
    for left_out, said in (("why", "Say why."), ("message", "Choose a message.")):
        form = {name: value for name, value in FORM.items() if name != left_out}
        answer = await browser.post(f"{ORDER}/messages", **form)
        assert (answer.status_code, said in answer.text) == (422, True)
        assert field(answer.text, "command_id") == "console-1"
    assert asked == []


async def test_who_only_reads_sees_the_mails_and_sends_none() -> None:
    browser, asked = at_the_desk(a_mail(), role="VIEWER")
    page = (await browser.get(f"{ORDER}/messages")).text
    assert "you need the right to see to cases" in page
    assert 'name="message"' not in page
    assert (await browser.post(f"{ORDER}/messages", **FORM)).status_code == 403
    assert asked == []


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("MESSAGE_NOT_SETTLED", 409, "still on its way"),
        ("MESSAGE_NOT_FOUND", 404, "There is no such message"),
        ("ANYTHING_ELSE", 422, "nothing was sent"),
    ],
)
async def test_what_the_notifier_refuses_is_told_in_words_under_a_new_id(
    code: str, status: int, said: str
) -> None:
    browser, _ = at_the_desk(a_mail())
    others = httpx2.Response(status, json={"code": code, "detail": "no"})
    lists = at_the_desk(a_mail())[0].answered_by[0]
    browser.reach(lambda asked: others if asked.method == "POST" else lists(asked))
    answer = await browser.post(f"{ORDER}/messages", **FORM)
    assert (answer.status_code, said in answer.text) == (status, True)
    assert field(answer.text, "command_id") != "console-1"


async def test_a_notifier_that_is_away_takes_only_its_mails_with_it() -> None:
    browser, _ = at_the_desk(a_mail())
    others = browser.api.answer

    def away(request: httpx2.Request) -> httpx2.Response:
        if "messages" in request.url.path:
            raise httpx2.ConnectError("nobody there", request=request)
        return others(request)

    browser.reach(away)
    page = await browser.get(f"{ORDER}/messages")
    assert page.status_code == 200
    assert "does not answer just now" in page.text
    lost = await browser.post(f"{ORDER}/messages", **FORM)
    assert lost.status_code == 503
    assert field(lost.text, "command_id") == "console-1", "the same form again is the same message"
