"""Laws of the stock ledger: whatever happens to an order, and in whichever sequence it is heard."""

from collections import Counter
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from contracts.inventory import AdjustStock
from contracts.orders import Component
from services.inventory.domain.events import RestockFailed
from tests.property.effort import examples
from tests.support.mothers import (
    a_cancelled_line,
    a_line,
    a_shipment,
    an_order,
    an_order_cancelled,
)
from tests.support.said import REQUEST, a_reinstated_order, a_restock_request, back
from tests.support.stock import Shelf, a_return
from tests.support.wishes import KIM

laws = examples(few=150, many=3_000)
ORDERED = 4
units = st.integers(1, ORDERED)
PLACED = an_order(
    a_line(quantity=ORDERED),
    a_line("2", quantity=ORDERED).model_copy(
        update={
            "location": "paris",
            "components": (Component(sku="CUP", quantity=2), Component(sku="SKU-1", quantity=1)),
        }
    ),
)
line_ids = st.sampled_from(["1", "2"])
parcels = st.lists(
    st.tuples(st.sampled_from([a_shipment, a_return]), line_ids, units), max_size=5
).map(lambda drawn: [make((line_id, count)) for make, line_id, count in drawn])


choices = st.lists(st.booleans(), max_size=12)


@st.composite
def cancellations(draw: Any) -> list[Any]:
    """Draw what the cancellation service says: never more of a line than was ordered."""
    left, said = {"1": ORDERED, "2": ORDERED}, []
    for number in range(draw(st.integers(0, 4))):
        line_id = draw(line_ids)
        count = min(draw(units), left[line_id])
        if count:
            left[line_id] -= count
            line = a_cancelled_line(line_id, quantity=count, ordered=ORDERED).model_copy(
                update={
                    "location": PLACED.lines[int(line_id) - 1].location,
                    "components": PLACED.lines[int(line_id) - 1].components,
                }
            )
            said.append(
                an_order_cancelled(
                    cancellation_id=UUID(int=number + 1), lines=(line,), restock=draw(st.booleans())
                )
            )
    return said


def merged(choices: list[bool], first: list[Any], second: list[Any]) -> list[Any]:
    """Take from one topic or the other, each in its own sequence."""
    left = [list(first), list(second)]
    taken = [left[choice].pop(0) for choice in choices if left[choice]]
    return [*taken, *left[0], *left[1]]


def check(shelf: Shelf) -> None:
    """Every unit taken is in one place, no reservation is below nothing, no more is back."""
    for line in shelf.stock.lines.values():
        assert line.taken == line.reserved + line.withheld + line.sold + line.back
        assert min(line[3:]) >= 0
    back, taken, reserved = Counter[Any](), Counter[Any](), Counter[Any]()
    for row in shelf.rows:
        key = row.get("line_id"), row["sku"]
        reserved[key] += row["reserved"]
        if row["kind"] in ("RELEASE", "CANCELLATION", "RETURN"):
            back[key] += row["quantity"]
        if row["kind"] == "ALLOCATION" or row["reason"] == "UNRESERVED":
            taken[key] += row["quantity"]
    assert back <= taken
    assert all(count >= 0 for count in reserved.values())
    for line_id, line in shelf.stock.lines.items():
        if not line.components:
            key = line_id, line.sku
            assert (reserved[key], back[key], taken[key]) == (line.reserved, line.back, line.taken)


@laws
@given(
    heard=parcels, said=cancellations(), one=st.lists(st.booleans()), two=st.lists(st.booleans())
)
def test_whichever_topic_is_heard_first_the_levels_are_the_same(
    heard: list[Any], said: list[Any], one: list[bool], two: list[bool]
) -> None:
    orders = [PLACED, *heard]
    assert Shelf(*merged(one, orders, said)).levels == Shelf(*merged(two, orders, said)).levels


by_hand = st.builds(
    lambda line_id, count, number: a_restock_request(
        back(line_id, count, ordered=ORDERED)
    ).model_copy(update={"request_id": UUID(int=REQUEST.int + number)}),
    line_ids, units, st.integers(1, 9),
)  # fmt: skip
again = st.builds(
    lambda number, line_id, count: a_reinstated_order(
        [(line_id, count)], cancellation_id=UUID(int=number)
    ),
    st.integers(1, 4), line_ids, units,
)  # fmt: skip
counts = st.builds(
    lambda change: AdjustStock(sku="SKU-1", change=change, reason="FOUND", actor=KIM),
    st.integers(-9, 9),
)


@laws
@given(
    heard=parcels,
    said=cancellations(),
    more=st.lists(st.one_of(by_hand, again, counts), max_size=4),
    data=st.data(),
)
def test_whatever_happens_no_more_goes_back_than_was_taken(
    heard: list[Any], said: list[Any], more: list[Any], data: st.DataObject
) -> None:
    cancelled = {line.line_id for one in said for line in one.lines}
    later = [x for x in more if not hasattr(x, "request_id") or x.lines[0].line_id in cancelled]
    shelf = Shelf()
    for message in merged(data.draw(choices), [PLACED, *heard], [*said, *later]):
        shelf.hear(*[message] * data.draw(st.integers(1, 2)))
        check(shelf)
    ids = [row["movement_id"] for row in shelf.rows]
    assert len(set(ids)) == len(ids), "no movement twice"


@laws
@given(said=cancellations(), data=st.data())
def test_cancelling_all_of_an_order_leaves_nothing_reserved(
    said: list[Any], data: st.DataObject
) -> None:
    rest = Counter({line.line_id: line.quantity for line in PLACED.lines})
    for cancelled in said:
        for line in cancelled.lines:
            rest[line.line_id] -= line.quantity
    last = an_order_cancelled(
        cancellation_id=UUID(int=99),
        lines=tuple(
            a_cancelled_line(id_, quantity=count, ordered=ORDERED).model_copy(
                update={
                    "location": PLACED.lines[int(id_) - 1].location,
                    "components": PLACED.lines[int(id_) - 1].components,
                }
            )
            for id_, count in rest.items()
            if count
        ),
    )
    shelf = Shelf(*data.draw(st.permutations([PLACED, *said, last])))
    assert not any(isinstance(fact, RestockFailed) for fact in shelf.facts)
    assert all(level.reserved == 0 for level in shelf.levels.values())
