"""The console in a real Chromium over a running service, from the search to the last restock."""

from typing import Any

import pytest
from playwright.async_api import Browser

from contracts.cancellation import ApprovalTerms
from kit.ids import event_id, stream_id
from tests.support.browsing import HOSTILE, NEEDS_BROWSER, at_the_door, open_desk
from tests.support.messages import cancel, captured, placed
from tests.support.shop import ACTOR, Shop
from tests.support.stack import until

pytestmark = [pytest.mark.e2e, NEEDS_BROWSER]


async def test_an_order_is_found_cancelled_in_part_and_followed(
    shop: Shop, chromium: Browser
) -> None:
    await shop.say(placed("c-1", 4, 2), captured("c-1", 7500))
    desk = await open_desk(chromium, shop)
    page = desk.page
    await desk.is_accessible()
    await page.fill("[type=search]", "c-1")
    await page.press("[type=search]", "Enter")
    await page.wait_for_url("**/orders/c-1")
    await desk.is_accessible()
    await page.click("text=Cancel order")
    await page.fill("[name='units:1']", "2")
    await page.fill("[name='units:2']", "0")
    await page.select_option("#reason", "CUSTOMER/CHANGED_MIND")
    await page.wait_for_selector("text=This would be cancelled")
    await desk.is_accessible()
    assert "2 units back on the shelf" in await page.inner_text("#preview")
    await page.dblclick("button.danger")
    await page.wait_for_selector("text=Partly cancelled")
    assert await page.locator(".leg").count() == 3
    cancellation = event_id(stream_id("order:c-1"), 3)
    assert len((await shop.door.get("/v1/orders/c-1/history")).json()["history"]) == 3
    assert str(cancellation) in (await page.content())
    await page.focus("[data-places]")
    await page.keyboard.press("Home")
    await page.wait_for_selector("text=Nothing can be done here")
    await page.goto(f"{desk.url}/numbers?first=2026-11-02&last=2026-11-02")
    await desk.is_accessible()
    await page.fill("[name=visits]", "100")
    await page.click(".visits button")
    await page.wait_for_url("**visits=100**")
    assert "%" in await page.inner_text(".visits + p.big")
    await page.click(".kpi a >> nth=1")
    await page.click("th a:has-text('c-1')")
    await page.wait_for_url("**/orders/c-1")
    assert desk.complaints == []


async def test_a_hold_is_undone_and_later_work_is_done_by_hand(
    shop: Shop, chromium: Browser
) -> None:
    await shop.say(placed("c-2", 4, 2), captured("c-2", 7500))
    desk = await open_desk(chromium, shop, locale="fr-FR", color_scheme="dark")
    page = desk.page

    async def cancel(**choices: str) -> None:
        await page.goto(f"{desk.url}/orders/c-2/cancel")
        await page.select_option("#reason", "CUSTOMER/CHANGED_MIND")
        for name, value in choices.items():
            await page.check(f"[name={name}][value={value}]")
        await page.click("button.danger")
        await page.wait_for_selector(".banner.good")

    policy = (await shop.door.get("/v1/policies/current")).json()["policy"]
    await publish(shop, {**policy, "version": 1, "hold_s": 900})
    await cancel()
    await desk.is_accessible()
    await page.click("text=Défaire")
    await page.wait_for_selector("text=comme si elle n'avait jamais été annulée")
    await publish(shop, {**policy, "version": 2, "hold_s": 0})
    await cancel(refund="LATER", restock="NONE")
    await page.click('summary:has-text("Plus d\'actions")')
    await page.click("a:has-text('Rembourser')")
    await page.check("[name=how][value=AMOUNT]")
    await page.fill("#amount", "3,50")
    await page.wait_for_selector("#preview .result:has-text('3,50 EUR')")
    await desk.is_accessible()
    await page.click("button.primary")
    await page.wait_for_selector("text=L'argent est en route")
    await page.goto(f"{desk.url}/orders/c-2/restock")
    await desk.is_accessible()
    await page.click("button.primary")
    await page.wait_for_selector("text=en route vers l'étagère")
    order = (await shop.door.get("/v1/orders/c-2")).json()["order"]
    assert order["refund_due_minor"] == 350
    assert [line["off_shelf"] for line in order["lines"]] == [0, 0]
    await page.click('summary:has-text("Plus d\'actions")')
    await page.click("a:has-text('Rétablir')")
    await page.wait_for_selector("text=ne reviennent pas d'eux-mêmes")
    await page.click("button.primary")
    await page.wait_for_selector("h1:has-text('Rétablie')")
    await desk.is_accessible()
    assert desk.complaints == []


async def publish(shop: Shop, policy: dict[str, Any]) -> None:
    answer = await shop.door.send(
        "POST", "/v1/policies", headers={"Idempotency-Key": f"policy-{policy['version']}"},
        json={"policy": policy, "actor": {**ACTOR, "role": "ADMIN"}},
    )  # fmt: skip
    assert answer.status_code == 201

    async def is_in_force() -> bool:
        wish = {"reason": "OTHER", "actor": ACTOR}
        path = "/v1/orders/c-2/cancellation-previews"
        told = (await shop.door.send("POST", path, json=wish)).json()
        return bool(told["basis"]["policy_version"] == policy["version"])

    await until(is_in_force, what="the policy is in force")


async def test_without_scripts_an_order_is_cancelled_too_and_seen_as_it_was(
    shop: Shop, chromium: Browser
) -> None:
    await shop.say(placed("c-3", 1), captured("c-3", 1250))
    desk = await open_desk(chromium, shop, java_script_enabled=False)
    page = desk.page
    await page.goto(f"{desk.url}/orders/c-3/cancel")
    await page.select_option("#reason", "INVENTORY/OUT_OF_STOCK")
    await page.click("text=Show what this would do")
    assert await page.locator("text=This would be cancelled").count() == 1
    await page.click("button.danger")
    assert await page.locator("h1 s").count() == 1
    await page.click("[rel=prev]")
    assert await page.locator("h1 s").count() == 0
    assert await page.locator("text=Nothing can be done here").count() == 1
    await page.goto(f"{desk.url}/orders?state=CANCELLED")
    assert await page.inner_text("tr.struck s a") == "c-3"


async def test_everything_is_reached_by_the_keyboard_and_no_word_is_markup(
    shop: Shop, chromium: Browser
) -> None:
    order = placed("c-4", 3)
    title = order.lines[0].model_copy(update={"title": HOSTILE})
    await shop.say(order.model_copy(update={"lines": (title,)}), captured("c-4", 3750))
    desk = await open_desk(chromium, shop, viewport={"width": 390, "height": 800})
    page = desk.page
    await page.keyboard.press("/")
    await page.keyboard.type("onerror")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**q=onerror**")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/orders/c-4")
    assert HOSTILE in await page.inner_text(".lines")
    await page.keyboard.press("c")
    await page.wait_for_url("**/cancel")
    await desk.is_accessible()
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    await page.keyboard.press("Escape")
    await page.wait_for_url("**/orders/c-4")
    assert desk.complaints == []


async def test_a_request_is_answered_by_a_second_person_from_the_inbox(
    shop: Shop, chromium: Browser
) -> None:
    large = ApprovalTerms(name="LARGE_REFUND", amount_from_minor=1)
    wish = cancel("c-5", actor={"type": "STAFF", "id": "lea", "role": "AGENT"})
    await shop.say(placed("c-5", 4), captured("c-5", 5_000), wish, approvals=(large,))
    customer = {"type": "CUSTOMER", "id": "C1"}
    await shop.door.send(
        "POST", "/v1/orders/c-5/cancellation-requests", headers={"Idempotency-Key": "ask-c-5"},
        json={"actor": customer, "customer_note": "It comes too late"},
    )  # fmt: skip

    async def are_listed() -> bool:
        return len((await shop.door.get("/v1/cancellation-requests")).json()["requests"]) == 2

    await until(are_listed, what="both requests are in the inbox")
    desk = await open_desk(chromium, shop, viewport={"width": 390, "height": 800})
    page = desk.page
    await page.goto(f"{desk.url}/requests")
    await desk.is_accessible()
    assert await page.locator("[data-rows] tbody tr").count() == 2
    await page.click("tr:has-text('LARGE_REFUND') a")
    await page.wait_for_selector("text=This would be cancelled")
    await desk.is_accessible()
    await page.click("text=Grant it")
    await page.wait_for_selector(".banner.good")
    await page.goto(f"{desk.url}/requests")
    await page.click("[data-rows] tbody a")
    await page.fill("#customer_message", "It is on its way")
    await page.click("text=Deny it")
    await page.wait_for_selector("text=Denied. Nothing has moved.")
    assert desk.complaints == []


async def test_a_bulk_plan_is_looked_at_started_paused_and_followed_to_its_end(
    shop: Shop, chromium: Browser
) -> None:
    ids = [f"b-{number}" for number in range(4)]
    await shop.say(*(placed(id_, 1) for id_ in ids), *(captured(id_, 1_250) for id_ in ids))
    desk = await open_desk(chromium, shop, color_scheme="dark")
    page = desk.page
    await page.goto(f"{desk.url}/bulk/new")
    await page.fill("#orders", "\n".join([*ids, "nobody"]))
    await page.select_option("#reason", "INVENTORY/OUT_OF_STOCK")
    await page.fill("#plan_id", "recall-e2e")
    await page.fill("#orders_per_s", "1")
    await page.click("[name=look]")
    await page.wait_for_selector("text=Nobody announced this order.")
    assert "50.00 EUR" in await page.inner_text("#preview")
    await desk.is_accessible()
    await page.dblclick("text=Start with 5 orders")
    await page.wait_for_url("**/bulk/recall-e2e**")
    await page.click("[value=PAUSE]")
    await page.wait_for_selector("h1:has-text('Paused')")
    await desk.is_accessible()
    await page.fill("#orders_per_s", "100")
    await page.click("[value=RESUME]")
    await page.wait_for_selector("h1:has-text('Completed')")
    assert await page.locator("td:has-text('Nobody announced')").count() == 1
    assert await page.locator("td:has-text('Cancelled')").count() == 4
    assert (await shop.find("recall-e2e"))["outcomes"] == {"CANCELLED": 4, "REFUSED": 1}
    assert desk.complaints == []


async def test_what_changes_is_seen_without_a_reload_in_the_list_and_on_the_order(
    shop: Shop, chromium: Browser
) -> None:
    await shop.say(placed("c-6", 1), captured("c-6", 1_250))
    desk = await open_desk(chromium, shop)
    await desk.page.goto(f"{desk.url}/orders?q=c-6@shop.example")
    assert not await desk.page.locator("[data-news]").is_visible()
    beside = await desk.page.context.new_page()
    await beside.goto(f"{desk.url}/orders/c-6")
    await shop.say(cancel("c-6"))
    await beside.wait_for_selector("h1 s")
    await desk.page.bring_to_front()
    await desk.page.wait_for_selector("tr.struck s a")
    assert desk.complaints == []


async def test_a_customer_withdraws_by_the_link_once_and_follows_it_on_a_telephone(
    shop: Shop, chromium: Browser
) -> None:
    order = placed("p-1", 4, 2)
    hostile = order.lines[0].model_copy(update={"title": HOSTILE})
    await shop.say(
        order.model_copy(update={"lines": (hostile, order.lines[1])}), captured("p-1", 7_500)
    )
    visit = await at_the_door(chromium, shop, "p-1", viewport={"width": 390, "height": 800})
    page = visit.page
    assert HOSTILE in await page.inner_text("main")
    await visit.is_accessible()
    await page.click("text=Cancel or withdraw")
    await page.check("[value=WITHDRAW]")
    await page.fill("[name='units:2']", "0")
    await visit.is_accessible()
    await page.click("text=Continue")
    await visit.is_accessible()
    assert "50.00 EUR" in await page.inner_text(".sums")
    await page.dblclick("text=Confirm withdrawal")
    await page.wait_for_selector("h1:has-text('We have your withdrawal')")
    await visit.is_accessible()
    reference = await page.inner_text("dd.code")
    assert (await shop.door.get(f"/v1/commands/{reference}")).json()["outcome"] == "REQUESTED"
    await page.reload()
    assert await page.inner_text("dd.code") == reference
    await page.click("text=Back to your order")
    await page.click("text=Français")
    await page.wait_for_selector("h1:has-text('Nous avons votre demande')")
    await visit.is_accessible()
    history = (await shop.door.get("/v1/orders/p-1/history")).json()["history"]
    assert [one["name"] for one in history].count("order.cancellation-requested.v1") == 1
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    assert await page.evaluate("document.cookie") == ""
    assert visit.complaints == []
