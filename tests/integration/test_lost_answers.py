"""Answers lost for as long as it takes: nothing is done twice, and all is resolved afterwards.

The provider forgets its keys within a moment and holds more money than is to be given back, so that
whoever asks again without looking refunds twice. `make lost-answers` loses them for a whole minute.
"""

import asyncio
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.effects import expire_leases, outcomes
from tests.support.refunding import AMOUNT_MINOR, Refunding, refunding
from tests.support.stack import Servers, fetch, until

pytestmark = pytest.mark.integration

OUTAGE_S = float(os.environ.get("COUNTERMAND_LOST_ANSWERS_S", "3"))
RATE = 40
FORGETFUL = ("--key-life-s", "0.2")
PLENTY_MINOR = 5 * AMOUNT_MINOR
OLD = 500


def copies(refunds: list[dict[str, Any]]) -> Counter[str]:
    """Return how often the provider made each refund of ours."""
    return Counter(refund["metadata"]["refund_id"] for refund in refunds)


async def lose_every_answer(shop: Refunding) -> None:
    await shop.peer.arm("fail_after", probability=1)
    await shop.peer.arm("fail_look", probability=1)


@pytest.mark.timeout(max(180, 6 * OUTAGE_S))
async def test_with_every_answer_lost_nothing_is_done_twice_and_all_is_resolved_afterwards(
    servers: Servers, database: str, tmp_path: Path
) -> None:
    async with refunding(
        servers, database, tmp_path, "worker", provider_arguments=FORGETFUL
    ) as shop:
        await lose_every_answer(shop)
        started, number = time.monotonic(), 0
        while time.monotonic() - started < OUTAGE_S:
            orders = [f"{number + n}" for n in range(RATE // 4)]
            await shop.hear(*orders, captured_minor=PLENTY_MINOR)
            number += len(orders)
            await asyncio.sleep(0.25)
            assert (await outcomes(database, "refunds"))["refund.succeeded.v1"] == 0
        await shop.peer.disarm()
        await shop.until_settled(timeout_s=60 + 2 * OUTAGE_S)
        made = copies(await shop.peer.refunds())
    assert len(made) == number
    assert set(made.values()) == {1}
    assert await outcomes(database, "refunds") == {
        "refund.requested.v1": number, "refund.succeeded.v1": number,
    }  # fmt: skip


async def leave_unanswered(shop: Refunding, count: int) -> None:
    """Have refunds made whose answers nobody got, and the worker die."""
    await lose_every_answer(shop)
    await shop.hear(*(f"{n}" for n in range(count)), captured_minor=PLENTY_MINOR)

    async def are_made() -> bool:
        return len(await shop.peer.refunds()) == count

    await until(are_made, what=f"{count} refunds are made", timeout_s=60)
    shop.processes["worker"].kill()
    await expire_leases(shop.dsn, "refunds")
    await shop.peer.disarm()
    await asyncio.sleep(0.3)  # longer than the provider keeps a key


async def age(dsn: str) -> None:
    """Make the decisions two days old; half of the rows forget that anything was ever tried."""
    await fetch(
        dsn,
        """UPDATE refunds.effects SET status = 'due', due_at = now(),
               created_at = now() - interval '2 days',
               attempts = attempts * (get_byte(uuid_send(effect_id), 0) % 2),
               cause = convert_to(jsonb_set(convert_from(cause, 'UTF8')::jsonb, '{recorded_at}',
                   to_jsonb(to_char(now() - interval '2 days', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
               )::text, 'UTF8')""",
    )


async def test_500_calls_older_than_the_providers_keys_are_made_once(
    servers: Servers, database: str, tmp_path: Path
) -> None:
    async with refunding(
        servers, database, tmp_path, "worker", provider_arguments=FORGETFUL
    ) as shop:
        await leave_unanswered(shop, OLD)
        await age(database)
        shop.processes["worker"].start()
        await shop.until_settled()
        made = copies(await shop.peer.refunds())
    assert (len(made), set(made.values())) == (OLD, {1})
    assert (await outcomes(database, "refunds"))["refund.succeeded.v1"] == OLD


async def test_control_without_the_look_the_same_calls_refund_twice(
    servers: Servers, database: str, tmp_path: Path
) -> None:
    unguarded = {"COUNTERMAND_TEST_WITHOUT_GUARD": "lookup"}
    async with refunding(
        servers, database, tmp_path, "worker", env=unguarded, provider_arguments=FORGETFUL
    ) as shop:
        await leave_unanswered(shop, 20)
        shop.processes["worker"].start()
        await shop.until_settled()
        made = copies(await shop.peer.refunds())
    assert set(made.values()) != {1}, "the guard protects from nothing"
