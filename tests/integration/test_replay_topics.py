"""Facts published again and dead letters sent again by plan, to real consumers on real Kafka."""

import asyncio
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from countermand.dead_letters.actions import By
from countermand.dead_letters.redrive import open_producer
from countermand.replay import publishing
from countermand.replay.plan import Plan
from countermand.specs import SPECS
from kit.consumer import BatchConsumer
from kit.health import Health
from kit.postgres import open_pool
from kit.settings import KitSettings
from tests.support.consuming import consuming
from tests.support.messages import captured, placed, record
from tests.support.replaying import ADA, Operator, cancel_orders, deliver
from tests.support.stack import Servers, count, fetch, until

pytestmark = pytest.mark.integration


@pytest.fixture
async def operator(settings: KitSettings, tmp_path: Path) -> AsyncIterator[Operator]:
    async with Operator.at(settings, tmp_path) as operator:
        yield operator


@pytest.fixture(autouse=True)
def _in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "TOGETHER", 3)


@pytest.mark.parametrize("rows", [1, publishing.ELSEWHERE_FROM], ids=["here", "elsewhere"])
async def test_what_is_published_again_is_absorbed_by_whoever_has_handled_it(
    operator: Operator, settings: KitSettings, servers: Servers, database: str, rows: int
) -> None:
    orders = [f"{n}" for n in range(40)]
    await cancel_orders(settings, orders)
    for service in ("refunds", "inventory", "notifier"):
        await deliver(settings, service, orders if service != "notifier" else orders[:30])
    plan = await operator.plan("topic:cancellation.events")
    assert plan.totals["states"] == {"handled by all": 30, "new to notifier": 10}
    assert plan.totals["effects"] == {"mail": 10}
    facts = await count(database, "cancellation.cancellation_events")
    assert operator.steps[-1] == ("Facts looked at", facts, facts)
    # The topic of this test, and a listener of each service on it.
    topic = await servers.topic("cancelled", partitions=4)
    target: Any = operator.target(plan)
    target.chunk, looked_at = 7, note_looks(target)
    before = {name: await count(database, f"{name}.effects") for name in ("refunds", "notifier")}
    job = target.job_of(plan.hash)._replace(topic=topic)
    async with publishing.publishing(job, rows=rows) as opened:
        target.publish_with(opened)
        assert (await operator.run(plan, target=target)).progress.did == 40
        records = await servers.read_topic(topic)
        first, *_, last = (int(row["row"].partition("@")[2]) for row in plan.rows())
        opened.prepare([first])
        await opened.publish([last])
        with pytest.raises(publishing.PublishingError, match=f"Position {facts + 1} is not in"):
            await opened.publish([first, facts + 1])
    again = Counter(looked_at) - Counter(row["state"] for row in plan.rows())
    assert again == {"new to notifier": 10}, "what all have handled stays so"
    assert len(records) == 40
    check_places(records, plan)
    async with AsyncExitStack() as stack:
        for name in ("refunds", "inventory", "notifier"):
            await listen(stack, settings, SPECS[name], topic)

        async def is_quiet() -> bool:
            return await count(database, "notifier.effects") == before["notifier"] + 10

        await until(is_quiet, what="the notifier has handled what it missed")
    assert await count(database, "refunds.effects") == before["refunds"]
    assert await count(database, "inventory.inventory_events") == 3 * 40
    assert (await operator.run(plan, target=target)).outcome == "completed before"
    ids = Counter(dict(one.headers)["ce_id"].decode() for one in await servers.read_topic(topic))
    twice = [id_ for id_, copies in ids.items() if copies == 2]
    assert twice == [row["id"] for row in plan.rows()][-1:], "what is only prepared is not sent"


def note_looks(target: Any) -> list[str]:
    """Return where the state of every row is noted that is looked at from now on."""
    noted, look = list[str](), target.look

    async def look_and_note(rows: Any) -> Any:
        noted.extend(row["state"] for row in rows)
        return await look(rows)

    target.look = look_and_note
    return noted


def check_places(records: Sequence[Any], plan: Plan) -> None:
    """Each is marked, in the partition of its key, and there in the sequence of the log."""
    for one in records:
        headers = dict(one.headers)
        assert headers["ce_replayid"] == plan.hash.encode()
        assert one.partition == zlib.crc32(one.key) % 4
    for partition in range(4):
        told = [dict(one.headers)["ce_id"] for one in records if one.partition == partition]
        own = set(told)
        in_log = [row["id"].encode() for row in plan.rows() if row["id"].encode() in own]
        assert told == in_log


async def listen(stack: AsyncExitStack, settings: KitSettings, spec: Any, topic: str) -> None:
    """Run a service's consumer on another topic until the stack ends."""
    pool = await stack.enter_async_context(open_pool(settings.postgres_dsn, name=spec.name))
    health, processor = Health(spec.name, 60), spec.processor(settings, pool)
    consumer = BatchConsumer(
        settings, health, group=f"{spec.name}-{topic}", topics=[topic], models=spec.hears,
        stream_of=spec.stream_of, process=processor.process,
        read_ahead=processor.read_ahead, message_bytes_max=spec.message_bytes_max,
    )  # fmt: skip
    task = asyncio.create_task(consumer.run())

    async def stop() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(stop)
    await until(health.is_ready, what="the consumer is ready")


async def test_dead_letters_of_a_cause_are_sent_again_by_plan(
    operator: Operator, settings: KitSettings, servers: Servers, database: str, producer: Any
) -> None:
    topic, spec = await servers.topic("orders"), SPECS["cancellation"]
    async with (
        open_pool(database, size_max=4, name="test") as pool,
        open_producer(servers.kafka_bootstrap) as own,
    ):
        process: Any = spec.processor(settings, pool).process
        async with consuming(settings, group=topic, topics=[topic], process=process):
            for n in range(12):
                late = captured(f"{n}").model_copy(update={"payment_id": f"pi_{n}"})
                await producer.send(topic, **record(late, f"captured-{n}"))
            for n in range(10):
                await producer.send_and_wait(topic, **record(placed(f"{n}"), f"placed-{n}"))

            async def are_placed() -> bool:
                return await count(database, "cancellation.inbox") == 22

            await until(are_placed, what="all is handled or set aside")
            plan = await operator.plan("leg:cancellation", cause="ORDER_NOT_FOUND")
            assert plan.totals["states"] == {
                "would be handled": 10, "would be set aside: ORDER_NOT_FOUND": 2,
            }  # fmt: skip
            target: Any = operator.target(plan)
            target.send_with(own, By(ADA["who"], f"replay {plan.hash[:12]}"))
            ended = await operator.run(plan, target=target)
            assert (ended.is_clean, ended.progress.did) == (True, 10)
            again = await operator.run(plan, target=target)
            assert again.outcome == "completed before"
    assert await count(database, "cancellation.dead_letters WHERE state = 'OPEN'") == 2
    assert len(await servers.read_topic(topic)) == 32
    rows = await fetch(database, "SELECT DISTINCT why FROM cancellation.dead_letter_actions")
    assert [row[0] for row in rows] == [f"replay {plan.hash[:12]}"]
    chosen = await operator.plan("leg:cancellation", "one", cause="ORDER_NOT_FOUND", orders=("11",))
    assert [row["key"] for row in chosen.rows()] == ["11"]
