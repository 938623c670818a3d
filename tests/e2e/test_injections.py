"""Pages and mails full of hostile text, in a real Chromium: nothing runs, nothing is reported."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route

from services.notifier.rendering import render
from tests.support.browsing import NEEDS_BROWSER, open_chromium
from tests.support.console_pages import NUMBERS, ORDER
from tests.support.injected import (
    CUSTOMERS_PAGES,
    console_with,
    mails_with,
    page_with,
)
from tests.support.injections import FAMILIES, NEUTRAL, PAYLOADS
from tests.support.mails import parts_of
from tests.support.mothers import A_CAUSE, SHOP

pytestmark = [pytest.mark.e2e, NEEDS_BROWSER]

TEXT = "\n".join(text for text in PAYLOADS if text not in FAMILIES["long"])
STAFFS = ("/orders", ORDER, f"{ORDER}/cancel", f"{ORDER}/restock", "/cases", NUMBERS, "/help")

HERE = "http://localhost"
"""A browser trusts it like HTTPS, and so complains of nothing we do."""

STRUCTURE = """() => [...document.querySelectorAll("*")].map(
  (one) => [one.tagName, ...one.getAttributeNames().sort()].join(" "))"""


class Watched:
    """A page whose every complaint, dialog and call to elsewhere is kept."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", lambda said: self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))

    async def show(self, client: Any, path: str) -> list[str]:
        """Show a page of an application as it answers, headers and all; returns its elements."""

        async def answer(route: Route) -> None:
            url = route.request.url
            if not url.startswith(HERE):
                self.complaints.append(f"called {url[:200]}")
                await route.abort()
            elif "/live" in url:
                await route.fulfill(status=204)
            else:
                found = await client.get(url.removeprefix(HERE))
                await route.fulfill(
                    status=found.status_code, headers=dict(found.headers), body=found.content
                )

        await self.page.unroute_all()
        await self.page.route("**/*", answer)
        await self.page.goto(HERE + path)
        return await self.elements()

    async def elements(self) -> list[str]:
        """Return what the page is made of, once everything on it had its time."""
        await self.page.mouse.move(200, 200)
        assert await self.page.evaluate("window.ran") is None
        found: list[str] = await self.page.evaluate(STRUCTURE)
        return found


@pytest.fixture
async def watched() -> AsyncIterator[Watched]:
    async with open_chromium() as chromium:
        yield await open_watched(chromium)


async def open_watched(chromium: Browser) -> Watched:
    context = await chromium.new_context(locale="en")
    context.set_default_timeout(10_000)
    return Watched(await context.new_page())


async def test_nothing_anybody_wrote_runs_or_is_reported(watched: Watched) -> None:
    for path in STAFFS:
        plain = await watched.show(console_with(NEUTRAL).client, path)
        attacked = await watched.show(console_with(TEXT).client, path)
        assert attacked == plain, path
    for below in CUSTOMERS_PAGES:
        customer, attacker = page_with(NEUTRAL), page_with(TEXT)
        plain = await watched.show(customer.client, customer.page + below)
        attacked = await watched.show(attacker.client, attacker.page + below)
        assert attacked == plain, below
    assert watched.complaints == []


async def test_no_mail_runs_or_calls_anything(watched: Watched) -> None:
    part = len(PAYLOADS) // 4 + 1
    for first in range(0, len(PAYLOADS), part):
        short = [text for text in PAYLOADS[first : first + part] if text not in FAMILIES["long"]]
        for (name, plain, paper), (_, attacked, papers) in zip(
            mails_with(NEUTRAL), mails_with("\n".join(short)), strict=True
        ):
            if name.endswith(".en"):
                seen = []
                for request, stationery in ((plain, paper), (attacked, papers)):
                    content = render(request, A_CAUSE, sender=SHOP, stationery=stationery)
                    await watched.page.set_content(parts_of(content)[1])
                    seen.append(await watched.elements())
                assert seen[0] == seen[1], name
    assert watched.complaints == []
