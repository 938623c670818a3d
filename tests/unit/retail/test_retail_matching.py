from datetime import UTC, datetime

import pytest

from contracts.cancellation import CancelLine, CancelOrder
from countermand.retail.messages import Outgoing


@pytest.fixture
def order(row):
    """Write one row of an order placed on day `day` of January 2010."""

    def write(number, day=1, **values):
        at = f"2010-01-{day:02}T10:00:00"
        return row(**{"invoice": number, "invoice_date": at, "quantity": "10"} | values)

    return write


@pytest.fixture
def credit(row):
    """Write one row of a `C` invoice of 20 January 2010."""

    def write(quantity=-1, number="C500100", **values):
        at = "2010-01-20T10:00:00"
        return row(**{"invoice": number, "invoice_date": at, "quantity": quantity} | values)

    return write


def _asked(plan):
    """Return (command id, order id, {line id: units}) of every command."""
    return [
        (
            command.message_id,
            command.message.order_id,
            {line.line_id: line.quantity for line in command.message.lines},
        )
        for command in plan.commands
    ]


def _reasons(plan):
    return [each.reason for each in plan.report.unmatched]


def _outcomes(plan):
    return {outcome: count for outcome, count in plan.report.outcomes.items() if count}


def test_a_c_invoice_is_a_cancel_command_with_line_and_quantity(plan_of, order, credit):
    plan = plan_of(order("500001"), order("500001", stock_code="22041"), credit(-3))
    assert plan.commands == [
        Outgoing(
            "retail-C500100",
            datetime(2010, 1, 20, 10, tzinfo=UTC),
            CancelOrder(
                order_id="500001",
                reason="CUSTOMER",
                lines=(CancelLine(line_id="1", quantity=3),),
                requested_by="retail-import",
            ),
        )
    ]
    assert (plan.report.rows_cancelled, plan.report.units_cancelled) == (1, 3)
    assert plan.report.refund_minor == 3 * 695
    assert _outcomes(plan) == {"WHOLE": 1}


def test_the_newest_earlier_order_that_holds_the_items_is_taken(plan_of, order, credit):
    plan = plan_of(
        order("500001", day=1),
        order("500002", day=2),
        order("500003", day=3, quantity="2"),
        order("500004", day=4, customer_id="17850"),
        order("500200", day=25),
        credit(-3),
    )
    assert _asked(plan) == [("retail-C500100", "500002", {"1": 3})]


def test_an_older_order_that_holds_everything_beats_a_newer_that_holds_a_part(
    plan_of, order, credit
):
    plan = plan_of(
        order("500001", day=1),
        order("500001", day=1, stock_code="22041"),
        order("500002", day=2),
        credit(-1),
        credit(-1, stock_code="22041"),
    )
    assert _asked(plan) == [("retail-C500100", "500001", {"1": 1, "2": 1})]


def test_what_no_single_order_holds_is_split_into_numbered_commands(plan_of, order, credit):
    plan = plan_of(
        order("500001", day=1),
        order("500002", day=2, stock_code="22041"),
        credit(-1),
        credit(-2, stock_code="22041"),
    )
    assert _asked(plan) == [
        ("retail-C500100-1", "500001", {"1": 1}),
        ("retail-C500100-2", "500002", {"1": 2}),
    ]
    assert _outcomes(plan) == {"SPLIT": 1}


def test_a_part_that_matches_is_cancelled_and_the_rest_is_reported(plan_of, order, credit):
    plan = plan_of(order("500001"), credit(-1), credit(-2, stock_code="22041"))
    assert _asked(plan) == [("retail-C500100", "500001", {"1": 1})]
    assert _reasons(plan) == ["ITEM_NEVER_BOUGHT"]
    assert plan.report.unmatched[0].row.line_number == 4
    assert _outcomes(plan) == {"PARTLY": 1}


def test_units_are_spread_over_lines_of_the_same_article(plan_of, order, credit):
    plan = plan_of(order("500001"), order("500001", quantity="4"), credit(-12))
    assert _asked(plan) == [("retail-C500100", "500001", {"1": 10, "2": 2})]


def test_lines_at_the_credited_price_are_taken_first(plan_of, order, credit):
    plan = plan_of(
        order("500001", price="6.95"), order("500001", price="5.00"), credit(-11, price="5.00")
    )
    assert _asked(plan) == [("retail-C500100", "500001", {"1": 1, "2": 10})]
    assert plan.report.refund_minor == 10 * 500 + 695
    assert plan.report.kept["PRICE_DIFFERS"].rows == 1


def test_two_rows_of_one_c_invoice_need_the_units_of_both(plan_of, order, credit):
    plan = plan_of(
        order("500001", day=1), order("500002", day=2, quantity="5"), credit(-4), credit(-4)
    )
    assert _asked(plan) == [("retail-C500100", "500001", {"1": 8})]


def test_what_an_earlier_cancellation_took_is_gone(plan_of, order, credit):
    plan = plan_of(
        order("500001", day=1),
        order("500002", day=2),
        credit(-8, number="C500101"),
        credit(-8, number="C500100"),
        credit(-8, number="C500102"),
    )
    assert _asked(plan) == [
        ("retail-C500100", "500002", {"1": 8}),
        ("retail-C500101", "500001", {"1": 8}),
    ]
    assert _reasons(plan) == ["QUANTITY_NOT_LEFT"]
    assert _outcomes(plan) == {"WHOLE": 2, "NOTHING": 1}


@pytest.mark.parametrize(
    ("order_number", "command_count"), [("500099", 1), ("500101", 0)], ids=["lower", "higher"]
)
def test_within_a_minute_the_lower_number_is_the_earlier(
    plan_of, order, credit, order_number, command_count
):
    plan = plan_of(order(order_number, day=20), credit(-1))
    assert len(plan.commands) == command_count


def test_the_spelling_of_a_code_does_not_matter(plan_of, order, credit):
    plan = plan_of(order("500001", stock_code="85123a"), credit(-1, stock_code="85123A "))
    assert len(plan.commands) == 1


def test_a_charge_is_given_back_at_its_own_amount_only(plan_of, order, credit):
    plan = plan_of(
        order("500001", day=1, stock_code="POST", price="18.0"),
        order("500002", day=2, stock_code="POST", price="4.0"),
        credit(-1, stock_code="POST", price="18.0"),
        credit(-1, stock_code="POST", price="99.0", number="C500101"),
    )
    assert _asked(plan) == [("retail-C500100", "500001", {"1": 1})]
    assert _reasons(plan) == ["CHARGE_DIFFERS"]


def test_a_command_of_charges_alone_restocks_nothing(plan_of, order, credit):
    post = {"stock_code": "POST", "price": "18.0"}
    plan = plan_of(
        order("500001"),
        order("500001", **post),
        credit(-1, **post),
        credit(-1, number="C500101"),
        credit(-1, number="C500102", **post),
        credit(-1, number="C500102"),
    )
    assert [command.message.restock for command in plan.commands] == [False, True, True]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"quantity": 1}, "POSITIVE_QUANTITY"),
        ({"stock_code": "D"}, "NOT_GOODS"),
        ({"stock_code": "TEST001"}, "NOT_GOODS"),
        ({"price": "-1.0"}, "NOT_GOODS"),
        ({"customer_id": ""}, "NO_CUSTOMER"),
        ({"customer_id": "99999"}, "NO_EARLIER_ORDER"),
        ({"stock_code": "22041"}, "ITEM_NEVER_BOUGHT"),
        ({"quantity": -11}, "QUANTITY_NEVER_BOUGHT"),
    ],
)
def test_what_matches_nothing_is_reported_with_its_reason(plan_of, order, credit, values, reason):
    plan = plan_of(order("500001"), credit(**values))
    assert plan.commands == []
    assert _reasons(plan) == [reason]
    assert plan.report.unmatched_by_reason[reason].rows == 1
    assert _outcomes(plan) == {"NOTHING": 1}


def test_a_c_invoice_of_several_customers_is_reported(plan_of, order, credit):
    plan = plan_of(order("500001"), credit(-1), credit(-1, customer_id="17850"))
    assert _reasons(plan) == ["CUSTOMER_UNCLEAR", "CUSTOMER_UNCLEAR"]


def test_a_guests_order_is_never_cancelled(plan_of, order, credit):
    plan = plan_of(order("500001", customer_id=""), credit(-1, customer_id=""))
    assert plan.commands == []
