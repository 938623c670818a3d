"""Signing in, in a real Chromium, and what somebody is told who may not do something."""

from collections.abc import AsyncIterator

import pytest

from tests.support.browsing import NEEDS_BROWSER, Desk, open_chromium
from tests.support.messages import captured, placed
from tests.support.shop import Shop, open_shop
from tests.support.stack import Servers

pytestmark = [pytest.mark.e2e, NEEDS_BROWSER]


@pytest.fixture
async def shop(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """The service and the console."""
    roles = {"cancellation.api", "cancellation.projector", "console.web"}
    async with open_shop(servers, tmp_path_factory.mktemp("entrance"), roles) as opened:
        yield opened


@pytest.fixture
async def desk(shop: Shop) -> AsyncIterator[Desk]:
    """A telephone whose owner reads French."""
    async with open_chromium() as browser:
        context = await browser.new_context(locale="fr-FR", viewport={"width": 390, "height": 800})
        context.set_default_timeout(10_000)
        yield Desk(await context.new_page(), shop.stack.console_url)


async def test_somebody_signs_in_by_the_keyboard_and_is_told_what_they_may_not_do(
    shop: Shop, desk: Desk
) -> None:
    await shop.say(placed("c-9", 1), captured("c-9", 1250))
    page, url = desk.page, desk.url
    password = await shop.password_of("vic", "VIEWER")
    await page.goto(f"{url}/orders/c-9")
    await desk.is_accessible()
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
            await desk.is_accessible()
    await page.wait_for_url("**/orders/c-9")
    assert await page.locator("a.danger").count() == 0
    await page.goto(f"{url}/orders/c-9/cancel")
    await page.wait_for_selector("text=Vous n'y êtes pas autorisé")
    await desk.is_accessible()
    await page.goto(f"{url}/you/password")
    await desk.is_accessible()
    await page.click("header summary")
    await page.click("text=Se déconnecter")
    await page.wait_for_url("**/you")
    await page.goto(f"{url}/orders")
    await page.wait_for_url("**/you?next=**")
    assert [one for one in desk.complaints if "40" not in one] == []
