"""Money, stock and message on the whole system: what is decided moves once, what waits does not.

The tests go on with what the ones before have left; the last one forges the books.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import aiosmtplib
import httpx2
import pytest

from contracts.cancellation import (
    ApproveCancellation,
    CancelOrder,
    PublishPolicy,
    ReleaseHold,
    RequestCancellation,
    RestockCancelledItems,
    SettleRefund,
    UndoCancellation,
)
from countermand.verify.report import verify
from kit.ids import child_id
from services.cancellation.domain.default_policy import DEFAULT_POLICY
from tests.support.messages import cancel
from tests.support.stack import fetch, until
from tests.support.town import NOTHING, Outside, Town, newest, open_town
from tests.support.wishes import ADA, KIM, LEA, ROOT, units_back

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SILENT = {"notify": False}


@pytest.fixture(scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with open_town(tmp_path_factory.mktemp("town")) as opened:
        yield opened


def asked(order_id: str, **more: Any) -> CancelOrder:
    """Cancel as Kim of the staff."""
    return cancel(order_id, actor=KIM, **more)


async def test_nobody_is_told_when_nobody_is_to_be(town: Town) -> None:
    """With money now and with money later; the customer's mailbox stays empty on both."""
    await town.sell("silent-now", 2)
    await town.sell("silent-later", 2)
    await town.say(asked("silent-now", **SILENT), asked("silent-later", refund="LATER", **SILENT))
    await town.say(SettleRefund(order_id="silent-later", actor=KIM))
    for order_id in ("silent-now", "silent-later"):
        order = await town.until_order(order_id, refund_state="SUCCEEDED", restock_state="SETTLED")
        assert order["notification_state"] == "SUPPRESSED"
        assert await town.outside(order_id) == Outside([2_500], [("1", 2)], 0)


async def test_nobody_is_told_by_a_plan_that_is_silent(town: Town) -> None:
    await town.sell("silent-plan", 1)
    await town.until_order("silent-plan", captured_minor=1_250)
    plan = {
        "order_ids": ["silent-plan"], "wish": {"reason": "INVENTORY", **SILENT},
        "actor": LEA.model_dump(mode="json"),
    }  # fmt: skip
    async with httpx2.AsyncClient(base_url=town.endpoints.api_url, trust_env=False) as client:
        started = await client.post(
            "/v1/bulk-plans", json=plan, headers={"Idempotency-Key": "the-plan"}
        )
    assert started.is_success, started.text
    order = await town.until_order("silent-plan", refund_state="SUCCEEDED", restock_state="SETTLED")
    assert order["notification_state"] == "SUPPRESSED"
    assert await town.outside("silent-plan") == Outside([1_250], [("1", 1)], 0)


async def test_what_is_settled_in_two_parts_is_two_refunds(town: Town) -> None:
    await town.sell("parts", 4)
    await town.say(asked("parts", refund="LATER"))
    order = await town.until_order("parts", restock_state="SETTLED", notification_state="SETTLED")
    assert (order["refund_state"], order["balance_minor"]) == ("OWED", 5_000)
    assert (await town.outside("parts")).refunds == []
    await town.say(SettleRefund(order_id="parts", actor=KIM, amount_minor=1_900), again=True)
    await until(is_refunded(town, "parts", [1_900]), what="the first part")
    await town.say(SettleRefund(order_id="parts", actor=KIM), again=True)
    order = await town.until_order("parts", refund_state="SUCCEEDED")
    assert (order["balance_minor"], order["refunded_minor"]) == (0, 5_000)
    # Told at once that it is cancelled, and of each part when the provider has confirmed it.
    await until(is_told(town, "parts", 3), what="both parts are told")
    assert await town.outside("parts") == Outside([1_900, 3_100], [("1", 4)], 3)


def is_told(town: Town, order_id: str, mails: int) -> Callable[[], Awaitable[bool]]:
    async def is_so() -> bool:
        return (await town.outside(order_id)).mails >= mails

    return is_so


def is_refunded(town: Town, order_id: str, amounts: list[int]) -> Callable[[], Awaitable[bool]]:
    async def is_so() -> bool:
        return (await town.outside(order_id)).refunds == amounts

    return is_so


async def test_units_put_back_by_hand_move_once(town: Town) -> None:
    await town.sell("by-hand", 3)
    await town.say(asked("by-hand", restock=False))
    order = await town.until_order(
        "by-hand", refund_state="SUCCEEDED", notification_state="SETTLED"
    )
    assert order["restock_state"] == "LEFT_FOR_LATER"
    assert (await town.outside("by-hand")).movements == []
    by_hand = RestockCancelledItems(order_id="by-hand", actor=KIM, lines=units_back(("1", 2)))
    await town.say(by_hand, again=True)
    await until(is_restocked(town, "by-hand", 2), what="two units are back")
    assert (await town.order("by-hand"))["restock_state"] == "LEFT_FOR_LATER", "one is still off"
    [(name, _)] = await town.say(by_hand)
    assert name == "order.command-rejected.v1", "under another id it is another wish, for too much"
    assert await town.outside("by-hand") == Outside([3_750], [("1", 2)], 1)


def is_restocked(town: Town, order_id: str, units: int) -> Callable[[], Awaitable[bool]]:
    async def is_so() -> bool:
        [line] = (await town.order(order_id))["lines"]
        return bool(line["restocked"] == units)

    return is_so


async def in_force(town: Town, **terms: Any) -> None:
    """Publish a policy, and wait until decisions on what comes by Kafka follow it."""
    rows = await fetch(
        town.dsn, "SELECT count(*) FROM cancellation.cancellation_events"
        " WHERE topic = 'policy.published.v1'",
    )  # fmt: skip
    version = rows[0][0] + 1
    policy = DEFAULT_POLICY.model_copy(update={"version": version, **terms})
    await town.say(PublishPolicy(policy=policy, actor=ROOT))

    async def is_followed() -> bool:
        [(_, body)] = await town.say(asked(f"nobody-{version}"))
        return f'"policy_version":{version}' in body

    await until(is_followed, what=f"policy {version} is in force")


async def test_a_held_cancellation_moves_nothing_until_its_hold_is_over(town: Town) -> None:
    await in_force(town, hold_s=3_600)
    await town.sell("held", 2)
    await town.say(asked("held"), again=True)
    order = await town.until_order("held", state="HELD")
    await town.until_heard("held")
    assert await town.outside("held") == NOTHING
    assert (order["refund_state"], order["restock_state"]) == ("HELD", "HELD")
    books = await verify(town.endpoints)
    assert (books.mismatches, books.held) == ([], 1)
    release = ReleaseHold(order_id="held", cancellation_id=newest(order), actor=LEA)
    await town.say(release, again=True)
    await town.until_order(
        "held", state="CANCELLED", refund_state="SUCCEEDED", restock_state="SETTLED",
        notification_state="SETTLED",
    )  # fmt: skip
    assert await town.outside("held") == Outside([2_500], [("1", 2)], 1)


async def test_an_undone_cancellation_leaves_no_trace_outside(town: Town) -> None:
    await town.sell("undone", 2)
    before = await town.until_order("undone", captured_minor=2_500)
    await town.say(asked("undone"))
    order = await town.until_order("undone", state="HELD")
    undo = UndoCancellation(order_id="undone", cancellation_id=newest(order), actor=KIM)
    await town.say(undo, again=True)
    after = await town.until_order("undone", state="PLACED")
    await town.until_heard("undone")
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"version", "last_position", "cancellations"}
    assert await town.outside("undone") == NOTHING
    for leg, stream in town.streams("undone"):
        rows = (
            f"SELECT 1 FROM {leg}.{leg}_events"
            " WHERE originator_id = $1 AND topic <> 'stock.allocated.v1'"
        )
        assert await fetch(town.dsn, rows, stream) == [], f"{leg} has nothing to tell"


async def test_nobody_is_told_of_a_request_when_the_policy_is_silent(town: Town) -> None:
    await in_force(town, notify=False)
    await town.sell("silent-request", 1)
    await town.say(RequestCancellation(order_id="silent-request", actor=ADA))
    order = await town.until_order("silent-request", state="CANCELLATION_REQUESTED")
    assert await town.outside("silent-request") == NOTHING
    request_id = UUID(order["requests"][0]["request_id"])
    grant = ApproveCancellation(order_id="silent-request", request_id=request_id, actor=LEA)
    await town.say(grant)
    order = await town.until_order(
        "silent-request", refund_state="SUCCEEDED", restock_state="SETTLED"
    )
    assert order["notification_state"] == "SUPPRESSED"
    assert await town.outside("silent-request") == Outside([1_250], [("1", 1)], 0)


async def test_all_books_agree_in_the_end(town: Town) -> None:
    books = await verify(town.endpoints)
    assert books.mismatches == []
    assert (books.undone, books.held, books.commands) == (1, 0, books.answered)
    assert books.money["EUR"].decided == books.money["EUR"].made == books.refund_minor
    assert books.silent == 4


async def test_forged_books_are_named(town: Town) -> None:
    """What never was decided is put into every book; each is found, and why it must not be."""
    undone = newest(await town.order("undone"))
    silent = newest(await town.order("silent-now"))
    money, units = child_id(undone, "pi_undone"), child_id(undone, "1")
    await give_back(town, money, "pi_undone", 2_500)
    await put_back(town, units)
    await write(town, child_id(silent, "order_cancelled"))
    await fetch(
        town.dsn,
        "UPDATE cancellation.order_summaries SET balance_minor = 1 WHERE order_id = 'parts'",
    )
    said = [mismatch.detail for mismatch in (await verify(town.endpoints)).mismatches]
    for part in (
        f"refund {money} must not be: cancellation {undone} is UNDONE",
        f"movement {units} must not be: cancellation {undone} is UNDONE",
        "must not be: nobody was to be told of this cancellation of order silent-now",
        "order_summaries: row",
    ):
        assert any(part in detail for detail in said), part
    assert len(said) == 4, said


async def give_back(town: Town, refund_id: UUID, payment_id: str, amount_minor: int) -> None:
    form = {
        "payment_intent": payment_id, "amount": str(amount_minor),
        "metadata[refund_id]": str(refund_id),
    }  # fmt: skip
    async with httpx2.AsyncClient(trust_env=False) as client:
        made = await client.post(
            f"{town.endpoints.payments_url}/v1/refunds", data=form,
            headers={"Idempotency-Key": "forged"},
        )  # fmt: skip
    assert made.is_success, made.text


async def put_back(town: Town, movement_id: UUID) -> None:
    await fetch(
        town.dsn, "INSERT INTO inventory.stock_movements SELECT $1, kind, 'undone', line_id, sku,"
        " quantity, cancellation_id, recorded_at FROM inventory.stock_movements LIMIT 1",
        movement_id,
    )  # fmt: skip


async def write(town: Town, message_id: UUID) -> None:
    mail = EmailMessage()
    mail["Message-ID"] = f"<{message_id}@shop.example>"
    mail["From"], mail["To"] = "shop@shop.example", "silent-now@shop.example"
    mail["Subject"] = "Cancelled"
    mail.set_content("Cancelled.")
    await aiosmtplib.send(mail, hostname="127.0.0.1", port=town.smtp_port, start_tls=False)
