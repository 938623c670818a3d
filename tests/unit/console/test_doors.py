"""Who comes in and what every answer says: no forged form, no trace of how we work inside."""

import re
from typing import Any

import httpx2
import pytest

from console.app import DOORS, Door
from console.headers import HEADERS
from console.session import COOKIE
from contracts.cancellation import RIGHTS_OF, Right, Role
from tests.support.console import visit
from tests.support.console_pages import ORDER, PAGES, WISH, a_story, field
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
          "plan_id": "recall-1", "version": "0", "table": "refunds", "service": "cancellation",
          "number": "1", "name": "lea", "what_if_id": FIRST, "plan_hash": "0" * 64}  # fmt: skip


def a_path(door: Door) -> str:
    """Return an address behind a door."""
    return door.path.format(**PLACES)


POSTED = [a_path(door) for door in DOORS if door.post]

SENT: dict[Right | None, set[str]] = {
    None: {"/you", "/leave"},
    Right.READ: {"/views", "/you/password"},
    Right.CANCEL: {
        "/orders/{order_id}/cancel",
        "/orders/{order_id}/cancellations/{cancellation_id}/reinstate",
        "/orders/{order_id}/cancellations/{cancellation_id}/undo",
    },
    Right.REFUND: {"/orders/{order_id}/settle"},
    Right.RESTOCK: {"/orders/{order_id}/restock"},
    Right.REQUEST: {"/orders/{order_id}/requests/{request_id}"},
    Right.CASE: {"/orders/{order_id}/messages", "/cases/{case_id}"},
    Right.BULK: {"/bulk/new", "/bulk/{plan_id}"},
    Right.DRAFT: {"/policies/draft", "/policies/what-if/{what_if_id}"},
    Right.REPLAY: {
        "/dead-letters/each", "/dead-letters/{service}/{number}", "/replays/new",
        "/replays/{plan_hash}",
    },
    Right.PEOPLE: {
        "/people/new", "/people/accounts/{name}", "/people/keys/new", "/people/keys/{name}/revoke",
    },
}  # fmt: skip
"""Which right each form needs, once more: nobody opens one by the way."""


def test_each_form_needs_the_right_it_is_written_down_with() -> None:
    needed: dict[Right | None, set[str]] = {}
    for door in DOORS:
        if door.post:
            needed.setdefault(door.needed_by("POST"), set()).add(door.path)
    assert needed == SENT


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


async def test_whoever_signs_in_gets_a_session_of_their_own_and_nobody_elses_form() -> None:
    browser = visit(a_story(), name=None)
    answer = await browser.post("/you", name="lea", password="secret", next="/cases")
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=lax" in answer.headers["set-cookie"]
    assert (await browser.get("/orders")).status_code == 200
    again = await browser.post("/you", name="mallory", password="secret")
    assert again.status_code == 403, "the form was made for the session before"


async def test_signing_out_ends_the_session_for_every_copy_of_its_cookie() -> None:
    browser = visit(a_story())
    cookie = browser.client.cookies[COOKIE]
    assert (await browser.post("/leave")).headers["location"] == "/you"
    assert browser.api.session is None, "the API was told"
    browser.client.cookies.clear()
    browser.client.cookies.set(COOKIE, cookie)
    old = await browser.get("/orders")
    assert old.headers["location"] == "/you?next=%2Forders&ended=yes"
    assert "Your session has ended" in (await browser.get(old.headers["location"])).text


async def test_whoever_signs_in_on_another_port_of_a_host_stays_signed_in_on_the_first() -> None:
    """A browser tells a host all cookies it has of it, whatever the port."""
    shop, sandbox = visit(a_story(), name=None), visit(a_story(), "fr", name=None)
    for browser, port in ((shop, 8090), (sandbox, 8190)):
        browser.client.base_url = httpx2.URL(f"http://localhost:{port}")
        browser.client.cookies.jar = shop.client.cookies.jar
    shop.client.cookies.clear()
    page = (await shop.get("/you")).text
    await shop.post("/you", name="lea", password="secret", form_token=field(page, "form_token"))
    assert (await sandbox.get("/orders")).headers["location"].startswith("/you")
    page = (await sandbox.get("/you")).text
    await sandbox.post("/you", name="kim", password="secret", form_token=field(page, "form_token"))
    await sandbox.get("/orders?language=fr")
    assert "lea" in (await shop.get("/orders")).text
    assert "kim" in (await sandbox.get("/orders")).text
    assert (await shop.get("/orders")).headers["content-language"] == "en"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ((401, {"code": "SIGN_IN_REFUSED", "detail": ""}), "Name or password is wrong"),
        ((429, {"code": "TOO_MANY_SIGN_INS", "detail": "", "wait_s": 61}), "try again in 2 min"),
        ((422, {"code": "REQUEST_INVALID", "detail": ""}), "Name or password is wrong"),
    ],
)
async def test_whoever_is_not_let_in_is_told_so_in_words(told: Any, words: str) -> None:
    browser = visit(a_story(), name=None)
    browser.api.entrance = told
    answer = await browser.post("/you", name="lea", password="secret", next="/cases")
    assert answer.status_code == told[0]
    assert words in answer.text
    assert 'value="lea"' in answer.text
    assert "secret" not in answer.text


async def test_a_password_is_changed_by_whoever_knows_the_one_until_now() -> None:
    browser = visit(a_story())
    form = {"old": "until-now", "new": "a-new-password", "again": "a-new-password"}
    answer = await browser.post("/you/password", **{**form, "again": "another"})
    assert "The two are not the same" in answer.text
    for status, code, words in (
        (401, "SIGN_IN_REFUSED", "not your password"),
        (422, "PASSWORD_INVALID", "12 to 200 characters"),
        (429, "TOO_MANY_SIGN_INS", "Too many attempts"),
    ):
        browser.api.entrance = (status, {"code": code, "detail": "", "wait_s": 5})
        answer = await browser.post("/you/password", **form)
        assert answer.status_code == status
        assert words in answer.text
        assert "until-now" not in answer.text
    browser.api.entrance = None
    answer = await browser.post("/you/password", **form)
    assert answer.headers["location"] == "/you?changed=yes"
    assert "sign in with the new one" in (await browser.get("/you?changed=yes")).text


async def test_what_the_api_refuses_for_want_of_a_right_is_told_in_words() -> None:
    browser = visit(a_story(a_cancel_command()))
    body = {"code": "MISSING_RIGHT", "detail": "no", "right": "READ", "status": 403}
    browser.reach(lambda _: httpx2.Response(403, json=body))
    answer = await browser.get("/orders")
    assert answer.status_code == 403
    assert "needs the right to see orders and cases" in answer.text


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


@pytest.mark.parametrize("role", RIGHTS_OF)
@pytest.mark.parametrize("door", DOORS, ids=lambda d: d.path)
async def test_each_role_opens_the_doors_its_rights_are_for_and_no_other(
    door: Door, role: Role
) -> None:
    browser = visit(a_story(a_cancel_command()), role=role)
    path = a_path(door)
    answers = [("GET", await browser.get(path))] if door.get else []
    asked_before = len(browser.api.asked)
    if door.post:
        answers.append(("POST", await browser.post(path, look="yes")))
    for method, answer in answers:
        needed = door.needed_by(method)
        may = needed is None or needed in RIGHTS_OF[role]
        assert ("You may not do this" in answer.text) is not may, method
        assert answer.status_code == 403 or may
    assert len(browser.api.asked) == asked_before or may


def test_every_door_but_those_of_the_entrance_names_a_right() -> None:
    assert {door.path for door in DOORS if door.is_open} == {
        "/you", "/leave", "/you/openid", "/you/openid/back",
    }  # fmt: skip
