"""Who comes in and what every answer says: no forged form, no trace of how we work inside."""

import re
from typing import Any

import pytest

from console.app import DOORS, Door
from console.headers import HEADERS
from tests.support.console import visit
from tests.support.console_pages import ORDER, PAGES, WISH, a_story
from tests.support.mothers import (
    FIRST,
    ORDER_ID,
    a_cancel_command,
)


async def test_every_answer_carries_the_headers() -> None:
    browser = visit(a_story())
    nowhere = ("/nowhere", "/orders/nobody", "/static/x/y")
    answers = [await browser.get(path) for path in (*PAGES, *nowhere)]
    answers.append(await browser.client.post(f"{ORDER}/cancel", data={}))
    for answer in answers:
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS, answer.url
        assert answer.headers["cache-control"] == "no-store"
    policy = HEADERS["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


async def test_what_a_page_needs_is_kept_for_ever_under_an_address_of_its_content() -> None:
    browser = visit(a_story())
    page = await browser.get("/orders")
    addresses = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
    assert len(set(addresses)) == 3
    for address in addresses:
        asset = await browser.get(address)
        assert asset.status_code == 200
        assert "immutable" in asset.headers["cache-control"]


PLACES = {"order_id": ORDER_ID, "cancellation_id": FIRST, "case_id": FIRST, "request_id": FIRST,
          "plan_id": "recall-1", "version": "0", "table": "refunds"}  # fmt: skip


def a_path(door: Door) -> str:
    """Return an address behind a door."""
    return door.path.format(**PLACES)


POSTED = [a_path(door) for door in DOORS if door.post]


@pytest.mark.parametrize("path", POSTED)
async def test_no_form_is_taken_that_this_session_did_not_get(path: str) -> None:
    browser = visit(a_story(a_cancel_command()))
    stranger = visit(a_story())
    for token in ("", "x", stranger.token):
        answer = await browser.client.post(path, data={**WISH, "form_token": token})
        assert answer.status_code == 403, token
    for header in ({"sec-fetch-site": "cross-site"}, {"origin": "https://elsewhere.example"}):
        data = {**WISH, "form_token": browser.token}
        answer = await browser.client.post(path, data=data, headers=header)
        assert answer.status_code == 403, header
    assert browser.api.asked == []


async def test_what_is_no_form_or_too_large_is_refused() -> None:
    browser = visit(a_story())
    answer = await browser.client.post(f"{ORDER}/cancel", json={"form_token": browser.token})
    assert answer.status_code == 415
    answer = await browser.post(f"{ORDER}/cancel", staff_note="x" * 600_000)
    assert answer.status_code == 413
    answer = await browser.client.post(
        f"{ORDER}/cancel", content=b"\xff\xfe",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )  # fmt: skip
    assert answer.status_code == 400


@pytest.mark.parametrize("door", [door for door in DOORS if not door.is_open], ids=lambda d: d.path)
async def test_nobody_comes_in_without_saying_who(door: Any) -> None:
    browser = visit(a_story(), name=None)
    path = a_path(door)
    answer = await (browser.get(path) if door.get else browser.post(path, **WISH))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/you?next=")
    assert browser.api.asked == []


async def test_whoever_says_who_they_are_gets_a_session_of_their_own() -> None:
    browser = visit(a_story(), name=None)
    answer = await browser.post("/you", name="lea", role="MANAGER", next="/cases")
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=lax" in answer.headers["set-cookie"]
    assert (await browser.get("/orders")).status_code == 200
    again = await browser.post("/you", name="mallory", role="ADMIN")
    assert again.status_code == 403, "the form was made for the session before"


async def test_a_name_no_command_could_say_is_asked_again() -> None:
    answer = await visit(a_story(), name=None).post("/you", name="Léa Martin", role="AGENT")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text


async def test_the_language_switch_is_kept_and_leads_back() -> None:
    browser = visit(a_story(), "en")
    answer = await browser.get("/orders?state=HELD&language=fr")
    assert (answer.status_code, answer.headers["location"]) == (303, "/orders?state=HELD")
    assert (await browser.get("/orders")).headers["content-language"] == "fr"


async def test_whatever_is_wrong_is_a_page_in_the_readers_language() -> None:
    browser = visit(a_story(), "fr")
    for path, status in (("/nowhere", 404), ("/orders/nobody", 404), (f"{ORDER}/undo", 404)):
        answer = await browser.get(path)
        assert answer.status_code == status
        assert answer.headers["content-language"] == "fr"
    browser.api.is_away = True
    answer = await browser.get(ORDER)
    assert answer.status_code == 503
    assert "ne répond pas" in answer.text


async def test_no_stack_trace_reaches_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    browser = visit(a_story())
    monkeypatch.setattr(browser.api, "_history", lambda _: [{"wrong": 1}])
    answer = await browser.get(ORDER)
    assert answer.status_code == 500
    assert "Quote incident" in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["content-security-policy"]
