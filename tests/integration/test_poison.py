"""Poison among good messages of one partition: put aside once each, and nobody waits for it."""

import asyncio
import time
from typing import Any

import pytest

from kit.postgres import Pool, open_pool
from kit.settings import KitSettings
from services.cancellation.bootstrap import SERVICE
from tests.support.consuming import consuming
from tests.support.messages import cancel, placed, record
from tests.support.poison import POISON
from tests.support.stack import Servers, fetch, until

pytestmark = pytest.mark.integration

EVENTS = "cancellation.cancellation_events"
DEAD_LETTERS = "cancellation.dead_letters"

DELAY_MAX_S = 1.0
"""What poison may cost a good message behind it, over what the machine itself costs it."""

HEALTHY = 200
GOOD_PER_POISON = 19
PACE_S = 0.005


class Stream:
    """Good messages on one partition, and how long each took to be handled."""

    def __init__(self, producer: Any, topic: str, settings: KitSettings, pool: Pool) -> None:
        self.sent_at: dict[str, float] = {}
        self.delays_s: dict[str, float] = {}
        self._producer, self._topic = producer, topic
        self._processor = SERVICE.processor(settings, pool)

    async def process(self, messages: Any, **more: Any) -> Any:
        """Handle a batch as the service does, then look at the clock."""
        answers = await self._processor.process(messages, **more)
        now = time.monotonic()
        self.delays_s.update(
            (m.id, now - self.sent_at[m.id]) for m in messages if m.id in self.sent_at
        )
        return answers

    async def send(self, number: int) -> str:
        """Send a good message and return its id."""
        id_ = f"good-{number}"
        self.sent_at[id_] = time.monotonic()
        await self._producer.send(self._topic, **record(placed(id_), id_))
        await asyncio.sleep(PACE_S)
        return id_

    async def worst_s(self) -> float:
        """Wait until all is handled and return the longest delay since the last call."""
        await self._producer.flush()
        await until(lambda: len(self.delays_s) == len(self.sent_at), what="all good ones handled")
        worst = max(self.delays_s.values())
        self.sent_at.clear()
        self.delays_s.clear()
        return worst


async def test_poison_is_put_aside_once_and_delays_nobody(
    servers: Servers, settings: KitSettings, database: str, producer: Any
) -> None:
    topic = await servers.topic("orders")
    letters: dict[int, tuple[str, dict[str, Any]]] = {}
    async with open_pool(database, name="test") as pool:
        stream = Stream(producer, topic, settings, pool)
        process: Any = stream.process
        async with consuming(settings, group="poison", topics=[topic], process=process):
            for number in range(HEALTHY):
                await stream.send(number)
            # The poison that repeats an id needs it to be known.
            await producer.send_and_wait(topic, **record(cancel("good-0"), "command"))
            healthy_s = await stream.worst_s()
            number = HEALTHY
            for code, make in POISON.values():
                sent = make(f"poison-{number}")
                letters[(await producer.send_and_wait(topic, **sent)).offset] = code, sent
                for _ in range(GOOD_PER_POISON):
                    await stream.send(number := number + 1)
            assert await stream.worst_s() <= DELAY_MAX_S + healthy_s
    await assert_dead_letters(database, letters)
    orders = await fetch(database, f"SELECT count(*) FROM {EVENTS} WHERE topic = 'order.placed.v1'")
    assert orders[0][0] == HEALTHY + GOOD_PER_POISON * len(POISON)


async def assert_dead_letters(dsn: str, letters: dict[int, tuple[str, dict[str, Any]]]) -> None:
    """Each record is there once, under its reason, byte for byte."""
    found = await fetch(dsn, f'SELECT "offset", code, key, value, headers FROM {DEAD_LETTERS}')
    assert len(found) == len(letters) == len(POISON)
    assert {row["offset"]: row["code"] for row in found} == {
        offset: code for offset, (code, _) in letters.items()
    }
    for row in found:
        sent = letters[row["offset"]][1]
        assert (row["key"], row["value"]) == (sent["key"], sent["value"])
        lines = b"".join(name.encode() + b": " + value + b"\n" for name, value in sent["headers"])
        assert row["headers"] == lines
