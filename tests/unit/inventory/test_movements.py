"""The stock movements written with a fact: one per line, under a key of our own ids."""

from typing import Any

from kit.facts import RecordedFact
from kit.ids import child_id
from services.inventory.domain.restocks import RESTOCKS
from services.inventory.ledger import movements_of
from tests.support.mothers import A_CAUSE, FIRST, ORDER_ID, a_cancelled_line, an_order_cancelled
from tests.support.spec import NOW, STREAM, story_of

stock = story_of(RESTOCKS)


def movements(cancelled: Any) -> list[Any]:
    facts = stock.when(cancelled).facts
    return [
        movement
        for version, fact in enumerate(facts, 1)
        for movement in movements_of(RecordedFact(STREAM, version, fact, A_CAUSE))
    ]


def test_one_movement_per_line_under_a_derived_key() -> None:
    assert movements(an_order_cancelled()) == [
        {
            "movement_id": child_id(FIRST, line_id), "order_id": ORDER_ID, "line_id": line_id,
            "sku": f"SKU-{line_id}", "quantity": 2, "cancellation_id": FIRST, "recorded_at": NOW,
        }
        for line_id in ("1", "2")
    ]  # fmt: skip


def test_a_failed_restock_writes_no_movement() -> None:
    assert movements(an_order_cancelled(lines=(a_cancelled_line(quantity=9),))) == []
