"""What the shop keeps for cancelling: cumulative, bounded, and never where it may not."""

from typing import Any

import pytest

from contracts.cancellation import FeeKept
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from tests.support.mothers import (
    PAYMENT_ID,
    a_cancel_command,
    a_capture,
    an_authorization,
    an_order,
)
from tests.support.spec import Story, story_of
from tests.support.wishes import a_policy

order = story_of(ORDER)
placed = order.given(an_order())

PERCENT = {"name": "LATE", "percent_bps": 1000}
FLAT = {"name": "FLAT", "flat_minor": 300, "currency": "EUR"}
paid = placed.given(a_capture())


def cancelled(story: Story[Any], **command: Any) -> events.OrderCancelled:
    fact = story.when(a_cancel_command(**command)).facts[0]
    assert isinstance(fact, events.OrderCancelled), fact
    return fact


def fee_of(fact: events.OrderCancelled) -> FeeKept:
    assert fact.money is not None
    assert fact.money.fee is not None
    return fact.money.fee


def test_a_percentage_is_kept() -> None:
    fact = cancelled(paid.under(a_policy(fees=[PERCENT])))
    assert fact.refund_minor == 1800
    assert fee_of(fact) == FeeKept(
        percent_bps=1000, base_minor=2000, percent_minor=200, flat_minor=0
    )


def test_a_flat_fee_is_kept_once_per_order() -> None:
    story = paid.under(a_policy(fees=[FLAT]))
    first = cancelled(story, lines=[("1", 1)])
    second = cancelled(story.given(first))
    assert (first.refund_minor, second.refund_minor) == (200, 1500)


def test_a_fee_greater_than_the_refund_takes_all_of_it_and_the_rest_from_the_next() -> None:
    story = paid.under(a_policy(fees=[{**FLAT, "flat_minor": 800}]))
    first = cancelled(story, lines=[("1", 1)])
    second = cancelled(story.given(first))
    assert (first.refunds, second.refund_minor) == ((), 1200)
    assert cancelled(story).refund_minor == 1200


def test_a_fee_is_rounded_down_over_all_pieces_together() -> None:
    story = paid.under(a_policy(fees=[{**PERCENT, "percent_bps": 333}]))
    kept = []
    for line_id in ("1", "1", "2", "2"):
        fact = cancelled(story, lines=[(line_id, 1)])
        kept.append(500 - fact.refund_minor)
        story = story.given(fact)
    assert kept == [16, 17, 16, 17]
    assert sum(kept) == 2000 * 333 // 10_000


@pytest.mark.parametrize(
    ("terms", "command"),
    [
        ({"reasons": ["STAFF"]}, {}),
        ({"currency": "USD"}, {}),
        ({"actors": ["CUSTOMER"]}, {}),
        ({"sub_reasons": ["CHANGED_MIND"]}, {}),
        ({}, {"is_statutory_withdrawal": True}),
    ],
)
def test_no_fee_where_none_is_meant_and_never_on_a_statutory_withdrawal(
    terms: dict[str, Any], command: dict[str, Any]
) -> None:
    story = paid.under(a_policy(fees=[{**PERCENT, **terms}]))
    assert cancelled(story, **command).refund_minor == 2000


@pytest.mark.parametrize(
    ("terms", "command"),
    [
        ({"reasons": ["STAFF", "CUSTOMER"]}, {}),
        ({"currency": "EUR"}, {}),
        ({"actors": ["SERVICE"]}, {}),
        ({"sub_reasons": ["CHANGED_MIND"]}, {"sub_reason": "CHANGED_MIND"}),
    ],
)
def test_a_fee_where_one_is_meant(terms: dict[str, Any], command: dict[str, Any]) -> None:
    story = paid.under(a_policy(fees=[{**PERCENT, **terms}]))
    assert cancelled(story, **command).refund_minor == 1800


def test_the_first_fee_that_fits_holds() -> None:
    story = paid.under(a_policy(fees=[{**FLAT, "currency": "USD"}, PERCENT, FLAT]))
    assert cancelled(story).refund_minor == 1800


def test_both_parts_of_a_fee_are_kept_and_stay_kept() -> None:
    both = {**FLAT, "percent_bps": 1000}
    first = cancelled(paid.under(a_policy(fees=[both])), lines=[("1", 2)])
    assert first.refund_minor == 1000 - 100 - 300
    later = paid.under(a_policy(fees=[both])).given(first)
    assert cancelled(later).refund_minor == 900
    half = order.given(an_order(), a_capture(1500)).under(a_policy(fees=[both]))
    kept = cancelled(half, lines=[("1", 1)])
    assert kept.refunds == (), "all that was paid is needed for the rest"


def test_no_fee_is_kept_of_money_that_never_came() -> None:
    story = placed.given(an_authorization()).under(a_policy(fees=[PERCENT]))
    fact = cancelled(story)
    assert fact.money is not None
    assert [void.payment_id for void in fact.money.voids] == [PAYMENT_ID]
    assert fact.money.fee is None
