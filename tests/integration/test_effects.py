"""Refunds made by real workers at a real provider that fails, and workers that are killed."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kit.effects import Policy
from kit.settings import KitSettings
from services.refunds.bootstrap import SERVICE
from tests.support.effects import expire_leases, hear, outcomes, until_done
from tests.support.messages import PRICE_MINOR
from tests.support.peers import Provider, provider
from tests.support.processes import ServiceProcess
from tests.support.stack import Servers, fetch, until

pytestmark = pytest.mark.integration

AMOUNT_MINOR = 3 * PRICE_MINOR


@pytest.fixture
async def peer(tmp_path: Path) -> AsyncIterator[Provider]:
    """A payment provider of one's own."""
    async with provider(tmp_path) as running:
        yield running


def refund_worker(servers: Servers, dsn: str, peer: Provider, concurrency: int) -> ServiceProcess:
    environment = {"REFUNDS_GATEWAY_URL": peer.url, "REFUNDS_CONCURRENCY": str(concurrency)}
    return ServiceProcess(servers, dsn, "services.refunds", "worker", env=environment)


async def assert_refunded_once(dsn: str, peer: Provider, orders: list[str]) -> Counter[str]:
    """The provider's ledger and our facts tell the same of every refund; returns our facts."""
    made = [refund for refund in await peer.refunds() if refund["status"] == "succeeded"]
    by_order = Counter(refund["metadata"]["order_id"] for refund in made)
    assert set(by_order.values()) <= {1}, "no order is refunded twice"
    assert {refund["amount"] for refund in made} <= {AMOUNT_MINOR}
    found = await outcomes(dsn, "refunds")
    assert found["refund.succeeded.v1"] == len(made)
    assert found["refund.requested.v1"] == len(orders)
    settled = found["refund.succeeded.v1"] + found["refund.failed.v1"]
    assert settled + found["refund.uncertain.v1"] == len(orders)
    return found


async def test_a_faulty_provider_refunds_each_order_once_or_says_why_not(
    servers: Servers, settings: KitSettings, database: str, peer: Provider
) -> None:
    orders = [f"{number}" for number in range(150)]
    await peer.capture(orders, AMOUNT_MINOR)
    for mode, probability in (("fail_before", 0.15), ("fail_after", 0.15), ("garbage", 0.1),
                              ("decline", 0.1)):  # fmt: skip
        await peer.arm(mode, probability=probability, seed=20261102)
    await peer.arm("slow", probability=0.1, delay_ms=100, seed=20261102)
    await hear(SERVICE, settings, orders)
    async with refund_worker(servers, database, peer, 48):
        # What the provider declined is asked for once more in an hour; nobody waits for that here.
        await until_done(database, "refunds", 'position(\'"not_before":"\'::bytea IN request) = 0')
    found = await assert_refunded_once(database, peer, orders)
    assert found["refund.failed.v1"] > 0
    assert found["refund.uncertain.v1"] == 0
    counts = await peer.summary()
    assert counts["refunded_minor"] == {"EUR": AMOUNT_MINOR * found["refund.succeeded.v1"]}


async def test_a_worker_killed_with_calls_in_flight_refunds_each_order_once(
    servers: Servers, settings: KitSettings, database: str, peer: Provider
) -> None:
    orders = [f"{number}" for number in range(60)]
    await peer.capture(orders, AMOUNT_MINOR)
    await peer.arm("slow", probability=1, delay_ms=800)
    await hear(SERVICE, settings, orders)

    async def unheard() -> int:
        """Return how many refunds are made and not yet known to us."""
        known = await outcomes(database, "refunds")
        return len(await peer.refunds()) - known["refund.succeeded.v1"]

    async def are_enough() -> bool:
        return await unheard() >= 10

    async with refund_worker(servers, database, peer, 20) as worker:
        await until(are_enough, what="refunds are made whose answers are on their way")
        worker.kill()
        lost = await unheard()
        assert 0 < lost <= await expire_leases(database, "refunds") <= 20
        await peer.disarm()
        worker.start()
        await until_done(database, "refunds")
    found = await assert_refunded_once(database, peer, orders)
    assert found["refund.succeeded.v1"] == len(orders)
    assert (await peer.summary())["replayed"] == 0, "looked up, not asked for again"


async def test_a_refund_nobody_answers_for_ends_uncertain(
    servers: Servers, settings: KitSettings, database: str, peer: Provider
) -> None:
    await peer.capture(["1"], AMOUNT_MINOR)
    await peer.arm("fail_before", probability=1)
    await hear(SERVICE, settings, ["1"])
    # All attempts but one are behind us; waiting for them would take days.
    spent = Policy(concurrency=1).attempts_max - 1
    await fetch(database, "UPDATE refunds.effects SET attempts = $1", spent)
    async with refund_worker(servers, database, peer, 1):
        await until_done(database, "refunds")
    assert await outcomes(database, "refunds") == {
        "refund.requested.v1": 1,
        "refund.uncertain.v1": 1,
    }
