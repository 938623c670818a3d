"""Which movements each fact makes, and what they come to: on hand, reserved, available."""

from contracts.inventory import RestockedLine
from contracts.orders import Component
from kit.facts import RecordedFact
from kit.ids import child_id
from services.inventory.domain import events
from services.inventory.domain.locations import Location, Locations
from services.inventory.ledger import movements_of
from tests.support.mothers import (
    A_CAUSE,
    FIRST,
    ORDER_ID,
    a_cancelled_line,
    a_line,
    a_shipment,
    an_order,
    an_order_cancelled,
    cancellation_at,
)
from tests.support.said import REQUEST, a_reinstated_order, a_restock_request, back
from tests.support.spec import NOW, STREAM
from tests.support.stock import Level, Shelf, a_return

ONE_LINE = (a_line(),)
CANCELLED = an_order_cancelled(lines=(a_cancelled_line(),))
CLOSED = Location(is_active=False, fallback="lyon")
KEPT = an_order_cancelled(lines=(a_cancelled_line(),), restock=False)


def test_an_order_reserves_and_takes_nothing_off_the_shelf() -> None:
    shelf = Shelf(an_order(*ONE_LINE))
    assert shelf.kinds == [("ALLOCATION", 2)]
    assert shelf.level() == Level(0, 2)
    assert shelf.level().available == -2, "oversold: nobody has counted any in"


def test_letting_a_reservation_go_is_no_restock() -> None:
    shelf = Shelf(an_order(*ONE_LINE), CANCELLED)
    assert shelf.kinds == [("ALLOCATION", 2), ("RELEASE", 2)]
    assert [row["on_hand"] for row in shelf.rows] == [0, 0]
    assert shelf.levels == {}


def test_what_ships_leaves_the_shelf_and_its_reservation() -> None:
    shelf = Shelf(an_order(*ONE_LINE), a_shipment(("1", 2)))
    assert shelf.kinds[1:] == [("SALE", 2)]
    assert shelf.level() == Level(-2, 0)


def test_what_the_customer_sends_back_is_on_hand_again() -> None:
    shelf = Shelf(an_order(*ONE_LINE), a_shipment(("1", 2)), a_return(("1", 1)))
    assert shelf.kinds[2:] == [("RETURN", 1)]
    assert shelf.level() == Level(-1, 0)


def test_what_comes_back_spoilt_goes_on_no_shelf() -> None:
    spoilt = a_return(("1", 2), restock=False)
    shelf = Shelf(an_order(*ONE_LINE), a_shipment(("1", 2)), spoilt)
    assert shelf.level() == Level(-2, 0)
    assert not shelf.hear(a_return(("1", 2))).kinds[2:], "and cannot come back twice"


def test_what_is_kept_off_the_shelf_leaves_the_books_and_its_reservation() -> None:
    shelf = Shelf(an_order(*ONE_LINE), KEPT)
    assert shelf.kinds[1:] == [("ADJUSTMENT", 2)]
    assert shelf.level() == Level(-2, 0)


def test_and_by_hand_it_comes_back_into_them() -> None:
    shelf = Shelf(an_order(*ONE_LINE), KEPT, a_restock_request(back("1", 2)))
    assert shelf.kinds[2:] == [("CANCELLATION", 2)]
    assert shelf.levels == {}


def test_part_of_a_plan_goes_back_and_the_rest_is_let_go_of() -> None:
    plan = an_order_cancelled(lines=(a_cancelled_line(),), restock_lines=(back("1", 1),))
    shelf = Shelf(an_order(*ONE_LINE), plan)
    assert shelf.kinds[1:] == [("RELEASE", 1), ("ADJUSTMENT", 1)]
    assert shelf.level() == Level(-1, 0)


def test_a_parcel_caught_on_its_way_comes_back_by_hand() -> None:
    shelf = Shelf(an_order(*ONE_LINE), a_shipment(("1", 2)), a_restock_request(back("1", 2)))
    assert shelf.kinds[2:] == [("CANCELLATION", 2)]
    assert shelf.levels == {}


def test_gone_is_gone_though_nothing_was_reserved() -> None:
    shelf = Shelf(an_order(*ONE_LINE), CANCELLED, a_shipment(("1", 2)))
    assert shelf.kinds[2:] == [("SALE", 2)]
    assert shelf.rows[2]["reason"] == "UNRESERVED"
    assert shelf.level() == Level(-2, 0)


def test_the_same_when_the_parcel_was_heard_of_first() -> None:
    shelf = Shelf(an_order(*ONE_LINE), a_shipment(("1", 2)), CANCELLED)
    assert shelf.level() == Level(-2, 0)
    assert shelf.stock.lines["1"].sold == 2
    assert "stock.released.v1" not in [fact.NAME for fact in shelf.facts]


def test_an_order_heard_after_its_cancellation_reserves_what_is_left() -> None:
    one = an_order_cancelled(lines=(a_cancelled_line(quantity=1),))
    shelf = Shelf(one, an_order(*ONE_LINE))
    assert shelf.kinds == [("ALLOCATION", 1), ("RELEASE", 1), ("ALLOCATION", 1)]
    assert shelf.level() == Level(0, 1)


def test_a_reinstated_order_reserves_again_what_went_back() -> None:
    shelf = Shelf(an_order(*ONE_LINE), CANCELLED, a_reinstated_order([("1", 2)]))
    assert shelf.kinds[2:] == [("ALLOCATION", 2)]
    assert shelf.level() == Level(0, 2)


def test_and_gets_back_into_the_books_what_was_kept_off_the_shelf() -> None:
    again = a_reinstated_order([("1", 2)]).model_copy(update={"reserve_lines": ()})
    shelf = Shelf(an_order(*ONE_LINE), KEPT, again)
    assert shelf.kinds[2:] == [("ADJUSTMENT", 2)]
    assert shelf.level() == Level(0, 2)


def test_units_for_another_shelf_move_there() -> None:
    plan = an_order_cancelled(
        lines=(a_cancelled_line(),), restock_lines=(back("1", 2, location="lyon"),)
    )
    order = an_order(a_line().model_copy(update={"location": "paris"}))
    shelf = Shelf(order, plan)
    assert shelf.levels == {("SKU-1", "paris"): Level(-2, 0), ("SKU-1", "lyon"): Level(2, 0)}


def test_of_a_bundle_its_components_move_by_the_recipe_of_the_order() -> None:
    recipe = (Component(sku="CUP", quantity=2), Component(sku="BOX", quantity=1))
    order = an_order(a_line(quantity=3).model_copy(update={"components": recipe}))
    shelf = Shelf(order)
    assert shelf.levels == {("CUP", None): Level(0, 6), ("BOX", None): Level(0, 3)}
    one = an_order_cancelled(lines=(a_cancelled_line(quantity=1, ordered=3),))
    shelf.hear(one, a_shipment(("1", 2)))
    assert shelf.levels == {("CUP", None): Level(-4, 0), ("BOX", None): Level(-2, 0)}
    released = next(fact for fact in shelf.facts if isinstance(fact, events.StockReleased))
    assert [(item.sku, item.quantity) for item in released.items] == [("CUP", 2), ("BOX", 1)]


def test_the_keys_are_made_of_the_cancellation_or_request_and_line_and_shelf() -> None:
    plan = an_order_cancelled(restock_lines=(back("1", 1, location="paris"), back("1", 1)))
    shelf = Shelf(an_order(), plan, a_restock_request(back("2", 1)))
    ids = [row["movement_id"] for row in shelf.rows]
    assert len(set(ids)) == len(ids)
    assert {child_id(FIRST, "1@paris"), child_id(FIRST, "1"), child_id(REQUEST, "2")} <= set(ids)


def test_a_failed_restock_lets_go_of_the_units_and_puts_none_back() -> None:
    shelf = Shelf(an_order(*ONE_LINE), an_order_cancelled(lines=(a_cancelled_line(quantity=9),)))
    assert shelf.kinds[1:] == [("ADJUSTMENT", 2)]
    again = an_order_cancelled(
        lines=(a_cancelled_line(quantity=9),), cancellation_id=cancellation_at(8)
    )
    assert shelf.hear(again).kinds[2:] == []


def test_a_restock_from_before_the_ledger_is_there_and_counts_for_nothing() -> None:
    old = events.StockRestocked(
        order_id=ORDER_ID,
        cancellation_id=FIRST,
        lines=(events.BackLine(line_id="1", sku="SKU-1", quantity=2, location="paris"),),
    )
    (row,) = movements_of(RecordedFact(STREAM, 1, old, A_CAUSE))
    assert (row["kind"], row["quantity"], row["on_hand"]) == ("CANCELLATION", 2, 0)
    assert (row["movement_id"], row["recorded_at"]) == (child_id(FIRST, "1@paris"), NOW)
    assert RestockedLine.model_validate(old.lines[0].model_dump())


def test_a_shelf_that_is_gone_gets_nothing() -> None:
    closed = Locations({"paris": CLOSED, "lyon": CLOSED._replace(fallback=None)})
    order = an_order(a_line().model_copy(update={"location": "paris"}))
    shelf = Shelf(order, a_shipment(("1", 2)), a_return(("1", 2)), reference=closed)
    assert shelf.levels == {("SKU-1", "paris"): Level(-2, 0), ("SKU-1", None): Level(2, 0)}
