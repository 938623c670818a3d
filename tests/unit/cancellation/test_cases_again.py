"""Cases that come again, know more, or are told by the inventory service."""

from typing import Any
from uuid import UUID

from contracts import inventory
from contracts.cancellation import CloseCase
from kit.decider import Context
from kit.ids import child_id
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from services.cancellation.domain.decisions.cases import with_cases
from tests.support.mothers import (
    FIRST,
    ORDER_ID,
    PAYMENT_ID,
    a_cancel_command,
    a_capture,
    a_refund_failure,
    a_refund_uncertainty,
    an_order,
)
from tests.support.spec import NOW, STREAM, story_of
from tests.support.wishes import LEA

order = story_of(ORDER)
cancelled = order.given(an_order(), a_capture(), a_cancel_command())
REFUND, RESTOCK = child_id(FIRST, PAYMENT_ID), child_id(FIRST, "restock")


def case_of(cause_id: UUID, number: int = 1) -> UUID:
    return child_id(cause_id, f"case:{number}")


def follow(story: Any, *facts: Any) -> list[Any]:
    """Return what cases make of facts that no decision writes today."""
    context = Context(NOW, "command-1", STREAM, story.version)
    return list(with_cases(story.state, facts, context))[len(facts) :]


def test_what_fails_again_while_its_case_is_open_is_the_same_case() -> None:
    again = events.RefundReported(outcome="FAILED", message=a_refund_failure())
    assert follow(cancelled.given(a_refund_failure()), again) == []


def test_a_new_failure_after_the_case_was_closed_is_a_new_case() -> None:
    again = events.RefundReported(outcome="FAILED", message=a_refund_failure())
    closing = CloseCase(
        order_id=ORDER_ID, case_id=case_of(REFUND), resolution="WRITTEN_OFF", actor=LEA
    )
    story = cancelled.given(a_refund_failure(), closing)
    (case,) = follow(story, again)
    assert case.case_id == case_of(REFUND, 2)


def test_an_uncertain_refund_that_turns_out_to_have_failed_is_another_case() -> None:
    later = events.RefundReported(outcome="FAILED", message=a_refund_failure())
    replaced, case = follow(cancelled.given(a_refund_uncertainty()), later)
    assert (replaced.case_id, replaced.resolution) == (case_of(REFUND), "REPLACED")
    assert (case.kind, case.case_id) == ("REFUND_FAILED", case_of(REFUND, 2))


def a_stock_case(kind: str = "LOCATION_DEACTIVATED") -> inventory.StockCaseOpened:
    """The inventory service cannot see to something by itself."""
    line = inventory.StockCaseLine(line_id="1", sku="A", quantity=2, location="paris")
    return inventory.StockCaseOpened(
        order_id=ORDER_ID, case_id=RESTOCK, kind=kind, detail="went to lyon", lines=(line,),
        cancellation_id=FIRST, opened_at=NOW,
    )  # fmt: skip


def test_what_the_inventory_service_cannot_see_to_is_a_case_once() -> None:
    (case,) = cancelled.when(a_stock_case()).facts
    assert isinstance(case, events.CaseOpened)
    assert (case.case_id, case.kind, case.detail) == (
        RESTOCK, "LOCATION_DEACTIVATED", "went to lyon",
    )  # fmt: skip
    assert case.stake_minor == 1000
    cancelled.given(a_stock_case()).when(a_stock_case()).then_nothing()
    cancelled.when(a_stock_case("RETURNED_MORE_THAN_SOLD")).then_nothing()
    cancelled.when(a_stock_case("SOMETHING_NEW")).then_set_aside("CASE_KIND_UNKNOWN")
    order.when(a_stock_case()).then_set_aside("ORDER_NOT_FOUND")
