"""A provider walks through every sequence of words, and nobody claims more than it has said.

Words come in answers and in webhooks, twice, in any sequence, or never. After each of them the
order as read, its explanation, what is published and every mail are held against what was said.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import pytest

from contracts.refunds import RefundSucceeded
from contracts.topics import REFUNDS
from kit.cloudevents import Incoming, fingerprint
from kit.facts import RecordedFact
from kit.ids import child_id
from services.cancellation.domain.policy import BUILT_IN
from services.cancellation.explaining.explanation import explain
from services.cancellation.projections.folding import fold_page
from services.notifier.domain.events import NotificationRequested
from services.refunds.domain import commands
from tests.property.world import World
from tests.support.books import say
from tests.support.mothers import FIRST, ORDER_ID, PAYMENT_ID, a_cancel_command, a_capture, an_order
from tests.support.rows import shown

REFUND_ID = child_id(FIRST, PAYMENT_ID)
STATUSES = ("requires_action", "pending", "succeeded", "canceled", "failed")
UNDER_WAY = {"requires_action", "pending"}
ENDED = {"canceled", "failed"}
STEPS = 3
WALKS = list(product(STATUSES, repeat=STEPS))
"""Shorter ones are how these begin; each is looked at after every step."""


def spread(world: World) -> None:
    """Let everybody hear what was published; the only calls made are the provider's own."""
    before = -1
    while before != (before := sum(len(node.log) for node in world.nodes)):
        for node in world.nodes:
            world.relay(node)
        for node in world.nodes:
            for topic in node.cursors:
                world.deliver(node, topic, len(world.topics[topic]))


def a_cancelled_order() -> World:
    world = World()
    for number, message in enumerate((an_order(), a_capture(), a_cancel_command())):
        say(world, message, f"message-{number}")
    spread(world)
    return world


def tell(world: World, status: Any, event_id: str) -> None:
    """Have the provider say a word: by answer or by webhook, it is recorded the same way."""
    word = commands.RecordProviderStatus(
        order_id=ORDER_ID, refund_id=REFUND_ID, status=status, provider_reference="re_1",
        failure_reason="expired_or_canceled_card",
    )  # fmt: skip
    type_, (_, stream) = type(word).__name__, world.refunds.spec.stream_of(word)
    message = Incoming(event_id, type_, word, stream, fingerprint(type_, word), event_id)
    world.refunds.handle(message)
    spread(world)


def order_of(world: World) -> dict[str, Any]:
    """Return the order as it is read."""
    [row] = fold_page(world.cancellation.log, {})
    return shown(row, world.cancellation.log)


def explanation_of(world: World) -> str:
    read = world.cancellation.spec.store.mapper.read_body
    recorded = [
        RecordedFact(entry.stream, entry.version, *read(entry.name, entry.body))
        for entry in world.cancellation.log
    ]
    told = explain(ORDER_ID, recorded, {0: BUILT_IN}, "en")
    return "\n".join(line for entry in told.entries for line in entry.text)


def claims(world: World) -> Iterator[tuple[str, set[str]]]:
    """Return whatever is claimed, and the words of which one must have been said for it."""
    order = order_of(world)
    states = {refund["state"] for one in order["cancellations"] for refund in one["refunds"]}
    if order["refunded_minor"] or order["refund_state"] == "SUCCEEDED" or "SUCCEEDED" in states:
        yield "the order is read as refunded", {"succeeded"}
    if order["refund_state"] == "FAILED":
        yield "the order is read as owed again", ENDED
    if f"on {PAYMENT_ID}: done." in explanation_of(world):
        yield "the explanation calls it done", {"succeeded"}
    published = [record.headers for record in world.topics[REFUNDS.name]]
    if any(RefundSucceeded.TYPE.encode() in dict(headers).values() for headers in published):
        yield "it is published as succeeded", {"succeeded"}
    for fact in world.notifier.facts():
        if isinstance(fact, NotificationRequested):
            yield f"a mail tells {fact.template}", _CLAIMED_BY[fact.template]


_CLAIMED_BY: dict[str, set[str]] = {
    "order_cancelled": set(),
    "refund_started": UNDER_WAY,
    "refund_succeeded": {"succeeded"},
    "refund_failed": ENDED,
}


@pytest.mark.parametrize("first", STATUSES)
def test_at_no_step_is_more_claimed_than_the_provider_has_said(first: str) -> None:
    for walk in (walk for walk in WALKS if walk[0] == first):
        follow(walk)


def follow(walk: Sequence[str]) -> None:
    world, said = a_cancelled_order(), set[str]()
    for step, status in enumerate(walk):
        said.add(status)
        tell(world, status, f"evt-{step}")
        before = [len(node.log) for node in world.nodes]
        tell(world, status, f"evt-{step}")
        tell(world, status, f"poll-{step}")
        assert [len(node.log) for node in world.nodes] == before, "said twice, heard once"
        for claim, words in claims(world):
            assert not words or words & said, f"{walk[: step + 1]}: {claim}"
        if said & ENDED:
            order = order_of(world)
            assert (order["refunded_minor"], order["refund_state"]) == (0, "FAILED")
            assert order["balance_minor"] == 2000, "and nothing of it is lost"


def test_before_the_provider_has_said_a_word_nothing_is_claimed() -> None:
    assert [claim for claim, words in claims(a_cancelled_order()) if words] == []


def test_a_walk_meets_every_claim_there_is() -> None:
    """Guards against a look that sees nothing."""
    world = a_cancelled_order()
    tell(world, "pending", "evt-0")
    tell(world, "succeeded", "evt-1")
    found = {claim for claim, _ in claims(world)}
    assert {
        "the order is read as refunded", "the explanation calls it done",
        "it is published as succeeded",
    } <= found  # fmt: skip
    tell(world, "failed", "evt-2")
    found = {claim for claim, _ in claims(world)}
    assert {"the order is read as owed again", "a mail tells refund_failed"} <= found
