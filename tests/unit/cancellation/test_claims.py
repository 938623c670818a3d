"""Cancel against ship: whoever asks first has the units, and the other is told so."""

from typing import Any
from uuid import UUID

import pytest

from contracts.orders import LineQuantity
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from tests.support.mothers import (
    a_cancel_command,
    a_capture,
    a_shipment,
    an_order,
    cancellation_at,
)
from tests.support.spec import Story, story_of
from tests.support.wishes import ADA, a_claim, a_claim_release, a_return

order = story_of(ORDER)
paid = order.given(an_order(), a_capture())
CLAIM = cancellation_at(3)
claimed = paid.given(a_claim())


def units(fact: Any) -> dict[str, int]:
    return {line.line_id: line.quantity for line in fact.lines}


def test_all_that_is_open_is_claimed() -> None:
    (fact,) = paid.when(a_claim()).facts
    assert isinstance(fact, events.FulfillmentClaimed)
    assert (fact.claim_id, units(fact)) == (CLAIM, {"1": 2, "2": 2})


def test_the_claim_is_first_so_the_cancellation_is_refused() -> None:
    claimed.when(a_cancel_command()).then_refused("CLAIMED_FOR_FULFILLMENT")
    (refusal,) = claimed.when(a_cancel_command(lines=[("1", 1)])).then_refused(
        "CLAIMED_FOR_FULFILLMENT"
    )
    assert refusal.data == {"asked": 1, "open": 0, "ordered": 2, "claimed": 2}


def test_the_cancellation_is_first_so_the_claim_is_refused() -> None:
    story = paid.given(a_cancel_command())
    story.when(a_claim()).then_refused("NOTHING_LEFT")
    story.when(a_claim(("1", 1))).then_refused("NOTHING_LEFT")


def test_a_claim_is_granted_as_a_whole_or_not_at_all() -> None:
    story = paid.given(a_cancel_command(lines=[("1", 1)]))
    story.when(a_claim(("1", 2), ("2", 1))).then_refused("QUANTITY_TOO_GREAT")
    assert units(story.when(a_claim()).facts[0]) == {"1": 1, "2": 2}


def test_nothing_is_claimed_twice() -> None:
    claimed.when(a_claim()).then_refused("CLAIMED_FOR_FULFILLMENT")
    story = paid.given(a_claim(("1", 1)))
    assert units(story.when(a_claim()).facts[0]) == {"1": 1, "2": 2}


def test_a_whole_cancel_leaves_what_is_being_packed_and_says_so() -> None:
    story = paid.given(a_claim(("1", 2)))
    (fact,) = story.when(a_cancel_command()).facts
    assert isinstance(fact, events.OrderCancelled)
    assert units(fact) == {"2": 2}
    assert not fact.nothing_left
    assert fact.details is not None
    assert fact.details.claimed_lines == (LineQuantity(line_id="1", quantity=2),)


def test_released_units_can_be_cancelled() -> None:
    then = claimed.when(a_claim_release(CLAIM))
    assert units(then.facts[0]) == {"1": 2, "2": 2}
    claimed.given(a_claim_release(CLAIM)).when(a_cancel_command()).then_names("order.cancelled.v1")


def test_a_claim_is_released_once() -> None:
    story = claimed.given(a_claim_release(CLAIM))
    story.when(a_claim_release(CLAIM)).then_refused("CLAIM_OVER")
    claimed.when(a_claim_release(UUID(int=7))).then_refused("CLAIM_NOT_FOUND")


def test_what_ships_leaves_the_claim() -> None:
    story = claimed.given(a_shipment(("1", 2)))
    assert units(story.when(a_claim_release(CLAIM)).facts[0]) == {"2": 2}
    shipped = claimed.given(a_shipment(("1", 2), ("2", 2)))
    shipped.when(a_claim_release(CLAIM)).then_refused("CLAIM_OVER")
    shipped.when(a_cancel_command()).then_refused("ALREADY_FULFILLED")


def two_claims() -> Story[Any]:
    return paid.given(a_claim(("1", 1)), a_claim(("1", 1)))


def test_a_shipment_uses_up_the_claim_it_names_or_the_oldest() -> None:
    second = cancellation_at(4)
    named = a_shipment(("1", 1)).model_copy(update={"claim_id": second})
    story = two_claims().given(named)
    story.when(a_claim_release(second)).then_refused("CLAIM_OVER")
    story = two_claims().given(a_shipment(("1", 1)))
    story.when(a_claim_release(CLAIM)).then_refused("CLAIM_OVER")
    story.when(a_claim_release(second)).then_names("order.fulfillment-claim-released.v1")


def test_a_shipment_without_a_claim_is_recorded() -> None:
    story = paid.given(a_shipment(("1", 1)))
    assert units(story.when(a_claim()).facts[0]) == {"1": 1, "2": 2}
    paid.given(a_shipment(("1", 2), ("2", 2))).when(a_claim()).then_refused("ALREADY_FULFILLED")


@pytest.mark.parametrize(
    ("story", "command", "code"),
    [
        (order, a_claim(), "ORDER_NOT_FOUND"),
        (order, a_claim_release(CLAIM), "ORDER_NOT_FOUND"),
        (paid, a_claim(("9", 1)), "LINE_NOT_FOUND"),
        (paid, a_claim().model_copy(update={"actor": ADA}), "MISSING_PERMISSION"),
        (claimed, a_claim_release(CLAIM).model_copy(update={"actor": ADA}), "MISSING_PERMISSION"),
    ],
)
def test_refuses_what_is_unknown_and_whoever_may_not(
    story: Story[Any], command: Any, code: str
) -> None:
    story.when(command).then_refused(code)


# Facts that contradict


def test_units_that_ship_though_cancelled_are_recorded_and_a_person_looks() -> None:
    story = paid.given(a_cancel_command(lines=[("1", 1)]))
    story.when(a_shipment(("1", 1))).then_names("order.lines-fulfilled.v1")
    _, case = story.when(a_shipment(("1", 2), ("2", 2))).facts
    assert isinstance(case, events.CaseOpened)
    assert (case.kind, units(case)) == ("SHIPPED_AFTER_CANCELLATION", {"1": 1})
    again = story.given(a_shipment(("1", 2)))
    again.when(a_shipment(("1", 5))).then_names("order.lines-fulfilled.v1", "order.case-opened.v1")


def test_more_units_shipped_than_ordered_without_a_cancellation_open_no_case() -> None:
    paid.when(a_shipment(("1", 9))).then_names("order.lines-fulfilled.v1")


def test_returned_units_are_no_longer_proposed_for_a_return() -> None:
    story = paid.given(a_shipment(("1", 2), ("2", 2)), a_return(("1", 2), ("2", 1)))
    (refusal,) = story.when(a_cancel_command()).then_refused("ALREADY_FULFILLED")
    assert refusal.return_proposal is not None
    assert units(refusal.return_proposal) == {"2": 1}
    back = story.given(a_return(("2", 1)))
    (refusal,) = back.when(a_cancel_command()).then_refused("ALREADY_FULFILLED")
    assert refusal.return_proposal is None


def test_more_units_returned_than_shipped_open_a_case() -> None:
    story = paid.given(a_shipment(("1", 1)))
    _, case = story.when(a_return(("1", 2))).facts
    assert isinstance(case, events.CaseOpened)
    assert (case.kind, units(case)) == ("RETURNED_MORE_THAN_SHIPPED", {"1": 1})
    story.when(a_return(("1", 1))).then_names("order.items-returned.v1")


def test_a_return_of_an_unknown_line_is_put_aside() -> None:
    paid.when(a_return(("9", 1))).then_set_aside("LINE_NOT_FOUND")
