"""When money is to be expected: what is published, and what our own history adds."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.orders import PaymentMethod
from kit.facts import Cause
from services.refunds.domain import commands, events
from services.refunds.domain.arrivals import (
    ENOUGH,
    PUBLISHED,
    Learnt,
    Span,
    Wait,
    Way,
    expect_arrival,
    learn,
    waits_of,
)
from services.refunds.domain.ledger import LEDGER
from tests.support.mothers import FIRST, ORDER_ID, PAYMENT_ID, an_order_cancelled
from tests.support.spec import NOW, story_of

CARD: Way = ("card", None)
FRIDAY = date(2026, 11, 27)
DAY = timedelta(days=1)


def waits(*days: float, way: Any = CARD) -> list[Wait]:
    return [Wait(way, day * DAY) for day in days]


def test_every_published_range_names_who_says_so() -> None:
    for published in PUBLISHED.values():
        assert published.source.count("/") >= 2
        assert published.span.least_days <= published.span.most_days


def test_fewer_than_enough_teach_nothing() -> None:
    assert learn(waits(*[3] * (ENOUGH - 1))) == {}
    assert learn(waits(*[3] * ENOUGH)) == {CARD: Span(3, 3)}


def test_the_fastest_and_the_slowest_tenth_do_not_count() -> None:
    assert learn(waits(*[0] * 5, *[2.5] * 90, *[60] * 5)) == {CARD: Span(2, 3)}


def test_what_is_pending_for_seconds_costs_no_day() -> None:
    assert learn(waits(*[0.0001] * ENOUGH)) == {CARD: Span(0, 0)}


def test_a_country_is_learnt_by_itself_and_counts_for_the_others() -> None:
    norway, sweden = ("vipps", "NO"), ("vipps", "SE")
    learnt = learn([*waits(*[1] * ENOUGH, way=norway), *waits(*[9] * 4, way=sweden)])
    assert learnt == {norway: Span(1, 1), ("vipps", None): Span(1, 1)}


def test_while_it_is_pending_the_usual_wait_is_added_to_the_published_days() -> None:
    learnt: Learnt = {CARD: Span(1, 4)}
    published = expect_arrival("CARD", None, FRIDAY)
    assert published == (date(2026, 12, 4), date(2026, 12, 11))
    assert expect_arrival("CARD", None, FRIDAY, is_pending=True) == published
    later = expect_arrival("CARD", None, FRIDAY, is_pending=True, learnt=learnt)
    assert later == (date(2026, 12, 4), date(2026, 12, 15))
    assert expect_arrival("CARD", None, FRIDAY, learnt=learnt) == published


def test_what_nobody_publishes_is_not_guessed_however_much_was_learnt() -> None:
    blik = PaymentMethod(kind="blik", country="PL")
    learnt = learn(waits(*[2] * ENOUGH, way=("blik", "PL")))
    assert expect_arrival("OTHER", blik, FRIDAY, is_pending=True, learnt=learnt) == (None, None)


@settings(max_examples=60, deadline=None, database=None)
@given(
    st.lists(st.floats(0, 90), min_size=ENOUGH, max_size=ENOUGH + 30),
    st.dates(date(2026, 1, 1), date(2030, 1, 1)),
)
def test_a_range_never_runs_backwards_or_promises_more_than_is_published(
    days: list[float], on: date
) -> None:
    first, last = expect_arrival("CARD", None, on)
    late_first, late_last = expect_arrival(
        "CARD", None, on, is_pending=True, learnt=learn(waits(*days))
    )
    none = date.min
    assert on <= (first or none) <= (late_first or none) <= (late_last or none)
    assert (last or none) <= (late_last or none)


def about(refund: int) -> dict[str, Any]:
    return {
        "order_id": ORDER_ID, "cancellation_id": FIRST, "refund_id": UUID(int=refund),
        "payment_id": PAYMENT_ID, "amount_minor": 1, "currency": "EUR", "provider_reference": "re",
    }  # fmt: skip


def at(moment: datetime) -> Cause:
    return Cause(message_id="m", correlation_id="m", recorded_at=moment)


def test_only_refunds_that_were_pending_at_the_provider_and_succeeded_teach() -> None:
    recorded = [
        (events.RefundPending(**about(1), status="pending"), at(NOW)),
        (events.RefundPending(**about(2), status="requires_action"), at(NOW)),
        (events.RefundPending(**about(3), status="pending"), at(NOW)),
        (events.RefundPending(**about(1), status="pending"), at(NOW + DAY)),
        (events.RefundSucceeded(**about(4)), at(NOW + DAY)),
        (events.RefundSucceeded(**about(2)), at(NOW + DAY)),
        (events.RefundSucceeded(**about(1)), at(NOW + 3 * DAY)),
    ]
    assert list(waits_of(recorded)) == [Wait(CARD, 2 * DAY)]


@pytest.mark.parametrize(
    ("learnt", "last"), [({}, (2026, 3, 13)), ({CARD: Span(1, 7)}, (2026, 3, 20))]
)
def test_a_pending_refund_is_recorded_with_what_this_process_has_learnt(
    learnt: Any, last: tuple[int, int, int]
) -> None:
    asked = story_of(LEDGER).given(an_order_cancelled()).under(learnt)
    (requested,) = story_of(LEDGER).when(an_order_cancelled()).facts
    assert isinstance(requested, events.RefundRequested)
    word = commands.RecordProviderStatus(
        order_id=ORDER_ID, refund_id=requested.refund_id, status="pending",
        provider_reference="re_1",
    )  # fmt: skip
    (fact,) = asked.when(word).facts
    assert isinstance(fact, events.RefundPending)
    assert fact.arrival_until == date(*last)
