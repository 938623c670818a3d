"""Every rule has a story that it alone refuses, and a place in the sets that decisions record."""

import json
from pathlib import Path
from typing import Any

import pytest

from countermand.decision_examples import EXAMPLES, Example
from services.cancellation.domain import unit_rules
from services.cancellation.domain.decisions import cancel
from services.cancellation.domain.refusals import RULES
from services.cancellation.domain.rule_sets import RULE_SETS
from services.cancellation.domain.rules import CHOICE_RULES
from services.cancellation.domain.unit_rules import UNIT_RULES
from tests.support.mothers import a_cancel_command
from tests.support.wishes import units_back

PINNED = Path(__file__).parents[2] / "history" / "rule_sets.json"
BY_COMMAND = {
    "RESTOCK_TOO_GREAT": EXAMPLES["LINE_NOT_FOUND"]._replace(
        command=a_cancel_command(order_id="100", restock_lines=units_back(("1", 3)))
    )
}
"""Stories about `CancelOrder` for rules whose example is about another command."""

IN_TABLES = [code for code, _ in (*UNIT_RULES, *CHOICE_RULES)]


def test_every_rule_has_a_story_and_every_story_a_rule() -> None:
    assert set(EXAMPLES) == set(RULES)


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_story_is_refused_by_its_rule_alone_and_the_decision_says_it_checked_it(
    code: str,
) -> None:
    refusals, rule_set = EXAMPLES[code].run()
    assert [refusal.code for refusal in refusals] == [code]
    assert refusals[0].remedy == RULES[code].remedy
    assert code in RULE_SETS[rule_set]


@pytest.mark.parametrize("code", IN_TABLES)
def test_without_its_rule_the_story_is_not_refused_that_way(code: str, monkeypatch: Any) -> None:
    """A guard that can be taken away unnoticed guards nothing."""
    story = BY_COMMAND.get(code, EXAMPLES[code])
    assert codes_of(story) == [code]
    choices = [(name, rule) for name, rule in CHOICE_RULES if name != code]
    monkeypatch.setattr(cancel, "CHOICE_RULES", choices)
    units = [(name, rule) for name, rule in UNIT_RULES if name != code]
    monkeypatch.setattr(unit_rules, "UNIT_RULES", units)
    assert code not in codes_of(story)


def codes_of(story: Example) -> list[str]:
    """Return what is refused; nothing when the command is granted."""
    try:
        return [refusal.code for refusal in story.run()[0]]
    except (AttributeError, KeyError, IndexError):
        return []  # no refusal, or, with its guard gone, no sense


def test_no_code_is_checked_that_is_not_explained_and_none_explained_that_is_not_checked() -> None:
    assert {code for codes in RULE_SETS.values() for code in codes} == set(RULES)


def test_a_rule_set_that_decisions_rest_on_is_never_changed() -> None:
    """New rules make a new set; this file only ever grows."""
    pinned = json.loads(PINNED.read_text("utf-8"))
    assert {name: list(codes) for name, codes in RULE_SETS.items()} == pinned


@pytest.mark.parametrize("code", RULES)
def test_every_rule_tells_the_way_out(code: str) -> None:
    assert len(RULES[code].remedy) > 10
    assert RULES[code].meaning.endswith(".")
