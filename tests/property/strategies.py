"""Random orders and random lives of one order; small numbers, so that bounds are met often."""

from typing import Any

from hypothesis import strategies as st

from contracts import orders
from tests.support.mothers import (
    A_CUSTOMER,
    a_cancel_command,
    a_capture,
    a_line,
    a_shipment,
    an_authorization,
    an_order,
)

PAYMENTS = ("pi_a", "pi_b", "pi_c")
LINE_IDS = ("1", "2", "3")


@st.composite
def placements(draw: st.DrawFn) -> orders.OrderPlaced:
    """Orders of one to three lines; sometimes gifts, sometimes guests."""
    count = draw(st.integers(1, len(LINE_IDS)))
    lines = [
        a_line(line_id, quantity=draw(st.integers(1, 4)), price_minor=draw(st.integers(0, 9)))
        for line_id in LINE_IDS[:count]
    ]
    customer = draw(st.sampled_from([A_CUSTOMER, None, orders.Customer(customer_id="7")]))
    return an_order(*lines, customer=customer)


def _units(max_size: int = 3) -> Any:
    unit = st.tuples(st.sampled_from(LINE_IDS), st.integers(1, 5))
    return st.lists(unit, min_size=1, max_size=max_size)


captures = st.builds(a_capture, st.integers(0, 40), st.sampled_from(PAYMENTS))
shipments = _units().map(lambda units: a_shipment(*units))
commands = st.builds(
    a_cancel_command,
    lines=st.none() | _units(),
    refund=st.sampled_from(["NOW", "NOW", "NONE"]),
    restock=st.booleans(),
    notify=st.booleans(),
    staff_note=st.none() | st.text(max_size=5),
)
lives = st.lists(
    st.one_of(captures, shipments, commands, st.builds(an_authorization, st.integers(0, 40))),
    max_size=12,
)
"""What may happen to a placed order, in any sequence; some of it will be refused."""
