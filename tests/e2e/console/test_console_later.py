"""Later work in a real Chromium: a case found by a view of one's own, a request taken back."""

import pytest
from playwright.async_api import Browser

from kit.ids import event_id, stream_id
from tests.support import mothers
from tests.support.browsing import NEEDS_BROWSER, at_the_door, open_desk
from tests.support.messages import cancel, captured, placed
from tests.support.shop import Shop
from tests.support.stack import until

pytestmark = [pytest.mark.e2e, NEEDS_BROWSER]

NARROW = {"width": 390, "height": 800}


async def test_a_case_is_taken_noted_and_escalated_from_the_order_and_found_by_a_view_of_ones_own(
    shop: Shop, chromium: Browser
) -> None:
    cancellation_id = event_id(stream_id("order:r-3"), 3)
    report = mothers.a_restock_failure(cancellation_id).model_copy(update={"order_id": "r-3"})
    await shop.say(placed("r-3", 4), captured("r-3", 5_000), cancel("r-3"), report)

    async def is_there() -> bool:
        found = (await shop.door.get("/v1/orders/r-3")).json()
        return bool(found.get("order", {}).get("cases"))

    await until(is_there, what="the case is on the order")
    desk = await open_desk(chromium, shop, "lou", "AGENT", viewport=NARROW, locale="fr-FR")
    page = desk.page
    await page.goto(f"{desk.url}/orders?stuck=STOCK&q=r-3@shop.example")
    await page.fill("#view-name", "À remettre")
    await page.click("button:has-text('Garder')")
    await page.click("nav.views >> text=À remettre")
    await page.wait_for_selector("nav.views [aria-current]:has-text('À remettre')")
    await page.click("tbody th a")
    await page.click('summary:has-text("Plus d\'actions")')
    await desk.is_accessible()
    await page.click("a:has-text('faire monter')")
    await page.wait_for_url("**/cases/**")
    await desk.is_accessible()
    for action in ("ASSIGN", "NOTE", "ESCALATE"):
        if action == "NOTE":
            await page.fill("#note", "pas sur l'étagère")
        await page.click(f"[name=action][value={action}]")
        await page.wait_for_selector(".banner.good")
        await page.goto(page.url.partition("?")[0])
    assert "pas sur l'étagère" in await page.inner_text(".timeline")
    case = (await shop.door.get(f"/v1{page.url.removeprefix(desk.url)}")).json()["case"]
    assert (case["owner"], case["role"]) == (None, "MANAGER")
    assert await page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert desk.complaints == []


async def test_what_a_customer_takes_back_nobody_can_grant_any_more(
    shop: Shop, chromium: Browser
) -> None:
    await shop.say(placed("r-4", 2), captured("r-4", 2_500))
    visit = await at_the_door(chromium, shop, "r-4", viewport=NARROW, color_scheme="dark")
    page = visit.page
    await page.click("text=Cancel or withdraw")
    await page.click("text=Continue")
    await page.click("form button.primary")
    await page.wait_for_selector("h1:has-text('We have your')")
    history = (await shop.door.get("/v1/orders/r-4/history")).json()["history"]
    request_id = history[-1]["fact"]["request_id"]
    desk = await open_desk(chromium, shop)
    await desk.page.goto(f"{desk.url}/orders/r-4/requests/{request_id}")
    await page.click("text=Back to your order")
    await page.click("text=Take your request back")
    await visit.is_accessible()
    assert "Nothing has been done yet" in await page.inner_text("main")
    await page.dblclick("button.primary")
    await page.wait_for_selector("h1:has-text('Your request is taken back')")
    await visit.is_accessible()
    reference = await page.inner_text("dd.code")
    await page.reload()
    assert await page.inner_text("dd.code") == reference
    # A form that was opened before is too late.
    await desk.page.click("text=Grant it")
    await desk.page.wait_for_selector(".banner.bad")
    await desk.page.goto(f"{desk.url}/orders/r-4/requests/{request_id}")
    assert await desk.page.locator("[name=answer]").count() == 0
    await desk.page.goto(f"{desk.url}/requests")
    assert await desk.page.locator("text=r-4").count() == 0
    await desk.page.goto(f"{desk.url}/orders/r-4")
    assert "taken back" in await desk.page.inner_text(".timeline")
    history = (await shop.door.get("/v1/orders/r-4/history")).json()["history"]
    assert [one["name"] for one in history[3:]] == [
        "order.cancellation-denied.v1", "order.command-rejected.v1",
    ]  # fmt: skip
    assert visit.complaints == []
