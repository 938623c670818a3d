"""What cancelled units are worth: shares of discounts, taxes, duties and delivery, to the cent."""

from itertools import permutations
from typing import Any

import pytest

from contracts.cancellation import LineWorth
from contracts.orders import OrderLine, Shipping
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from tests.support.mothers import a_cancel_command, a_capture, a_line, a_shipment, an_order
from tests.support.spec import Story, story_of

order = story_of(ORDER)


def a_dear_line(line_id: str = "1", *, quantity: int = 3, **parts: int) -> OrderLine:
    """Three at 10.00 with parts that do not divide by three."""
    return a_line(line_id, quantity=quantity, price_minor=1000).model_copy(update=parts)


def paid(*lines: OrderLine, captured: int, **changes: Any) -> Story[Any]:
    return order.given(an_order(*lines, **changes), a_capture(captured))


def step(story: Story[Any], line_id: str = "1", units: int = 1, **choices: Any) -> Any:
    """Cancel some units and return the fact and the story after it."""
    (fact, *rest) = story.when(a_cancel_command(lines=[(line_id, units)], **choices)).facts
    assert isinstance(fact, events.OrderCancelled), fact
    return fact, story.given(fact, *rest)


def amounts_in_steps(story: Story[Any], *steps: int) -> list[int]:
    found = []
    for units in steps:
        fact, story = step(story, units=units)
        found.append(fact.refund_minor)
    return found


def test_a_discount_is_taken_off_in_shares_that_end_exactly() -> None:
    story = paid(a_dear_line(discount_minor=100), captured=2900)
    assert amounts_in_steps(story, 1, 1, 1) == [967, 967, 966]
    assert amounts_in_steps(story, 3) == [2900]


@pytest.mark.parametrize("steps", set(permutations([1, 2, 4])))
def test_pieces_in_any_sequence_add_up(steps: tuple[int, ...]) -> None:
    line = a_dear_line(quantity=7, discount_minor=333, tax_minor=1001, duties_minor=11)
    story = paid(line, captured=7679)
    assert sum(amounts_in_steps(story, *steps)) == 7679


def test_tax_on_top_goes_back_with_the_units() -> None:
    fact, _ = step(paid(a_dear_line(tax_minor=500), captured=3500))
    assert fact.refund_minor == 1166
    (line,) = fact.lines
    assert line.worth == LineWorth(
        price_minor=1000, discount_minor=0, tax_minor=166, duties_minor=0
    )


def test_tax_in_the_price_is_named_and_not_added() -> None:
    fact, _ = step(paid(a_dear_line(tax_minor=500), captured=3000, tax_included=True))
    assert fact.refund_minor == 1000
    assert fact.lines[0].worth is not None
    assert fact.lines[0].worth.tax_minor == 166


def test_duties_go_back_with_the_units() -> None:
    story = paid(a_dear_line(duties_minor=200), captured=3200)
    assert amounts_in_steps(story, 2, 1) == [2133, 1067]


def test_a_line_with_a_price_alone_needs_no_list_of_parts() -> None:
    fact, _ = step(paid(a_dear_line(), captured=3000))
    assert fact.lines[0].worth is None


def test_a_gift_is_worth_nothing_and_is_cancelled_all_the_same() -> None:
    story = paid(a_line("1", price_minor=0), a_line("2"), captured=1000)
    fact, _ = step(story, "1", 2)
    assert (fact.lines[0].amount_minor, fact.refunds) == (0, ())


def test_a_line_that_cost_nothing_after_its_discount_gives_nothing_back() -> None:
    story = paid(a_dear_line(discount_minor=3000), a_line("2"), captured=1000)
    assert step(story)[0].refund_minor == 0


@pytest.mark.parametrize(("currency", "captured"), [("EUR", 2900), ("JPY", 2900), ("KWD", 2900)])
def test_the_currency_changes_no_minor_unit(currency: str, captured: int) -> None:
    story = paid(a_dear_line(discount_minor=100), captured=captured, currency=currency)
    assert amounts_in_steps(story, 2, 1) == [1934, 966]


# Delivery

SHIPPING = Shipping(amount_minor=600, discount_minor=100, tax_minor=99)


def test_delivery_goes_back_with_the_last_units() -> None:
    story = paid(a_line("1"), captured=1599, shipping=SHIPPING)
    first, story = step(story)
    assert (first.refund_minor, first.money) == (500, None)
    last, _ = step(story)
    assert last.refund_minor == 500 + 599
    assert last.money is not None
    assert last.money.shipping_minor == 599


def test_delivery_of_which_the_tax_is_in_the_price() -> None:
    story = paid(a_line("1"), captured=1500, shipping=SHIPPING, tax_included=True)
    fact, _ = step(story, units=2)
    assert fact.refund_minor == 1500


def test_delivery_that_was_used_stays_paid() -> None:
    story = paid(a_line("1"), captured=1599, shipping=SHIPPING).given(a_shipment(("1", 1)))
    fact, _ = step(story)
    assert (fact.refund_minor, fact.nothing_left) == (500, True)


def test_delivery_can_go_back_at_once_and_then_does_not_again() -> None:
    story = paid(a_line("1"), captured=1599, shipping=SHIPPING)
    first, story = step(story, shipping="NOW")
    assert first.refund_minor == 1099
    assert step(story)[0].refund_minor == 500


def test_delivery_can_be_kept() -> None:
    story = paid(a_line("1"), captured=1599, shipping=SHIPPING)
    fact, _ = step(story, units=2, shipping="KEEP")
    assert fact.refund_minor == 1000


def test_delivery_that_is_kept_is_paid_before_anything_goes_back() -> None:
    story = paid(a_line("1"), captured=800, shipping=SHIPPING)
    fact, _ = step(story, units=2, shipping="KEEP")
    assert fact.refund_minor == 800 - 599


# What cannot be


@pytest.mark.parametrize(
    "placement",
    [
        an_order(a_dear_line(discount_minor=3001)),
        an_order(a_line(), shipping=Shipping(amount_minor=1, discount_minor=2)),
    ],
    ids=["line", "delivery"],
)
def test_more_off_than_it_costs_is_put_aside(placement: Any) -> None:
    order.when(placement).then_set_aside("DISCOUNT_TOO_GREAT")


@pytest.mark.parametrize(
    "placement",
    [
        an_order(a_dear_line(tax_minor=10**15)),
        an_order(a_line(), shipping=Shipping(amount_minor=10**15)),
    ],
    ids=["tax", "delivery"],
)
def test_an_order_worth_more_than_we_can_count_with_its_parts_is_put_aside(placement: Any) -> None:
    order.when(placement).then_set_aside("AMOUNT_TOO_GREAT")
