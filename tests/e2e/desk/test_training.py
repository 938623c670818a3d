"""The sandbox shop as somebody new at the desk meets it: `countermand up --training`, a browser."""

from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page

from contracts.links import PATH, OrderLink, write_link
from deploy.local.processes import LINK_KEY
from tests.support.browsing import NEEDS_BROWSER
from tests.support.command_line import run
from tests.support.sandbox import Sandbox
from tests.support.stack import until

pytestmark = [pytest.mark.e2e, NEEDS_BROWSER, pytest.mark.timeout(300)]

SAID = {
    "en": "Training: these orders are made up",
    "fr": "Formation\u00a0: ces commandes sont inventées",
}


async def cancel(page: Page) -> None:
    """Cancel the order that is shown, as the dialog suggests."""
    await page.click("text=Cancel order")
    await page.select_option("#reason", "CUSTOMER/CHANGED_MIND")
    await page.click("button.danger")
    await page.wait_for_selector(".banner.good")


async def ticked(page: Page) -> set[str]:
    """Return the orders whose exercises are done."""
    done: list[str] = await page.locator(".exercises .done a").evaluate_all(
        "links => links.map((one) => one.pathname.split('/').at(-1))"
    )
    return set(done)


async def test_exercises_are_done_in_the_browser_and_ticked_by_what_the_orders_say(
    sandbox: Sandbox,
) -> None:
    agent = await sandbox.sit_down("agent")
    page, url = agent.page, agent.url
    await page.click("nav >> text=Exercises")
    assert SAID["en"] in await page.inner_text("[role=note]")
    assert (await page.title()).startswith("[Training] ")
    assert "0 of 9 done" in await page.inner_text("main")
    await agent.is_accessible()
    # The plainest: all of it, money at once.
    await page.click(".exercises a:has-text('T-1001')")
    await cancel(page)
    # A colleague's, on hold.
    await page.goto(f"{url}/orders/T-1004")
    await page.click("button:has-text('Undo')")
    await page.wait_for_selector("text=as if it had never been cancelled")
    # By hand, under More actions.
    await page.goto(f"{url}/orders/T-1008")
    await page.click("summary:has-text('More actions')")
    await page.click("a:has-text('Restock')")
    await page.click("button.primary")
    await page.wait_for_selector(".banner.good")
    # One asks; pressing what is refused ticks nothing.
    await page.goto(f"{url}/orders/T-1006")
    await cancel(page)
    await page.goto(f"{url}/training")
    assert await ticked(page) == {"T-1001", "T-1004", "T-1008"}
    assert await page.locator("li:has-text('T-1006') .tasks s").count() == 1
    # Another approves, on a telephone, in French.
    narrow = {"width": 390, "height": 800}
    manager = await sandbox.sit_down("manager", locale="fr-FR", viewport=narrow)
    page = manager.page
    assert SAID["fr"] in await page.inner_text("[role=note]")
    await page.goto(f"{url}/requests")
    await page.click("tr:has-text('T-1006') a")
    await page.click("button:has-text('Accorder')")
    await page.wait_for_selector(".banner.good")
    await page.goto(f"{url}/training")
    assert await ticked(page) == {"T-1001", "T-1004", "T-1006", "T-1008"}
    assert "4 sur 9" in await page.inner_text("main")
    await manager.is_accessible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= narrow["width"]
    assert agent.complaints == manager.complaints == []


async def test_nothing_real_is_in_reach_and_the_customers_mail_stays_on_the_machine(
    sandbox: Sandbox,
) -> None:
    told = sandbox.endpoints.model_dump()
    addresses = [value for name, value in told.items() if name.endswith("_url")]
    assert {urlsplit(address).hostname for address in addresses} == {"127.0.0.1"}
    page = await sandbox.chromium.new_page()

    async def is_in_the_mailbox() -> bool:
        await page.goto(sandbox.endpoints.mailbox_url or "")
        return "T-1001" in await page.content()

    await until(is_in_the_mailbox, what="the mail of T-1001 is in the mailbox")
    other = str(sandbox.data_dir / "other")
    name = "REFUNDS_GATEWAY_URL"
    refused = await run("up", "--training", "--data-dir", other, env={name: "https://real.example"})
    assert (refused.exit_code, name in refused.stderr) == (1, True)


async def test_what_the_customer_says_of_it_stands_in_the_story_of_the_order(
    sandbox: Sandbox,
) -> None:
    page = await sandbox.chromium.new_page()
    link = write_link(LINK_KEY, OrderLink("T-1001", 10**11))
    await page.goto(f"{sandbox.endpoints.customers_url}{PATH}/{link}")
    await page.click("[name=answer][value=GOOD]")
    await page.wait_for_selector(".banner.good")
    viewer = await sandbox.sit_down("viewer")

    async def is_told() -> bool:
        await viewer.page.goto(f"{viewer.url}/orders/T-1001")
        return "handled: well" in await viewer.page.inner_text(".timeline")

    await until(is_told, what="the answer is in the story")
