"""Signing in, in a real Chromium, and what somebody is told who may not do something."""

from collections.abc import AsyncIterator

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, async_playwright

from countermand.browser import find_browser
from tests.support.messages import captured, placed
from tests.support.shop import Shop, open_shop
from tests.support.stack import Servers

CHROMIUM = find_browser()
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(CHROMIUM is None, reason="NO BROWSER: Chromium is not on this machine"),
]


@pytest.fixture
async def shop(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """The service and the console."""
    roles = {"cancellation.api", "cancellation.projector", "console.web"}
    async with open_shop(servers, tmp_path_factory.mktemp("entrance"), roles) as opened:
        yield opened


async def is_accessible(page: Page) -> None:
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    found = await Axe().run(page, options=options)
    assert [rule["id"] for rule in found.response["violations"]] == [], page.url


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A telephone whose owner reads French."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        context = await browser.new_context(locale="fr-FR", viewport={"width": 390, "height": 800})
        context.set_default_timeout(10_000)
        yield await context.new_page()
        await browser.close()


async def test_somebody_signs_in_by_the_keyboard_and_is_told_what_they_may_not_do(
    shop: Shop, page: Page
) -> None:
    await shop.say(placed("c-9", 1), captured("c-9", 1250))
    url = shop.stack.console_url
    password = await shop.password_of("vic", "VIEWER")
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(f"{url}/orders/c-9")
    await is_accessible(page)
    for tried in ("not-the-password", password):
        await page.focus("#name")
        await page.fill("#name", "")
        await page.keyboard.type("vic")
        await page.keyboard.press("Tab")
        await page.keyboard.type(tried)
        await page.keyboard.press("Enter")
        await page.wait_for_load_state()
        if tried != password:
            await page.wait_for_selector("text=Nom ou mot de passe incorrect")
            await is_accessible(page)
    await page.wait_for_url("**/orders/c-9")
    assert await page.locator("a.danger").count() == 0
    await page.goto(f"{url}/orders/c-9/cancel")
    await page.wait_for_selector("text=Vous n'y êtes pas autorisé")
    await is_accessible(page)
    await page.goto(f"{url}/you/password")
    await is_accessible(page)
    await page.click("header summary")
    await page.click("text=Se déconnecter")
    await page.wait_for_url("**/you")
    await page.goto(f"{url}/orders")
    await page.wait_for_url("**/you?next=**")
    assert [one for one in complaints if "40" not in one] == []
