"""Who may do what to a replay: stories about the log of operations."""

from typing import Any

import pytest

from countermand.replay import facts
from countermand.replay.decisions import (
    APPROVAL_ABOVE,
    REPLAY,
    Approve,
    Cancel,
    Complete,
    Pause,
    Plan,
    Refuse,
    Start,
)
from tests.support.spec import story_of

replay = story_of(REPLAY)
ADA, BOB = {"who": "Ada", "why": "mails are missing"}, {"who": "Bob", "why": "looked at it"}


def a_plan(do: int) -> Plan:
    return Plan(
        **ADA, plan_hash="f" * 64, target="leg:notifier", selection={}, totals={"do": do},
        estimate_s=1.5,
    )  # fmt: skip


SMALL, LARGE = a_plan(APPROVAL_ABOVE), a_plan(APPROVAL_ABOVE + 1)
DONE = Complete(**ADA, did=3, moved=0, took_s=0.5)


def test_a_plan_is_kept_once() -> None:
    replay.when(SMALL).then_names("replay.planned.v1")
    replay.given(SMALL).when(SMALL).then_nothing()
    replay.given(SMALL).when(SMALL.model_copy(update=BOB)).then_nothing()


def test_what_one_person_reads_through_one_person_may_run() -> None:
    replay.given(SMALL).when(Start(**ADA)).then(facts.ReplayStarted(**ADA, done_to=0))
    replay.given(SMALL).when(Start(**BOB)).then_names("replay.started.v1")


def test_more_than_that_takes_a_second_person() -> None:
    planned = replay.given(LARGE)
    planned.when(Start(**ADA)).then_set_aside("APPROVAL_MISSING")
    planned.given(Approve(**BOB)).when(Start(**ADA)).then_names("replay.started.v1")


@pytest.mark.parametrize("name", ["Ada", "ada", " ADA ", "ada\t"])
def test_the_second_person_is_another_one(name: str) -> None:
    same = Approve(who=name, why="I agree with myself")
    replay.given(LARGE).when(same).then_set_aside("SAME_PERSON")


def test_one_approval_is_enough_and_the_first_one_stands() -> None:
    approved = replay.given(LARGE, Approve(**BOB))
    approved.when(Approve(who="Cy", why="me too")).then_nothing()
    assert approved.state.approver == "Bob"


@pytest.mark.parametrize(
    "command", [Start(**ADA), Approve(**BOB), Refuse(**ADA, moved=(), moved_count=1), Cancel(**ADA)]
)
def test_nothing_is_done_about_a_plan_nobody_made(command: Any) -> None:
    replay.when(command).then_set_aside("PLAN_UNKNOWN")


def test_a_completed_replay_does_nothing_more() -> None:
    completed = replay.given(SMALL, Start(**ADA), DONE)
    completed.when(Start(**ADA)).then_nothing()
    completed.when(DONE).then_nothing()
    completed.when(Cancel(**ADA)).then_set_aside("COMPLETED")
    completed.when(Pause(**ADA)).then_set_aside("NOT_RUNNING")


def test_a_run_is_paused_resumed_and_taken_up_after_a_crash() -> None:
    running = replay.given(SMALL, Start(**ADA))
    running.when(Pause(**BOB)).then(facts.ReplayPaused(**BOB))
    running.given(Pause(**BOB)).when(Pause(**ADA)).then_nothing()
    again = Start(**BOB, done_to=40)
    running.given(Pause(**BOB)).when(again).then(facts.ReplayResumed(**BOB, done_to=40))
    running.when(again).then_names("replay.resumed.v1")
    replay.given(SMALL).when(Pause(**BOB)).then_set_aside("NOT_RUNNING")


def test_a_cancelled_replay_never_goes_on() -> None:
    for story in (replay.given(SMALL), replay.given(SMALL, Start(**ADA))):
        cancelled = story.given(Cancel(**BOB))
        cancelled.when(Cancel(**ADA)).then_nothing()
        cancelled.when(Start(**ADA)).then_set_aside("CANCELLED")
        cancelled.when(DONE).then_nothing()


def test_a_refused_run_can_be_tried_again() -> None:
    moved = Refuse(**ADA, moved=("cancellation@7",), moved_count=1)
    refused = replay.given(SMALL, moved)
    assert refused.state.status == "PLANNED"
    refused.when(Start(**ADA)).then_names("replay.started.v1")
    halted = replay.given(SMALL, Start(**ADA), Pause(**BOB), moved)
    assert halted.state.status == "PAUSED"


@pytest.mark.parametrize("nobody", [{"who": " ", "why": "x"}, {"who": "Ada", "why": ""}])
def test_whoever_acts_says_who_and_why(nobody: dict[str, str]) -> None:
    replay.given(SMALL).when(Start(**nobody)).then_set_aside("WHO_AND_WHY")
