"""A provider that walks every sequence of statuses, with answers lost and webhooks gone astray.

At no moment do we claim more than it has said; in the end we say what it says.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.refunding import Refunding, refunding
from tests.support.stack import Servers, fetch, until

pytestmark = pytest.mark.integration

P, R, S, F, C = "pending", "requires_action", "succeeded", "failed", "canceled"
WALKS = [
    (S,), (F,), (P, S), (P, F), (R, S), (R, P, S), (P, R, S), (R, C), (P, C), (R, P, F), (P, S, F),
    (S, F), (R, S, F), (R, P, S, F),
]  # fmt: skip
STEP_S = 0.25
WORDS = {
    "refund.pending.v1": {P, R}, "refund.succeeded.v1": {S}, "refund.failed.v1": {F},
    "refund.canceled.v1": {C},
}  # fmt: skip
"""What the provider must have said before a fact of this name may stand in our log."""

LOST = {"fail_after": 0.3, "fail_look": 0.3, "garbage": 0.1, "fail_before": 0.1}
WEATHERS: dict[str, dict[str, float]] = {
    "astray": {**LOST, "webhook_double": 0.5, "webhook_reorder": 0.5, "webhook_drop": 0.2},
    "silent": {**LOST, "webhook_drop": 1},
}


def script_of(walk: tuple[str, ...]) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = [{"status": status, "after_s": STEP_S} for status in walk]
    for step in steps:
        if step["status"] == F:
            step["failure_reason"] = "lost_or_stolen_card"  # one that is not tried again
    return steps


async def claims(shop: Refunding) -> list[tuple[str, str]]:
    """Return order and name of every fact about a refund, in sequence."""
    rows = await fetch(
        shop.dsn,
        "SELECT convert_from(state, 'UTF8')::json -> 'fact' ->> 'order_id', topic"
        " FROM refunds.refunds_events ORDER BY notification_id",
    )
    return [(row[0], row[1]) for row in rows if row[1] in WORDS]


async def said(shop: Refunding) -> dict[str, list[str]]:
    """Return every status the provider has on disk, per order, in sequence."""
    lines = (await shop.peer.get("/_sim/ledger")).text.splitlines()
    found: dict[str, list[str]] = {}
    for line in lines:
        refund = json.loads(line).get("refund")
        if refund:
            found.setdefault(refund["metadata"]["order_id"], []).append(refund["status"])
    return found


async def check_claims(shop: Refunding) -> None:
    """Compare what we claim with what was said; ours is read first, so only theirs can be ahead."""
    claimed = await claims(shop)
    truth = await said(shop)
    for order_id, name in claimed:
        assert WORDS[name] & set(truth.get(order_id, ())), f"{name} of {order_id} was never said"


@asynccontextmanager
async def watched(shop: Refunding) -> AsyncIterator[None]:
    """Check all the time."""

    async def watch() -> None:
        while True:
            await check_claims(shop)
            await asyncio.sleep(0.05)

    watcher = asyncio.create_task(watch())
    yield
    watcher.cancel()
    [end] = await asyncio.gather(watcher, return_exceptions=True)
    assert isinstance(end, asyncio.CancelledError), end


@pytest.mark.parametrize("weather", WEATHERS)
async def test_we_never_claim_more_than_was_said_and_in_the_end_all_of_it(
    servers: Servers, database: str, tmp_path: Path, weather: str
) -> None:
    async with refunding(servers, database, tmp_path, "worker", "api") as shop:
        orders = {f"{n}-{'-'.join(walk)}": walk for n, walk in enumerate(WALKS * 2)}
        for order_id, walk in orders.items():
            await shop.peer.script(script_of(walk), payment_intent=f"pi_{order_id}")
        for number, (mode, probability) in enumerate(WEATHERS[weather].items()):
            await shop.peer.arm(mode, probability=probability, seed=number)
        async with watched(shop):
            await shop.hear(*orders)

            async def is_all_said() -> bool:
                last = dict(await claims(shop))
                return all(
                    walk[-1] in WORDS.get(last.get(order_id, ""), ())
                    for order_id, walk in orders.items()
                )

            await until(is_all_said, what="our last word is the provider's", timeout_s=60)
        made = [refund["metadata"]["refund_id"] for refund in await shop.peer.refunds()]
        assert len(made) == len(set(made)) == len(orders), "no refund twice"
        assert {order: words[-1] for order, words in (await said(shop)).items()} == {
            order: walk[-1] for order, walk in orders.items()
        }
        assert await shop.letters() == []
