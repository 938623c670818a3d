"""A look ahead says what the command would then do, and nothing else."""

from typing import Any

import pytest

from contracts.cancellation import SettleRefund
from contracts.message import Command
from contracts.orders import Customer
from contracts.values import Locale
from kit.facts import Cause, RecordedFact
from services.cancellation.explaining.preview import Preview, preview
from services.cancellation.explaining.sums import sum_of
from services.cancellation.explaining.words import Speaker
from tests.support.mothers import (
    ORDER_ID,
    a_cancel_command,
    a_capture,
    a_line,
    a_shipment,
    an_order,
    cancellation_at,
)
from tests.support.spec import STREAM
from tests.support.telling import Told
from tests.support.wishes import (
    KIM,
    VERA,
    a_claim,
    a_policy,
    a_reinstatement,
    a_request,
    an_approval,
    units_back,
)

FIRST = cancellation_at(3)
CAUSE = Cause(message_id="foreseen", correlation_id="foreseen", recorded_at=Told().now)


def paid(**told: Any) -> Told:
    return Told(**told).say(an_order(), a_capture())


def ahead(told: Told, command: Command, locale: Locale = "en") -> tuple[Preview, Told]:
    """Look ahead, then do it; returns what was foreseen and what then happened."""
    placed = told.state.placed
    before = len(told.recorded)
    told.say(command)
    decided = [
        RecordedFact(STREAM, one.originator_version, one.fact, CAUSE)
        for one in told.recorded[before:]
    ]
    return preview(command, decided, placed, locale), told


def test_money_stock_message_and_rules_are_exact() -> None:
    perishable = a_line("1").model_copy(update={"tags": ("perishable",)})
    told = Told().say(an_order(perishable, a_line("2")), a_capture())
    seen, then = ahead(told, a_cancel_command(actor=KIM, restock=None))
    assert (seen.outcome, seen.asked_by) == ("CANCELLED", KIM)
    assert (seen.basis.order_version, seen.basis.policy_version) == (2, 0)
    assert list(seen.sums) == sum_of(then.last, Speaker("en"))
    assert seen.answer is not None
    assert seen.answer["refund_minor"] == then.last.refund_minor == 2_000
    assert [(line.line_id, line.quantity) for line in seen.back] == [("2", 2)]
    assert [(line.line_id, line.quantity) for line in seen.off] == [("1", 2)]
    assert (seen.is_told, seen.told_in, seen.not_told_because) == (True, "en", None)
    assert all(rule.is_held for rule in seen.rules)
    assert seen.text[0] == (
        "Cancelled: 2 units of line 1, 2 units of line 2, reason: customer's wish."
    )


def test_a_refusal_is_foreseen_with_every_rule() -> None:
    seen, _ = ahead(paid(), a_cancel_command(lines=[("9", 1)], actor=VERA))
    assert (seen.outcome, seen.answer, seen.sums) == ("REJECTED", None, ())
    assert [refusal.code for refusal in seen.refusals] == ["MISSING_PERMISSION", "LINE_NOT_FOUND"]
    assert [rule.code for rule in seen.rules if not rule.is_held] == [
        "MISSING_PERMISSION", "LINE_NOT_FOUND",
    ]  # fmt: skip


def test_an_order_nobody_announced_is_refused_ahead_too() -> None:
    seen, _ = ahead(Told(), a_cancel_command())
    assert [refusal.code for refusal in seen.refusals] == ["ORDER_NOT_FOUND"]


@pytest.mark.parametrize(
    ("customer", "wish", "why"),
    [
        (None, {}, "GUEST"),
        (Customer(customer_id="13085"), {}, "NO_ADDRESS"),
        (Customer(customer_id="13085", email="ada@example.com"), {"notify": False}, "NOT_WANTED"),
    ],
)
def test_why_nobody_would_be_told_is_told(customer: Any, wish: dict[str, Any], why: str) -> None:
    told = Told().say(an_order(customer=customer))
    seen, _ = ahead(told, a_cancel_command(**wish))
    assert (seen.is_told, seen.told_in, seen.not_told_because) == (False, None, why)


def test_what_is_packed_or_shipped_is_said_to_stay() -> None:
    told = paid().say(a_claim(("1", 1)), a_shipment(("2", 1)))
    seen, _ = ahead(told, a_cancel_command())
    assert "Left out, because somebody is packing them: 1 unit of line 1." in seen.text
    assert "A return can be offered instead: 1 unit of line 2, worth 5.00 EUR." in seen.text


def test_a_hold_and_named_shelves_are_foreseen() -> None:
    told = paid(book=a_policy(hold_s=900))
    seen, _ = ahead(told, a_cancel_command(restock_lines=units_back(("1", 1), location="paris")))
    assert any(line.startswith("Held until ") for line in seen.text)
    assert seen.answer is not None
    assert seen.answer["held_until"]
    assert [(line.line_id, line.quantity) for line in seen.off] == [("1", 1), ("2", 2)]


def test_a_second_person_is_foreseen_and_sees_what_approving_would_do() -> None:
    told = paid().say(a_request([("1", 1)]))
    request_id = told.last.request_id
    seen, then = ahead(told, an_approval(request_id))
    assert seen.outcome == "CANCELLED"
    assert list(seen.sums) == sum_of(then.recorded[-2].fact, Speaker("en"))
    again, _ = ahead(paid(), a_request())
    assert again.outcome == "REQUESTED"
    assert again.answer is not None
    assert again.answer["refund_minor"] == 2_000


def test_a_reinstatement_is_honest_ahead() -> None:
    seen, _ = ahead(paid().say(a_cancel_command()), a_reinstatement(FIRST))
    assert seen.outcome == "REINSTATED"
    assert sum(line.startswith("Somebody has to see to it: ") for line in seen.text) == 4


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "by hand, for pi_489434 (card): 20.00 EUR of 20.00 EUR received"),
        ("fr", "à la main, pour pi_489434 (carte) : 20,00 EUR de 20,00 EUR reçus"),
    ],
)
def test_money_a_person_gives_back_is_not_said_to_go_the_way_it_came(
    locale: Locale, said: str
) -> None:
    told = paid().say(a_cancel_command(refund="LATER"))
    wish = SettleRefund(order_id=ORDER_ID, cancellation_id=FIRST, refund_to="BY_HAND", actor=KIM)
    seen, _ = ahead(told, wish, locale)
    assert [way.replace("\u202f", " ").replace("\xa0", " ") for way in seen.ways] == [said]


def test_nothing_private_and_no_id_of_a_command_is_in_it() -> None:
    seen, _ = ahead(paid(), a_cancel_command(requested_by="kim"))
    assert seen.answer is not None
    assert "command_id" not in seen.answer
    assert "ada@example.com" not in seen.model_dump_json()
