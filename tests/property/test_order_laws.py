"""Laws of one order, whatever happens to it and in whatever sequence."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.cancellation import RefundDue
from contracts.orders import OrderPlaced
from contracts.values import format_money
from kit.decider import Unacceptable
from kit.facts import Fact
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from services.cancellation.domain.order import Order
from tests.property.strategies import captures, lives, placements, shipments
from tests.support.mothers import (
    a_cancel_command,
    a_capture,
    a_line,
    a_notification,
    a_notification_failure,
    a_notification_uncertainty,
    a_refund_failure,
    a_refund_success,
    a_refund_uncertainty,
    a_restock,
    a_restock_failure,
    an_order,
)
from tests.support.spec import Story, story_of
from tests.support.wishes import a_settlement, a_void

laws = settings(max_examples=150, deadline=None, database=None)
order = story_of(ORDER)


def lived(placement: OrderPlaced, life: Sequence[Any]) -> tuple[Story[Order], list[Fact]]:
    """Return the order after its life, and every fact of it; what is put aside leaves no trace."""
    story, facts = order, list[Fact]()
    for message in (placement, *life):
        try:
            decided = story.when(message, message_id=f"message-{len(facts)}").facts
        except Unacceptable:
            continue
        facts += decided
        story = story.given(*decided)
    return story, facts


def cancellations(facts: Sequence[Fact]) -> list[events.OrderCancelled]:
    return [fact for fact in facts if isinstance(fact, events.OrderCancelled)]


def open_calls(order: Order, facts: Sequence[Fact]) -> list[list[Any]]:
    """Return, per call that is still open, all that may be reported about it."""
    found = []
    for cancelled in cancellations(facts):
        legs = order.cancellations[cancelled.cancellation_id]
        due = [due for due in cancelled.refunds if legs.refunds[due.payment_id] is None]
        restock, told = legs.restock is None, legs.notification is None
        found += reports_on(cancelled, due, restock=restock, told=told)
        found += [[a_void(id_)] for id_, outcome in legs.voids.items() if outcome is None]
        for refund_id, outcome in legs.later.items():
            if outcome is None:
                report = a_refund_success(cancelled.cancellation_id)
                found.append([report.model_copy(update={"refund_id": refund_id})])
    return found


def reports_on(
    cancelled: events.OrderCancelled,
    due: Sequence[RefundDue] | None = None,
    *,
    restock: bool | None = None,
    told: bool | None = None,
) -> list[list[Any]]:
    """Return, per leg that is due, all that may be reported about it."""
    legs: list[list[Any]] = [
        [
            report(cancelled.cancellation_id, due.payment_id, due.amount_minor)
            for report in (a_refund_success, a_refund_failure, a_refund_uncertainty)
        ]
        for due in (cancelled.refunds if due is None else due)
    ]
    if cancelled.restock if restock is None else restock:
        legs.append([r(cancelled.cancellation_id) for r in (a_restock, a_restock_failure)])
    if cancelled.recipient if told is None else told:
        mails = (a_notification, a_notification_failure, a_notification_uncertainty)
        legs.append([report(cancelled.cancellation_id) for report in mails])
    return legs


@laws
@given(placement=placements(), life=lives)
def test_never_more_is_refunded_than_was_captured(placement: OrderPlaced, life: Any) -> None:
    _, facts = lived(placement, life)
    captured: Counter[str] = Counter()
    due: Counter[str] = Counter()
    for fact in facts:
        if isinstance(fact, events.PaymentCaptured):
            captured[fact.message.payment_id] += fact.message.amount_minor
        if isinstance(fact, events.OrderCancelled):
            for refund in fact.refunds:
                assert refund.amount_minor > 0
                assert refund.captured_minor == captured[refund.payment_id]
                due[refund.payment_id] += refund.amount_minor
            assert fact.refund_minor == sum(refund.amount_minor for refund in fact.refunds)
            assert fact.refund_minor <= sum(line.amount_minor for line in fact.lines)
        assert all(due[payment] <= captured[payment] for payment in due)


@laws
@given(placement=placements(), life=lives)
def test_never_more_units_are_cancelled_than_were_ordered_and_not_shipped(
    placement: OrderPlaced, life: Any
) -> None:
    _, facts = lived(placement, life)
    ordered = {line.line_id: line.quantity for line in placement.lines}
    gone: Counter[str] = Counter()
    for fact in facts:
        if isinstance(fact, events.LinesFulfilled):
            gone.update({line.line_id: line.quantity for line in fact.message.lines})
        if isinstance(fact, events.OrderCancelled):
            for line in fact.lines:
                gone[line.line_id] += line.quantity
                assert gone[line.line_id] <= ordered[line.line_id]
                assert line.ordered_quantity == ordered[line.line_id]


@laws
@given(placement=placements(), life=lives)
def test_nothing_left_means_that_the_next_cancel_is_refused(
    placement: OrderPlaced, life: Any
) -> None:
    story, facts = lived(placement, life)
    open_ = {line.line_id: story.state.open_units(line.line_id, line.quantity)
             for line in placement.lines}  # fmt: skip
    (fact, *_) = story.when(a_cancel_command()).facts
    assert isinstance(fact, events.OrderCancelled) == any(open_.values())
    for cancelled in cancellations(facts)[-1:]:
        if cancelled.nothing_left:
            assert not any(open_.values())
    if isinstance(fact, events.OrderCancelled):
        assert fact.nothing_left
        assert {line.line_id: line.quantity for line in fact.lines} == {
            line_id: units for line_id, units in open_.items() if units
        }


@laws
@given(data=st.data(), placement=placements())
def test_partial_cancels_give_back_in_all_what_one_whole_cancel_does(
    data: st.DataObject, placement: OrderPlaced
) -> None:
    """When all was paid; in any pieces, over any split into payments."""
    total = sum(line.quantity * line.unit_price_minor for line in placement.lines)
    cut = data.draw(st.integers(0, total))
    paid = order.given(placement, a_capture(cut, "pi_a"), a_capture(total - cut, "pi_b"))
    (whole, *_) = paid.when(a_cancel_command()).facts
    assert isinstance(whole, events.OrderCancelled)
    units = [line.line_id for line in placement.lines for _ in range(line.quantity)]
    story, given_back = paid, Counter[str]()
    for line_id in data.draw(st.permutations(units)):
        (part, *_) = decided = story.when(a_cancel_command(lines=[(line_id, 1)])).facts
        assert isinstance(part, events.OrderCancelled)
        given_back.update({due.payment_id: due.amount_minor for due in part.refunds})
        story = story.given(*decided)
    assert given_back == {due.payment_id: due.amount_minor for due in whole.refunds}
    assert given_back.total() == total == whole.refund_minor
    assert not any(story.state.open_units(x.line_id, x.quantity) for x in placement.lines)


@laws
@given(data=st.data(), placement=placements(), life=lives)
def test_every_cancellation_completes_exactly_once_and_as_soon_as_no_leg_is_open(
    data: st.DataObject, placement: OrderPlaced, life: Any
) -> None:
    """With reports in any sequence, repeated, contradicted, and mixed with other facts.

    What is owed because a refund failed for good keeps it open until somebody has settled that.
    """
    story, facts = lived(placement, life)
    assert_completed_when_settled(story.state, facts)
    others = data.draw(st.lists(captures | shipments, max_size=3))
    said: list[Any] = []
    while (calls := open_calls(story.state, facts)) or others:
        report = data.draw(
            st.sampled_from([*(report for call in calls for report in call), *others, *said[:3]])
        )
        if report in others:
            others.remove(report)
        said.append(report)
        try:
            decided = story.when(report, message_id=f"report-{story.version}").facts
        except Unacceptable:
            continue
        story, facts = story.given(*decided), [*facts, *decided]
        assert_completed_when_settled(story.state, facts)
    for id_ in story.state.cancellations:
        owed_minor = story.state.cancellations[id_].balance_minor
        assert owed_minor or id_ in completed(facts), "only what is owed keeps it open"
        if owed_minor:
            settle = a_settlement(cancellation_id=id_, is_final=True)
            decided = story.when(settle, message_id=f"settle-{id_}").facts
            story, facts = story.given(*decided), [*facts, *decided]
    while calls := open_calls(story.state, facts):
        decided = story.when(calls[0][0], message_id=f"report-{story.version}").facts
        story, facts = story.given(*decided), [*facts, *decided]
        assert_completed_when_settled(story.state, facts)
    assert sorted(completed(facts)) == sorted(story.state.cancellations)


def completed(facts: Sequence[Fact]) -> list[UUID]:
    return [
        fact.cancellation_id for fact in facts if isinstance(fact, events.CancellationCompleted)
    ]


def assert_completed_when_settled(order: Order, facts: Sequence[Fact]) -> None:
    """Nothing that is settled is incomplete; what was completed was settled, or fell due again."""
    told = completed(facts)
    assert len(set(told)) == len(told)
    for id_, legs in order.cancellations.items():
        assert legs.is_completed == (id_ in told)
        if legs.is_settled:
            assert legs.is_completed
        elif legs.is_completed:
            calls = (*legs.refunds.values(), *legs.later.values(), *legs.voids.values())
            assert legs.is_reopened or None in calls


@laws
@given(data=st.data(), placement=placements(), life=lives)
def test_a_report_decided_twice_is_decided_once(
    data: st.DataObject, placement: OrderPlaced, life: Any
) -> None:
    story, facts = lived(placement, life)
    reports = [report for c in cancellations(facts) for leg in reports_on(c) for report in leg]
    for report in data.draw(st.permutations(reports)):
        after = story.given(*story.when(report).facts)
        assert list(after.when(report, message_id="again").facts) == []
        story = after


@laws
@given(placement=placements(), life=lives)
def test_an_answer_is_one_cancellation_or_one_refusal(placement: OrderPlaced, life: Any) -> None:
    story, _ = lived(placement, life)
    for command in (a_cancel_command(), a_cancel_command(lines=[("1", 1), ("9", 1)])):
        answers = [
            fact
            for fact in story.when(command).facts
            if isinstance(fact, events.OrderCancelled | events.CancellationRejected)
        ]
        assert [answer.command_id for answer in answers] == ["command-1"]


@laws
@given(placement=placements(), life=lives)
def test_a_decision_is_the_same_however_often_it_is_made(placement: OrderPlaced, life: Any) -> None:
    story, _ = lived(placement, life)
    before = story.state
    assert story.when(a_cancel_command()).facts == story.when(a_cancel_command()).facts
    assert story.state is before


@settings(max_examples=200, deadline=None, database=None)
@given(amount_minor=st.integers(0, 10**15), currency=st.sampled_from(["EUR", "JPY", "KWD"]))
def test_money_is_written_without_losing_a_unit(amount_minor: int, currency: str) -> None:
    written = format_money(amount_minor, currency).removesuffix(f" {currency}")
    assert int(written.replace(",", "").replace(".", "")) == amount_minor


def test_the_laws_meet_what_they_are_about() -> None:
    """Guards against strategies that never cancel anything."""
    story, facts = lived(
        an_order(a_line("1", quantity=2, price_minor=5)),
        [a_capture(7), a_cancel_command(lines=[("1", 1)]), a_cancel_command()],
    )
    assert [c.refund_minor for c in cancellations(facts)] == [2, 5]
    assert len(story.state.cancellations) == 2
