"""The timeline: every fact has words, says who did it and by which rules, and hides nothing."""

import json
from random import Random
from typing import Any

import pytest
from rich.console import Console

from countermand import orders as screen
from countermand.timeline import NAMES, line_of
from kit.facts import Fact
from services.cancellation.domain.decisions import ORDER
from services.cancellation.domain.events import FACTS
from tests.support.lives import live
from tests.support.mothers import a_cancel_command, a_capture, an_order, cancellation_at
from tests.support.rows import row_of
from tests.support.spec import story_of
from tests.support.wishes import KIM, a_policy, a_restock_by_hand, a_settlement, an_undo

order = story_of(ORDER)
PAID = (an_order(), a_capture())


def entry(fact: Fact, version: int = 1) -> dict[str, Any]:
    """Return a fact as the history of the API has it."""
    return {
        "version": version, "name": fact.NAME, "fact": json.loads(fact.model_dump_json()),
        "recorded_at": "2026-03-01T12:00:00+00:00", "message_id": "message-1",
    }  # fmt: skip


def last(*messages: Any, story: Any = order) -> tuple[str, str, str]:
    """Return what is told of the last message's first fact: what, detail, who."""
    *before, message = messages
    fact = story.given(*before).when(message).facts[0]
    line = line_of(entry(fact), "EUR")
    return line.what, line.detail, line.who


def test_every_fact_of_an_order_has_words() -> None:
    assert {fact.NAME for fact in FACTS if fact.NAME.startswith("order.")} == NAMES


@pytest.mark.parametrize("seed", range(40))
def test_whatever_happens_it_can_be_told(seed: int) -> None:
    facts = live(Random(seed), 60).facts
    for number, fact in enumerate(facts, 1):
        line = line_of(entry(fact, number), "EUR")
        assert line.what != fact.NAME
        assert bool(line.who) == any(
            getattr(fact, name, None) for name in ("basis", "actor", "released_by")
        )


def test_a_decision_says_who_asked_and_what_it_rests_on() -> None:
    command = a_cancel_command(actor=KIM, refund="LATER", notify=False, restock=False)
    assert last(*PAID, command) == (
        "Cancelled",
        "CUSTOMER: 4 units, refund 0.00 EUR, 20.00 EUR owed, nothing put back, nobody told",
        "STAFF kim, AGENT\ncancel-order.v1, policy 0, at #2",
    )


def test_what_follows_from_a_fact_names_its_rules_alone() -> None:
    story = order.given(an_order(), a_cancel_command())
    late = story.when(a_capture()).facts[1]
    line = line_of(entry(late), "EUR")
    assert (line.what, line.who) == ("Refund asked for", "late-payment.v1, policy 0, at #2")
    assert line.detail == "LATE_PAYMENT 20.00 EUR, 0.00 EUR owed afterwards"


def test_an_old_sender_is_named_as_it_named_itself() -> None:
    _, _, who = last(*PAID, a_cancel_command(requested_by="retail-import"))
    assert who == "retail-import\ncancel-order.v1, policy 0, at #2"


def test_what_staff_do_afterwards_is_told() -> None:
    later = (*PAID, a_cancel_command(refund="LATER", restock=False))
    what, detail, who = last(*later, a_settlement(500))
    assert (what, detail) == (
        "Refund asked for", "SETTLEMENT 5.00 EUR, 15.00 EUR owed afterwards",
    )  # fmt: skip
    assert who.startswith("STAFF kim, AGENT\n")
    what, detail, _ = last(*later, a_restock_by_hand(("1", 2)))
    assert (what, detail) == ("Restock by hand", "2 of line 1")


def test_square_brackets_of_others_are_no_style_of_ours() -> None:
    _, detail, _ = last(an_order(country="[red]Mars[/]"))
    assert detail == r"2 lines, \[red]Mars\[/]"


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> Console:
    console = Console(record=True, width=200, force_terminal=False)
    monkeypatch.setattr("countermand.screen.console", console)
    monkeypatch.setattr(screen, "console", console)
    return console


def shown(printed: Console, *messages: Any, story: Any) -> str:
    facts: list[Fact] = []
    for message in messages:
        decided = story.when(message).facts
        story = story.given(*decided)
        facts += decided
    history = [entry(fact, number) for number, fact in enumerate(facts, 1)]
    screen.print_order({"order": row_of(facts), "history": history, "as_of": 9, "as_of_time": None})
    return printed.export_text()


def test_an_order_on_the_screen_names_what_can_be_done_with_it(printed: Console) -> None:
    held = order.under(a_policy(hold_s=60))
    text = shown(printed, *PAID, a_cancel_command(), story=held)
    assert "HELD" in text
    assert f"Held until 2026-03-01 12:01:00 (UTC): cancellation {cancellation_at(3)}" in text
    text = shown(printed, *PAID, a_cancel_command(refund="LATER"), story=order)
    assert "refunded 0.00 EUR (OWED)" in text
    assert f"Owed 20.00 EUR: cancellation {cancellation_at(3)}" in text


def test_an_undone_cancellation_stays_in_the_timeline(printed: Console) -> None:
    held = order.under(a_policy(hold_s=60))
    text = shown(printed, *PAID, a_cancel_command(), an_undo(cancellation_at(3)), story=held)
    assert "Cancellation undone" in text
    assert "Held until" not in text
    assert "PLACED" in text
