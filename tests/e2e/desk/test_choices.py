"""A cancellation with each choice, really sent from a real Chromium, as the books then have it."""

from typing import NamedTuple

import pytest
from playwright.async_api import Page

from console.shown import is_moving
from contracts.orders import Customer, PaymentCaptured
from tests.support.browsing import NEEDS_BROWSER
from tests.support.messages import MOMENT, captured, placed
from tests.support.sandbox import Sandbox
from tests.support.stack import until

pytestmark = [pytest.mark.e2e, NEEDS_BROWSER, pytest.mark.timeout(300)]

BOTH = {"1": 4, "2": 2}


class Choice(NamedTuple):
    """What somebody chooses in the dialog, what is said ahead, and what the books say after."""

    name: str
    ticked: dict[str, str]
    filled: dict[str, str]
    seen: str
    by_card_minor: int = 6_000
    given_back_minor: int = 7_500
    """By the provider and on the gift card."""
    balance_minor: int = 0
    credit_minor: int = 0
    units: dict[str, int] = BOTH
    """Back on the shelf, by line."""
    is_told: bool = True


CHOICES = (
    Choice("now", {"refund": "NOW"}, {}, "to give back now 75.00 EUR"),
    Choice("amount", {"refund": "AMOUNT"}, {"amount": "10.50"}, "to give back now 10.50 EUR",
           1_050, 1_050),
    Choice("lines", {"refund": "LINES"}, {"worth:1": "2", "worth:2": "0"},
           "to give back now 25.00 EUR", 2_500, 2_500),
    Choice("tender", {"refund": "TENDERS"}, {"tender:gift_tender": "5"},
           "on gift_tender (gift card): 5.00 EUR", 0, 500),
    Choice("later", {"refund": "LATER"}, {}, "to give back now 0.00 EUR", 0, 0, 7_500),
    Choice("none", {"refund": "NONE"}, {}, "kept, as asked", 0, 0),
    Choice("credit", {"refund": "NOW", "as_credit": "yes"}, {},
           "as store credit of customer C-credit: 75.00 EUR", 0, 0, 0, 7_500),
    Choice("no-stock", {"restock": "NONE"}, {}, "2 units not back: Article 2", units={}),
    Choice("some-stock", {"restock": "CHOSEN"}, {"back:1": "1", "back:2": "0"},
           "1 unit back on the shelf: Article 1", units={"1": 1}),
    Choice("policy-stock", {"restock": "POLICY"}, {}, "2 units back on the shelf: Article 2"),
    Choice("silent", {}, {}, "The customer is not told.", is_told=False),
    Choice("words", {}, {"customer_message": "Merci de votre patience.",
                         "staff_note": "asked by telephone"}, "Merci de votre patience."),
)  # fmt: skip


async def is_seen(page: Page, words: str) -> None:
    """Wait until the preview says this."""

    async def says_it() -> bool:
        return words in " ".join((await page.inner_text("#preview")).split())

    await until(says_it, what=f"the preview says {words!r}", timeout_s=10)


async def test_each_choice_is_seen_ahead_sent_and_stands_so_in_every_book(
    sandbox: Sandbox,
) -> None:
    facts = []
    for choice in CHOICES:
        number, customer = f"x-{choice.name}", Customer(
            customer_id=f"C-{choice.name}", email=f"x-{choice.name}@shop.example", locale="fr"
        )  # fmt: skip
        gift = PaymentCaptured(
            order_id=number, payment_id=f"gift_{choice.name}", tender="GIFT_CARD",
            amount_minor=1_500, captured_at=MOMENT,
        )  # fmt: skip
        facts += [placed(number, 4, 2, customer=customer), captured(number, 6_000), gift]
    await sandbox.place(facts)
    desk = await sandbox.sit_down("agent")
    for choice in CHOICES:
        await _cancel(desk.page, desk.url, choice)
        if choice.name == "words":
            await desk.is_accessible()
        await desk.page.click("button.danger")
        await desk.page.wait_for_selector(".banner.good")
    for choice in CHOICES:
        await _books_say_so(sandbox, choice)
    details = (await sandbox.facts("x-words"))[3]["fact"]
    assert details["staff_note"] == "asked by telephone"
    assert details["details"]["customer_message"] == "Merci de votre patience."
    assert details["details"]["sub_reason"] == "CHANGED_MIND"
    assert "asked by telephone" in await desk.page.content()
    assert desk.complaints == []
    await desk.page.context.close()


async def _cancel(page: Page, url: str, choice: Choice) -> None:
    """Fill the dialog in, and see what is said ahead."""
    await page.goto(f"{url}/orders/x-{choice.name}/cancel")
    await page.select_option("#reason", "CUSTOMER/CHANGED_MIND")
    for name, value in choice.ticked.items():
        await page.check(f"[name={name}][value={value}]")
    for name, text in choice.filled.items():
        await page.fill(f"[name='{name}']", text)
    if not choice.is_told:
        await page.uncheck("[name=notify]")
    await is_seen(page, choice.seen)
    if choice.is_told:
        mail = page.locator("#preview .mail [lang=fr]")
        assert f"Votre commande x-{choice.name} a été annulée" in await mail.inner_text()


async def _books_say_so(sandbox: Sandbox, choice: Choice) -> None:
    number = f"x-{choice.name}"

    async def is_at_rest() -> bool:
        return not is_moving(await sandbox.order(number))

    await until(is_at_rest, what=f"no leg of {number} moves any more")
    order = await sandbox.order(number)
    assert {
        "card": await sandbox.given_back(f"pi_{number}"),
        "refunded": order["refunded_minor"],
        "credit": order["cancellations"][0]["credit_minor"],
        "owed": order["balance_minor"],
        "units": await sandbox.shelved(number),
        "mails": await sandbox.mails(number),
    } == {
        "card": choice.by_card_minor,
        "refunded": choice.given_back_minor,
        "credit": choice.credit_minor,
        "owed": choice.balance_minor,
        "units": choice.units,
        "mails": [f"Votre commande {number} a été annulée"] if choice.is_told else [],
    }, number
