"""The stock movements written with a fact: one per line, under a key of our own ids."""

from typing import Any

from kit.facts import RecordedFact
from kit.ids import child_id
from services.inventory.domain.restocks import RESTOCKS
from services.inventory.ledger import write_movements
from tests.support.mothers import A_CAUSE, FIRST, ORDER_ID, a_cancelled_line, an_order_cancelled
from tests.support.spec import NOW, STREAM, story_of

stock = story_of(RESTOCKS)


class Connection:
    """Remembers what would be written."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    async def execute(self, *call: Any) -> None:
        self.calls.append(call)


async def written(cancelled: Any) -> list[tuple[Any, ...]]:
    connection: Any = Connection()
    facts = stock.when(cancelled).facts
    recorded = [RecordedFact(STREAM, n, fact, A_CAUSE) for n, fact in enumerate(facts, 1)]
    await write_movements(connection, recorded)
    return [row for _, *columns in connection.calls for row in zip(*columns, strict=True)]


async def test_one_movement_per_line_under_a_derived_key() -> None:
    rows = await written(an_order_cancelled())
    assert rows == [
        (child_id(FIRST, n), ORDER_ID, n, f"SKU-{n}", 2, FIRST, NOW) for n in ("1", "2")
    ]


async def test_a_failed_restock_writes_no_movement() -> None:
    assert await written(an_order_cancelled(lines=(a_cancelled_line(quantity=9),))) == []
