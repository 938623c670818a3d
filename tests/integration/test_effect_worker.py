"""The worker itself, with an outside world in this process that does what a test decides."""

import asyncio

import pytest
from prometheus_client import REGISTRY

from kit.effects import Effect, EffectWorker, Finished, Policy, RetryLater
from kit.health import Health
from kit.postgres import open_pool
from kit.settings import KitSettings
from services.notifier.bootstrap import SERVICE
from services.notifier.domain import commands
from tests.support.effects import hear, outcomes, until_done

pytestmark = pytest.mark.integration


class Calls:
    """An outside world: answers what a test decides and remembers what it was asked."""

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
    async with open_pool(settings.postgres_dsn, name="test") as pool:
        worker = EffectWorker(
            service=SERVICE.name, dsn=settings.postgres_dsn, pool=pool,
            processor=SERVICE.processor(settings, pool), health=Health(SERVICE.name, 60),
            policy=policy, execute=calls.execute, give_up=given_up,
        )  # fmt: skip
        task = asyncio.create_task(worker.run())
        await until_done(settings.postgres_dsn, SERVICE.name)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_call_that_hangs_counts_as_abandoned_when_its_lease_ends(
    settings: KitSettings, database: str
) -> None:
    await hear(SERVICE, settings, ["1"])
    calls = Calls(None)
    await run_worker(settings, calls, Policy(concurrency=2, lease_s=0.6))
    assert [(call.attempts, call.is_abandoned) for call in calls.asked] == [(1, False), (2, True)]
    assert (await outcomes(database, "notifier"))["notification.accepted.v1"] == 1


async def test_the_age_of_the_oldest_call_is_told_by_kind(settings: KitSettings) -> None:
    await hear(SERVICE, settings, ["1"])
    ages: list[float | None] = []

    class Looking(Calls):
        async def execute(self, effect: Effect) -> Finished | RetryLater:
            labels = {"service": SERVICE.name, "kind": effect.kind}
            ages.append(REGISTRY.get_sample_value("countermand_oldest_effect_age_seconds", labels))
            return await super().execute(effect)

    await run_worker(settings, Looking(None), Policy(concurrency=2, lease_s=0.6))
    assert ages[-1]
    assert ages[-1] > 0


async def test_a_call_is_made_again_later_and_later_and_then_given_up(
    settings: KitSettings, database: str
) -> None:
    await hear(SERVICE, settings, ["1"])
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
    await hear(SERVICE, settings, [f"{number}" for number in range(40)])
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


@pytest.mark.parametrize("concurrency", [1, 3, 12])
async def test_a_worker_with_its_hands_full_leaves_the_database_alone(
    settings: KitSettings, monkeypatch: pytest.MonkeyPatch, concurrency: int
) -> None:
    await hear(SERVICE, settings, [f"{number}" for number in range(concurrency)])
    claim, claims = EffectWorker._claim, []

    async def counted(worker: EffectWorker, limit: int) -> list[Effect]:
        claims.append(limit)
        return await claim(worker, limit)

    class Slow(Calls):
        async def execute(self, effect: Effect) -> Finished | RetryLater:
            await asyncio.sleep(1)
            return accepted(effect)

    monkeypatch.setattr(EffectWorker, "_claim", counted)
    await run_worker(settings, Slow(), Policy(concurrency=concurrency))
    assert len(claims) < 20, "one call per wake-up, four a second without any"
