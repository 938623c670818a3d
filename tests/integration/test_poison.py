"""Poison among good messages of one partition: put aside once each, and nobody waits for it."""

import asyncio
import time
from typing import Any

import pytest

from kit.postgres import open_pool
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
PACE_S = 0.005


async def test_poison_is_put_aside_once_and_delays_nobody(
    servers: Servers, settings: KitSettings, database: str, producer: Any
) -> None:
    topic = await servers.topic("orders")
    sent_at: dict[str, float] = {}
    delays_s: dict[str, float] = {}
    letters: dict[int, tuple[str, dict[str, Any]]] = {}
    async with open_pool(database, name="test") as pool:
        processor = SERVICE.processor(settings, pool)

        async def process(messages: Any, **more: Any) -> Any:
            answers = await processor.process(messages, **more)
            now = time.monotonic()
            delays_s.update((m.id, now - sent_at[m.id]) for m in messages if m.id in sent_at)
            return answers

        group = "test-poison"
        async with consuming(settings, group=group, topics=[topic], process=process):
            await producer.send(topic, **record(placed("good-0"), "good-0"))
            await producer.send_and_wait(topic, **record(cancel("good-0"), "command"))
            poison = iter(POISON.items())
            for number in range(1, 20 * len(POISON) + 1):
                id_ = f"good-{number}"
                sent_at[id_] = time.monotonic()
                await producer.send(topic, **record(placed(id_), id_))
                if number % 20 == 0:
                    name, (code, make) = next(poison)
                    sent = make(f"poison-{number}")
                    meta = await producer.send_and_wait(topic, **sent)
                    letters[meta.offset] = code, sent
                    assert name
                await asyncio.sleep(PACE_S)
            await producer.flush()
            await until(lambda: len(delays_s) == len(sent_at), what="every good message handled")
    assert max(delays_s.values()) <= DELAY_MAX_S
    found = await fetch(database, f'SELECT "offset", code, key, value, headers FROM {DEAD_LETTERS}')
    assert {row["offset"]: row["code"] for row in found} == {
        offset: code for offset, (code, _) in letters.items()
    }
    assert len(found) == len(POISON)
    for row in found:
        sent = letters[row["offset"]][1]
        assert (row["key"], row["value"]) == (sent["key"], sent["value"])
        lines = b"".join(name.encode() + b": " + value + b"\n" for name, value in sent["headers"])
        assert row["headers"] == lines
    orders = await fetch(database, f"SELECT count(*) FROM {EVENTS} WHERE topic = 'order.placed.v1'")
    assert orders[0][0] == len(sent_at) + 1
