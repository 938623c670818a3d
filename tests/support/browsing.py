"""People at a browser, of the staff or a customer; what the browser complains of is kept."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

from contracts.cancellation import Role
from contracts.links import PATH, OrderLink, write_link
from countermand.browser import find_browser
from deploy.local.processes import LINK_KEY
from tests.support.shop import Shop

HOSTILE = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>"

CHROMIUM = find_browser()
NEEDS_BROWSER = pytest.mark.skipif(
    CHROMIUM is None, reason="NO BROWSER: Chromium is not on this machine"
)


@asynccontextmanager
async def open_chromium() -> AsyncIterator[Browser]:
    """Start a browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        await browser.close()


class Desk:
    """Somebody of the staff at a browser, whose complaints are kept."""

    def __init__(self, page: Page, url: str, password: str = "", name: str = "kim") -> None:
        self.page, self.url, self.password, self.name = page, url, password, name
        self.complaints: list[str] = []
        page.on("console", lambda said: self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))

    async def come(self) -> None:
        await self.page.goto(f"{self.url}/orders")
        await self.page.fill("#name", self.name)
        await self.page.fill("#password", self.password)
        await self.page.click("main button")
        await self.page.wait_for_url("**/orders")

    async def is_accessible(self) -> None:
        """Ask axe; it finds what WCAG A and AA are broken by."""
        options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
        found = await Axe().run(self.page, options=options)
        broken = [
            (rule["id"], [node["html"][:200] for node in rule["nodes"]])
            for rule in found.response["violations"]
        ]
        assert broken == [], self.page.url


async def open_desk(
    chromium: Browser, shop: Shop, name: str = "kim", role: Role = "MANAGER", **more: Any
) -> Desk:
    """Sit down as somebody, whose account is opened when first asked for."""
    context = await chromium.new_context(**{"locale": "en", **more})
    context.set_default_timeout(10_000)
    password = await shop.password_of(name, role)
    desk = Desk(await context.new_page(), shop.stack.console_url, password, name)
    await desk.come()
    return desk


async def at_the_door(chromium: Browser, shop: Shop, order_id: str, **more: Any) -> Desk:
    """Open an order's page by a link, as its customer."""
    context = await chromium.new_context(**{"locale": "en", **more})
    context.set_default_timeout(10_000)
    visit = Desk(await context.new_page(), shop.stack.customers_url)
    token = write_link(LINK_KEY, OrderLink(order_id, 10**11))
    await visit.page.goto(f"{visit.url}{PATH}/{token}")
    return visit
