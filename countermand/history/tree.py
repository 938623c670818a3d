"""What brought what about: one order's story as trees, from the command to the mail. Pure.

The branches come from ids alone. A fact names the message that caused it; that is another fact's
id, an effect's report, or a message from outside, which is a root.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from countermand.history.event import Event
from countermand.history.story import Effect, Story, ids_in

EFFECT = "effect:"
"""How the report of an effect is named (`kit.effects`)."""


@dataclass(slots=True)
class Node:
    """One step."""

    kind: Literal["message", "fact", "effect", "nothing", "dead_letter"]
    """`nothing`: a service heard the message and had nothing to do."""
    service: str | None
    name: str
    id: str
    at: datetime | None
    about: dict[str, Any] = field(default_factory=dict)
    """What else is known, by kind."""
    children: list["Node"] = field(default_factory=list)

    def walk(self) -> Iterator["Node"]:
        """Yield this step and all that follow from it."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def took_s(self) -> float:
        """From this step to the last that followed from it."""
        times = [node.at for node in self.walk() if node.at]
        return (max(times) - self.at).total_seconds() if self.at else 0.0


def to_json(node: Node, parent: Node | None = None) -> dict[str, Any]:
    """Return a tree as JSON; `after_s` is the time since the step before."""
    after_s = (node.at - parent.at).total_seconds() if parent and parent.at and node.at else None
    return {
        "kind": node.kind, "service": node.service, "name": node.name, "id": node.id,
        "at": node.at, "after_s": after_s, **node.about,
        "children": [to_json(child, node) for child in node.children],
    }  # fmt: skip


def grow(story: Story) -> list[Node]:
    """Return the trees of a story, the oldest root first."""
    nodes: dict[str | None, Node] = {fact.id: _fact(fact) for fact in story.facts}
    nodes |= {f"{EFFECT}{effect.effect_id}": _effect(effect) for effect in story.effects}
    children: dict[str | None, list[Node]] = defaultdict(list)
    for fact in story.facts:
        children[fact.causation_id].append(nodes[fact.id])
    for effect in story.effects:
        if wanted_by := _wanted_by(story, effect):
            node = nodes[f"{EFFECT}{effect.effect_id}"]
            # Written with the fact, but by the database's clock.
            node.at = max(effect.created_at, wanted_by.recorded_at)
            children[wanted_by.id].append(node)
    for leaf in _leaves(story):
        children[leaf.about["message_id"]].append(leaf)
    roots = [
        _root(story, message, children[message]) for message in children if message not in nodes
    ]
    for id_, node in nodes.items():
        node.children = sorted(children[id_], key=_sequence)
    return sorted([*roots, *_cut_circles(roots, nodes.values())], key=_sequence)


def subtree(roots: list[Node], id_: str) -> list[Node]:
    """Return the tree below one id; all trees when none has it."""
    found = [node for root in roots for node in root.walk() if node.id == id_]
    return found[:1] or roots


def _sequence(node: Node) -> tuple[float, str, int]:
    at = node.at.timestamp() if node.at else 0.0
    return at, node.service or "", node.about.get("position", 0)


def _fact(fact: Event) -> Node:
    about = {
        "position": fact.position, "version": fact.version, "happened_at": fact.happened_at,
        "correlation_id": fact.correlation_id,
    }  # fmt: skip
    return Node("fact", fact.source, fact.name or "", fact.id or "", fact.recorded_at, about)


def _effect(effect: Effect) -> Node:
    about = {
        "status": effect.status, "attempts": effect.attempts, "last_error": effect.last_error,
        "finished_at": effect.finished_at,
    }  # fmt: skip
    return Node("effect", effect.service, effect.kind, effect.effect_id, effect.created_at, about)


def _wanted_by(story: Story, effect: Effect) -> Event | None:
    """Return the fact that wants an effect: the first of its service that names it."""
    id_ = UUID(effect.effect_id)
    own = (fact for fact in story.facts if fact.source == effect.service)
    return next((fact for fact in own if id_ in ids_in([fact.data])), None)


def _leaves(story: Story) -> Iterator[Node]:
    """Yield what came of messages that led to no fact."""
    led = {(fact.source, fact.causation_id) for fact in story.facts}
    aside = {(letter.service, letter.message_id) for letter in story.letters}
    for letter in story.letters:
        about = {"message_id": letter.message_id, "detail": letter.detail}
        yield Node(
            "dead_letter", letter.service, letter.code, letter.message_id, letter.recorded_at, about
        )
    for service, message_id, handled_at in story.heard:
        if (service, message_id) not in led | aside:
            yield Node(
                "nothing", service, "nothing to do", message_id, handled_at,
                {"message_id": message_id},
            )  # fmt: skip


def _root(story: Story, message_id: str | None, children: list[Node]) -> Node:
    """Return a message from outside: heard when the first service wrote it down or decided."""
    times = [heard.handled_at for heard in story.heard if heard.message_id == message_id]
    times += [child.at for child in children if child.at]
    root = Node("message", None, "message", message_id or "", min(times, default=None))
    root.children = sorted(children, key=_sequence)
    return root


def _cut_circles(roots: list[Node], nodes: Any) -> list[Node]:
    """Return a root for whatever hangs on itself: ids from outside may be chosen to.

    Its branch back to itself is cut.
    """
    reached = {id(node) for root in roots for node in root.walk()}
    extra = []
    for node in nodes:
        if id(node) not in reached:
            extra.append(node)
            _cut(node, reached)
    return extra


def _cut(node: Node, reached: set[int]) -> None:
    reached.add(id(node))
    node.children = [child for child in node.children if id(child) not in reached]
    for child in node.children:
        _cut(child, reached)
