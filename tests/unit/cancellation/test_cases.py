"""Cases: one per cause, gone with it, somebody's, and higher up when nobody sees to them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.cancellation import AddCaseNote, AssignCase, CloseCase, EscalateCase
from kit.ids import child_id
from services.cancellation.domain import events
from services.cancellation.domain.case_kinds import ABOVE, KINDS
from services.cancellation.domain.decisions import ORDER
from tests.support.mothers import (
    FIRST,
    ORDER_ID,
    PAYMENT_ID,
    a_cancel_command,
    a_capture,
    a_notification,
    a_notification_failure,
    a_notification_uncertainty,
    a_refund_failure,
    a_refund_success,
    a_refund_uncertainty,
    a_restock,
    a_restock_failure,
    a_shipment,
    an_order,
    cancellation_at,
)
from tests.support.spec import NOW, story_of
from tests.support.wishes import (
    ADA,
    KIM,
    LEA,
    ROOT,
    TIMER,
    VERA,
    a_policy,
    a_reinstatement,
    a_restock_by_hand,
    a_return,
)

order = story_of(ORDER)
cancelled = order.given(an_order(), a_capture(), a_cancel_command())
REFUND = child_id(FIRST, PAYMENT_ID)
RESTOCK, NOTIFICATION = child_id(FIRST, "restock"), child_id(FIRST, "notification")


def case_of(cause_id: UUID, number: int = 1) -> UUID:
    return child_id(cause_id, f"case:{number}")


def opened(*facts: Any) -> events.CaseOpened:
    (case,) = [fact for fact in facts if isinstance(fact, events.CaseOpened)]
    return case


def ended(*facts: Any) -> dict[UUID, str]:
    """Return how cases were closed, by their ids."""
    return {x.case_id: x.resolution for x in facts if isinstance(x, events.CaseClosed)}


def by_hand(case_id: UUID, model: Any = CloseCase, actor: Any = LEA, **said: Any) -> Any:
    if model is CloseCase:
        said = {"resolution": "DONE_OUTSIDE", **said}
    return model(order_id=ORDER_ID, case_id=case_id, actor=actor, **said)


@pytest.mark.parametrize(
    ("report", "kind", "cause_id", "stake_minor"),
    [
        (a_refund_failure(), "REFUND_FAILED", REFUND, 2000),
        (a_refund_uncertainty(), "REFUND_UNCERTAIN", REFUND, 2000),
        (a_restock_failure(), "RESTOCK_FAILED", RESTOCK, 2000),
        (a_notification_failure(), "NOTIFICATION_FAILED", NOTIFICATION, None),
        (a_notification_uncertainty(), "NOTIFICATION_UNCERTAIN", NOTIFICATION, None),
    ],
)
def test_a_leg_that_did_not_succeed_opens_one_case(
    report: Any, kind: str, cause_id: UUID, stake_minor: int | None
) -> None:
    case = opened(*cancelled.when(report).facts)
    assert (case.kind, case.case_id, case.cause_id) == (kind, case_of(cause_id), cause_id)
    assert (case.cancellation_id, case.currency) == (FIRST, "EUR")
    assert (case.stake_minor, case.detail) == (stake_minor, report.detail)
    assert (case.role, case.due_at) == (
        KINDS[kind].role, NOW + timedelta(seconds=KINDS[kind].within_s),
    )  # fmt: skip
    cancelled.given(report).when(report).then_nothing()


@pytest.mark.parametrize("report", [a_refund_success(), a_restock(), a_notification()])
def test_a_leg_that_succeeded_opens_none(report: Any) -> None:
    assert not any(isinstance(x, events.CaseOpened) for x in cancelled.when(report).facts)


def test_a_case_is_opened_beside_the_completion_it_does_not_stop() -> None:
    story = cancelled.given(a_refund_success(), a_restock())
    story.when(a_notification_failure()).then_names(
        "order.notification-reported.v1", "order.cancellation-completed.v1", "order.case-opened.v1"
    )


def test_each_refund_that_failed_has_a_case_of_its_own() -> None:
    story = order.given(
        an_order(), a_capture(1500, "pi_a"), a_capture(500, "pi_b"), a_cancel_command()
    )
    root = cancellation_at(4)
    first = opened(*story.when(a_refund_failure(root, "pi_a", 1500)).facts)
    story = story.given(a_refund_failure(root, "pi_a", 1500))
    second = opened(*story.when(a_refund_failure(root, "pi_b", 500)).facts)
    assert (first.payment_id, first.amount_minor) == ("pi_a", 1500)
    assert (second.payment_id, second.amount_minor) == ("pi_b", 500)
    assert first.case_id != second.case_id


failed = cancelled.given(a_restock_failure())
SHELF = case_of(RESTOCK)


def are_back(request_at: int) -> Any:
    """Hear that what was asked for by hand is on a shelf."""
    return a_restock(FIRST).model_copy(update={"request_id": cancellation_at(request_at)})


def test_a_failed_restock_is_over_when_as_many_units_are_back() -> None:
    asked = a_restock_by_hand(("1", 2), ("2", 1))
    assert ended(*failed.when(asked).facts) == {}, "they are not back yet"
    story = failed.given(asked)
    assert ended(*story.when(are_back(6)).facts) == {}, "one is missing"
    story = story.given(are_back(6), a_restock_by_hand(("2", 1)))
    assert ended(*story.when(are_back(8)).facts) == {SHELF: "RESOLVED"}


def test_a_restock_by_hand_that_fails_too_leaves_the_case_as_it_is() -> None:
    asked = a_restock_by_hand(("1", 2))
    report = a_restock_failure(FIRST).model_copy(update={"request_id": cancellation_at(6)})
    failed.given(asked).when(report).then_names("order.restock-reported.v1")


def test_a_restock_by_hand_of_units_left_out_on_purpose_opens_a_case_when_it_fails() -> None:
    story = order.given(an_order(), a_capture(), a_cancel_command(restock=False))
    story = story.given(a_restock_by_hand(("1", 2)))
    report = a_restock_failure(FIRST).model_copy(update={"request_id": cancellation_at(4)})
    case = opened(*story.when(report).facts)
    assert [(line.line_id, line.quantity) for line in case.lines] == [("1", 2)]


def test_reinstating_ends_what_is_no_longer_wanted() -> None:
    story = failed.given(a_refund_failure(), a_notification_failure())
    facts = story.when(a_reinstatement(FIRST)).facts
    assert ended(*facts) == {SHELF: "RESOLVED", case_of(REFUND): "RESOLVED"}


def test_a_refund_known_to_have_succeeded_after_all_ends_its_case() -> None:
    """The fact stands for what the refunds service may say later."""
    late = events.RefundReported(outcome="SUCCEEDED", message=a_refund_success())
    story = cancelled.given(a_refund_uncertainty(), late)
    facts = story.when(a_restock()).facts
    assert ended(*facts) == {case_of(REFUND): "RESOLVED"}


def test_a_parcel_that_comes_back_ends_the_contradiction() -> None:
    story = order.given(an_order(), a_cancel_command(), a_shipment(("1", 2)))
    case_id = cancellation_at(4)
    assert ended(*story.when(a_return(("1", 1))).facts) == {}
    assert ended(*story.when(a_return(("1", 2))).facts) == {case_id: "RESOLVED"}
    assert ended(*story.when(a_reinstatement(cancellation_at(2))).facts) == {case_id: "RESOLVED"}


def test_units_that_came_back_too_early_are_no_contradiction_once_they_have_left() -> None:
    story = order.given(an_order(), a_return(("1", 1)))
    facts = story.when(a_shipment(("1", 1))).facts
    assert ended(*facts) == {cancellation_at(3): "RESOLVED"}


def test_money_that_came_too_late_is_no_case_once_it_went_back() -> None:
    story = order.given(an_order(), a_cancel_command(), a_restock(cancellation_at(2)))
    story = story.given(a_capture())
    request_id = cancellation_at(5)
    report = a_refund_success().model_copy(
        update={
            "cancellation_id": cancellation_at(2), "refund_id": child_id(request_id, PAYMENT_ID),
        }
    )  # fmt: skip
    assert ended(*story.when(report).facts) == {cancellation_at(6): "RESOLVED"}


def test_a_case_closed_by_hand_stays_closed_and_is_closed_once() -> None:
    close = by_hand(SHELF)
    (fact,) = failed.when(close).facts
    assert ended(fact) == {SHELF: "DONE_OUTSIDE"}
    story = failed.given(close)
    story.when(close).then_refused("CASE_OVER")
    story.when(by_hand(SHELF, EscalateCase)).then_refused("CASE_OVER")
    story.when(by_hand(SHELF, AssignCase, owner="kim")).then_refused("CASE_OVER")
    story = story.given(a_restock_by_hand(("1", 2), ("2", 2)))
    assert ended(*story.when(are_back(7)).facts) == {}


def test_a_note_is_taken_open_or_closed() -> None:
    note = by_hand(SHELF, AddCaseNote, note="the shelf was taken down")
    failed.when(note).then_names("order.case-note-added.v1")
    failed.given(by_hand(SHELF)).when(note).then_names("order.case-note-added.v1")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_closed_by_hand_and_goes_up_to_somebody(kind: str) -> None:
    assert KINDS[kind].closed_by
    assert KINDS[kind].within_s > 0
    assert KINDS[kind].role in ABOVE


def test_a_case_is_closed_in_a_way_that_fits_it() -> None:
    (refusal,) = failed.when(by_hand(SHELF, resolution="NOTHING_TO_DO")).then_refused(
        "RESOLUTION_NOT_ALLOWED"
    )
    assert refusal.data == {"kind": "RESTOCK_FAILED", "allowed": "DONE_OUTSIDE WRITTEN_OFF"}


def test_a_case_is_somebodys_and_stays_with_its_role() -> None:
    (fact,) = failed.when(by_hand(SHELF, AssignCase, KIM, owner="kim")).facts
    assert isinstance(fact, events.CaseAssigned)
    assert (fact.owner, fact.role) == ("kim", "AGENT")
    (fact,) = failed.when(by_hand(SHELF, AssignCase, KIM, owner="lea", role="MANAGER")).facts
    assert fact.role == "MANAGER"  # type: ignore[attr-defined]
    story = failed.given(by_hand(SHELF, AssignCase, owner="lea", role="MANAGER"))
    (fact,) = story.when(by_hand(SHELF, EscalateCase)).facts
    assert fact.role == "ADMIN"  # type: ignore[attr-defined]


def test_a_timer_brings_a_case_up_once_its_time_is_over() -> None:
    up = by_hand(SHELF, EscalateCase, TIMER)
    due_at = NOW + timedelta(seconds=KINDS["RESTOCK_FAILED"].within_s)
    failed.after(seconds=KINDS["RESTOCK_FAILED"].within_s - 1).when(up).then_refused("CASE_NOT_DUE")
    story = failed.after(seconds=KINDS["RESTOCK_FAILED"].within_s)
    (fact,) = story.when(up).facts
    assert isinstance(fact, events.CaseEscalated)
    assert (fact.cause, fact.level, fact.role) == ("DEADLINE", 1, "MANAGER")
    assert fact.due_at == due_at + timedelta(seconds=KINDS["RESTOCK_FAILED"].within_s)
    story.given(up).when(up).then_refused("CASE_NOT_DUE")


def test_a_person_brings_a_case_up_at_any_time_until_nobody_is_above() -> None:
    up = by_hand(SHELF, EscalateCase, KIM)
    (fact,) = failed.when(up).facts
    assert fact.cause == "BY_HAND"  # type: ignore[attr-defined]
    story = failed.given(up, up)
    story.when(up).then_refused("CASE_AT_TOP")


def test_a_case_is_one_of_this_order() -> None:
    failed.when(by_hand(REFUND)).then_refused("CASE_NOT_FOUND")
    order.when(by_hand(REFUND)).then_refused("ORDER_NOT_FOUND")


@pytest.mark.parametrize("actor", [VERA, ADA, TIMER])
def test_cases_are_handled_by_those_the_policy_names(actor: Any) -> None:
    for model, said in (
        (AssignCase, {"owner": "kim"}),
        (AddCaseNote, {"note": ""}),
        (CloseCase, {}),
    ):
        failed.when(by_hand(SHELF, model, actor, **said)).then_refused("MISSING_PERMISSION")
    silent = failed.under(a_policy(rights=()))
    silent.when(by_hand(SHELF, EscalateCase, ROOT)).then_refused("MISSING_PERMISSION")


def test_a_case_from_before_there_were_deadlines_can_be_handled() -> None:
    shipped = a_shipment(("1", 2))
    bare = events.CaseOpened(
        order_id=ORDER_ID, case_id=REFUND, kind="SHIPPED_AFTER_CANCELLATION", detail="",
        lines=shipped.lines,
    )  # fmt: skip
    story = cancelled.given(events.LinesFulfilled(message=shipped), bare)
    story.when(by_hand(REFUND, EscalateCase, TIMER)).then_refused("CASE_NOT_DUE")
    (fact,) = story.when(by_hand(REFUND, EscalateCase)).facts
    assert fact.role == "ADMIN"  # type: ignore[attr-defined]
