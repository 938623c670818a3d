"""Refunds and mails made by real workers at real peers that fail, and workers that are killed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kit.effects import Effect, EffectWorker, Finished, Policy, RetryLater
from kit.health import Health
from kit.postgres import open_pool
from kit.roles import ServiceSpec
from kit.settings import KitSettings
from services.notifier import bootstrap as notifier
from services.notifier.domain import commands
from services.refunds import bootstrap as refunds
from tests.support.messages import PRICE_MINOR, cancelled, incoming
from tests.support.peers import Mailbox, Provider, mailbox, provider
from tests.support.processes import ServiceProcess
from tests.support.stack import Servers, count, fetch, until

pytestmark = pytest.mark.integration

AMOUNT_MINOR = 3 * PRICE_MINOR
CONCURRENCY = 6


@pytest.fixture
async def peer(tmp_path: Path) -> AsyncIterator[Provider]:
    """A payment provider of one's own."""
    async with provider(tmp_path) as running:
        yield running


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Mailbox]:
    """A mail server of one's own."""
    async with mailbox(tmp_path) as running:
        yield running


async def hear(spec: ServiceSpec, settings: KitSettings, order_ids: list[str]) -> None:
    """Let a service hear that orders were cancelled, as its consumer does."""
    messages = [
        incoming(cancelled(order_id), f"cancelled-{order_id}", stream_of=spec.stream_of)
        for order_id in order_ids
    ]
    async with spec.pool(settings, "test") as pool:
        await spec.processor(settings, pool).process(messages)


async def outcomes(dsn: str, service: str) -> Counter[str]:
    """Return how many facts of each name a service has recorded."""
    table = f"{service}.{service}_events"
    rows = await fetch(dsn, f"SELECT topic, count(*) FROM {table} GROUP BY topic")
    return Counter(dict(rows))


async def until_done(dsn: str, service: str, timeout_s: float = 60) -> None:
    async def is_done() -> bool:
        return await count(dsn, f"{service}.effects WHERE status <> 'done'") == 0

    await until(is_done, what=f"every effect of {service} is done", timeout_s=timeout_s)


async def expire_leases(dsn: str, service: str) -> int:
    """Let the time pass after which an unfinished call counts as abandoned; returns how many."""
    rows = await fetch(
        dsn, f"UPDATE {service}.effects SET lease_until = now() - interval '1 s'"
        " WHERE status = 'running' RETURNING 1",
    )  # fmt: skip
    return len(rows)


def refund_worker(servers: Servers, dsn: str, peer: Provider, concurrency: int) -> ServiceProcess:
    environment = {"REFUNDS_GATEWAY_URL": peer.url, "REFUNDS_CONCURRENCY": str(concurrency)}
    return ServiceProcess(servers, dsn, "services.refunds", "worker", env=environment)


def mail_worker(servers: Servers, dsn: str, box: Mailbox) -> ServiceProcess:
    environment = {
        "NOTIFIER_SMTP_HOST": "127.0.0.1",
        "NOTIFIER_SMTP_PORT": str(box.smtp_port),
        "NOTIFIER_CONCURRENCY": str(CONCURRENCY),
    }
    return ServiceProcess(servers, dsn, "services.notifier", "worker", env=environment)


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
    await hear(refunds.SERVICE, settings, orders)
    async with refund_worker(servers, database, peer, 48):
        await until_done(database, "refunds")
    found = await assert_refunded_once(database, peer, orders)
    assert found["refund.failed.v1"] > 0
    assert found["refund.uncertain.v1"] == 0
    counts = await peer.summary()
    assert counts["replayed"] > 0, "answers were lost and asked for again"
    assert counts["refunded_minor"] == {"EUR": AMOUNT_MINOR * found["refund.succeeded.v1"]}


async def test_a_worker_killed_with_calls_in_flight_refunds_each_order_once(
    servers: Servers, settings: KitSettings, database: str, peer: Provider
) -> None:
    orders = [f"{number}" for number in range(60)]
    await peer.capture(orders, AMOUNT_MINOR)
    await peer.arm("slow", probability=1, delay_ms=400)
    await hear(refunds.SERVICE, settings, orders)
    async with refund_worker(servers, database, peer, 20) as worker:

        async def is_calling() -> bool:
            return bool((await peer.summary())["requests"] > 25)

        await until(is_calling, what="calls are in flight")
        worker.kill()
        abandoned = await expire_leases(database, "refunds")
        assert 0 < abandoned <= 20
        await peer.disarm()
        worker.start()
        await until_done(database, "refunds")
    found = await assert_refunded_once(database, peer, orders)
    assert found["refund.succeeded.v1"] == len(orders)
    counts = await peer.summary()
    assert counts["replayed"] > 0, "what the dead worker had asked for was asked for again"


async def test_a_refund_nobody_answers_for_ends_uncertain(
    servers: Servers, settings: KitSettings, database: str, peer: Provider
) -> None:
    await peer.capture(["1"], AMOUNT_MINOR)
    await peer.arm("fail_before", probability=1)
    await hear(refunds.SERVICE, settings, ["1"])
    # Eleven of twelve attempts are behind us; waiting for them would take five minutes.
    await fetch(database, "UPDATE refunds.effects SET attempts = 11")
    async with refund_worker(servers, database, peer, 1):
        await until_done(database, "refunds")
    assert await outcomes(database, "refunds") == {
        "refund.requested.v1": 1,
        "refund.uncertain.v1": 1,
    }


async def test_two_workers_share_the_calls(
    servers: Servers, settings: KitSettings, database: str, box: Mailbox
) -> None:
    orders = [f"{number}" for number in range(80)]
    await hear(notifier.SERVICE, settings, orders)
    async with mail_worker(servers, database, box), mail_worker(servers, database, box):
        await until_done(database, "notifier")
    assert (await outcomes(database, "notifier"))["notification.accepted.v1"] == len(orders)
    assert set((await box.copies()).values()) == {1}
    assert len(await box.mails()) == len(orders)


async def test_a_faulty_mail_server_gets_each_mail_at_most_once(
    servers: Servers, settings: KitSettings, database: str, box: Mailbox
) -> None:
    orders = [f"{number}" for number in range(60)]
    await box.arm("refuse", count=10)
    await box.arm("drop_after_accept", count=5)
    await box.arm("reject", count=7)
    await hear(notifier.SERVICE, settings, orders)
    async with mail_worker(servers, database, box):
        await until_done(database, "notifier")
    assert await outcomes(database, "notifier") == {
        "notification.requested.v1": 60,
        "notification.accepted.v1": 48,
        "notification.failed.v1": 7,
        "notification.uncertain.v1": 5,
    }
    assert await count(database, "notifier.effects WHERE attempts > 1") > 0, "refused ones again"
    copies = await box.copies()
    assert set(copies.values()) == {1}
    assert len(copies) == 53, "those accepted, and those whose acceptance was never heard"
    assert await assert_uncertain_means_maybe(database, set(copies)) == 5


async def assert_uncertain_means_maybe(dsn: str, message_ids: set[str]) -> int:
    """Accepted mails are in the mailbox, failed ones are not; returns how many uncertain ones are."""
    rows = await fetch(dsn, "SELECT topic, state FROM notifier.notifier_events")
    uncertain = 0
    for name, body in rows:
        fact, _ = notifier.SERVICE.store.mapper.read_body(name, body)
        there = f"<{fact.message_id}@countermand>" in message_ids  # type: ignore[attr-defined]
        if name == "notification.accepted.v1":
            assert there
        elif name == "notification.failed.v1":
            assert not there
        elif name == "notification.uncertain.v1":
            uncertain += there
    return uncertain


async def test_a_worker_killed_with_mails_in_flight_sends_none_twice(
    servers: Servers, settings: KitSettings, database: str, box: Mailbox
) -> None:
    orders = [f"{number}" for number in range(30)]
    await hear(notifier.SERVICE, settings, orders)
    # The server keeps the mail at once and says so late: the worst moment to die.
    await box.arm("slow", probability=1, delay_ms=500)
    async with mail_worker(servers, database, box) as worker:

        async def is_sending() -> bool:
            return len(await box.mails()) > CONCURRENCY

        await until(is_sending, what="mails are in flight")
        worker.kill()
        abandoned = await expire_leases(database, "notifier")
        assert 0 < abandoned <= CONCURRENCY
        await box.disarm()
        worker.start()
        await until_done(database, "notifier")
    found = await outcomes(database, "notifier")
    assert found["notification.uncertain.v1"] == abandoned
    assert found["notification.accepted.v1"] == len(orders) - abandoned
    copies = await box.copies()
    assert set(copies.values()) == {1}
    await assert_uncertain_means_maybe(database, set(copies))


class Calls:
    """An outside world in this process: answers what a test decides, remembers what it was asked."""

    def __init__(self, *answers: Finished | RetryLater | None) -> None:
        self.asked: list[Effect] = []
        self._answers = list(answers)

    async def execute(self, effect: Effect) -> Finished | RetryLater:
        """Answer; None never answers."""
        self.asked.append(effect)
        answer = self._answers.pop(0) if self._answers else accepted(effect)
        if answer is None:
            await asyncio.Event().wait()
        assert answer is not None
        return answer


def accepted(effect: Effect) -> Finished:
    return Finished(commands.RecordAcceptance(message_id=effect.effect_id))


def given_up(effect: Effect, reason: str) -> commands.RecordRejection:
    return commands.RecordRejection(message_id=effect.effect_id, code="GIVEN_UP", detail=reason)


async def run_worker(settings: KitSettings, calls: Calls, policy: Policy) -> None:
    """Run a notifier's worker in this process until every effect is done."""
    spec: Any = notifier.SERVICE
    async with open_pool(settings.postgres_dsn, name="test") as pool:
        worker = EffectWorker(
            service=spec.name, dsn=settings.postgres_dsn, pool=pool,
            processor=spec.processor(settings, pool), health=Health(spec.name, 60), policy=policy,
            execute=calls.execute, give_up=given_up,
        )  # fmt: skip
        task = asyncio.create_task(worker.run())
        await until_done(settings.postgres_dsn, spec.name)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_call_that_hangs_counts_as_abandoned_when_its_lease_ends(
    settings: KitSettings, database: str
) -> None:
    await hear(notifier.SERVICE, settings, ["1"])
    calls = Calls(None)
    await run_worker(settings, calls, Policy(concurrency=2, lease_s=0.6))
    assert [(call.attempts, call.is_abandoned) for call in calls.asked] == [(1, False), (2, True)]
    assert (await outcomes(database, "notifier"))["notification.accepted.v1"] == 1


async def test_a_call_is_made_again_later_and_later_and_then_given_up(
    settings: KitSettings, database: str
) -> None:
    await hear(notifier.SERVICE, settings, ["1"])
    calls = Calls(*[RetryLater("nobody there")] * 4)
    await run_worker(settings, calls, Policy(concurrency=2, attempts_max=4, backoff_s=0.02))
    assert [(call.attempts, call.is_abandoned) for call in calls.asked] == [
        (1, False), (2, False), (3, False), (4, False),
    ]  # fmt: skip
    assert await outcomes(database, "notifier") == {
        "notification.requested.v1": 1, "notification.failed.v1": 1,
    }  # fmt: skip


async def test_never_more_calls_than_the_policy_allows_are_in_flight(
    settings: KitSettings, database: str
) -> None:
    await hear(notifier.SERVICE, settings, [f"{number}" for number in range(40)])
    in_flight, most = 0, 0

    class Counting(Calls):
        async def execute(self, effect: Effect) -> Finished | RetryLater:
            nonlocal in_flight, most
            in_flight += 1
            most = max(most, in_flight)
            await asyncio.sleep(0.01)
            in_flight -= 1
            return accepted(effect)

    await run_worker(settings, Counting(), Policy(concurrency=5))
    assert most == 5
