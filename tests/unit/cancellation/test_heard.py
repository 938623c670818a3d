"""What is recorded of upstream's words, and what is put aside."""

from contracts.values import AMOUNT_MINOR_MAX
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from tests.support.mothers import (
    a_cancel_command,
    a_capture,
    a_line,
    a_shipment,
    an_authorization,
    an_order,
)
from tests.support.spec import story_of

order = story_of(ORDER)
placed = order.given(an_order())


def test_a_placed_order_is_recorded_as_heard() -> None:
    order.when(an_order()).then(events.OrderPlaced(message=an_order()))


def test_a_second_placement_is_put_aside_and_the_first_stays() -> None:
    placed.when(an_order(a_line("7"))).then_set_aside("ORDER_EXISTS")


def test_an_order_with_a_repeated_line_id_is_put_aside() -> None:
    order.when(an_order(a_line("1"), a_line("1"))).then_set_aside("LINE_ID_REPEATED")


def test_an_authorization_is_recorded_and_is_not_money() -> None:
    placed.when(an_authorization()).then(events.PaymentAuthorized(message=an_authorization()))
    state = placed.given(an_authorization(700), an_authorization(300)).state
    assert state.authorized == {"pi_489434": 1000}
    assert state.captured == {}


def test_a_capture_is_recorded() -> None:
    placed.when(a_capture()).then(events.PaymentCaptured(message=a_capture()))


def test_a_shipment_is_recorded_and_shipments_add_up() -> None:
    placed.when(a_shipment(("1", 1))).then(events.LinesFulfilled(message=a_shipment(("1", 1))))
    state = placed.given(a_shipment(("1", 1)), a_shipment(("1", 1), ("2", 1))).state
    assert state.fulfilled == {"1": 2, "2": 1}


def test_facts_that_come_after_a_cancellation_are_recorded_all_the_same() -> None:
    story = placed.given(a_cancel_command())
    assert story.when(a_capture()).facts[0] == events.PaymentCaptured(message=a_capture())
    shipment = a_shipment(("1", 1))
    assert story.when(shipment).facts[0] == events.LinesFulfilled(message=shipment)


def test_payments_and_shipments_of_unknown_orders_are_put_aside() -> None:
    order.when(an_authorization()).then_set_aside("ORDER_NOT_FOUND")
    order.when(a_capture()).then_set_aside("ORDER_NOT_FOUND")
    order.when(a_shipment(("1", 1))).then_set_aside("ORDER_NOT_FOUND")


def test_a_shipment_of_an_unknown_line_is_put_aside_by_name() -> None:
    detail = placed.when(a_shipment(("1", 1), ("9", 1))).then_set_aside("LINE_NOT_FOUND")
    assert "9" in detail


def test_an_order_worth_more_than_we_can_count_is_put_aside() -> None:
    huge = an_order(a_line("1", quantity=2, price_minor=AMOUNT_MINOR_MAX))
    order.when(huge).then_set_aside("AMOUNT_TOO_GREAT")
    spread = an_order(
        a_line("1", quantity=1, price_minor=AMOUNT_MINOR_MAX),
        a_line("2", quantity=1, price_minor=1),
    )
    order.when(spread).then_set_aside("AMOUNT_TOO_GREAT")


def test_the_dearest_order_we_can_count_is_cancelled_like_any_other() -> None:
    dearest = an_order(a_line("1", quantity=1, price_minor=AMOUNT_MINOR_MAX))
    story = order.given(dearest, a_capture(AMOUNT_MINOR_MAX))
    story.when(a_cancel_command()).then_names("order.cancelled.v1")


def test_captures_that_add_up_to_more_than_we_can_count_are_put_aside() -> None:
    story = placed.given(a_capture(AMOUNT_MINOR_MAX))
    story.when(a_capture(1)).then_set_aside("AMOUNT_TOO_GREAT")
    story.when(a_capture(1, "pi_other")).then_set_aside("AMOUNT_TOO_GREAT")
    story.when(a_cancel_command()).then_names("order.cancelled.v1")
