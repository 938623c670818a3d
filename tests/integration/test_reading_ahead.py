"""States read ahead of their batch save time and change nothing."""

import asyncio
from typing import Any

import pytest

from kit.postgres import open_pool
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


async def test_what_was_recorded_while_reading_ahead_is_not_forgotten(
    settings: KitSettings, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_read, may_go_on = asyncio.Event(), asyncio.Event()
    fold_many = SERVICE.store.fold_many

    async def fold_slowly(*arguments: Any) -> Any:
        read = await fold_many(*arguments)
        has_read.set()
        await may_go_on.wait()
        return read

    async with open_pool(database, size_max=4, name="test") as pool:
        processor, other = SERVICE.processor(settings, pool), SERVICE.processor(settings, pool)
        await other.process([incoming(placed("1", 5), "place")])
        message = incoming(cancel("1", lines=LINE), "cancel")
        monkeypatch.setattr(SERVICE.store, "fold_many", fold_slowly)
        reading = asyncio.create_task(processor.read_ahead([message]))
        await has_read.wait()
        monkeypatch.undo()
        await processor.process([message])
        may_go_on.set()
        await reading
    (remembered,) = processor._memory.values()
    assert remembered.version == 2
    assert await count(database, EVENTS) == 2
