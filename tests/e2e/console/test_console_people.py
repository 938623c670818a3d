"""People in a real Chromium: in by the identity provider, a mail again, money back by hand."""

import pytest
from playwright.async_api import Browser
from starlette.datastructures import URL

from kit.cloudevents import Incoming, fingerprint
from kit.ids import stream_id
from kit.settings import KitSettings
from services.notifier.domain.commands import RecordAcceptance
from services.notifier.service import SERVICE as NOTIFIER
from tests.support.browsing import NEEDS_BROWSER, Desk, open_desk
from tests.support.effects import hear
from tests.support.messages import cancel, captured, placed
from tests.support.openid import OpenIdProvider
from tests.support.shop import Shop
from tests.support.stack import Servers, fetch, until

pytestmark = [pytest.mark.e2e, NEEDS_BROWSER]

NARROW = {"width": 390, "height": 800}


async def test_somebody_signs_in_at_the_identity_provider_and_out_again(
    shop: Shop, chromium: Browser, openid: OpenIdProvider
) -> None:
    openid.people["rosa"] = {"sub": "u-9", "preferred_username": "rosa", "groups": "desk-agents"}
    context = await chromium.new_context(locale="fr-FR", viewport=NARROW)
    context.set_default_timeout(10_000)
    desk = Desk(await context.new_page(), shop.stack.console_url)
    page = desk.page
    await page.goto(f"{desk.url}/cases")
    await desk.is_accessible()
    await page.click("text=Se connecter avec Shop ID")
    await page.wait_for_selector("h1:has-text('Shop ID')")
    await page.click("text=nobody")
    await page.wait_for_selector("text=ne vous a pas admis")
    await desk.is_accessible()
    await page.focus("text=Se connecter avec Shop ID")
    await page.keyboard.press("Enter")
    await page.click("text=rosa")
    await page.wait_for_url("**/orders")
    before = {one["name"]: one for one in await context.cookies()}
    port = URL(desk.url).port
    assert f"console_sign_in_{port}" not in before
    assert before[f"console_session_{port}"]["httpOnly"]
    await page.click("summary:has-text('rosa')")
    assert await page.locator("text=Modifier votre mot de passe").count() == 0
    await page.click("text=Se déconnecter")
    await page.wait_for_url("**/you")
    await page.goto(f"{desk.url}/orders")
    await page.wait_for_url("**/you?**")
    assert desk.complaints == []


async def accept_mails(shop: Shop, settings: KitSettings) -> None:
    """Have the mail server accept what waits, as the worker records it."""
    stream = stream_id("notifier:m-1")
    wanted = "SELECT effect_id FROM notifier.effects WHERE stream_id = $1"
    async with NOTIFIER.pool(settings, "test") as pool:
        for (message_id,) in await fetch(shop.dsn, wanted, stream):
            command = RecordAcceptance(message_id=message_id)
            told = Incoming(
                "accepted", "RecordAcceptance", command, stream,
                fingerprint("RecordAcceptance", command), "accepted",
            )  # fmt: skip
            await NOTIFIER.processor(settings, pool).process([told])


async def test_a_mail_is_sent_again_and_the_money_goes_back_by_hand(
    shop: Shop, chromium: Browser, servers: Servers
) -> None:
    settings = servers.settings(shop.dsn)
    await shop.say(placed("m-1", 2), captured("m-1", 2_500), cancel("m-1", refund="LATER"))
    await hear(NOTIFIER, settings, ["m-1"])
    await accept_mails(shop, settings)
    desk = await open_desk(chromium, shop, "lou", "AGENT", color_scheme="dark", viewport=NARROW)
    page = desk.page
    await page.goto(f"{desk.url}/orders/m-1")
    await page.click("summary:has-text('More actions')")
    await page.click("a:has-text('Messages')")
    await desk.is_accessible()
    await page.check("[name=message]")
    await page.fill("#why", "lost in a filter")
    await page.dblclick("text=Send again")
    await page.wait_for_selector("text=It is on its way")
    assert await page.locator("text=sent again by lou").count() == 1
    await desk.is_accessible()
    await page.goto(f"{desk.url}/orders/m-1/settle")
    await page.check("[name=refund_to][value=BY_HAND]")
    await page.wait_for_selector("text=A case is opened")
    await desk.is_accessible()
    await page.click("button.primary")

    async def is_by_hand() -> bool:
        facts = (await shop.door.get("/v1/orders/m-1/history")).json()["history"]
        asked = [one["fact"] for one in facts if one["name"] == "order.refund-requested.v1"]
        return [one["refunds"][0]["method"]["is_offline"] for one in asked] == [True]

    await until(is_by_hand, what="the refund is owed by hand")
    assert desk.complaints == []
