"""Each role walks the whole flow in a real Chromium, on a system whose legs really move.

What it has the right for it does, and sees it arrive; what it has not is neither there nor
possible.
"""

from collections.abc import Mapping
from typing import Any, get_args

import pytest
from playwright.async_api import Page

from console.app import DOORS
from console.forms import COMMAND_ID, TOKEN
from contracts.cancellation import RIGHTS_OF, Right, Role
from tests.support.browsing import NEEDS_BROWSER
from tests.support.desk_walk import SAY, Deed, Walk, number_of
from tests.support.messages import captured, placed
from tests.support.sandbox import Sandbox, put_in_force
from tests.support.stack import until

pytestmark = [pytest.mark.e2e, NEEDS_BROWSER, pytest.mark.timeout(300)]

ROLES: tuple[Role, ...] = get_args(Role)
HEAD = {"type": "STAFF", "id": "admin", "role": "ADMIN"}
PRICES_MINOR = {"now": 3_750, "owes": 7_500, "held": 3_750, "asks": 3_750, "large": 125_000}
UNITS = {"owes": (4, 2), "large": (100,)}
WITHDRAWN = {"reason": "CUSTOMER", "sub_reason": "CHANGED_MIND"}
OFFERED = {
    "cancel": Right.CANCEL, "settle": Right.REFUND, "restock": Right.RESTOCK,
    "reinstate": Right.CANCEL, "messages": Right.READ,
}  # fmt: skip
"""What an order offers of which a part is cancelled, owed and withheld."""

MENU = {"dead-letters": Right.REPLAY, "people": Right.PEOPLE}
"""What the menu has beside what everybody sees."""


async def _cancel(page: Page) -> None:
    await page.click("a.danger")
    await page.select_option("#reason", "CUSTOMER/CHANGED_MIND")
    await page.click("button.danger")


async def _settle(page: Page) -> None:
    await page.click("summary:has-text('More actions')")
    await page.click("a[href$='/settle']")
    await page.check("[name=how][value=AMOUNT]")
    await page.fill("#amount", "3.50")
    await page.wait_for_selector("#preview .result:has-text('3.50 EUR')")
    await page.click("button.primary")


async def _restock(page: Page) -> None:
    await page.click("summary:has-text('More actions')")
    await page.click("a[href$='/restock']")
    await page.fill("[name='back:1']", "1")
    await page.click("button.primary")


async def _reinstate(page: Page) -> None:
    await page.click("summary:has-text('More actions')")
    await page.click("a[href$='/reinstate']")
    await page.wait_for_url("**/reinstate")
    if not await page.locator(".banner.bad").count():
        await page.click("button.primary")


async def _undo(page: Page) -> None:
    await page.click("form[action$='/undo'] button")


async def _deny(page: Page) -> None:
    await page.fill("#customer_message", "It is on its way")
    await page.click("[value=DENY]")


async def _approve(page: Page) -> None:
    await page.wait_for_selector("text=This would be cancelled")
    await page.click("[value=APPROVE]")


A_REQUEST, A_REINSTATEMENT = "/requests/{id}", "/cancellations/{id}/reinstate"
CANCEL = Deed(
    "now", Right.CANCEL, "CANCEL", "", "a.danger", "/cancel",
    {"reason": "OTHER", "units:1": "1"}, _cancel, "Cancelled. Money, stock and message",
)  # fmt: skip
DEEDS = (
    CANCEL,
    Deed("owes", Right.REFUND, "SETTLE", "", "a[href$='/settle']", "/settle", {}, _settle,
         "The money is on its way."),
    Deed("owes", Right.RESTOCK, "RESTOCK", "", "a[href$='/restock']", "/restock", {"back:1": "1"},
         _restock, "back to the shelf"),
    Deed("owes", Right.CANCEL, "REINSTATE", "", "a[href$='/reinstate']", A_REINSTATEMENT, {},
         _reinstate, "Reinstated."),
    Deed("held", Right.CANCEL, "UNDO", "", "form[action$='/undo']", "/cancellations/{id}/undo", {},
         _undo, "as if it had never been cancelled"),
    Deed("asks", Right.REQUEST, "APPROVE", A_REQUEST, "[value=DENY]", A_REQUEST,
         {"answer": "DENY", "customer_message": "no"}, _deny, "Denied. Nothing has moved."),
    Deed("large", Right.APPROVE, "APPROVE", A_REQUEST, "[value=APPROVE]", A_REQUEST,
         {"answer": "APPROVE"}, _approve, "Cancelled. Money, stock and message"),
)  # fmt: skip


@pytest.fixture(scope="module")
async def ids(sandbox: Sandbox) -> Mapping[str, str]:
    """Prepare five orders for each role; returns what was cancelled and asked for, by order."""
    facts = []
    for role in ROLES:
        for name, minor in PRICES_MINOR.items():
            number = number_of(role, name)
            facts += [placed(number, *UNITS.get(name, ())), captured(number, minor)]
    await sandbox.place(facts)
    found: dict[str, str] = {}
    await put_in_force(sandbox.door, "viewer-now", HEAD, hold_s=86_400)
    for role in ROLES:
        number = number_of(role, "held")
        found[number] = (await sandbox.ask(number, "cancellations", **WITHDRAWN))["cancellation_id"]
    await put_in_force(sandbox.door, "viewer-now", HEAD, hold_s=0)
    part = {"lines": [{"line_id": "1", "quantity": 2}], "refund": "LATER", "restock": False}
    for role in ROLES:
        owes, asks, large = (number_of(role, name) for name in ("owes", "asks", "large"))
        told = await sandbox.ask(owes, "cancellations", **WITHDRAWN, **part)
        found[owes] = told["cancellation_id"]
        customer = {"type": "CUSTOMER", "id": "C1"}
        told = await sandbox.ask(asks, "cancellation-requests", reason="CUSTOMER", actor=customer)
        found[asks] = told["request_id"]
        found[large] = (await sandbox.ask(large, "cancellations", **WITHDRAWN))["request_id"]
    return found


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_does_what_its_rights_are_for_and_nothing_else(
    sandbox: Sandbox, ids: Mapping[str, str], role: Role
) -> None:
    desk, rights = await sandbox.sit_down(role.lower()), RIGHTS_OF[role]
    page, walk = desk.page, Walk(sandbox, desk, role, ids)
    await _finds_only_what_is_for_it(walk)
    beside = await page.context.new_page()
    await beside.goto(walk.at(CANCEL, ""))
    await beside.evaluate("window.is_the_same_page = true")
    for deed in DEEDS:
        if deed.is_granted_to(role):
            await walk.is_done(deed)
        elif deed.is_opened_to(role):
            await walk.is_refused(deed)
        else:
            await walk.is_out_of_reach(deed)
    if not CANCEL.is_granted_to(role):  # whoever only looks on sees a colleague's
        await sandbox.ask(walk.order("now"), "cancellations", **WITHDRAWN)
    elif Right.REFUND not in rights:
        await _chooses_nothing_about_money(walk)
    await beside.bring_to_front()
    await beside.wait_for_selector("h1 s")
    await beside.wait_for_function(
        "() => { const legs = [...document.querySelectorAll('.leg')];"
        " return legs.length === 3 && legs.every((leg) => leg.classList.contains('good')); }"
    )
    assert await beside.evaluate("window.is_the_same_page"), "it was looked at again by hand"
    await _books_say_so(walk)
    assert [one for one in desk.complaints if "403" not in one] == []
    await page.context.close()


async def _finds_only_what_is_for_it(walk: Walk) -> None:
    page, rights = walk.desk.page, RIGHTS_OF[walk.role]
    await page.fill("[type=search]", walk.order("owes"))
    await page.press("[type=search]", "Enter")
    await page.wait_for_url(f"**/orders/{walk.order('owes')}")
    offered = await _last_parts(page, ".head-actions a")
    assert offered == {name for name, right in OFFERED.items() if right in rights}
    in_menu = await _last_parts(page, "nav a")
    assert in_menu & set(MENU) == {name for name, right in MENU.items() if right in rights}
    for door in DOORS:
        if door.get and door.needs and "{" not in door.path and door.path != "/live":
            answer = await page.request.get(walk.desk.url + door.path)
            opens = (200, 422) if door.needs in rights else (403,)
            assert answer.status in opens, door.path


async def _last_parts(page: Page, links: str) -> set[str]:
    found: list[str] = await page.locator(links).evaluate_all(
        "links => links.map((one) => one.pathname.split('/').at(-1))"
    )
    return set(found)


async def _chooses_nothing_about_money(walk: Walk) -> None:
    """See no choice of a refund where the right to cancel is there and that to refund is not."""
    page, number = walk.desk.page, walk.order("owes")
    where = f"{walk.desk.url}/orders/{number}/cancel"
    await page.goto(where)
    assert await page.locator("[name=refund]").count() == 0
    token, told = (
        await page.input_value(f"[name={TOKEN}] >> nth=0"),
        await walk.sandbox.facts(number),
    )
    form: dict[str, Any] = {
        TOKEN: token, COMMAND_ID: f"knock-{number}", "reason": "OTHER", "units:1": "1",
        "refund": "LATER",
    }  # fmt: skip
    answer = await page.request.post(where, form=form)
    needed = SAY("error.right", right=SAY.word("right", Right.REFUND))
    assert (answer.status, needed in await answer.text()) == (403, True)
    assert await walk.sandbox.facts(number) == told


async def _books_say_so(walk: Walk) -> None:
    """Hold what was done against the books of the provider, the shelf and the mailbox."""
    sandbox = walk.sandbox
    granted = {deed.action for deed in DEEDS if deed.is_granted_to(walk.role)}
    now, owes, held, asks, large = map(walk.order, PRICES_MINOR)
    is_approved, is_settled = "APPROVE" in granted, "SETTLE" in granted
    expected = {
        now: (PRICES_MINOR["now"], {"1": 2, "2": 1}, 1),
        owes: (350 if is_settled else 0, {"1": 1} if "RESTOCK" in granted else {}, None),
        held: (0, {}, 0 if "UNDO" in granted else None),
        asks: (0, {}, None),
        large: (
            PRICES_MINOR["large"] if is_approved else 0, {"1": 100} if is_approved else {}, None
        ),
    }  # fmt: skip
    for number, (money_minor, units, mails) in expected.items():

        async def agree(
            number: str = number, wanted: tuple[object, ...] = (money_minor, units)
        ) -> bool:
            found = await sandbox.given_back(f"pi_{number}"), await sandbox.shelved(number)
            return found == wanted

        await until(agree, what=f"the books of {number} say {money_minor} and {units}")
        if mails is not None:
            assert len(await sandbox.mails(number)) == mails, number
