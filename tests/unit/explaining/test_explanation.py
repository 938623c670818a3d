"""An order's story told again from its facts: who, what, why, money, and what followed."""

from typing import Any

from services.cancellation.explaining.explanation import Entry
from tests.support.mothers import (
    a_cancel_command,
    a_capture,
    a_line,
    a_refund_success,
    a_shipment,
    an_authorization,
    an_order,
    cancellation_at,
)
from tests.support.telling import Told
from tests.support.wishes import (
    KIM,
    LEA,
    VERA,
    a_capture_start,
    a_policy,
    a_reinstatement,
    a_request,
    an_approval,
)

FIRST = cancellation_at(3)


def paid(**told: Any) -> Told:
    return Told(**told).say(an_order(), a_capture())


def last_entry(told: Told) -> Entry:
    return told.explained().entries[-1]


def test_a_cancellation_says_who_asked_for_what_and_what_it_came_to() -> None:
    told = paid().say(
        a_cancel_command(
            lines=[("1", 1)], actor=KIM, reason="CUSTOMER", sub_reason="CHANGED_MIND",
            staff_note="on the phone", notify=False,
        )
    )  # fmt: skip
    assert last_entry(told).text == (
        "3. 1 Mar 2026, 12:02:00 UTC: Cancelled: 1 unit of line 1, reason: customer's wish.",
        "Asked by: kim (staff, agent).",
        (
            "Asked for: 1 unit of line 1; reason: customer's wish, CHANGED_MIND; money back now;"
            " units back on the shelf; customer not told."
        ),
        "Staff note: on the phone",
        "Known then: version 2 of the order, version 0 of the policy.",
        "Rules checked (cancel-order.v1): 17, all hold.",
        "Money:",
        "  1 x Mug no. 1 at 5.00 EUR: 5.00 EUR",
        "  to give back in all: 5.00 EUR",
        "  to give back now: 5.00 EUR",
        "  on pi_489434 (card): 5.00 EUR of 20.00 EUR received",
        "Back on the shelf: 1 unit of line 1.",
        "The customer is not told.",
        "Decided again from the record: the same.",
    )


def test_a_refusal_says_which_rules_failed_what_they_saw_and_the_way_out() -> None:
    told = paid().say(a_cancel_command(lines=[("9", 1), ("1", 3)], actor=VERA))
    entry = last_entry(told)
    failed = [rule.code for rule in entry.rules if not rule.is_held]
    assert failed == ["MISSING_PERMISSION", "LINE_NOT_FOUND", "QUANTITY_TOO_GREAT"]
    assert [refusal.code for refusal in entry.refusals] == failed
    assert entry.refusals[2].data == {"asked": 3, "open": 2, "ordered": 2}
    assert entry.text[0].endswith("Refused: cancel. Nothing moved.")
    assert (
        "QUANTITY_TOO_GREAT: More units are asked for than the line has left. Seen: 3 asked, 2 of 2"
        " open. What would make it pass: Ask for at most the units still open."
    ) in entry.text
    assert entry.sums == ()


def test_shipped_units_come_with_the_return_to_offer() -> None:
    told = paid().say(a_shipment(("1", 2)), a_cancel_command())
    proposal = "A return can be offered instead: 2 units of line 1, worth 10.00 EUR."
    assert proposal in last_entry(told).text
    told.say(a_cancel_command())
    assert any("ALREADY_FULFILLED" in line for line in last_entry(told).text)
    assert proposal in last_entry(told).text


def test_what_followed_is_found_under_what_began_it() -> None:
    told = paid().say(a_cancel_command(), a_refund_success(FIRST))
    cancelled, reported = told.explained().entries[-2:]
    assert cancelled.followed == (4,)
    assert "What followed: #4 Refund of 20.00 EUR on pi_489434: done." in cancelled.text
    assert (reported.kind, reported.followed) == ("FACT", ())


def test_a_request_is_followed_by_its_answer() -> None:
    told = paid().say(a_request([("1", 1)]))
    told.say(an_approval(told.last.request_id, LEA))
    asked, granted = told.explained().entries[-2:]
    assert asked.followed == (5,)
    assert granted.asked_by == LEA
    assert asked.asked_by is not None
    assert asked.asked_by.type == "CUSTOMER"
    assert "Request" in granted.text[1]


def test_the_money_of_everything_at_once_adds_up_before_the_readers_eyes() -> None:
    fees = [{"name": "FEE", "percent_bps": 1_000, "flat_minor": 30, "currency": "EUR"}]
    taxed = a_line("1", quantity=3).model_copy(
        update={"discount_minor": 100, "tax_minor": 250, "duties_minor": 50}
    )
    placed = an_order(taxed, a_line("2"), shipping={"amount_minor": 400})
    told = Told(book=a_policy(fees=fees)).say(placed, a_capture(3_100))
    told.say(a_cancel_command(refund="LATER", refund_amount_minor=2_000, shipping="NOW"))
    rows = [(row.code, row.amount_minor) for row in last_entry(told).sums]
    assert rows == [
        ("LINE", 1_500), ("TAX", 250), ("DISCOUNT", -100), ("DUTIES", 50), ("LINE", 1_000),
        ("SHIPPING", 400), ("FEE_PERCENT", -270), ("FEE_FLAT", -30), ("KEPT", -800),
        ("OWED", 2_000), ("BALANCE", -2_000), ("NOW", 0),
    ]  # fmt: skip


def test_taxes_that_are_part_of_the_price_are_named_and_not_added() -> None:
    taxed = a_line("1").model_copy(update={"tax_minor": 160})
    told = Told().say(an_order(taxed, tax_included=True), a_capture(1_000), a_cancel_command())
    (line, *_) = last_entry(told).sums
    assert (line.words, line.amount_minor) == (
        "2 x Mug no. 1 at 5.00 EUR, 1.60 EUR tax included", 1_000,
    )  # fmt: skip


def test_money_that_never_came_is_said_not_to_go_back() -> None:
    told = Told().say(an_order(), an_authorization(), a_capture_start(500, "pi_b"))
    told.say(a_cancel_command())
    text = last_entry(told).text
    assert "  not given back, because it was not received: -20.00 EUR" in text
    assert "  release 20.00 EUR held on pi_489434" in text
    assert any("pi_b: its capture is under way" in line for line in text)


def test_late_money_is_nobodys_wish() -> None:
    told = Told().say(an_order(), a_cancel_command(), a_capture())
    entry = last_entry(told)
    assert entry.asked_by is None
    assert "Asked by: nobody: it follows from the fact." in entry.text
    assert "Money came after the cancellation and goes back: 20.00 EUR." in entry.text
    assert entry.differences == ()


def test_a_reinstatement_says_what_comes_back_and_what_does_not() -> None:
    told = paid().say(a_cancel_command(), a_reinstatement(FIRST))
    text = last_entry(told).text
    assert text[0].endswith("to be paid again: 20.00 EUR.")
    assert sum(line.startswith("Somebody has to see to it: ") for line in text) == 4
