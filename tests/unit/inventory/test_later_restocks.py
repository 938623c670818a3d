"""The stock of held, partly restocked and reinstated orders."""

from typing import Any

from services.inventory.domain import events
from services.inventory.domain.decisions import STOCK
from services.inventory.translation import PUBLISHES, translate
from tests.support.mothers import (
    A_CAUSE,
    FIRST,
    ORDER_ID,
    a_cancelled_line,
    an_order,
    an_order_cancelled,
    cancellation_at,
)
from tests.support.said import (
    REQUEST,
    a_confirmation,
    a_held_cancellation,
    a_reinstated_order,
    a_restock_request,
    back,
)
from tests.support.spec import Then, story_of

stock = story_of(STOCK).given(an_order())


def shelves(then: Then[Any]) -> dict[Any, int]:
    fact = then.facts[0]
    assert isinstance(fact, events.StockRestocked), fact
    return {(line.line_id, line.location): line.quantity for line in fact.lines}


def test_while_a_cancellation_is_held_nothing_goes_back() -> None:
    stock.when(a_held_cancellation()).then_nothing()


def test_once_the_hold_is_over_the_units_go_back_once() -> None:
    assert shelves(stock.when(a_confirmation())) == {("1", None): 2, ("2", None): 2}
    stock.given(a_confirmation()).when(a_confirmation(), message_id="b").then_nothing()


def test_exactly_the_units_planned_go_back_where_they_belong() -> None:
    plan = (back("1", 1, location="paris"), back("1", 1, location="lyon"))
    then = stock.when(an_order_cancelled(restock_lines=plan))
    assert shelves(then) == {("1", "paris"): 1, ("1", "lyon"): 1}


def test_units_for_one_shelf_make_one_movement() -> None:
    plan = (back("1", 1), back("1", 1))
    assert shelves(stock.when(an_order_cancelled(restock_lines=plan))) == {("1", None): 2}


def test_a_plan_with_nothing_left_in_it_is_answered_without_a_movement() -> None:
    assert shelves(stock.when(a_confirmation(restock_lines=()))) == {}


def test_over_all_shelves_no_more_goes_back_than_was_ordered() -> None:
    plan = (back("1", 2, location="paris"), back("1", 1, location="lyon"))
    then = stock.when(an_order_cancelled(restock_lines=plan))
    then.then_names("stock.restock-failed.v1", "stock.withheld.v1")


def test_units_go_back_by_hand_and_the_answer_names_the_request() -> None:
    kept = stock.given(an_order_cancelled(restock=False))
    then = kept.when(a_restock_request(back("1", 1)))
    assert then.facts[0] == events.StockRestocked(
        order_id=ORDER_ID,
        cancellation_id=FIRST,
        lines=(
            events.BackLine(
                line_id="1", sku="SKU-1", quantity=1, released_quantity=0, withheld_quantity=1
            ),
        ),
        request_id=REQUEST,
    )
    assert translate(then.facts[0], A_CAUSE).message.request_id == REQUEST  # type: ignore[attr-defined]
    stock.given(a_restock_request(back())).when(a_restock_request(back())).then_nothing()


def test_a_request_for_nothing_is_not_answered() -> None:
    stock.when(a_restock_request()).then_nothing()


def test_by_hand_too_no_more_goes_back_than_was_ordered() -> None:
    story = stock.given(an_order_cancelled(lines=(a_cancelled_line(quantity=1),)))
    then = story.when(a_restock_request(back("1", 2)))
    then.then_names("stock.restock-failed.v1")
    assert translate(then.facts[0], A_CAUSE).message.request_id == REQUEST  # type: ignore[attr-defined]


def test_units_a_reinstated_order_needs_again_may_go_back_again() -> None:
    story = stock.given(an_order_cancelled())
    again = an_order_cancelled(cancellation_id=cancellation_at(7))
    assert story.when(again).facts[0].NAME == "stock.restock-failed.v1"
    reinstated = story.given(a_reinstated_order([("1", 2), ("2", 2)]))
    assert shelves(reinstated.when(again)) == {("1", None): 2, ("2", None): 2}


def test_a_reinstatement_counts_once_and_is_nobodys_business() -> None:
    story = stock.given(an_order_cancelled())
    (fact,) = story.when(a_reinstated_order([("1", 1)])).facts
    assert fact.NAME not in PUBLISHES
    after = story.given(fact)
    assert after.state.units == {"1": 1, "2": 2}
    after.when(a_reinstated_order([("1", 1)]), message_id="b").then_nothing()


def test_a_reinstatement_of_what_never_went_back_is_nothing() -> None:
    stock.when(a_reinstated_order([])).then_nothing()
