import json
from typing import get_args

from contracts.orders import OrderPlaced
from countermand.retail.report import SAMPLES_MAX
from countermand.retail.treatments import MEANINGS, Kept, Malformed, SetAside, Unmatched


def test_every_code_has_one_meaning_and_stands_for_one_thing():
    codes = [code for group in (Kept, SetAside, Unmatched, Malformed) for code in get_args(group)]
    assert sorted(codes) == sorted(MEANINGS)


def test_every_row_has_exactly_one_fate(plan_of, row):
    plan = plan_of(
        row(),
        row(invoice="C489500", quantity="-2", invoice_date="2009-12-02T10:00:00"),
        row(invoice="C489500", quantity="-99", invoice_date="2009-12-02T10:00:00"),
        row(invoice="489501", quantity="-5"),
        row(price="free"),
    )
    report = plan.report
    assert (report.rows_ordered, report.rows_cancelled, len(report.unmatched)) == (1, 1, 1)
    assert report.set_aside["STOCK_CORRECTION"].rows == report.malformed["BAD_PRICE"].rows == 1
    assert report.rows_accounted == report.rows_read == 5
    assert (report.invoices_read, report.invoices_cancelling, report.orders) == (3, 1, 1)


def test_the_report_is_plain_json_with_meanings_and_samples(plan_of, row):
    report = plan_of(row(), *[row(stock_code="D")] * 5, row(price="free")).report.to_json()
    assert json.loads(json.dumps(report)) == report
    booking = report["set_aside"]["BOOKKEEPING"]
    assert (booking["rows"], booking["invoices"]) == (5, 1)
    assert booking["meaning"] == MEANINGS["BOOKKEEPING"]
    assert len(booking["samples"]) == SAMPLES_MAX
    assert booking["samples"][0] == {"line_number": 3, "row": "489434 12 x D at 6.95, 13085"}
    bad = report["malformed"]["BAD_PRICE"]
    assert bad["samples"][0]["line_number"] == 8
    assert "free" in bad["samples"][0]["row"]
    assert bad["invoices"] == 0


def _replay(plan):
    """Follow every command; no line may go below 0."""
    placed = [fact.message for fact in plan.facts if isinstance(fact.message, OrderPlaced)]
    left = {(each.order_id, line.line_id): line for each in placed for line in each.lines}
    units = {key: line.quantity for key, line in left.items()}
    refund_minor = 0
    for command in plan.commands:
        for line in command.message.lines:
            key = command.message.order_id, line.line_id
            units[key] -= line.quantity
            refund_minor += line.quantity * left[key].unit_price_minor
            assert units[key] >= 0
    cancelled = sum(line.quantity for line in left.values()) - sum(units.values())
    assert (cancelled, refund_minor) == (plan.report.units_cancelled, plan.report.refund_minor)


def _ids(plan):
    return [each.message_id for each in [*plan.facts, *plan.commands]]


def test_every_command_of_the_demo_month_fits_its_order_and_no_id_repeats(demo_plan):
    _replay(demo_plan)
    assert len(set(_ids(demo_plan))) == len(_ids(demo_plan)) > 3_000
    assert demo_plan.report.rows_accounted == demo_plan.report.rows_read


def test_every_command_of_the_year_fits_its_order_and_no_id_repeats(year_plan):
    _replay(year_plan)
    assert len(set(_ids(year_plan))) == len(_ids(year_plan)) > 40_000
    assert year_plan.report.rows_accounted == year_plan.report.rows_read
