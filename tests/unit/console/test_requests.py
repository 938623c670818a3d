"""The inbox of requests: seen with their deadline, granted by another, denied with a reason."""

from typing import Any

import httpx2
import pytest

from contracts.cancellation import Right
from tests.support.console import visit
from tests.support.console_browser import Browser
from tests.support.console_pages import HOSTILE, ORDER, Markup, check_sound, field
from tests.support.mails import told_after
from tests.support.mothers import a_cancel_command, a_capture, an_order
from tests.support.said import a_customers_request
from tests.support.telling import Told
from tests.support.wishes import KIM, a_policy, a_request

APPROVALS = {"approvals": [{"name": "LARGE_REFUND", "amount_from_minor": 1}]}


def asked_by_customer(note: str = "It comes too late") -> Told:
    return Told().say(an_order(), a_capture(), a_request(customer_note=note))


def asked_by_kim() -> Told:
    wish = a_cancel_command(actor=KIM)
    return Told(book=a_policy(**APPROVALS)).say(an_order(), a_capture(), wish)


def where(browser: Browser) -> str:
    (request,) = browser.api.requests()
    return f"{ORDER}/requests/{request['request_id']}"


def names(browser: Browser) -> list[str]:
    return [one.fact.NAME for one in browser.api.told.recorded]


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("story", [asked_by_customer, asked_by_kim])
async def test_requests_are_listed_and_shown_in_both_languages(story: Any, locale: str) -> None:
    browser = visit(story(), locale, name="lea")
    for path in ("/requests", "/requests?kind=APPROVAL", where(browser)):
        check_sound(await browser.get(path), locale)
    page = (await browser.get("/requests")).text
    assert where(browser) in page
    assert ("2 h left" if locale == "en" else "reste 2 h") in page
    assert where(browser) in (await browser.get(ORDER)).text


async def test_a_request_says_what_granting_it_would_do_and_is_granted() -> None:
    browser = visit(asked_by_customer(), name="lea")
    page = (await browser.get(where(browser))).text
    assert "It comes too late" in page
    assert "This would be cancelled" in page
    id_ = field(page, "command_id")
    address = where(browser)
    for _ in range(2):
        done = await browser.post(address, answer="APPROVE", command_id=id_)
        assert done.status_code == 303
    assert names(browser).count("order.cancelled.v1") == 1
    shown = await browser.get(done.headers["location"])
    assert "Money, stock and message are on their way" in shown.text
    closed = await browser.get(address)
    assert "This request was granted" in closed.text
    assert 'value="APPROVE"' not in closed.text


async def test_whoever_asked_cannot_grant_and_is_told_so_before_trying() -> None:
    browser = visit(asked_by_kim(), "fr", name="kim")
    page = (await browser.get(where(browser))).text
    assert "SAME_PERSON" in page
    refused = await browser.post(where(browser), answer="APPROVE", command_id="console-1")
    assert refused.status_code == 403
    assert "SAME_PERSON" in refused.text
    assert "order.cancelled.v1" not in names(browser)


@pytest.mark.parametrize(
    ("story", "place"), [(asked_by_customer, "customer_message"), (asked_by_kim, "staff_note")]
)
async def test_a_request_is_denied_only_with_a_reason(story: Any, place: str) -> None:
    browser = visit(story(), name="lea")
    address = where(browser)
    empty = await browser.post(address, answer="DENY", command_id="console-1")
    assert empty.status_code == 422
    assert f'id="error-{place}"' in empty.text
    assert "order.cancellation-denied.v1" not in names(browser)
    done = await browser.post(
        address, answer="DENY", command_id="console-1", **{place: "It was packed"}
    )
    assert done.status_code == 303
    _, said = browser.api.asked[-1]
    assert said[place] == "It was packed"
    assert said["actor"]["id"] == "lea"
    assert "This request was denied" in (await browser.get(address)).text


async def test_what_a_customer_wrote_stays_text_and_a_wrong_address_is_a_page() -> None:
    browser = visit(asked_by_customer(HOSTILE), name="lea")
    page = await browser.get(where(browser))
    assert [tag for tag, _ in Markup(page.text).elements].count("script") == 1
    assert (await browser.get(f"{ORDER}/requests/nobody")).status_code == 404


async def test_whoever_denies_sees_the_mail_with_their_words_in_the_customers_language() -> None:
    browser = visit(asked_by_customer(), name="lou", role="AGENT")
    (request,) = browser.api.requests()
    asked = a_customers_request(request_id=request["request_id"])
    browser.api.told_before = told_after(asked)
    page = await browser.get(where(browser))
    check_sound(page, "en")
    assert 'lang="fr"' in page.text.partition("If you deny it")[2]
    seen = await browser.post(where(browser), customer_message="Trop tard.", look="yes")
    assert "Trop tard." in seen.text.partition("If you deny it")[2]
    assert names(browser)[-1] == "order.cancellation-requested.v1"


@pytest.mark.parametrize("locale", ["en", "fr"])
async def test_whoever_may_not_grant_is_asked_nothing_and_told_who_may(locale: str) -> None:
    browser = visit(asked_by_customer(), locale, name="lou", role="AGENT")
    browser.reach(_without(browser.api.answer, Right.APPROVE))
    page = await browser.get(where(browser))
    check_sound(page, locale)
    assert 'value="APPROVE"' not in page.text
    assert 'value="DENY"' in page.text
    assert ("right to approve" if locale == "en" else "autorisé à approuver") in page.text
    assert (await browser.post(where(browser), answer="DENY")).status_code == 422
    refused = await browser.post(where(browser), answer="APPROVE", command_id="console-1")
    assert refused.status_code == 403
    assert ("You may not do this" if locale == "en" else "êtes pas autorisé") in refused.text
    assert "people change" not in refused.text
    lookout = visit(browser.api.told, locale, name="vic", role="VIEWER")
    shown = (await lookout.get(where(browser))).text
    assert "textarea" not in shown
    assert ("See it" if locale == "en" else "Voir") in (await lookout.get(ORDER)).text


def _without(answer: Any, right: Right) -> Any:
    """Answer as the API does whoever has not this right."""

    def refuse(request: httpx2.Request) -> httpx2.Response:
        if "/approval" not in request.url.path:
            found: httpx2.Response = answer(request)
            return found
        body = {"code": "MISSING_RIGHT", "detail": "`countermand people change`", "right": right}
        return httpx2.Response(403, json=body)

    return refuse
