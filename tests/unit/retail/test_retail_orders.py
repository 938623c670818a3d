from datetime import UTC, datetime

import pytest

from contracts.orders import OrderLine, OrderPlaced, PaymentCaptured
from contracts.values import LINES_MAX
from countermand.retail.articles import article
from countermand.retail.messages import Payment


def _placed(plan):
    return [fact.message for fact in plan.facts if isinstance(fact.message, OrderPlaced)]


def _set_aside(plan):
    return {code: count.rows for code, count in plan.report.set_aside.items()}


def _kept(plan):
    return {code: count.rows for code, count in plan.report.kept.items()}


def test_an_invoice_is_an_order_placed_and_paid(plan_of, row):
    plan = plan_of(row(), row(stock_code="79323P", quantity="2", price="0.85"))
    placed, captured = plan.facts
    at = datetime(2009, 12, 1, 7, 45, tzinfo=UTC)
    assert (placed.message_id, placed.time) == ("retail-489434-placed", at)
    assert (captured.message_id, captured.time) == ("retail-489434-captured", at)
    order = placed.message
    assert (order.order_id, order.currency, order.country) == ("489434", "GBP", "United Kingdom")
    assert order.placed_at == at
    assert order.customer.customer_id == "13085"
    assert order.customer.email == "customer-13085@customers.example"
    assert [line.line_id for line in order.lines] == ["1", "2"]
    assert order.lines[0] == OrderLine(
        line_id="1", sku="85048", title="CHRISTMAS LIGHTS", quantity=12, unit_price_minor=695
    )
    assert captured.message == PaymentCaptured(
        order_id="489434", payment_id="pi_489434", amount_minor=12 * 695 + 2 * 85, captured_at=at
    )
    assert plan.payments == [Payment("pi_489434", 8510, "GBP")]
    assert plan.report.captured_minor == 8510
    assert not plan.report.kept


@pytest.mark.parametrize(
    ("country", "locale"),
    [("France", "fr"), ("Belgium", "en"), ("Switzerland", "en"), ("Germany", "en")],
)
def test_only_france_is_written_to_in_french(plan_of, row, country, locale):
    (order,) = _placed(plan_of(row(country=country)))
    assert order.customer.locale == locale


def test_an_order_without_a_country_has_none(plan_of, row):
    assert _placed(plan_of(row(country="")))[0].country is None


def test_a_missing_customer_is_a_guest_whose_order_is_placed_and_paid(plan_of, row):
    plan = plan_of(row(customer_id=""))
    placed, captured = plan.facts
    assert placed.message.customer is None
    assert captured.message.amount_minor == 12 * 695
    assert plan.report.guest_orders == 1
    assert _kept(plan) == {"MISSING_CUSTOMER": 1}


def test_a_customer_named_on_one_row_only_is_the_customer_of_the_invoice(plan_of, row):
    plan = plan_of(row(customer_id=""), row(stock_code="22041"))
    assert _placed(plan)[0].customer.customer_id == "13085"
    assert not plan.report.kept


def test_a_zero_price_is_a_gift_kept_at_0(plan_of, row):
    plan = plan_of(row(), row(stock_code="22041", price="0.0"))
    assert [line.unit_price_minor for line in _placed(plan)[0].lines] == [695, 0]
    assert _kept(plan) == {"ZERO_PRICE": 1}


def test_a_guests_gift_beside_paid_lines_is_kept(plan_of, row):
    plan = plan_of(row(customer_id=""), row(customer_id="", stock_code="22041", price="0.0"))
    assert len(_placed(plan)[0].lines) == 2
    assert not plan.report.set_aside


def test_an_order_worth_nothing_has_no_payment(plan_of, row):
    plan = plan_of(row(price="0.0"))
    assert [type(fact.message) for fact in plan.facts] == [OrderPlaced]
    assert plan.payments == []
    assert plan.report.payments == 0
    assert _kept(plan) == {"ZERO_PRICE": 1, "NOTHING_TO_PAY": 1}


@pytest.mark.parametrize(
    ("price", "minor"), [("0.001", 0), ("0.005", 0), ("0.015", 2), ("1.2349", 123)]
)
def test_a_sub_penny_price_is_rounded_half_to_even(plan_of, row, price, minor):
    plan = plan_of(row(price=price, quantity="1000"), row(stock_code="22041"))
    assert _placed(plan)[0].lines[0].unit_price_minor == minor
    assert plan.payments[0].amount_minor == 1000 * minor + 12 * 695
    assert _kept(plan) == {"SUB_PENNY_PRICE": 1}


@pytest.mark.parametrize("code", ["POST", "DOT", "C2", "C3", "M", "m"])
def test_a_charge_is_a_line_and_part_of_what_was_paid(plan_of, row, code):
    plan = plan_of(row(), row(stock_code=code, quantity="1", price="18.0"))
    assert _placed(plan)[0].lines[1].sku == code.upper()
    assert plan.payments[0].amount_minor == 12 * 695 + 1800
    assert _kept(plan)["CHARGE"] == 1


@pytest.mark.parametrize(
    "code", ["D", "S", "B", "ADJUST", "ADJUST2", "AMAZONFEE", "BANK CHARGES", "CRUK"]
)
def test_a_booking_is_no_order_line(plan_of, row, code):
    plan = plan_of(row(stock_code=code), row())
    assert [line.sku for line in _placed(plan)[0].lines] == ["85048"]
    assert _placed(plan)[0].lines[0].line_id == "1"
    assert _set_aside(plan) == {"BOOKKEEPING": 1}


@pytest.mark.parametrize("code", ["TEST001", "TEST002"])
def test_a_test_article_alone_makes_no_order(plan_of, row, code):
    plan = plan_of(row(stock_code=code))
    assert len(plan.facts) == 0
    assert plan.report.orders == 0
    assert _set_aside(plan) == {"TEST_ARTICLE": 1}


def test_gift_vouchers_and_cushion_pads_are_goods(plan_of, row):
    plan = plan_of(row(stock_code="gift_0001_30", price="25.0"), row(stock_code="PADS"))
    assert [line.sku for line in _placed(plan)[0].lines] == ["GIFT_0001_30", "PADS"]
    assert _kept(plan) == {"CODE_CLEANED": 1}


def test_a_stock_correction_is_no_order(plan_of, row):
    plan = plan_of(row(quantity="-96", price="0.0", customer_id="", description="short"))
    assert len(plan.facts) == 0
    assert _set_aside(plan) == {"STOCK_CORRECTION": 1}


def test_a_stock_correction_beside_ordered_rows_is_left_out_of_the_order(plan_of, row):
    plan = plan_of(row(quantity="-1"), row(quantity="3"))
    assert [line.quantity for line in _placed(plan)[0].lines] == [3]
    assert _set_aside(plan) == {"STOCK_CORRECTION": 1}


def test_a_guests_invoice_on_which_nothing_costs_anything_is_a_stock_entry(plan_of, row):
    plan = plan_of(
        row(price="0.0", customer_id="", description=""),
        row(price="0.0", customer_id="", description="found", stock_code="22041"),
    )
    assert len(plan.facts) == 0
    assert _set_aside(plan) == {"STOCK_ENTRY": 2}


def test_an_adjustment_invoice_is_no_order(plan_of, row):
    plan = plan_of(row(invoice="A506401", stock_code="B", price="-53594.36", customer_id=""))
    assert len(plan.facts) == 0
    assert _set_aside(plan) == {"ADJUSTMENT_INVOICE": 1}


@pytest.mark.parametrize("price", ["-1.0", "-0.001"])
def test_a_negative_price_elsewhere_is_no_order_line(plan_of, row, price):
    plan = plan_of(row(price=price), row())
    assert len(_placed(plan)[0].lines) == 1
    assert _set_aside(plan) == {"NEGATIVE_PRICE": 1}


def test_the_same_article_twice_is_two_lines(plan_of, row):
    plan = plan_of(row(quantity="1"), row(quantity="2"))
    assert [(each.line_id, each.quantity) for each in _placed(plan)[0].lines] == [
        ("1", 1),
        ("2", 2),
    ]
    assert _kept(plan) == {"REPEATED_ARTICLE": 1}


def test_an_empty_description_is_an_empty_title(plan_of, row):
    plan = plan_of(row(description=""))
    assert _placed(plan)[0].lines[0].title == ""
    assert _kept(plan) == {"EMPTY_DESCRIPTION": 1}


@pytest.mark.parametrize(
    ("code", "sku"),
    [
        ("47503J ", "47503J"),
        ("85123a", "85123A"),
        ("gift_0001_30", "GIFT_0001_30"),
        ("TEA SET (BLUE)", "TEA-SET-BLUE-"),
        ("_x", "X"),
    ],
)
def test_a_code_is_cleaned_into_one_sku(plan_of, row, code, sku):
    plan = plan_of(row(stock_code=code))
    assert _placed(plan)[0].lines[0].sku == sku
    assert _kept(plan) == {"CODE_CLEANED": 1}


def test_a_clean_code_is_left_alone():
    assert article("85123A").cleaned is False


def test_an_invoice_over_two_minutes_is_placed_at_the_earlier(plan_of, row):
    plan = plan_of(
        row(invoice_date="2009-12-20T12:28:00"),
        row(invoice_date="2009-12-20T12:29:00", stock_code="22041"),
    )
    assert _placed(plan)[0].placed_at == datetime(2009, 12, 20, 12, 28, tzinfo=UTC)
    assert _kept(plan) == {"SEVERAL_TIMES": 1}


def test_rows_of_one_invoice_need_not_stand_together(plan_of, row):
    plan = plan_of(row(), row(invoice="489435"), row(stock_code="22041"))
    assert [(order.order_id, len(order.lines)) for order in _placed(plan)] == [
        ("489434", 2),
        ("489435", 1),
    ]


def test_an_invoice_of_several_customers_is_set_aside(plan_of, row):
    plan = plan_of(row(), row(customer_id="17850"))
    assert len(plan.facts) == 0
    assert _set_aside(plan) == {"SEVERAL_CUSTOMERS": 2}


def test_an_invoice_longer_than_an_order_may_be_is_set_aside(plan_of, row):
    plan = plan_of(*[row()] * (LINES_MAX + 1))
    assert len(plan.facts) == 0
    assert _set_aside(plan) == {"TOO_MANY_LINES": LINES_MAX + 1}


def test_facts_come_oldest_first_and_can_be_sliced(plan_of, row):
    plan = plan_of(
        row(invoice="500002", invoice_date="2010-01-02T10:00:00"),
        row(invoice="500003", invoice_date="2010-01-01T10:00:00"),
        row(invoice="500001", invoice_date="2010-01-02T10:00:00"),
    )
    ids = [fact.message_id for fact in plan.facts]
    assert ids[::2] == ["retail-500003-placed", "retail-500001-placed", "retail-500002-placed"]
    assert plan.facts[1:3] == [plan.facts[1], plan.facts[2]]
    assert plan.facts[-1].message_id == "retail-500002-captured"
