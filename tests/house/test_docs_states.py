"""The tables of `docs/states.md` against the code that makes the states."""

import re
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

from contracts.cancellation import LegOutcome
from kit import tables
from services.cancellation.domain import decisions
from services.cancellation.projections import queries
from services.cancellation.projections.orders import FOLD, OrderSummary
from tests.house.pages import first_words, part, rows, words
from tests.house.tree import ROOT

Json = dict[str, Any]
PAGE = "docs/states.md"
AT = datetime(2026, 3, 1, tzinfo=UTC)


def fold(state: str, name: str, fact: Json) -> str:
    """Return an order's state after one fact."""
    row: Any = OrderSummary(UUID(int=1))
    row.is_known, row.state, row.lines = bool(state), state or None, "[]"
    FOLD[name](row, fact, AT)
    return str(row.state)


def test_the_states_of_an_order_are_those_of_the_projection() -> None:
    placed: Json = {
        "order_id": "1", "currency": "EUR", "customer": None, "country": None, "lines": [],
    }  # fmt: skip
    facts: dict[str, Json] = {
        "order.placed.v1": {"message": {**placed, "placed_at": "2026-03-01T00:00:00Z"}},
        "order.cancelled.v1": {
            "reason": "CUSTOMER", "lines": [], "refund_minor": 0, "refunds": [], "restock": False,
            "recipient": None,
        },
    }  # fmt: skip
    listed = rows(part(PAGE, "states:order"))
    for before, what, after in listed:
        name, *more = words(what)
        fact = {**facts[name], "nothing_left": more == ["nothing_left"]}
        state = words(before)[0] if before else ""
        assert fold(state, name, fact) == words(after)[0], what
    names = {words(row[1])[0] for row in listed}
    source = (ROOT / "services/cancellation/projections/orders.py").read_text("utf-8")
    setting = set(re.findall(r"def (_\w+)\([^)]*\)[^:]*:\n(?:.+\n)*?    row\.state =", source))
    assert {FOLD[name].__name__ for name in names} == setting
    asked = (ROOT / "services/cancellation/api.py").read_text("utf-8")
    assert "|".join(dict.fromkeys(words(row[2])[0] for row in listed)) in asked


def test_the_outcomes_of_the_legs_are_those_decided() -> None:
    listed = {words(m)[0]: words(outcome)[0] for m, _, outcome in rows(
        part(PAGE, "states:legs")
    )}  # fmt: skip
    told: dict[Any, str] = {
        **decisions._REFUND_OUTCOMES,
        **decisions._NOTIFICATION_OUTCOMES,
        **{
            model: "SUCCEEDED" if "restocked" in model.TYPE else "FAILED"
            for model, decide in decisions.DECISIONS.items()
            if decide is decisions.record_restock
        },
    }
    assert listed == {model.TYPE: outcome for model, outcome in told.items()}
    assert set(listed.values()) <= set(get_args(LegOutcome))


def test_the_words_for_legs_in_reads_are_those_of_the_queries() -> None:
    cases = re.findall(r"CASE (.*?) END AS (\w+)", queries._LEG_WORDS, re.DOTALL)
    told = {field: re.findall(r"'([A-Z_]+)'", case) for case, field in cases}
    listed = {words(row[0])[0]: words(row[1]) for row in rows(part(PAGE, "states:reads"))}
    assert listed == told


def test_the_states_of_an_effect_are_those_of_its_table() -> None:
    (allowed,) = re.findall(r"status IN \(([^)]*)\)", " ".join(tables.effects("some")))
    assert first_words(part(PAGE, "states:effects")) == re.findall(r"'(\w+)'", allowed)
