"""What brought what about: one order's story as trees."""

import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from countermand.history import drawing
from countermand.history.event import Event
from countermand.history.story import Effect, Heard, Letter, Story, ids_in
from countermand.history.tree import Node, grow, subtree, to_json
from tests.unit.history.sources import START, an_event

REFUND = "24d0b033-ee1a-5243-a85d-32105afa2864"
MAIL = "3f9c1f89-6c42-5dd8-a671-b51eee25cdcc"


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def a_fact(
    name: str, id_: str, cause: str, seconds: float, service: str = "cancellation", **data: Any
) -> Event:
    return an_event(
        1, seconds, service, name=name, id=id_, causation_id=cause, data=data, version=1
    )


def an_effect(service: str, id_: str, kind: str, seconds: float, **more: Any) -> Effect:
    effect = Effect(service, id_, kind, "done", 1, None, after(seconds), after(seconds + 1))
    return effect._replace(**more)


def the_story() -> Story:
    """One cancellation: refunded and told; nothing was to be restocked."""
    return Story(
        "1",
        facts=[
            a_fact("order.placed.v1", "f1", "placed-1", 0),
            a_fact("order.cancelled.v1", "f2", "command-1", 10),
            a_fact("order.refund-reported.v1", "f3", "r2", 13, message={"refund_id": REFUND}),
            a_fact("order.notification-reported.v1", "f4", "n2", 14),
            a_fact("order.cancellation-completed.v1", "f5", "n2", 14),
            a_fact("refund.requested.v1", "r1", "f2", 11, "refunds", refund_id=REFUND),
            a_fact("refund.succeeded.v1", "r2", f"effect:{REFUND}", 12.5, "refunds",
                   refund_id=REFUND),
            a_fact("notification.requested.v1", "n1", "f2", 11, "notifier", message_id=MAIL),
            a_fact("notification.accepted.v1", "n2", f"effect:{MAIL}", 13, "notifier",
                   message_id=MAIL),
        ],
        effects=[
            an_effect("refunds", REFUND, "refund", 10.9),
            an_effect("notifier", MAIL, "mail", 11.1),
        ],
        heard=[
            Heard("cancellation", "placed-1", after(-0.1)),
            Heard("cancellation", "command-1", after(9.9)),
            Heard("inventory", "f2", after(11)),
            Heard("refunds", "f2", after(11)),
            Heard("notifier", "f2", after(11)),
            Heard("cancellation", "r2", after(13)),
            Heard("cancellation", "n2", after(14)),
        ],
    )  # fmt: skip


def outline(nodes: Sequence[Node]) -> list[Any]:
    """Return the names, nested."""
    return [
        (node.name if node.kind != "message" else node.id, outline(node.children)) for node in nodes
    ]


def test_from_the_command_to_the_mail() -> None:
    assert outline(grow(the_story())) == [
        ("placed-1", [("order.placed.v1", [])]),
        ("command-1", [
            ("order.cancelled.v1", [
                ("nothing to do", []),
                ("notification.requested.v1", [
                    ("mail", [
                        ("notification.accepted.v1", [
                            ("order.notification-reported.v1", []),
                            ("order.cancellation-completed.v1", []),
                        ]),
                    ]),
                ]),
                ("refund.requested.v1", [
                    ("refund", [
                        ("refund.succeeded.v1", [("order.refund-reported.v1", [])]),
                    ]),
                ]),
            ]),
        ]),
    ]  # fmt: skip


def test_every_step_tells_the_time_since_the_one_before() -> None:
    [_, root] = grow(the_story())
    told = {n.name: to_json(n, p)["after_s"] for p in root.walk() for n in p.children}
    assert told["order.cancelled.v1"] == pytest.approx(0.1)
    assert told["refund.requested.v1"] == 1
    assert told["refund"] == 0, "written with its fact, though by another clock"
    assert told["refund.succeeded.v1"] == 1.5
    assert root.took_s == pytest.approx(4.1)
    assert to_json(root)["after_s"] is None


def test_a_message_is_heard_no_later_than_it_is_decided_on() -> None:
    """The inbox is written with the decision, so its own clock may say a little later."""
    story = the_story()
    story.heard[1] = Heard("cancellation", "command-1", after(10.3))
    assert grow(story)[1].at == after(10)


def test_the_branch_of_one_message_alone() -> None:
    roots = grow(the_story())
    [branch] = subtree(roots, "r1")
    assert outline([branch])[0][0] == "refund.requested.v1"
    assert subtree(roots, "command-1") == roots[1:]
    assert subtree(roots, "unknown") == roots


def test_a_call_under_way_hangs_on_the_fact_that_wants_it() -> None:
    story = the_story()
    story.facts = [fact for fact in story.facts if fact.id not in ("r2", "f3")]
    story.heard = [heard for heard in story.heard if heard.message_id != "r2"]
    story.effects[0] = an_effect("refunds", REFUND, "refund", 11, status="due", attempts=3)
    [_, root] = grow(story)
    [effect] = [node for node in root.walk() if node.name == "refund"]
    assert (effect.about["status"], effect.about["attempts"], effect.children) == ("due", 3, [])


def test_a_message_set_aside_is_a_leaf_with_its_reason() -> None:
    letter = Letter("cancellation", "late-1", "ORDER_NOT_FOUND", "no such order", after(2))
    story = Story(None, heard=[Heard("cancellation", "late-1", after(2))], letters=[letter])
    [root] = grow(story)
    assert (root.id, [child.kind for child in root.children]) == ("late-1", ["dead_letter"])
    assert root.children[0].about["detail"] == "no such order"


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=8))
def test_every_fact_has_one_place_whatever_ids_outsiders_choose(links: Any) -> None:
    """An upstream id may be made to look like ours, even like its own consequence."""
    facts = {str(id_): a_fact("lamp.lit.v1", str(id_), str(cause), id_) for id_, cause in links}
    roots = grow(Story("1", facts=list(facts.values())))
    placed = [node.id for root in roots for node in root.walk() if node.kind == "fact"]
    assert sorted(placed) == sorted(facts)


def test_ids_are_found_wherever_they_stand() -> None:
    value = {"a": [{"b": REFUND}, 7, None, "x" * 36], "message": {"id": MAIL}, REFUND: 1}
    assert ids_in([value]) == {UUID(REFUND), UUID(MAIL)}


def drawn(roots: Sequence[Node], monkeypatch: pytest.MonkeyPatch, width: int = 80) -> str:
    out = io.StringIO()
    monkeypatch.setattr(drawing, "console", Console(file=out, width=width))
    drawing.draw("Order 1", roots)
    return out.getvalue()


def test_the_trees_are_drawn_within_eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    text = drawn(grow(the_story()), monkeypatch)
    lines = text.splitlines()
    assert lines[0] == "Order 1"
    assert max(len(line) for line in lines) <= 80
    for words in (
        "command-1  heard  2026-11-02 09:30:09.900",
        "order.cancelled.v1  cancellation 1  +0.100 s",
        "call: refund  refunds  done, 1 attempt  +0.000 s",
        "inventory: nothing to do  +1.000 s",
    ):
        assert words in text, words


def test_what_others_wrote_never_commands_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    evil = "\x1b[2J\r\nx"
    letter = Letter("cancellation", evil, "CODE", evil, after(2))
    effect = an_effect("refunds", REFUND, "refund", 1, status="due", last_error=evil)
    fact = a_fact(evil, "r1", evil, 0, "refunds", refund_id=REFUND)
    story = Story("1", facts=[fact], effects=[effect], letters=[letter])
    text = drawn(grow(story), monkeypatch, width=200)
    assert not {"\x1b", "\r"} & set(text)
    assert len(text.splitlines()) == 5
