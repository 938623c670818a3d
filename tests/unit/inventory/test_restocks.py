"""The stock of one order: put back once, never more than was ordered."""

from typing import Any
from uuid import UUID

import pytest

from services.inventory.domain import events
from services.inventory.domain.decisions import STOCK
from services.inventory.translation import PUBLISHES, translate
from tests.support.mothers import (
    A_CAUSE,
    FIRST,
    ORDER_ID,
    a_cancelled_line,
    a_restock,
    an_order,
    an_order_cancelled,
)
from tests.support.spec import story_of

stock = story_of(STOCK).given(an_order())
SECOND = UUID(int=2)
RESTOCKED = ("stock.restocked.v1", "stock.released.v1")


def cancelled_again(*lines: Any) -> Any:
    return an_order_cancelled(cancellation_id=SECOND, lines=lines)


def test_the_cancelled_units_go_back_in_one_fact() -> None:
    restocked, released = stock.when(an_order_cancelled()).facts
    assert restocked == events.StockRestocked(
        order_id=ORDER_ID,
        cancellation_id=FIRST,
        lines=(
            events.BackLine(line_id="1", sku="SKU-1", quantity=2, released_quantity=2),
            events.BackLine(line_id="2", sku="SKU-2", quantity=2, released_quantity=2),
        ),
    )
    assert isinstance(released, events.StockReleased)
    assert [(item.sku, item.quantity) for item in released.items] == [("SKU-1", 2), ("SKU-2", 2)]


def test_restock_false_puts_nothing_back_and_is_not_answered() -> None:
    then = stock.when(an_order_cancelled(restock=False))
    then.then_names("stock.withheld.v1")
    assert then.facts[0].NAME not in PUBLISHES


def test_a_cancellation_heard_twice_moves_stock_once() -> None:
    stock.given(an_order_cancelled()).when(an_order_cancelled(), message_id="b").then_nothing()
    kept = an_order_cancelled(restock=False)
    stock.given(kept).when(kept, message_id="b").then_nothing()


def test_an_order_heard_twice_is_reserved_once() -> None:
    stock.when(an_order(), message_id="b").then_nothing()


def test_a_failed_restock_is_not_tried_again() -> None:
    too_many = an_order_cancelled(lines=(a_cancelled_line(quantity=3),))
    stock.given(too_many).when(too_many).then_nothing()


def test_partial_cancellations_go_back_one_after_the_other() -> None:
    one = an_order_cancelled(lines=(a_cancelled_line(quantity=1),))
    story = stock.given(one)
    story.when(cancelled_again(a_cancelled_line(quantity=1))).then_names(*RESTOCKED)


def test_never_more_units_go_back_than_were_ordered() -> None:
    story = stock.given(an_order_cancelled(lines=(a_cancelled_line(quantity=1),)))
    again = cancelled_again(a_cancelled_line("2", quantity=1), a_cancelled_line(quantity=2))
    failed, _ = story.when(again).facts
    assert failed == events.RestockFailed(
        order_id=ORDER_ID,
        cancellation_id=SECOND,
        code="MORE_THAN_ORDERED",
        detail="line 1: 3 units back of 2 ordered",
    )
    assert story.given(again).state.units == {"1": 1}, "nothing of a failed restock counts"


@pytest.mark.parametrize(
    ("cancelled", "type_"),
    [
        (an_order_cancelled(), "inventory.stock-restocked.v1"),
        (
            an_order_cancelled(lines=(a_cancelled_line(quantity=9),)),
            "inventory.restock-failed.v1",
        ),
    ],
)
def test_every_outcome_is_published_under_the_order_number(cancelled: Any, type_: str) -> None:
    fact = stock.when(cancelled).facts[0]
    assert fact.NAME in PUBLISHES
    topic, key, message = translate(fact, A_CAUSE)
    assert (topic, key) == ("inventory.events", ORDER_ID)
    assert type_ == type(message).TYPE  # type: ignore[attr-defined]


def test_the_public_message_names_what_went_back_and_not_where_it_was_before() -> None:
    fact = stock.when(an_order_cancelled(lines=(a_cancelled_line(),))).facts[0]
    assert translate(fact, A_CAUSE).message == a_restock()
