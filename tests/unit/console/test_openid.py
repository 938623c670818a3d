"""There and back: a browser goes to the identity provider, and only the one that began comes in."""

import re
from html import unescape
from typing import Any, get_args

import httpx2
import orjson
import pytest

from console.language import Words
from console.pages.person import TROUBLES
from console.session import COOKIE, SIGN_IN_COOKIE, Sessions
from services.cancellation.people.openid import Why
from tests.support.console import SECRET, visit
from tests.support.console_browser import Browser
from tests.support.console_pages import a_story, check_sound

BACK = "/you/openid/back"
BEGUN = {
    "url": "https://id.example/authorize?state=the-state", "state": "the-state", "nonce": "n",
    "code_verifier": "v",
}  # fmt: skip


def at_the_entrance(
    answer: tuple[int, Any] | None = None, locale: str = "en", *, name: str | None = None
) -> tuple[Browser, list[Any]]:
    """Open a console whose API knows a identity provider; returns what it is asked to let in."""
    browser, asked = visit(a_story(), locale, name=name), []
    others = browser.api.answer

    def reached(request: httpx2.Request) -> httpx2.Response:
        match request.url.path:
            case "/v1/sign-in-ways":
                return httpx2.Response(200, json={"provider": "Shop ID"})
            case "/v1/openid-connect/sign-ins":
                return httpx2.Response(201, json=BEGUN)
            case "/v1/openid-connect/sessions":
                asked.append(orjson.loads(request.content))
                told = {"actor": {"type": "STAFF", "id": "zoe", "role": "AGENT"},
                        "rights": ["READ"], "token": browser.api.session}  # fmt: skip
                status, body = answer or (201, told)
                return httpx2.Response(status, json=body)
        return others(request)

    browser.reach(reached)
    return browser, asked


def cookie_of(answer: httpx2.Response) -> str:
    found = re.search(rf"{COOKIE}=([^;]+)", answer.headers["set-cookie"])
    assert found
    return found[1]


async def test_the_button_is_there_only_with_a_provider_and_passwords_stay() -> None:
    without = await visit(a_story(), name=None).get("/you")
    assert "/you/openid" not in without.text
    browser, _ = at_the_entrance()
    page = await browser.get("/you?next=%2Fcases")
    check_sound(page, "en")
    assert 'href="/you/openid?next=%2Fcases"' in page.text
    assert "Sign in with Shop ID" in page.text
    assert 'name="password"' in page.text


async def test_a_browser_goes_there_and_comes_back_with_a_session_of_its_own() -> None:
    browser, asked = at_the_entrance()
    before = browser.client.cookies[COOKIE]
    there = await browser.get("/you/openid?next=%2Fcases")
    assert there.headers["location"] == BEGUN["url"]
    assert "HttpOnly" in there.headers["set-cookie"]
    back = await browser.get(f"{BACK}?code=c&state=the-state")
    assert (back.status_code, back.headers["location"]) == (303, "/cases")
    assert asked == [{"code": "c", "nonce": "n", "code_verifier": "v"}]
    assert SIGN_IN_COOKIE not in browser.client.cookies, "it counts once"
    sessions = Sessions(SECRET, 3600)
    old, new = (sessions.read(one) for one in (before, cookie_of(back)))
    assert old
    assert new
    assert (old.name, new.name, new.has_password) == (None, "zoe", False)
    assert old.key != new.key, "no form of before is a form of now"
    page = await browser.get("/help")
    assert "zoe" in page.text
    assert "/you/password" not in page.text, "their password is the identity provider's business"
    again = await browser.get(f"{BACK}?code=c&state=the-state")
    assert again.headers["location"] == "/you?trouble=STATE"
    assert len(asked) == 1


@pytest.mark.parametrize("query", ["code=c&state=another", "code=c", "code=c&state=%C3%A9"])
async def test_who_did_not_begin_here_is_not_signed_in(query: str) -> None:
    browser, asked = at_the_entrance()
    await browser.get("/you/openid")
    answer = await browser.get(f"{BACK}?{query}")
    assert answer.headers["location"] == "/you?trouble=STATE"
    assert "was not begun in this browser" in (await browser.get("/you?trouble=STATE")).text
    assert asked == []
    stranger, asked = at_the_entrance()
    answer = await stranger.get(f"{BACK}?code=c&state=the-state")
    assert answer.headers["location"] == "/you?trouble=STATE"
    assert asked == []


async def test_a_cookie_somebody_made_or_kept_for_long_is_no_beginning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browser, asked = at_the_entrance()
    browser.client.cookies.set(SIGN_IN_COOKIE, '["the-state","n","v","/orders"]')
    await browser.get(f"{BACK}?code=c&state=the-state")
    browser.client.cookies.clear()
    await browser.get("/you/openid")
    monkeypatch.setattr("console.session.SIGN_IN_MAX_S", -1)
    await browser.get(f"{BACK}?code=c&state=the-state")
    assert asked == []


async def test_what_the_provider_says_instead_of_a_code_is_not_repeated() -> None:
    browser, asked = at_the_entrance()
    await browser.get("/you/openid")
    answer = await browser.get(
        f"{BACK}?error=access_denied&error_description=Call+0900-1234&state=the-state"
    )
    assert answer.headers["location"] == "/you?trouble=DENIED"
    assert "did not let you in" in (await browser.get("/you?trouble=DENIED")).text
    assert asked == []


async def test_nobody_is_led_elsewhere_afterwards() -> None:
    browser, _ = at_the_entrance()
    for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example"):
        await browser.get(f"/you/openid?next={elsewhere}")
        back = await browser.get(f"{BACK}?code=c&state=the-state")
        assert back.headers["location"] == "/orders"


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("why", [*get_args(Why), *TROUBLES, "<script>"])
async def test_each_trouble_is_told_in_words_beside_the_way_to_begin_again(
    why: str, locale: str
) -> None:
    browser, _ = at_the_entrance(locale=locale)
    page = await browser.get(f"/you?trouble={why}")
    check_sound(page, locale)
    assert Words(locale)(TROUBLES.get(why, "error.openid")) in unescape(page.text)
    assert "/you/openid?next=%2Forders" in page.text


@pytest.mark.parametrize(
    ("status", "body", "trouble"),
    [
        (401, {"code": "NOT_VOUCHED_FOR", "why": "SIGNATURE"}, "SIGNATURE"),
        (403, {"code": "NO_ROLE"}, "NO_ROLE"),
        (429, {"code": "TOO_MANY_SIGN_INS", "wait_s": 61}, "TOO_MANY_SIGN_INS"),
        (503, {"code": "IDENTITY_PROVIDER_UNAVAILABLE"}, "IDENTITY_PROVIDER_UNAVAILABLE"),
    ],
)
async def test_whom_the_api_refuses_nobody_lets_in(status: int, body: Any, trouble: str) -> None:
    browser, _ = at_the_entrance((status, body))
    await browser.get("/you/openid")
    answer = await browser.get(f"{BACK}?code=c&state=the-state")
    assert answer.headers["location"] == f"/you?trouble={trouble}"
    assert (await browser.get("/orders")).headers["location"].startswith("/you?next=")


async def test_an_api_that_is_away_is_told_as_everywhere() -> None:
    browser, _ = at_the_entrance((503, {"code": "STORE_UNAVAILABLE"}))
    await browser.get("/you/openid")
    assert (await browser.get(f"{BACK}?code=c&state=the-state")).status_code == 503


async def test_whoever_was_there_before_is_signed_out_first() -> None:
    browser, _ = at_the_entrance(name="kim")
    await browser.get("/you/openid")
    back = await browser.get(f"{BACK}?code=c&state=the-state")
    assert back.status_code == 303
    assert browser.api.session is None, "the API was told"
