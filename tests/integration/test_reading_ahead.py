"""States read ahead of their batch save time and change nothing."""

import asyncio
from typing import Any

import pytest

from kit.postgres import open_pool
from kit.processor import Processor
from kit.settings import KitSettings
from services.cancellation.bootstrap import SERVICE
from services.cancellation.domain import events
from tests.support.messages import cancel, incoming, placed
from tests.support.stack import count

pytestmark = pytest.mark.integration

LINE = [{"line_id": "1", "quantity": 1}]
EVENTS = "cancellation.cancellation_events"


async def test_a_state_read_ahead_never_hides_what_another_process_wrote(
    settings: KitSettings, database: str
) -> None:
    async with open_pool(database, size_max=4, name="test") as pool:
        first, second = SERVICE.processor(settings, pool), SERVICE.processor(settings, pool)
        await first.process([incoming(placed(order, 2), order) for order in ("1", "2")])
        mine = [incoming(cancel(order, lines=LINE), f"mine-{order}") for order in ("1", "2")]
        await second.read_ahead(mine)
        await first.process([incoming(cancel("1", lines=LINE), "theirs")])
        await second.read_ahead(mine)
        assert [a.facts[0].NAME for a in await second.process(mine)] == ["order.cancelled.v1"] * 2
        await first.read_ahead(mine)
        again = [incoming(cancel(order), f"rest-{order}") for order in ("1", "2")]
        first_left, second_left = [a.facts[0] for a in await first.process(again)]
    assert isinstance(first_left, events.CancellationRejected)
    assert isinstance(second_left, events.OrderCancelled)
    assert [left.quantity for left in second_left.lines] == [1]


async def test_reading_ahead_while_the_same_order_is_recorded_forgets_nothing(
    settings: KitSettings, database: str
) -> None:
    async with open_pool(database, size_max=4, name="test") as pool:
        processor = SERVICE.processor(settings, pool)
        await _record_and_read_ahead(processor)
    assert await count(database, EVENTS) == 21


async def _record_and_read_ahead(processor: Processor[Any]) -> None:
    await processor.process([incoming(placed("1", 30), "place")])
    processor._memory.clear()
    for number in range(20):
        message = incoming(cancel("1", lines=LINE), f"c{number}")
        [answer], _ = await asyncio.gather(
            processor.process([message]), processor.read_ahead([message])
        )
        assert answer.facts[0].NAME == "order.cancelled.v1"
        (folded,) = processor._memory.values()
        assert folded.version == number + 2
        if number % 2:
            processor._memory.clear()
