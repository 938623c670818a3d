"""Has something happen on a demo that pictures can show: answers, dead letters, a plan, a draft.

Everything is done as people do it, in the browser; only what upstream says comes by Kafka.
"""

from datetime import UTC, datetime
from typing import Any

from playwright.async_api import Page

from contracts.links import PATH, OrderLink, write_link
from contracts.orders import OrderLine, OrderPlaced, PaymentCaptured
from countermand.endpoints import Endpoints
from countermand.orders import call
from countermand.upstream import Outgoing, open_upstream
from deploy.local.processes import LINK_KEY

LINK_ENDS_AT = 10**11
"""Later than any picture is taken."""

ANSWERS = ("GOOD", "GOOD", "POOR", "GOOD", "FAIR", "GOOD")
TOO_SOON, CAUSE = 3, "ORDER_NOT_FOUND"
"""Payments that come before their orders, and what they are set aside for."""


async def tell(endpoints: Endpoints, page: Page) -> dict[str, str]:
    """Have all of it happen; returns where to see it, by what a picture of it is called.

    Args:
        endpoints: the demo.
        page: of somebody who is signed in and may do everything.
    """
    console = "/".join(page.url.split("/")[:3])
    await _answer(endpoints, page)
    letter = await _pay_too_soon(endpoints, page, console)
    return {
        "numbers": "/numbers?first=2009-12-01&last=2009-12-31",
        "letters": "/dead-letters",
        "letter": letter,
        "replays": "/replays",
        "replay": await _plan(page, console),
        "what-if": await _draft(page, console),
        "people": "/people",
        "keys": "/people/keys",
    }


async def _orders_in(endpoints: Endpoints, state: str, count: int) -> list[str]:
    found: dict[str, Any] = await call(
        endpoints.api_url, "GET", "/v1/orders", params={"state": state, "limit": count},
        key=endpoints.api_key,
    )  # fmt: skip
    return [str(order["order_id"]) for order in found["orders"]]


def link_to(endpoints: Endpoints, order_id: str) -> str:
    """Return the address of a customer's page."""
    token = write_link(LINK_KEY, OrderLink(order_id, LINK_ENDS_AT))
    return f"{endpoints.customers_url}{PATH}/{token}"


async def _answer(endpoints: Endpoints, page: Page) -> None:
    """Answer as customers do; who has answered already is not asked again."""
    for order_id, answer in zip(
        await _orders_in(endpoints, "PARTIALLY_CANCELLED", len(ANSWERS)), ANSWERS, strict=False
    ):
        await page.goto(link_to(endpoints, order_id))
        button = page.locator(f"[name=answer][value={answer}]")
        if await button.count():
            await button.click()


async def _pay_too_soon(endpoints: Endpoints, page: Page, console: str) -> str:
    """Have payments come before their orders; returns where one of them was set aside."""
    now, told = datetime.now(UTC), f"web-{datetime.now(UTC):%H%M%S}"
    order_ids = [f"{told}-{number}" for number in range(TOO_SOON)]
    async with open_upstream(endpoints.kafka_bootstrap) as upstream:
        for order_id in order_ids:
            captured = PaymentCaptured(
                order_id=order_id, payment_id=f"pi_{order_id}", amount_minor=1250, captured_at=now
            )
            await upstream.publish([Outgoing(f"{order_id}-captured", captured)])
        await page.goto(f"{console}/dead-letters")
        while not await page.locator("tbody tr").count():
            await page.wait_for_timeout(250)
            await page.reload()
        line = OrderLine(
            line_id="1", sku="22041", title="RECORD FRAME", quantity=1, unit_price_minor=1250
        )
        for order_id in order_ids:
            placed = OrderPlaced(order_id=order_id, placed_at=now, currency="GBP", lines=(line,))
            await upstream.publish([Outgoing(f"{order_id}-placed", placed)])
    letter = await page.locator("tbody tr td a").first.get_attribute("href")
    while (there := await page.goto(f"{console}/orders/{order_ids[-1]}")) and not there.ok:
        await page.wait_for_timeout(250)
    return str(letter)


async def _plan(page: Page, console: str) -> str:
    """Plan to send the letters again."""
    await page.goto(f"{console}/replays/new")
    await page.select_option("#service", "cancellation")
    await page.fill("#cause", CAUSE)
    await page.fill("#why", "The orders have come meanwhile.")
    await page.click("main button.primary")
    await page.wait_for_url("**/replays/*done=*")
    return page.url.removeprefix(console).partition("?")[0]


async def _draft(page: Page, console: str) -> str:
    """Hold a draft against the past: every cancellation waits a quarter of an hour."""
    await page.goto(f"{console}/policies/draft")
    await page.fill("[name=hold_s]", "15 min")
    await page.click("[name=look]")
    await page.click("[value=WHAT_IF]")
    await page.wait_for_url("**/policies/what-if/**")
    await page.wait_for_selector("h1:has-text('Done')", timeout=120_000)
    return page.url.removeprefix(console)
