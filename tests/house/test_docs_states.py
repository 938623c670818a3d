"""The tables of `docs/states.md` against the code that makes the states."""

import re
from typing import Any, get_args

from contracts.cancellation import LegOutcome
from countermand.replay.decisions import Status
from kit import tables
from services.cancellation.bulk.answers import Outcome, PlanState
from services.cancellation.domain import decisions
from services.cancellation.projections import row
from tests.house.pages import first_words, part, rows, section, words
from tests.house.tree import ROOT

PAGE = "docs/states.md"


def test_the_states_of_an_order_are_those_of_the_projection() -> None:
    assert first_words(part(PAGE, "states:order")) == list(row.ORDER_STATES)


def test_the_outcomes_of_the_legs_are_those_decided() -> None:
    listed = {words(m)[0]: words(outcome)[0] for m, _, outcome in rows(
        part(PAGE, "states:legs")
    )}  # fmt: skip
    told: dict[Any, str] = {
        **decisions.REFUND_OUTCOMES,
        **decisions.VOID_OUTCOMES,
        **decisions.CREDIT_OUTCOMES,
        **decisions.RESTOCK_OUTCOMES,
        **decisions.NOTIFICATION_OUTCOMES,
    }
    assert listed == {model.TYPE: outcome for model, outcome in told.items()}
    assert set(listed.values()) <= set(get_args(LegOutcome))


def test_the_words_for_legs_in_reads_are_those_of_the_projection() -> None:
    listed = {words(field)[0]: words(said) for field, said in rows(part(PAGE, "states:reads"))}
    assert listed == {
        "refund_state": list(row.REFUND_STATES),
        "restock_state": list(row.RESTOCK_STATES),
        "notification_state": list(row.NOTIFICATION_STATES),
    }
    explained = first_words(part(PAGE, "states:words"))
    assert {word for said in listed.values() for word in said} == set(explained)


def test_the_states_of_a_dead_letter_are_those_of_its_table() -> None:
    (allowed,) = re.findall(r"state IN \(([^)]*)\)", " ".join(tables.redrives("some")))
    assert first_words(part(PAGE, "states:letters")) == re.findall(r"'(\w+)'", allowed)


def test_the_states_of_a_timer_and_a_bulk_plan_are_those_of_their_tables() -> None:
    text = (ROOT / "services/cancellation/migrations/0007_timers_and_plans.sql").read_text("utf-8")
    _, states, outcomes = (
        re.findall(r"'(\w+)'", allowed) for allowed in re.findall(r" IN \(([^)]*)\)", text)
    )
    newer = (ROOT / "services/cancellation/migrations/0010_cases.sql").read_text("utf-8")
    (kinds,) = re.findall(r" IN \(([^)]*)\)", newer)
    assert first_words(section(PAGE, "Timer")) == re.findall(r"'(\w+)'", kinds)
    assert first_words(part(PAGE, "states:bulk")) == states
    assert list(get_args(PlanState)) == states
    told = first_words(part("docs/guides/bulk.md", "bulk:outcomes"))
    assert told == list(get_args(Outcome)) == ["WAITING", *outcomes]


def test_the_states_of_a_replay_are_those_decided() -> None:
    assert first_words(part(PAGE, "states:replays")) == list(get_args(Status))


def test_the_states_of_an_effect_are_those_of_its_table() -> None:
    (allowed,) = re.findall(r"status IN \(([^)]*)\)", " ".join(tables.effects("some")))
    assert first_words(part(PAGE, "states:effects")) == re.findall(r"'(\w+)'", allowed)
