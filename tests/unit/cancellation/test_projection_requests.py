"""What is read of an order while somebody asks, packs or contradicts."""

from datetime import timedelta
from typing import Any

from services.cancellation.domain.decisions import ORDER
from tests.support.mothers import (
    FIRST,
    a_cancel_command,
    a_capture,
    a_shipment,
    an_order,
    cancellation_at,
)
from tests.support.rows import Row, told
from tests.support.spec import story_of
from tests.support.wishes import (
    KIM,
    a_claim,
    a_claim_release,
    a_denial,
    a_policy,
    a_release,
    a_request,
    a_return,
    an_approval,
    an_expiry,
)

order = story_of(ORDER)
PAID = (an_order(), a_capture())
AT_THREE = cancellation_at(3)


def read(*messages: Any, story: Any = order) -> Row:
    row, _ = told(story, *messages)
    return row


def words(row: Row) -> tuple[str, str, str, str]:
    """Return what is said of order, money, stock and message."""
    return row["state"], row["refund_state"], row["restock_state"], row["notification_state"]


def line(row: Row, line_id: str = "1") -> Row:
    return next(line for line in row["lines"] if line["line_id"] == line_id)


def test_a_request_waits_for_its_answer() -> None:
    asked = (*PAID, a_request())
    row = read(*asked)
    assert words(row) == ("CANCELLATION_REQUESTED", "NOT_DUE", "NOT_DUE", "NOT_DUE")
    [request] = row["requests"]
    assert (request["kind"], request["outcome"], request["refund_minor"]) == (
        "CUSTOMER_REQUEST", None, 2000,
    )  # fmt: skip
    assert request["request_id"] == str(AT_THREE)
    row = read(*asked, an_approval(AT_THREE))
    assert (row["state"], row["requests"][0]["outcome"]) == ("CANCELLED", "APPROVED")
    assert row["cancellations"][0]["request_id"] == str(AT_THREE)
    row = read(*asked, a_denial(AT_THREE))
    assert (row["state"], row["requests"][0]["outcome"]) == ("PLACED", "DENIED")


def test_a_request_nobody_answers_is_closed_by_default() -> None:
    row = read(*PAID, a_request(), timedelta(days=4), an_expiry(AT_THREE))
    [request] = row["requests"]
    assert (row["state"], request["outcome"], request["is_by_default"]) == (
        "PLACED", "DENIED", True,
    )  # fmt: skip


def test_a_large_refund_waits_for_a_second_person() -> None:
    approval = {"name": "LARGE", "amount_from_minor": 1_000, "currency": "EUR"}
    strict = order.under(a_policy(approvals=[approval]))
    asked = (*PAID, a_cancel_command(actor=KIM))
    row = read(*asked, story=strict)
    assert row["state"] == "AWAITING_APPROVAL"
    assert (row["requests"][0]["kind"], row["requests"][0]["approval"]) == ("APPROVAL", "LARGE")
    row = read(*asked, an_approval(AT_THREE), story=strict)
    assert words(row)[:2] == ("CANCELLED", "PENDING")


def test_claimed_units_are_shown_until_they_ship_or_are_released() -> None:
    claimed = (*PAID, a_claim(("1", 2), ("2", 1)))
    row = read(*claimed)
    assert (row["state"], line(row)["claimed"]) == ("CLAIMED", 2)
    assert read(*claimed, a_claim_release(AT_THREE))["state"] == "PLACED"
    row = read(*claimed, a_shipment(("1", 2)))
    assert (row["state"], line(row)["claimed"], line(row)["fulfilled"]) == ("CLAIMED", 0, 2)
    row = read(*claimed, a_shipment(("1", 2), ("2", 1)))
    assert (row["state"], row["claims"]) == ("PLACED", [])
    row = read(*PAID, a_claim(("1", 1)), a_claim(("1", 1)), a_shipment(("1", 1)))
    assert [claim["claim_id"] for claim in row["claims"]] == [str(cancellation_at(4))]


def test_units_that_shipped_although_cancelled_open_a_case_and_cannot_go_back() -> None:
    row = read(*PAID, a_cancel_command(restock=False), a_shipment(("1", 1)))
    assert row["case_count"] == 1
    assert row["cases"][0]["lines"] == [{"line_id": "1", "quantity": 1}]
    assert line(row)["off_shelf"] == 1


def test_returned_units_are_counted() -> None:
    row = read(*PAID, a_shipment(("1", 2)), a_return(("1", 1)))
    assert (line(row)["fulfilled"], line(row)["returned"]) == (2, 1)


def test_refused_commands_are_counted_whatever_they_asked_for() -> None:
    unknown = ("9", 1)
    row = read(*PAID, a_release(FIRST), a_cancel_command(lines=[unknown]), a_claim(unknown))
    assert row["rejection_count"] == 3
    assert row["state"] == "PLACED"
