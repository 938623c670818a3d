"""Views of one's own, kept in the browser; and the help beside every refusal."""

from base64 import urlsafe_b64encode

import pytest

from console.pages import views
from services.cancellation.domain.refusals import RULES
from tests.support.console import visit
from tests.support.console_pages import HOSTILE, ORDER, WISH, Markup, a_story

FRENCH = "state=PLACED&country=France"


async def test_a_view_is_kept_under_a_name_and_forgotten_again() -> None:
    browser = visit(a_story())
    assert "Keep this view as" in (await browser.get(f"/orders?{FRENCH}")).text
    kept = await browser.post("/views", query=FRENCH, name="From France")
    assert kept.headers["location"] == f"/orders?{FRENCH}"
    assert "HttpOnly" in kept.headers["set-cookie"]
    page = (await browser.get(f"/orders?{FRENCH}")).text
    assert "From France</a>" in page
    assert "Forget this view" in page
    await browser.post("/views", query=FRENCH, forget="From France")
    assert "From France" not in (await browser.get("/orders")).text


async def test_what_somebody_calls_a_view_stays_text_and_leads_nowhere_else() -> None:
    browser = visit(a_story())
    done = await browser.post("/views", query=f"q={HOSTILE}&//evil.example", name=HOSTILE)
    assert done.headers["location"].startswith("/orders?q=")
    page = await browser.get("/orders?state=HELD")
    assert [tag for tag, _ in Markup(page.text).elements].count("script") == 1


async def test_only_so_many_views_are_kept_and_the_oldest_goes_first() -> None:
    browser = visit(a_story())
    for number in range(views.VIEWS_MAX + 1):
        await browser.post("/views", query=f"q={number}", name=f"View {number}")
    page = (await browser.get("/orders")).text
    assert "View 0<" not in page
    assert page.count(">View ") == views.VIEWS_MAX
    await browser.post("/views", query=f"q={'x' * 9_000}", name="Long")
    assert "Long" not in (await browser.get("/orders")).text


@pytest.mark.parametrize("cookie", ["", "x", "bm90IGpzb24=", urlsafe_b64encode(b"[1]").decode()])
async def test_a_cookie_that_is_not_ours_is_no_view(cookie: str) -> None:
    browser = visit(a_story())
    browser.client.cookies.set(views.COOKIE, cookie)
    assert (await browser.get("/orders")).status_code == 200


@pytest.mark.parametrize(("locale", "said"), [("en", "Nobody announced"), ("fr", "Personne n'a")])
async def test_every_refusal_leads_to_its_help(locale: str, said: str) -> None:
    browser = visit(a_story(), locale)
    page = (await browser.get("/help")).text
    assert said in page.replace("&#39;", "'")
    assert all(f'id="{code}"' in page for code in RULES)
    refused = await browser.post(f"{ORDER}/cancel", **{**WISH, "expected_version": "1"})
    assert 'href="/help#VERSION_STALE"' in refused.text
