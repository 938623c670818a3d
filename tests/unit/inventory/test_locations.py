"""Locations that are not in use: where their units go, and who is told."""

from typing import Any

from contracts.inventory import SetStockLocation
from services.inventory.domain import events
from services.inventory.domain.decisions import STOCK
from services.inventory.domain.locations import Location, Locations
from tests.support.mothers import a_cancelled_line, a_line, a_shipment, an_order, an_order_cancelled
from tests.support.said import back
from tests.support.spec import story_of
from tests.support.stock import Level, Shelf, a_return
from tests.support.wishes import KIM

CLOSED = Locations({"paris": Location(is_active=False, fallback="lyon")})
FROM_PARIS = an_order(a_line().model_copy(update={"location": "paris"}))
BACK_TO_PARIS = an_order_cancelled(
    lines=(a_cancelled_line(),), restock_lines=(back("1", 2, location="paris"),)
)
places = story_of(STOCK)


def a_location(location: str, fallback: str | None = None, *, is_active: bool = False) -> Any:
    return SetStockLocation(location=location, is_active=is_active, fallback=fallback, actor=KIM)


def test_units_for_a_closed_location_go_to_its_fallback_and_somebody_is_told() -> None:
    shelf = Shelf(FROM_PARIS, BACK_TO_PARIS, reference=CLOSED)
    assert shelf.level("SKU-1", "lyon") == Level(2, 0)
    case = shelf.facts[-1]
    assert isinstance(case, events.StockCaseOpened)
    assert case.kind == "LOCATION_DEACTIVATED"
    assert case.detail == "2 of SKU-1 went to lyon: paris is not in use"
    assert [(line.location, line.quantity) for line in case.lines] == [("paris", 2)]


def test_the_restock_succeeds_all_the_same() -> None:
    shelf = Shelf(FROM_PARIS, BACK_TO_PARIS, reference=CLOSED)
    (answer,) = [fact for fact in shelf.facts if isinstance(fact, events.StockRestocked)]
    assert [(line.location, line.quantity) for line in answer.lines] == [("lyon", 2)]


def test_more_back_than_had_left_is_somebodys_to_see_to() -> None:
    shelf = Shelf(FROM_PARIS, a_shipment(("1", 1)), a_return(("1", 2)))
    case = shelf.facts[-1]
    assert isinstance(case, events.StockCaseOpened)
    assert (case.kind, case.detail) == (
        "RETURNED_MORE_THAN_SOLD", "line 1: 1 more came back than had left",
    )  # fmt: skip
    assert shelf.level("SKU-1", "paris") == Level(0, 1)


def test_fallbacks_lead_to_one_in_use_or_to_the_unnamed_one() -> None:
    chain = Locations(
        {
            "a": Location(is_active=False, fallback="b"),
            "b": Location(is_active=False, fallback="c"),
            "d": Location(is_active=False, fallback=None),
        }
    )
    assert [chain.where(name) for name in ("a", "b", "c", "d", None)] == ["c", "c", "c", None, None]


def test_no_chain_of_fallbacks_leads_in_a_circle() -> None:
    story = places.given(a_location("a", "b"), a_location("b", "c"))
    (refusal,) = story.when(a_location("c", "a")).then_refused("FALLBACK_CIRCULAR")
    assert refusal.detail == "c falls back to a falls back to b falls back to c"
    places.when(a_location("a", "a")).then_refused("FALLBACK_CIRCULAR")


def test_a_location_is_opened_again() -> None:
    story = places.given(a_location("a", "b"), a_location("a", is_active=True))
    assert story.state.locations.where("a") == "a"
