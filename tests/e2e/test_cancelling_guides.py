"""Every command of the guides about cancelling, typed as it stands, says what the guide says."""

import json
import os
import shlex
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from contracts.cancellation import CancelOrder
from contracts.refunds import ManualRefundOwed
from kit.ids import child_id, event_id, stream_id
from tests.house.pages import code
from tests.support import command_line
from tests.support.messages import MOMENT, PRICE_MINOR, captured, placed
from tests.support.money_mothers import (
    CASH,
)
from tests.support.shop import Shop, open_shop
from tests.support.stack import Servers, fetch

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

GUIDES = ("cancel-an-order", "after-cancelling", "policy", "explain-a-decision", "numbers")
"""In this sequence: later ones go on where earlier ones end."""

ORDERS = ("489434", "489436", "489438", "489439", "489440")
IN_CASH = "489442"
OWED_MINOR = 6 * PRICE_MINOR
DRAFT = "next-policy.json"


class Typed(NamedTuple):
    """One command of a guide, and the lines it shows below."""

    guide: str
    words: list[str]
    shown: list[str]


def typed() -> Iterator[Typed]:
    for guide in GUIDES:
        for block in code("console", "system"):
            if block.page == f"docs/guides/{guide}.md":
                for part in block.text.removeprefix("$ ").split("\n$ "):
                    line, *shown = part.rstrip().split("\n")
                    yield Typed(guide, shlex.split(line), shown)


LINES = list(typed())


@pytest.fixture(scope="module")
async def shop(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """A running service with the orders of the guides, and the shell's environment around it."""
    async with open_shop(servers, tmp_path_factory.mktemp("shop")) as opened:
        for order_id in ORDERS:
            await opened.say(placed(order_id, 4, 2), captured(order_id, 6 * PRICE_MINOR))
        await opened.say(placed(IN_CASH, 4, 2), *paid_in_cash())
        names = {
            "COUNTERMAND_POSTGRES_DSN": opened.dsn,
            "COUNTERMAND_KAFKA_BOOTSTRAP": opened.stack.kafka_bootstrap,
            "COUNTERMAND_API_URL": opened.stack.api_url,
        }
        with pytest.MonkeyPatch.context() as patch:
            for name, value in names.items():
                patch.setitem(os.environ, name, value)
            yield opened


def paid_in_cash() -> tuple[Any, ...]:
    """An order paid over the counter was cancelled, and a person owes the money."""
    paid = captured(IN_CASH, OWED_MINOR).model_copy(update={"tender": "CASH", "method": CASH})
    cancellation_id = event_id(stream_id(f"order:{IN_CASH}"), 3)
    owed = ManualRefundOwed(
        order_id=IN_CASH, cancellation_id=cancellation_id, payment_id=paid.payment_id,
        refund_id=child_id(cancellation_id, paid.payment_id), amount_minor=OWED_MINOR,
        currency="EUR", tender="CASH", remind_at=MOMENT + timedelta(days=36_500), owed_at=MOMENT,
    )  # fmt: skip
    return paid, CancelOrder(order_id=IN_CASH, reason="STAFF"), owed


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the person works."""
    return tmp_path_factory.mktemp("desk")


@pytest.mark.parametrize("line", LINES, ids=lambda line: shlex.join(line.words)[:80])
async def test_every_command_of_the_guides_says_what_the_guide_says(
    shop: Shop, desk: Path, line: Typed
) -> None:
    program, *words = line.words
    assert program == ".venv/bin/countermand"
    if words[:2] == ["policy", "publish"]:
        draft = json.loads((desk / DRAFT).read_text())
        (desk / DRAFT).write_text(json.dumps({**draft, "hold_s": 900}))
    done = await command_line.run(*[str(desk / w) if w == DRAFT else w for w in words])
    assert done.exit_code == 0, done.stderr
    for shown in line.shown:
        assert shown in done.stderr.splitlines(), done.stderr


async def test_what_the_guides_did_has_happened(shop: Shop) -> None:
    rows = await fetch(
        shop.dsn,
        "SELECT topic FROM cancellation.cancellation_events WHERE topic NOT LIKE 'order.p%'"
        " ORDER BY notification_id",
    )
    assert [row[0].split(".")[1] for row in rows] == [
        "cancelled", "refund-progressed", "case-opened",
        "cancelled", "cancelled",
        "cancellation-requested", "cancelled", "cancellation-approved",
        "cancelled", "refund-requested", "refund-requested",
        "manual-refund-recorded", "manual-refund-recorded", "restock-requested",
        "reinstated", "fulfillment-claimed", "fulfillment-claim-released",
        "published",
    ]  # fmt: skip
    for order_id in (*ORDERS, IN_CASH):
        explained = (await shop.door.get(f"/v1/orders/{order_id}/explanation")).json()
        assert explained["is_same"]
