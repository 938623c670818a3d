"""`countermand verify` agrees with any life of an order, and finds every book tampered with."""

from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.ids import child_id
from tests.property.world import World
from tests.support.books import Peers, a_random_shop, all_good, order_in, peers_of, refund, say
from tests.support.money_mothers import (
    a_cash_payment,
)
from tests.support.mothers import (
    PAYMENT_ID,
    a_cancel_command,
    a_capture,
    a_line,
    an_order,
)
from tests.support.wishes import (
    LEA,
    a_manual_refund,
    a_policy,
    a_reinstatement,
    a_release,
    a_restock_by_hand,
    a_settlement,
    an_undo,
)

laws = settings(max_examples=60, deadline=None, database=None)


@laws
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 40))
def test_whatever_happens_all_books_agree(seed: int, steps: int) -> None:
    world = a_random_shop(Random(seed), steps)
    assert peers_of(world).mismatches(world) == []


def newest(order: Any) -> UUID:
    """Return the id of the order's newest cancellation."""
    return list(order.cancellations)[-1]


PAID = (a_capture(), a_cancel_command())
LATER = (a_capture(), a_cancel_command(refund="LATER", restock=False))
IN_CASH = (a_cash_payment(), a_cancel_command())
WITH_CREDIT = a_capture().model_copy(update={"tender": "STORE_CREDIT"})
WITH_CARD = a_capture().model_copy(update={"tender": "GIFT_CARD"})
OF_CARDS = an_order(a_line("1").model_copy(update={"gift_card_ids": ("gc_1", "gc_2")}), a_line("2"))
STORIES: dict[str, tuple[Any, ...]] = {
    "cancelled": PAID,
    "silent": (a_capture(), a_cancel_command(notify=False)),
    "settled in two parts": (*LATER, a_settlement(500), a_settlement()),
    "partly settled": (*LATER, a_settlement(500)),
    "paid late": (a_cancel_command(), a_capture()),
    "owed by hand": IN_CASH,
    "partly paid by hand": (*IN_CASH, a_manual_refund(500)),
    "paid by hand": (*IN_CASH, a_manual_refund(500), a_manual_refund(1500, proof="receipt 18")),
    "paid with store credit": (WITH_CREDIT, a_cancel_command()),
    "paid with a gift card": (WITH_CARD, a_cancel_command()),
    "gift cards": PAID,
    "put back by hand": (*LATER, a_restock_by_hand(("1", 2))),
    "held": PAID,
    "released": (*PAID, lambda order: a_release(newest(order), LEA)),
    "undone": (*PAID, lambda order: an_undo(newest(order))),
    "reinstated": (*PAID, lambda order: a_reinstatement(newest(order))),
}
"""What happens to Ada's order; functions are given the order as it is then."""
BY_HAND = ("partly paid by hand", "paid by hand")
WITH_HOLD = ("held", "released", "undone")


@cache
def shop(name: str) -> World:
    """Tell one of the stories, with every leg at its end."""
    world = World()
    world.cancellation.reference = a_policy(hold_s=60 if name in WITH_HOLD else 0)
    placed = OF_CARDS if name == "gift cards" else an_order()
    for number, message in enumerate((placed, *STORIES[name])):
        made = message(order_in(world)) if callable(message) else message
        say(world, made, f"message-{number}")
        if name in BY_HAND:  # whoever pays has been told before that it is owed
            world.settle(all_good)
    world.relay(world.cancellation)
    world.settle(all_good)
    return world


@pytest.mark.parametrize("name", STORIES)
def test_every_path_ends_with_books_that_agree(name: str) -> None:
    assert peers_of(shop(name)).mismatches(shop(name)) == []


MOVED = {
    "cancelled": (2000, 4, 1),
    "silent": (2000, 4, 0),
    "settled in two parts": (2000, 0, 1),
    "partly settled": (500, 0, 1),
    "paid late": (2000, 4, 1),
    "owed by hand": (0, 4, 1),
    "partly paid by hand": (0, 4, 1),
    "paid by hand": (0, 4, 1),
    "paid with store credit": (0, 4, 1),
    "paid with a gift card": (0, 4, 1),
    "gift cards": (2000, 4, 1),
    "put back by hand": (0, 2, 1),
    "held": (0, 0, 0),
    "released": (2000, 4, 1),
    "undone": (0, 0, 0),
    "reinstated": (2000, 4, 1),
}
"""Money at the provider, units on the shelf and mails of each."""


@pytest.mark.parametrize("name", STORIES)
def test_every_path_moves_exactly_what_it_says(name: str) -> None:
    peers = peers_of(shop(name))
    assert (
        sum(entry["refund"]["amount"] for entry in peers.ledger),
        sum(movement.quantity for movement in peers.moved.values()),
        peers.mails.total(),
    ) == MOVED[name]


def first_id(world: World) -> UUID:
    return newest(order_in(world))


def lose_a_refund(peers: Peers, _: World) -> None:
    peers.ledger.pop()


def refund_twice(peers: Peers, _: World) -> None:
    made = peers.ledger[-1]
    peers.ledger.append({**made, "refund": {**made["refund"], "id": "re_another"}})


def refund_more(peers: Peers, _: World) -> None:
    peers.ledger[-1]["refund"]["amount"] += 1


def refund_in_yen(peers: Peers, _: World) -> None:
    peers.ledger[-1]["refund"]["currency"] = "jpy"


def refund_another_payment(peers: Peers, _: World) -> None:
    peers.ledger[-1]["refund"]["payment_intent"] = "pi_of_somebody_else"


def refund_unasked(peers: Peers, _: World) -> None:
    peers.ledger.append(refund(UUID(int=7), "pi_x", 1, "EUR"))


def refund_at_once(peers: Peers, world: World) -> None:
    """Give money back as if nothing were held."""
    refund_id = child_id(first_id(world), PAYMENT_ID)
    peers.ledger.append(refund(refund_id, PAYMENT_ID, 2000, "EUR"))


def move_at_once(peers: Peers, world: World) -> None:
    """Put a unit back as if nothing were held."""
    [movement] = list(peers_of(shop("cancelled")).moved.values())[:1]
    peers.moved[child_id(first_id(world), "1")] = movement


def write_at_once(peers: Peers, world: World) -> None:
    """Tell the customer although nobody was to."""
    peers.mails[str(child_id(first_id(world), "order_cancelled"))] += 1


def lose_a_movement(peers: Peers, _: World) -> None:
    peers.moved.popitem()


def move_another_article(peers: Peers, _: World) -> None:
    id_, movement = peers.moved.popitem()
    peers.moved[id_] = movement._replace(sku="SKU-9")


def move_more(peers: Peers, _: World) -> None:
    id_, movement = peers.moved.popitem()
    peers.moved[id_] = movement._replace(quantity=movement.quantity + 1)


def move_unasked(peers: Peers, _: World) -> None:
    _, movement = peers.moved.popitem()
    peers.moved[UUID(int=7)] = movement


def lose_a_mail(peers: Peers, _: World) -> None:
    peers.mails.clear()


def write_twice(peers: Peers, _: World) -> None:
    peers.mails.update(peers.mails)


PLANTED: list[tuple[str, Callable[[Peers, World], None], str, str]] = [
    ("cancelled", lose_a_refund, "lost", "is not at the provider"),
    ("cancelled", refund_twice, "doubled", "was made 2 times"),
    ("cancelled", refund_more, "wrong", "2001"),
    ("cancelled", refund_in_yen, "wrong", "'JPY'"),
    ("cancelled", refund_another_payment, "wrong", "pi_of_somebody_else"),
    ("cancelled", refund_unasked, "foreign", "was never decided"),
    ("settled in two parts", lose_a_refund, "lost", "is not at the provider"),
    ("settled in two parts", refund_twice, "doubled", "was made 2 times"),
    ("partly settled", refund_more, "wrong", "501"),
    ("paid late", lose_a_refund, "lost", "is not at the provider"),
    ("paid late", refund_twice, "doubled", "was made 2 times"),
    ("owed by hand", refund_at_once, "wrong", "is not its business"),
    ("paid with store credit", refund_at_once, "wrong", "is not its business"),
    ("held", refund_at_once, "foreign", "is HELD"),
    ("held", move_at_once, "foreign", "is HELD"),
    ("held", write_at_once, "foreign", "is HELD"),
    ("undone", refund_at_once, "foreign", "is UNDONE"),
    ("undone", move_at_once, "foreign", "is UNDONE"),
    ("undone", write_at_once, "foreign", "is UNDONE"),
    ("released", lose_a_refund, "lost", "is not at the provider"),
    ("released", lose_a_movement, "lost", "moved nothing"),
    ("reinstated", refund_twice, "doubled", "was made 2 times"),
    ("silent", write_at_once, "foreign", "nobody was to be told"),
    ("put back by hand", lose_a_movement, "lost", "moved nothing"),
    ("put back by hand", move_more, "wrong", "moved 3 of SKU-1"),
    ("put back by hand", move_another_article, "wrong", "of SKU-9"),
    ("cancelled", move_unasked, "foreign", "was never decided"),
    ("cancelled", lose_a_mail, "lost", "is not in the mailbox"),
    ("cancelled", write_twice, "doubled", "was accepted 2 times"),
]


@pytest.mark.parametrize(
    ("name", "plant", "kind", "said"), PLANTED, ids=[f"{n}-{p.__name__}" for n, p, *_ in PLANTED]
)
def test_a_book_that_was_tampered_with_is_named(
    name: str, plant: Callable[[Peers, World], None], kind: str, said: str
) -> None:
    world = shop(name)
    peers = peers_of(world)
    plant(peers, world)
    found = peers.mismatches(world)
    assert any(mismatch.kind == kind and said in mismatch.detail for mismatch in found), found
