"""What a cancel command brings about: whole, partial, repeated, refused."""

from typing import Any

from contracts.cancellation import Basis
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from tests.support.mothers import (
    FIRST,
    ORDER_ID,
    a_cancel_command,
    a_cancelled_line,
    a_capture,
    a_line,
    a_recipient,
    a_refund_due,
    a_shipment,
    an_order,
)
from tests.support.spec import Then, story_of

order = story_of(ORDER)
paid = order.given(an_order(), a_capture())

A_WHOLE_CANCELLATION = events.OrderCancelled(
    order_id=ORDER_ID,
    cancellation_id=FIRST,
    command_id="command-1",
    reason="CUSTOMER",
    requested_by="upstream",
    staff_note=None,
    currency="EUR",
    lines=(a_cancelled_line("1"), a_cancelled_line("2")),
    refunds=(a_refund_due(2000),),
    refund_minor=2000,
    restock=True,
    recipient=a_recipient(),
    nothing_left=True,
    basis=Basis(policy_version=0, order_version=2, rule_set="cancel-order.v1"),
)


def cancelled(then: Then[Any]) -> events.OrderCancelled:
    fact = then.facts[0]
    assert isinstance(fact, events.OrderCancelled)
    return fact


def units(fact: events.OrderCancelled) -> dict[str, int]:
    return {line.line_id: line.quantity for line in fact.lines}


def test_a_paid_order_is_cancelled_whole() -> None:
    paid.when(a_cancel_command()).then(A_WHOLE_CANCELLATION)


def test_who_asked_why_and_the_staff_note_are_kept() -> None:
    command = a_cancel_command(reason="FRAUD", requested_by="kim", staff_note="called twice")
    paid.when(command, message_id="command-7").then(
        A_WHOLE_CANCELLATION.model_copy(
            update={
                "command_id": "command-7",
                "reason": "FRAUD",
                "requested_by": "kim",
                "staff_note": "called twice",
            }
        )
    )


def test_some_units_of_one_line_are_cancelled_at_their_price() -> None:
    fact = cancelled(paid.when(a_cancel_command(lines=[("2", 1)])))
    assert fact.lines == (a_cancelled_line("2", quantity=1, amount_minor=500),)
    assert fact.refunds == (a_refund_due(500),)
    assert not fact.nothing_left


def test_the_last_partial_cancel_leaves_nothing() -> None:
    story = paid.given(a_cancel_command(lines=[("1", 2)]))
    fact = cancelled(story.when(a_cancel_command(lines=[("2", 2)])))
    assert fact.nothing_left
    assert fact.refund_minor == 1000


def test_a_whole_cancel_after_a_partial_one_takes_the_rest_only() -> None:
    story = paid.given(a_cancel_command(lines=[("1", 1)]))
    fact = cancelled(story.when(a_cancel_command()))
    assert units(fact) == {"1": 1, "2": 2}
    assert fact.refund_minor == 1500


def test_a_line_named_twice_counts_twice() -> None:
    twice = a_cancel_command(lines=[("1", 1), ("1", 1)])
    assert units(cancelled(paid.when(twice))) == {"1": 2}
    paid.when(a_cancel_command(lines=[("1", 2), ("1", 1)])).then_refused("QUANTITY_TOO_GREAT")


def test_every_cancellation_has_its_own_id() -> None:
    first = cancelled(paid.when(a_cancel_command(lines=[("1", 1)])))
    second = cancelled(paid.given(first).when(a_cancel_command(lines=[("1", 1)])))
    assert first.cancellation_id == FIRST
    assert second.cancellation_id != first.cancellation_id


def test_what_was_shipped_stays_and_the_rest_is_cancelled() -> None:
    story = paid.given(a_shipment(("1", 1)))
    fact = cancelled(story.when(a_cancel_command()))
    assert units(fact) == {"1": 1, "2": 2}
    assert fact.nothing_left
    assert fact.refund_minor == 1500


def test_more_shipped_than_ordered_leaves_nothing_open() -> None:
    story = paid.given(a_shipment(("1", 9), ("2", 2)))
    story.when(a_cancel_command()).then_refused("ALREADY_FULFILLED")
    story.when(a_cancel_command(lines=[("1", 1)])).then_refused("ALREADY_FULFILLED")


def test_a_gift_is_cancelled_without_a_refund_of_its_own() -> None:
    story = order.given(an_order(a_line("1"), a_line("gift", price_minor=0)), a_capture(1000))
    fact = cancelled(story.when(a_cancel_command(lines=[("gift", 2)])))
    assert units(fact) == {"gift": 2}
    assert fact.refunds == ()
