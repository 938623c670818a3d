"""Relays share one topic for their positions: a neighbour's death must not move a relay back."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from aiokafka import AIOKafkaProducer

from kit.cloudevents import Incoming
from kit.postgres import open_pool
from kit.settings import KitSettings
from services.cancellation.bootstrap import SERVICE
from tests.support.messages import cancel, incoming, placed
from tests.support.relaying import relaying
from tests.support.stack import Servers, until

pytestmark = pytest.mark.integration


@asynccontextmanager
async def unfinished_transaction(bootstrap: str, positions: str) -> AsyncIterator[None]:
    """Have another relay stop inside its transaction; its successor ends it after the body."""

    def producer() -> AIOKafkaProducer:
        return AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=f"other-{positions}")

    dead, successor = producer(), producer()
    await dead.start()
    await dead.begin_transaction()
    await dead.send_and_wait(positions, key=b"other", value=b"1", partition=0)
    try:
        yield
    finally:
        await successor.start()  # fences the dead one, whose transaction is aborted
        await successor.stop()
        await dead.stop()


async def test_a_relay_goes_on_where_it_ended_though_another_one_died_inside_its_transaction(
    servers: Servers, settings: KitSettings
) -> None:
    topic, positions = await servers.topic("events", partitions=4), await servers.topic("positions")

    async def handle(message: Incoming) -> None:
        async with open_pool(settings.postgres_dsn, name="test") as pool:
            await SERVICE.processor(settings, pool).process([message])

    async def published() -> Counter[str]:
        records = await servers.read_topic(topic)
        return Counter(dict(record.headers)["ce_id"].decode() for record in records)

    async def are_published(count: int) -> bool:
        return len(await published()) >= count

    await handle(incoming(placed("1"), "placed"))
    async with AsyncExitStack() as relays:
        first = relaying(settings, topic=topic, positions=positions)
        health = await relays.enter_async_context(first)
        await until(health.is_ready, what="the first relay leads")
        async with unfinished_transaction(servers.kafka_bootstrap, positions):
            await handle(incoming(cancel("1"), "first"))
            await until(lambda: are_published(1), what="the first answer is published")
            await relays.aclose()
            second = relaying(settings, topic=topic, positions=positions)
            health = await relays.enter_async_context(second)
            await handle(incoming(cancel("1"), "second"))
        await until(lambda: are_published(2), what="the second relay goes on")
        assert health.is_ready()
    assert set((await published()).values()) == {1}, "no message twice"
