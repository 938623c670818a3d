"""Takes pictures of console and customer's page beside a running demo: `make console-pictures`.

Needs Chromium, which is no part of the project; without it nothing is done and status 3 says so.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any, Literal, NamedTuple

from playwright.async_api import Browser, Page, async_playwright

from countermand.browser import find_browser
from countermand.endpoints import DEFAULT_DATA_DIR, SIGN_IN_FILE, Endpoints
from countermand.orders import call
from countermand.picture_story import link_to, tell

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "console"
CUSTOMERS = PICTURES.parent / "customers"
WIDE, NARROW = 1280, 390
HEIGHT = 900


class Look(NamedTuple):
    """How a picture is taken."""

    locale: str
    scheme: Literal["light", "dark"]
    width: int

    @property
    def name(self) -> str:
        """Return what tells it from others of the same page."""
        return f"{self.locale}.{self.scheme}.{'wide' if self.width == WIDE else 'narrow'}"


LOOKS = (
    Look("en", "light", WIDE), Look("fr", "dark", WIDE),
    Look("fr", "light", NARROW), Look("en", "dark", NARROW),
)  # fmt: skip
FEW = (Look("en", "light", WIDE), Look("fr", "dark", NARROW))
"""For pages that few people use."""
LONG = frozenset({"numbers", "replay"})
"""Pages of which all is shown."""


async def _order_in(endpoints: Endpoints, state: str) -> str:
    url, key = endpoints.api_url, endpoints.api_key
    found: dict[str, Any] = await call(url, "GET", "/v1/orders", params={"state": state}, key=key)
    return str(found["orders"][0]["order_id"])


async def _fill_in(page: Page) -> None:
    await page.select_option("#reason", "CUSTOMER/CHANGED_MIND")
    await page.wait_for_selector("#preview .outcome")


async def _sign_in(browser: Browser, url: str, look: Look, password: str) -> Page:
    context = await browser.new_context(
        viewport={"width": look.width, "height": HEIGHT}, locale=look.locale,
        color_scheme=look.scheme,
    )  # fmt: skip
    page = await context.new_page()
    await page.goto(f"{url}/you")
    await page.screenshot(path=PICTURES / f"sign-in.{look.name}.png")
    await page.fill("#name", "admin")
    await page.fill("#password", password)
    await page.click("main button")
    return page


async def _take(page: Page, url: str, look: Look, pages: dict[str, str]) -> None:
    for name, where in pages.items():
        await page.goto(url + where)
        if name == "cancel":
            await _fill_in(page)
        is_long = name in LONG
        await page.screenshot(path=PICTURES / f"{name}.{look.name}.png", full_page=is_long)


async def _take_pages(
    browser: Browser, endpoints: Endpoints, look: Look, orders: dict[str, str]
) -> None:
    """Take the whole of the customer's page, which is a column on any screen."""
    for name, order_id in orders.items():
        context = await browser.new_context(
            viewport={"width": look.width, "height": 600}, color_scheme=look.scheme
        )
        page = await context.new_page()
        below = "/cancel" if name == "ask" else ""
        await page.goto(f"{link_to(endpoints, order_id)}{below}?language={look.locale}")
        picture = CUSTOMERS / f"{name}.{look.name}.png"
        await page.screenshot(path=picture, full_page=True)
        await context.close()


async def take_all(endpoints: Endpoints, executable: str, password: str) -> None:
    """Take every picture in every look."""
    url = str(endpoints.console_url)
    placed, cancelled = [await _order_in(endpoints, state) for state in ("PLACED", "CANCELLED")]
    pages = {
        "orders": "/orders",
        "cancelled": "/orders?state=CANCELLED&reason=CUSTOMER",
        "order": f"/orders/{cancelled}",
        "cancel": f"/orders/{placed}/cancel",
    }
    for folder in (PICTURES, CUSTOMERS):
        folder.mkdir(parents=True, exist_ok=True)
    customers = {"order": cancelled, "ask": placed}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable)
        more = await tell(endpoints, await _sign_in(browser, url, LOOKS[0], password))
        for look in LOOKS:
            page = await _sign_in(browser, url, look, password)
            await _take(page, url, look, pages)
            if look.width == NARROW:
                await _take_pages(browser, endpoints, look, customers)
        for look in FEW:
            await _take(await _sign_in(browser, url, look, password), url, look, more)
        await browser.close()


def main() -> int:
    """Take all pictures; returns the exit status."""
    executable = find_browser()
    if executable is None:
        print("NO PICTURES TAKEN: Chromium is not on this machine.", file=sys.stderr)
        return 3
    password = json.loads((DEFAULT_DATA_DIR / SIGN_IN_FILE).read_text("utf-8"))["password"]
    asyncio.run(take_all(Endpoints.find(DEFAULT_DATA_DIR), executable, password))
    return 0


if __name__ == "__main__":
    sys.exit(main())
