"""Both languages say the same: every sentence, every rule, everything a refusal may have seen."""

import ast
import re

import pytest

from contracts.cancellation import CancelOrder
from contracts.message import Command
from services.cancellation.domain import events
from services.cancellation.domain.decisions import DECISIONS
from services.cancellation.domain.refusals import RULES
from services.cancellation.domain.rules import _contradictions
from services.cancellation.explaining.deciding import _DECISIONS, decided
from services.cancellation.explaining.refusing import told
from services.cancellation.explaining.rules_fr import CONTRADICTIONS_FR, RULES_FR, SEEN_FR
from services.cancellation.explaining.telling import FACTS
from services.cancellation.explaining.words import WORDS, Speaker
from tests.house.tree import ROOT, modules, parsed
from tests.support.both_languages import assert_says_the_same
from tests.support.mothers import a_cancel_command
from tests.support.wishes import lines_of, tenders, units_back

DOMAIN = dict(modules("services/cancellation/domain"))
NOT_DATA = {"line_id", "return_proposal", "seen"}
ABOUT_POLICIES = ("services/cancellation/domain/decisions/policies.py",)
ABOUT_PLANS = re.compile(r"/plan|/bulk")


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_have_the_same_places(key: str) -> None:
    assert_says_the_same(*WORDS[key])


def test_every_rule_is_told_in_french() -> None:
    assert set(RULES_FR) == set(RULES)
    assert all(rule.meaning and rule.remedy for rule in RULES_FR.values())
    assert not {code for code, rule in RULES_FR.items() if rule == RULES[code]}


def refusals() -> list[ast.Call]:
    """Return every call that refuses something about an order."""
    return [
        node
        for name, source in DOMAIN.items()
        if name not in ABOUT_POLICIES and not ABOUT_PLANS.search(name)
        for node in ast.walk(parsed(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "refuse"
    ]


def test_everything_a_refusal_may_have_seen_has_a_french_name() -> None:
    named = {word.arg for call in refusals() for word in call.keywords if word.arg} - NOT_DATA
    assert len(named) > 15
    assert named <= set(SEEN_FR)


def test_every_contradiction_is_told_in_french() -> None:
    source = DOMAIN["services/cancellation/domain/rules.py"]
    (function,) = [
        node
        for node in ast.walk(parsed(source))
        if isinstance(node, ast.FunctionDef) and node.name == "_contradictions"
    ]
    found = {
        node.value.value
        for node in ast.walk(function)
        if isinstance(node, ast.Yield) and isinstance(node.value, ast.Constant)
    }
    later = (ROOT / "services/cancellation/domain/decisions/later.py").read_text("utf-8")
    assert found <= set(CONTRADICTIONS_FR)
    assert all(text in source + later for text in CONTRADICTIONS_FR)


@pytest.mark.parametrize(
    "wish",
    [
        a_cancel_command(refund="NONE", refund_amount_minor=1),
        a_cancel_command(refund="LATER", refund_to="STORE_CREDIT"),
        a_cancel_command(refund_lines=lines_of([("1", 1)]), refund_amount_minor=1),
        a_cancel_command(refund_tenders=tenders(pi_a=1), refund_amount_minor=2),
        a_cancel_command(restock=False, restock_lines=units_back(("1", 1))),
    ],
)
def test_a_contradiction_as_it_is_decided_has_its_french_words(wish: CancelOrder) -> None:
    assert set(_contradictions(wish)) <= set(CONTRADICTIONS_FR)


def test_every_fact_of_an_order_has_a_sentence() -> None:
    about_orders = {
        fact
        for fact in events.FACTS
        if fact is not events.PolicyPublished
        and fact.__module__.rpartition(".")[2] not in ("plans", "people")
    }
    assert about_orders == set(FACTS) | set(_DECISIONS)
    assert not set(FACTS) & set(_DECISIONS)


def test_every_command_has_words() -> None:
    commands = {model.TYPE.split(".")[1] for model in DECISIONS if issubclass(model, Command)}
    known = {key.removeprefix("command.") for key in WORDS if key.startswith("command.")}
    assert known == {word for word in commands if "policy" not in word and "plan" not in word}


def test_every_leg_outcome_reason_role_and_tender_has_a_word() -> None:
    closed = {
        "outcome": {"SUCCEEDED", "FAILED", "UNCERTAIN", "NOT_DUE"},
        "reason": {"CUSTOMER", "INVENTORY", "FRAUD", "DECLINED", "STAFF", "OTHER"},
        "role": {"VIEWER", "AGENT", "MANAGER", "OPS", "ADMIN"},
        "type": {"STAFF", "CUSTOMER", "SERVICE", "TIMER", "BULK"},
        "tender": {"CARD", "GIFT_CARD", "STORE_CREDIT", "BANK_TRANSFER", "CASH", "OTHER"},
    }
    for kind, values in closed.items():
        assert {k.removeprefix(f"{kind}.") for k in WORDS if k.startswith(f"{kind}.")} == values


def test_amounts_are_written_as_each_language_writes_them() -> None:
    assert Speaker("en").money(123_456_789, "EUR") == "1,234,567.89 EUR"
    assert Speaker("fr").money(123_456_789, "EUR") == "1\u202f234\u202f567,89 EUR"
    assert Speaker("fr").money(-1_500, "JPY") == "-1\u202f500 JPY"
    assert Speaker("en").money(1_500, "KWD") == "1.500 KWD"


@pytest.mark.parametrize(
    ("count", "english", "french"),
    [(0, "0 units", "0 unité"), (1, "1 unit", "1 unité"), (2, "2 units", "2 unités")],
)
def test_units_are_counted_as_each_language_counts(count: int, english: str, french: str) -> None:
    assert (Speaker("en").units(count), Speaker("fr").units(count)) == (english, french)


def test_a_refusal_by_a_rule_nobody_knows_any_more_is_still_told() -> None:
    fact = events.CancellationRejected.model_validate(
        {
            "order_id": "1", "command_id": "2", "requested_by": "kim",
            "refusals": [{"code": "OUT_OF_FASHION", "detail": "grey", "remedy": "Wait."}],
        }
    )  # fmt: skip
    for locale in ("en", "fr"):
        refusal = told(fact.refusals[0], Speaker(locale))
        assert (refusal.code, refusal.meaning, refusal.detail) == (
            "OUT_OF_FASHION", "OUT_OF_FASHION", "grey",
        )  # fmt: skip
    assert told(fact.refusals[0], Speaker("en")).remedy == "Wait."
    assert decided(fact, "EUR", Speaker("en")) == ["Refused: cancel. Nothing moved."]
