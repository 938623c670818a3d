"""The stock ledger on a real PostgreSQL: one article in everybody's orders, and a crash."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from contracts.inventory import AdjustStock, SetStockLocation
from contracts.orders import OrderPlaced
from countermand.verify.decided import Decided
from countermand.verify.stock import read_stock
from kit.cloudevents import Incoming, fingerprint
from kit.postgres import Pool, open_pool
from kit.processor import Processor
from kit.settings import KitSettings
from services.inventory.bootstrap import SERVICE
from services.inventory.shelves import Shelves
from services.inventory.translation import stream_of
from tests.support.messages import cancelled, fulfilled, placed
from tests.support.stack import fetch
from tests.support.wishes import KIM

pytestmark = pytest.mark.integration

ORDERS = 200


@pytest.fixture
async def pool(settings: KitSettings, database: str) -> AsyncIterator[Pool]:
    async with open_pool(settings.postgres_dsn, size_max=8, name="test") as pool:
        yield pool


def incoming(message: Any, message_id: str) -> Incoming:
    """Wrap a message as the reader does."""
    type_ = type(message).__name__
    stream = stream_of(message)[1]
    return Incoming(message_id, type_, message, stream, fingerprint(type_, message), message_id)


def three_of_one(number: int) -> OrderPlaced:
    """Order three of the article everybody wants."""
    return placed(f"hot-{number}", 3)


async def handle(processor: Processor[Any], messages: Sequence[Incoming]) -> None:
    """Handle messages in small batches, as a consumer under way does."""
    for start in range(0, len(messages), 10):
        await processor.process(messages[start : start + 10])


async def level(dsn: str) -> tuple[int, int, int]:
    """Return on hand, reserved, available of the hot article."""
    ((on_hand, reserved, available),) = await fetch(
        dsn, "SELECT on_hand, reserved, available FROM inventory.stock_levels WHERE sku = 'sku-1'"
    )
    return on_hand, reserved, available


async def test_two_consumers_at_one_article_come_to_exact_totals(
    pool: Pool, settings: KitSettings, database: str
) -> None:
    """Both hear everything, as after a rebalance; half of the orders are cancelled."""
    said = [
        message
        for number in range(ORDERS)
        for message in (
            incoming(three_of_one(number), f"p{number}"),
            incoming(
                cancelled(f"hot-{number}") if number % 2 else fulfilled(f"hot-{number}", line_1=3),
                f"m{number}",
            ),
        )
    ]
    first, second = SERVICE.processor(settings, pool), SERVICE.processor(settings, pool)
    await asyncio.gather(handle(first, said), handle(second, [*said[200:], *said[:200]]))
    assert await level(database) == (-3 * ORDERS // 2, 0, -3 * ORDERS // 2)
    kinds = await fetch(
        database, "SELECT kind, count(*) FROM inventory.stock_movements GROUP BY 1 ORDER BY 1"
    )
    assert [tuple(row) for row in kinds] == [
        ("ALLOCATION", ORDERS), ("RELEASE", ORDERS // 2), ("SALE", ORDERS // 2),
    ]  # fmt: skip
    connection = await asyncpg.connect(database)
    try:
        _, found = await read_stock(connection, Decided())
        assert found == []
        await connection.execute(
            "UPDATE inventory.stock_movements SET on_hand = 1 WHERE order_id = 'hot-1'"
            " AND kind = 'RELEASE'"
        )
        await connection.execute("DELETE FROM inventory.stock_movements WHERE order_id = 'hot-2'")
        await connection.execute(
            "INSERT INTO inventory.stock_movements (movement_id, kind, sku, quantity, recorded_at)"
            " VALUES ($1, 'ADJUSTMENT', 'sku-1', 1, now())", UUID(int=1),
        )  # fmt: skip
        _, found = await read_stock(connection, Decided())
        assert sorted(mismatch.kind for mismatch in found) == ["foreign", "lost", "lost", "wrong"]
    finally:
        await connection.close()


async def test_the_ledger_itself_refuses_a_second_restock_of_one_cancellation(
    pool: Pool, settings: KitSettings, database: str
) -> None:
    """Even with the inbox and the log's own order taken away, the key of the movement stands."""
    await SERVICE.processor(settings, pool).process([incoming(cancelled("1"), "c1")])
    with pytest.raises(asyncpg.UniqueViolationError, match="stock_movements_pkey"):
        await fetch(database, "INSERT INTO inventory.stock_movements SELECT * FROM"
                    " inventory.stock_movements WHERE kind = 'RELEASE'")  # fmt: skip


async def test_counts_and_closed_locations_are_in_force_for_every_consumer(
    pool: Pool, settings: KitSettings, database: str
) -> None:
    shelves = Shelves()
    processor = SERVICE.processor(settings, pool)
    counted = AdjustStock(sku="sku-1", change=7, reason="COUNTED", counted=7, actor=KIM)
    closed = SetStockLocation(location="paris", is_active=False, fallback="lyon", actor=KIM)
    async with shelves.kept_fresh(pool):
        await processor.process([incoming(counted, "a1"), incoming(closed, "l1")])
        await processor.process([incoming(counted, "a1")])
        await asyncio.sleep(0)
        await shelves.refresh(pool)
        assert shelves.current().where("paris") == "lyon"
    assert await level(database) == (7, 0, 7)
    round_ = SetStockLocation(location="lyon", is_active=False, fallback="paris", actor=KIM)
    (answer,) = await processor.process([incoming(round_, "l2")])
    assert answer.facts[0].NAME == "stock.command-rejected.v1"
