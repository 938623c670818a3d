"""A published policy on a real PostgreSQL: in force within a second, in every process."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from kit.postgres import Pool, open_pool
from kit.processor import Processor
from kit.settings import KitSettings
from services.cancellation.bootstrap import SERVICE
from services.cancellation.domain.default_policy import DEFAULT_POLICY
from services.cancellation.policies import Policies
from tests.support.messages import cancel, captured, incoming, placed
from tests.support.wishes import KIM, a_policy, a_publication

pytestmark = pytest.mark.integration


@pytest.fixture
async def pool(settings: KitSettings, database: str) -> AsyncIterator[Pool]:
    async with open_pool(settings.postgres_dsn, size_max=4, name="test") as pool:
        yield pool


def processor_by(policies: Policies, settings: KitSettings, pool: Pool) -> Processor[Any]:
    """Return what one process decides with."""
    return replace(SERVICE, reference=policies.current).processor(settings, pool)


async def publish(processor: Processor[Any], version: int, **terms: Any) -> Any:
    policy = a_policy(**terms).policy.model_copy(update={"version": version})
    (answer,) = await processor.process([incoming(a_publication(policy), f"policy-{version}")])
    return answer


async def wait_for(policies: Policies, version: int) -> float:
    started = time.monotonic()
    while policies.current().version < version:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.02)
    return time.monotonic() - started


async def test_it_is_in_force_in_every_process_within_a_second(
    pool: Pool, settings: KitSettings
) -> None:
    here, there = Policies(), Policies()
    async with here.kept_fresh(pool), there.kept_fresh(pool):
        processor = processor_by(here, settings, pool)
        assert here.current().policy == DEFAULT_POLICY
        await publish(processor, 1, hold_s=600)
        assert await wait_for(here, 1) < 1.5
        assert await wait_for(there, 1) < 1.5
        orders = [incoming(placed("1"), "p1"), incoming(captured("1"), "c1")]
        *_, answer = await processor.process([*orders, incoming(cancel("1"), "x1")])
        (fact,) = answer.facts
        assert fact.held_until is not None  # type: ignore[attr-defined]
        assert fact.basis.policy_version == 1  # type: ignore[attr-defined]


async def test_a_process_that_starts_later_decides_by_it_from_the_first_message(
    pool: Pool, settings: KitSettings
) -> None:
    early = Policies()
    processor = processor_by(early, settings, pool)
    await publish(processor, 1)
    await publish(processor, 2, hold_s=60)
    late = Policies()
    async with late.kept_fresh(pool):
        assert (late.current().version, late.current().policy.hold_s) == (2, 60)


async def test_a_refused_publication_changes_nothing(pool: Pool, settings: KitSettings) -> None:
    policies = Policies()
    processor = processor_by(policies, settings, pool)
    await publish(processor, 1)
    refused = a_publication(a_policy().policy.model_copy(update={"version": 2}), KIM)
    await processor.process([incoming(refused, "refused-1")])
    await policies.refresh(pool)
    assert policies.current().version == 1
    answer = await publish(processor, 2)
    assert [fact.NAME for fact in answer.facts] == ["policy.published.v1"]
