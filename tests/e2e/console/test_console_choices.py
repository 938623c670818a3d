"""The staff's choices in a real Chromium: each seen ahead, each role with its own, cases, views."""

from typing import Any, get_args

import pytest
from playwright.async_api import Browser, Page

from console.app import DOORS
from contracts.cancellation import Role
from contracts.orders import Customer, PaymentCaptured
from kit.ids import event_id, stream_id
from tests.support import mothers
from tests.support.browsing import NEEDS_BROWSER, at_the_door, open_desk
from tests.support.messages import MOMENT, cancel, captured, incoming, placed
from tests.support.shop import Shop
from tests.support.stack import until

pytestmark = [pytest.mark.e2e, NEEDS_BROWSER]

FRENCH = Customer(customer_id="C7", email="c7@shop.example", locale="fr")
NARROW = {"width": 390, "height": 800}

CHOICES: tuple[tuple[dict[str, str], dict[str, str], str], ...] = (
    ({"refund": "NOW"}, {}, "to give back now 75.00 EUR"),
    ({"refund": "AMOUNT"}, {"amount": "10.50"}, "to give back now 10.50 EUR"),
    ({"refund": "LINES"}, {"worth:1": "2", "worth:2": "0"}, "to give back now 25.00 EUR"),
    ({"refund": "TENDERS"}, {"tender:gift_r-1": "5"}, "on gift_r-1 (gift card): 5.00 EUR"),
    ({"refund": "LATER"}, {}, "to give back now 0.00 EUR"),
    ({"refund": "NONE"}, {}, "kept, as asked"),
    ({"refund": "NOW", "as_credit": "yes"}, {}, "as store credit of customer C7: 75.00 EUR"),
    ({"restock": "NONE"}, {}, "2 units not back: Article 2"),
    ({"restock": "CHOSEN"}, {"back:1": "1", "back:2": "0"}, "1 unit back on the shelf: Article 1"),
)
"""What is ticked, what is filled in, and what is then said ahead."""


async def choose(page: Page, ticked: dict[str, str], filled: dict[str, str]) -> None:
    for name, value in ticked.items():
        await page.check(f"[name={name}][value={value}]")
    for name, text in filled.items():
        await page.fill(f"[name='{name}']", text)


async def is_seen(page: Page, words: str) -> None:
    """Wait until the preview says this."""

    async def says_it() -> bool:
        return words in " ".join((await page.inner_text("#preview")).split())

    await until(says_it, what=f"the preview says {words!r}", timeout_s=10)


async def test_every_choice_is_seen_ahead_with_the_mail_and_happens_as_it_was_seen(
    shop: Shop, chromium: Browser
) -> None:
    gift = PaymentCaptured(
        order_id="r-1", payment_id="gift_r-1", tender="GIFT_CARD", amount_minor=1_500,
        captured_at=MOMENT,
    )  # fmt: skip
    await shop.say(placed("r-1", 4, 2, customer=FRENCH), captured("r-1", 6_000))
    await shop.processor.process([incoming(gift, "gift-r-1")])
    desk = await open_desk(chromium, shop, "lou", "AGENT")
    page = desk.page
    await page.goto(f"{desk.url}/orders/r-1/cancel")
    await page.select_option("#reason", "CUSTOMER/CHANGED_MIND")
    for ticked, filled, words in CHOICES:
        await choose(page, ticked, filled)
        await is_seen(page, words)
        if "as_credit" in ticked:
            await page.uncheck("[name=as_credit]")
    await page.fill("#customer_message", "Merci de votre patience.")
    await is_seen(page, "Merci de votre patience.")
    mail = page.locator("#preview .mail")
    assert await mail.locator("[lang=fr]").count() == 1
    assert "Votre commande r-1 a été annulée" in await mail.inner_text()
    await desk.is_accessible()
    await page.uncheck("[name=notify]")
    await is_seen(page, "The customer is not told.")
    await page.check("[name=notify]")
    await choose(page, {"refund": "AMOUNT", "restock": "CHOSEN"}, {"amount": "10.50"})
    await page.fill("#staff_note", "asked by telephone")
    await page.click("button.danger")
    await page.wait_for_selector(".banner.good")
    facts = (await shop.door.get("/v1/orders/r-1/history")).json()["history"]
    fact = facts[-1]["fact"]
    assert (fact["refund_minor"], fact["money"]["balance_minor"]) == (1_050, 0)
    assert [(one["line_id"], one["quantity"]) for one in fact["restock_lines"]] == [("1", 1)]
    assert fact["details"]["sub_reason"] == "CHANGED_MIND"
    assert fact["details"]["customer_message"] == "Merci de votre patience."
    assert fact["staff_note"] == "asked by telephone"
    assert "asked by telephone" in await page.content()
    assert desk.complaints == []


OFFERED: dict[Role, set[str]] = {
    "VIEWER": {"messages"},
    "AGENT": {"cancel", "settle", "restock", "reinstate", "messages"},
    "MANAGER": {"cancel", "settle", "restock", "reinstate", "messages"},
    "OPS": {"cancel", "reinstate", "messages"},
    "ADMIN": {"cancel", "settle", "restock", "reinstate", "messages"},
}
PLACES: dict[Role, set[str]] = {
    "VIEWER": set(), "AGENT": set(), "MANAGER": set(), "OPS": {"dead-letters"},
    "ADMIN": {"dead-letters", "people"},
}  # fmt: skip
"""What the menu has beside what everybody sees."""


async def test_each_role_is_offered_what_it_may_do_and_nothing_else(
    shop: Shop, chromium: Browser
) -> None:
    part: dict[str, Any] = {"lines": [{"line_id": "1", "quantity": 1}], "restock": False}
    wish = cancel("r-2", refund="LATER", **part)
    await shop.say(placed("r-2", 4), captured("r-2", 5_000), wish)
    for role in get_args(Role):
        desk = await open_desk(chromium, shop, f"one-{role.lower()}", role)
        menu = await _last_parts(desk.page, "nav a")
        assert menu & {"dead-letters", "people"} == PLACES[role], role
        await desk.page.goto(f"{desk.url}/orders/r-2")
        assert await _last_parts(desk.page, ".head-actions a") == OFFERED[role], role
        if role == "ADMIN":
            for path in (door.path for door in DOORS if door.get and door.needs):
                if "{" not in path and path not in ("/live", "/training"):
                    answer = await desk.page.request.get(desk.url + path)
                    assert answer.status in (200, 422), path
        await desk.page.context.close()


async def _last_parts(page: Page, links: str) -> set[str]:
    found: list[str] = await page.locator(links).evaluate_all(
        "links => links.map((one) => one.pathname.split('/').at(-1))"
    )
    return set(found)


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
