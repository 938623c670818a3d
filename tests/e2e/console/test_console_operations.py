"""Operations and people in a real Chromium: a letter mended, a plan for two, an account opened."""

from typing import Any, get_args

import pytest
from playwright.async_api import Browser

from console.forms import TOKEN
from console.language import Words
from contracts.cancellation import RIGHTS_OF, Right, Role
from countermand.dead_letters.redrive import open_producer
from tests.support.browsing import NEEDS_BROWSER, Desk, open_desk
from tests.support.consuming import consuming
from tests.support.messages import cancel, captured, placed
from tests.support.poison import edited
from tests.support.replaying import cancel_orders
from tests.support.shop import Shop
from tests.support.stack import Servers, count, until

pytestmark = [pytest.mark.e2e, NEEDS_BROWSER]

SAY = Words("en")
NEEDED = SAY("error.right", right=SAY.word("right", Right.REPLAY))
NARROW = {"width": 390, "height": 800}


async def test_a_dead_letter_is_mended_and_sent_again(
    shop: Shop, chromium: Browser, servers: Servers
) -> None:
    settings = servers.settings(shop.dsn)
    topic = await servers.topic("orders")
    process: Any = shop.processor.process
    wrong = edited("o-1", b'"quantity":2', b'"quantity":"two"')
    async with consuming(settings, group=f"at-{topic}", topics=[topic], process=process):
        async with open_producer(servers.kafka_bootstrap) as producer:
            await producer.send_and_wait(topic, partition=0, **wrong)
        await until(lambda: _is_aside(shop), what="the letter is set aside")
        desk = await open_desk(chromium, shop, "oli", "OPS", viewport=NARROW)
        page = desk.page
        await page.click("nav >> text=Operations")
        await desk.is_accessible()
        await page.goto(f"{desk.url}/dead-letters/each")
        await desk.is_accessible()
        await page.goto(f"{desk.url}/dead-letters")
        await page.click("text=DATA_INVALID")
        await desk.is_accessible()
        await page.click("tbody th a")
        await page.click("summary:has-text('Mend it')")
        await desk.is_accessible()
        value = await page.input_value("#value")
        await page.fill("#value", value.replace('"two"', "2"))
        await page.fill("#why", "two is 2")
        await page.click("[value=MEND_SEND]")
        await page.wait_for_selector("text=Handled: 1 of 1.")
        assert await page.locator("text=Was handled").count() >= 1
        assert await page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
        await desk.is_accessible()
    assert desk.complaints == []


async def _is_aside(shop: Shop) -> bool:
    return await count(shop.dsn, "cancellation.dead_letters WHERE code = 'DATA_INVALID'") == 1


async def test_who_may_replay_runs_the_plan_of_another_and_nobody_else_comes_near(
    shop: Shop, chromium: Browser, servers: Servers
) -> None:
    await cancel_orders(servers.settings(shop.dsn), [f"rp-{number}" for number in range(101)])
    legs = iter(("inventory", "notifier", "refunds"))
    desks = {role: await open_desk(chromium, shop, f"{role}-at-plans".lower(), role)
             for role in get_args(Role)}  # fmt: skip
    able = [role for role in desks if Right.REPLAY in RIGHTS_OF[role]]
    for planner, second in zip(able, [*able[1:], able[0]], strict=True):
        await _is_run_by_another(shop, desks[planner], desks[second], next(legs))
        await desks[planner].is_accessible()
        await desks[second].is_accessible()
    where = await _planned(shop, desks[able[0]].name, next(legs))
    for role in desks.keys() - set(able):
        await _is_out_of_reach(desks[role], where)
    assert await count(shop.dsn, "inventory.stock_movements") > 0
    for desk in desks.values():
        assert [one for one in desk.complaints if "403" not in one] == []
        await desk.page.context.close()


async def _planned(shop: Shop, who: str, service: str) -> str:
    """Have a plan made; returns the address of its page."""
    actor = {"type": "STAFF", "id": who, "role": "OPS"}
    wish = {"target": f"leg:{service}", "why": "it was away", "older_than_s": 0, "actor": actor}
    made = await shop.operations.send("POST", "/v1/replay-plans", json=wish)
    assert made.status_code == 201, made.text
    return f"/replays/{made.json()['plan']}"


async def _is_run_by_another(shop: Shop, first: Desk, second: Desk, service: str) -> None:
    """Plan as one person, who cannot approve; approve and run as the other."""
    where = await _planned(shop, first.name, service)
    await first.page.goto(first.url + where)
    await first.page.wait_for_selector("text=and you made it")
    assert await first.page.locator("[value=APPROVE]").count() == 0
    await _press(second, where, "APPROVE", "looked at every row")
    await second.page.wait_for_selector("[value=RUN]")
    await _press(second, where, "RUN", "they wait")
    await second.page.wait_for_selector("h1:has-text('Completed')")


async def _is_out_of_reach(desk: Desk, where: str) -> None:
    """See nothing of it, and be told so where one knocks all the same."""
    page = desk.page
    assert await page.locator("nav a[href='/dead-letters']").count() == 0
    token = await page.input_value(f"[name={TOKEN}] >> nth=0")
    form: dict[str, Any] = {TOKEN: token, "action": "RUN", "why": "I can"}
    for address in (where, "/replays", "/replays/new", "/dead-letters"):
        answer = await page.request.get(desk.url + address)
        assert (answer.status, NEEDED in await answer.text()) == (403, True), address
    answer = await page.request.post(desk.url + where, form=form)
    assert (answer.status, NEEDED in await answer.text()) == (403, True)


async def _press(desk: Desk, where: str, action: str, why: str) -> None:
    await desk.page.goto(desk.url + where)
    await desk.page.fill("#why", why)
    await desk.page.click(f"[value={action}]")


async def test_an_administrator_adds_a_person_who_then_signs_in(
    shop: Shop, chromium: Browser
) -> None:
    admin = await open_desk(chromium, shop, "ada", "ADMIN", locale="fr-FR")
    page = admin.page
    await page.click("nav >> text=Comptes")
    await admin.is_accessible()
    await page.click("text=Ajouter une personne")
    await page.fill("#name", "Zoe")
    await page.check("[value=OPS]")
    await admin.is_accessible()
    await page.click("text=Ouvrir le compte")
    password = await page.input_value("#secret")
    await admin.is_accessible()
    shop.passwords["zoe"] = password
    zoe = await open_desk(chromium, shop, "zoe", "OPS")
    await zoe.page.wait_for_selector("nav >> text=Operations")
    await page.goto(f"{admin.url}/people/accounts/zoe")
    await admin.is_accessible()
    await page.click("[value=DISABLE]")
    await page.wait_for_selector("text=Désactivé.")
    await zoe.page.goto(f"{zoe.url}/orders")
    await zoe.page.wait_for_url("**/you?**ended=yes**")
    await page.goto(f"{admin.url}/people/keys/new")
    await page.fill("#name", "erp")
    await admin.is_accessible()
    await page.click("button.primary")
    key = await page.input_value("#secret")
    headers = {"Authorization": f"Bearer {key}"}
    told = await shop.door.send("GET", "/v1/me", headers=headers)
    assert told.json()["rights"] == ["READ"]
    await page.goto(f"{admin.url}/people/log")
    await admin.is_accessible()
    assert admin.complaints == zoe.complaints == []


async def test_a_draft_is_held_against_the_past_and_that_very_draft_put_in_force(
    shop: Shop, chromium: Browser
) -> None:
    await shop.say(placed("w-1", 2), captured("w-1", 2_500), cancel("w-1"))
    desk = await open_desk(chromium, shop, "ada", "ADMIN")
    page = desk.page
    before = (await shop.door.get("/v1/policies/current")).json()["version"]
    await page.goto(f"{desk.url}/policies/draft")
    await page.fill("[name=hold_s]", "15 min")
    await page.fill("#trial_order", "w-1")
    await page.click("[name=look]")
    assert "15 min" in await page.inner_text("#preview")
    assert "NOTHING_LEFT" in await page.inner_text("#preview")
    await page.click("[value=WHAT_IF]")
    await page.wait_for_url("**/policies/what-if/**")
    await page.wait_for_selector("h1:has-text('Done')", timeout=30_000)
    await desk.is_accessible()
    await page.wait_for_selector("th a:has-text('w-1')")
    assert "Hold" in await page.inner_text("#live-body")
    await page.click("[value=PUBLISH]")
    await page.wait_for_url("**/policies?**")
    found = (await shop.door.get("/v1/policies/current")).json()
    assert (found["version"], found["policy"]["hold_s"]) == (before + 1, 900)
    await page.click(f"th a:has-text('{before + 1}')")
    await page.wait_for_selector("ins:has-text('15 min')")
    await desk.is_accessible()
    assert desk.complaints == []
