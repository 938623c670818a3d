"""What is read of an order on every path it can take; nothing is said before its time."""

from typing import Any

import pytest

from services.cancellation.domain.decisions import ORDER
from tests.support.money_mothers import an_answer
from tests.support.mothers import (
    FIRST,
    PAYMENT_ID,
    a_cancel_command,
    a_capture,
    a_line,
    a_notification,
    a_refund_success,
    a_restock,
    a_restock_failure,
    an_authorization,
    an_order,
    cancellation_at,
)
from tests.support.rows import Row, told
from tests.support.spec import NOW, story_of
from tests.support.wishes import (
    LEA,
    a_capture_failure,
    a_capture_start,
    a_policy,
    a_reinstatement,
    a_release,
    a_restock_by_hand,
    a_settlement,
    a_void,
    an_undo,
    units_back,
)

order = story_of(ORDER)
HELD = order.under(a_policy(hold_s=3_600))
PAID = (an_order(), a_capture())
AT_TWO, AT_THREE = cancellation_at(2), cancellation_at(3)


def read(*messages: Any, story: Any = order) -> Row:
    row, _ = told(story, *messages)
    return row


def words(row: Row) -> tuple[str, str, str, str]:
    """Return what is said of order, money, stock and message."""
    return row["state"], row["refund_state"], row["restock_state"], row["notification_state"]


def line(row: Row, line_id: str = "1") -> Row:
    return next(line for line in row["lines"] if line["line_id"] == line_id)


@pytest.mark.parametrize("end", [(), (a_release(AT_TWO, LEA),)])
def test_the_first_answer_about_a_cancellation_counts_and_outlives_its_hold(end: Any) -> None:
    story = (an_order(), a_cancel_command(), an_answer("POOR", AT_TWO), an_answer("GOOD", AT_TWO))
    [entry] = read(*story, *end, story=HELD)["cancellations"]
    assert (entry["status"], entry["feedback"]) == ("STANDING" if end else "HELD", "POOR")


def test_an_order_nothing_happened_to_has_nothing_to_say() -> None:
    row = read(*PAID)
    assert words(row) == ("PLACED", "NOT_DUE", "NOT_DUE", "NOT_DUE")
    assert row["cancellations"] == row["requests"] == row["claims"] == row["cases"] == []
    [payment] = row["payments"]
    assert (payment["payment_id"], payment["captured_minor"]) == (PAYMENT_ID, 2000)


def test_a_held_cancellation_waits_with_all_its_legs() -> None:
    row = read(*PAID, a_cancel_command(), story=HELD)
    assert words(row) == ("HELD",) * 4
    assert (row["cancelled_minor"], row["refund_due_minor"], row["refunded_minor"]) == (
        2000, 2000, 0,
    )  # fmt: skip
    [cancelled] = row["cancellations"]
    assert (cancelled["status"], cancelled["held_until"]) == ("HELD", "2026-03-01T13:00:00Z")
    assert cancelled["refunds"][0]["state"] == "HELD"


def test_when_the_hold_is_over_the_legs_are_on_their_way() -> None:
    row = read(*PAID, a_cancel_command(), a_release(AT_THREE, LEA), story=HELD)
    assert words(row) == ("CANCELLED", "PENDING", "PENDING", "PENDING")
    [cancelled] = row["cancellations"]
    assert (cancelled["status"], cancelled["held_until"]) == ("STANDING", None)
    assert row["cancelled_at"] == NOW


def test_an_undone_cancellation_is_only_in_the_story() -> None:
    before = read(*PAID, story=HELD)
    after = read(*PAID, a_cancel_command(), an_undo(AT_THREE), story=HELD)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"version", "last_position", "cancellations"}
    assert [x["status"] for x in after["cancellations"]] == ["UNDONE"]
    assert after["cancellations"][0]["refunds"][0]["state"] == "NOT_DUE"


def test_a_reinstated_order_keeps_what_was_given_back() -> None:
    row = read(
        *PAID, a_cancel_command(), a_restock(), a_refund_success(), a_notification(),
        a_reinstatement(FIRST),
    )  # fmt: skip
    assert words(row) == ("REINSTATED", "SUCCEEDED", "SETTLED", "SETTLED")
    assert (row["cancelled_minor"], row["refunded_minor"], row["reason"]) == (0, 2000, None)
    assert line(row)["cancelled"] == line(row)["restocked"] == 0
    assert [x["status"] for x in row["cancellations"]] == ["REINSTATED"]


def test_money_owed_later_is_a_balance_until_it_is_settled() -> None:
    row = read(*PAID, a_cancel_command(refund="LATER"))
    assert (row["refund_state"], row["balance_minor"], row["refund_due_minor"]) == ("OWED", 2000, 0)
    row = read(*PAID, a_cancel_command(refund="LATER"), a_settlement(500))
    assert (row["refund_state"], row["balance_minor"]) == ("PENDING", 1500)
    assert (row["refund_due_minor"], row["refunded_minor"]) == (500, 0)


def test_a_settlement_that_closes_the_balance_keeps_the_rest() -> None:
    row = read(*PAID, a_cancel_command(refund="LATER"), a_settlement(500, is_final=True))
    assert (row["balance_minor"], row["kept_minor"], row["refund_due_minor"]) == (0, 1500, 500)


def test_money_not_due_is_kept_and_never_called_refunded() -> None:
    row = read(*PAID, a_cancel_command(refund="NONE"))
    assert (row["refund_state"], row["kept_minor"], row["refund_due_minor"]) == ("NOT_DUE", 2000, 0)


def test_a_fee_is_shown_beside_what_goes_back() -> None:
    fee = {"name": "FEE", "percent_bps": 1_000}
    row = read(*PAID, a_cancel_command(), story=order.under(a_policy(fees=[fee])))
    assert (row["cancelled_minor"], row["fee_minor"], row["refund_due_minor"]) == (2000, 200, 1800)


def test_store_credit_is_due_until_somebody_credits_it() -> None:
    row = read(*PAID, a_cancel_command(refund_to="STORE_CREDIT"))
    assert (row["refund_state"], row["credit_due_minor"]) == ("CREDIT_DUE", 2000)
    assert (row["refund_due_minor"], row["refunded_minor"]) == (2000, 0)


def test_a_payment_that_was_only_held_is_released_and_never_called_refunded() -> None:
    held = (an_order(), an_authorization(), a_cancel_command())
    row = read(*held)
    assert (row["refund_state"], row["refund_due_minor"]) == ("TO_VOID", 0)
    assert row["cancellations"][0]["voids"] == [{"payment_id": PAYMENT_ID, "state": "PENDING"}]
    row = read(*held, a_void())
    assert (row["refund_state"], row["refunded_minor"]) == ("VOIDED", 0)
    assert row["payments"][0]["is_voided"] is True


IN_FLIGHT = (an_order(), an_authorization(), a_capture_start(), a_cancel_command())


def test_a_capture_on_its_way_is_awaited_and_then_given_back_once() -> None:
    row = read(*IN_FLIGHT)
    assert row["refund_state"] == "AWAITING_CAPTURE"
    assert row["payments"][0]["in_flight_minor"] == 2000
    row = read(*IN_FLIGHT, a_capture())
    assert (row["refund_state"], row["refund_due_minor"]) == ("PENDING", 2000)
    assert (row["cancellations"][0]["awaited"], row["payments"][0]["in_flight_minor"]) == ([], 0)


def test_a_capture_that_failed_is_released_after_all() -> None:
    row = read(*IN_FLIGHT, a_capture_failure())
    assert (row["refund_state"], row["refund_due_minor"]) == ("TO_VOID", 0)


def test_a_reinstated_order_waits_for_no_capture() -> None:
    row = read(*IN_FLIGHT, a_reinstatement(cancellation_at(4)))
    assert (row["refund_state"], row["cancellations"][0]["awaited"]) == ("NOT_DUE", [])


def test_money_that_comes_after_the_cancellation_is_due_and_opens_a_case() -> None:
    row = read(an_order(), a_cancel_command(), a_capture())
    assert (row["refund_state"], row["refund_due_minor"], row["case_count"]) == ("PENDING", 2000, 1)
    [case] = row["cases"]
    assert (case["kind"], case["payment_id"], case["amount_minor"]) == (
        "PAYMENT_AFTER_CANCELLATION", PAYMENT_ID, 2000,
    )  # fmt: skip


def test_units_left_off_the_shelf_wait_to_be_put_back_by_hand() -> None:
    left = (*PAID, a_cancel_command(restock=False))
    row = read(*left)
    assert row["restock_state"] == "LEFT_FOR_LATER"
    assert (line(row)["off_shelf"], line(row)["restocked"]) == (2, 0)
    by_hand = (*left, a_restock_by_hand(("1", 2), ("2", 1)))
    row = read(*by_hand)
    assert row["restock_state"] == "PENDING"
    assert (line(row)["off_shelf"], line(row, "2")["off_shelf"]) == (0, 1)
    request_id = cancellation_at(4)
    reported = a_restock(FIRST).model_copy(update={"request_id": request_id})
    row = read(*by_hand, reported)
    assert row["restock_state"] == "LEFT_FOR_LATER", "one unit of line 2 is still off"
    assert line(row)["restocked"] == 2
    assert row["restocks"][0]["restock_state"] == "SUCCEEDED"


def test_damaged_units_stay_off_the_shelf() -> None:
    units = units_back(("1", 1), condition="DAMAGED")
    row = read(*PAID, a_cancel_command(restock=None, restock_lines=units))
    assert (row["restock_state"], line(row)["off_shelf"]) == ("LEFT_FOR_LATER", 2)


def test_a_restock_that_failed_is_mended_by_hand() -> None:
    failed = (*PAID, a_cancel_command(), a_restock_failure())
    assert read(*failed)["restock_state"] == "FAILED"
    by_hand = (*failed, a_restock_by_hand(("1", 2), ("2", 2)))
    reported = a_restock(FIRST).model_copy(update={"request_id": cancellation_at(6)})
    assert read(*by_hand, reported)["restock_state"] == "SETTLED"


def test_silence_that_somebody_asked_for_is_told_from_silence_for_want_of_an_address() -> None:
    silent = read(*PAID, a_cancel_command(notify=False))
    assert silent["notification_state"] == "SUPPRESSED"
    told_once = a_cancel_command(lines=[("1", 1)])
    row = read(*PAID, told_once, a_notification(), a_cancel_command(notify=False))
    assert row["notification_state"] == "SUPPRESSED", "the customer was not told of all of it"
    guest = read(an_order(customer=None), a_cancel_command())
    assert guest["notification_state"] == "SETTLED"
    assert guest["cancellations"][0]["notification_state"] == "NOT_DUE"


def test_the_merchants_own_reason_is_shown_as_it_was_worded_then() -> None:
    row = read(*PAID, a_cancel_command(sub_reason="CHANGED_MIND"))
    assert (row["reason"], row["sub_reason"]) == ("CUSTOMER", "CHANGED_MIND")
    assert row["reason_label"] == "You changed your mind"


def test_the_delivery_given_back_counts_into_what_was_cancelled() -> None:
    shipping = {"amount_minor": 500, "discount_minor": 100, "tax_minor": 80}
    placed = an_order(a_line("1", quantity=1, price_minor=1_000), shipping=shipping)
    row = read(placed, a_capture(1_480), a_cancel_command())
    assert (row["total_minor"], row["cancelled_minor"], row["refund_due_minor"]) == (1_480,) * 3
