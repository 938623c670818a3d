"""`countermand verify` names a log that contradicts itself, or lacks what others know."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from countermand.verify.mismatch import Mismatch
from kit.event_store import LogEntry
from tests.property.test_verify_laws import shop
from tests.property.world import World
from tests.support.books import peers_of


def rewritten(world: World, name: str, change: Callable[[dict[str, Any]], None]) -> list[LogEntry]:
    """Return a log in which the last fact of a name says something else."""
    place = max(n for n, entry in enumerate(world.cancellation.log) if entry.name == name)
    log = list(world.cancellation.log)
    body = orjson.loads(log[place].body)
    change(body["fact"])
    log[place] = log[place]._replace(body=orjson.dumps(body))
    return log


def owe_too_much(fact: dict[str, Any]) -> None:
    fact["balance_minor"] += 1


def call_it_more(fact: dict[str, Any]) -> None:
    fact["refund_minor"] += 1


def give_back_less(fact: dict[str, Any]) -> None:
    fact["refunds"][0]["amount_minor"] -= 1
    fact["refund_minor"] -= 1


def give_back_more(fact: dict[str, Any]) -> None:
    fact["refunds"][0]["amount_minor"] += 1
    fact["refund_minor"] += 1


def say_dollars(fact: dict[str, Any]) -> None:
    fact["currency"] = "USD"


def pay_less(fact: dict[str, Any]) -> None:
    fact["amount_minor"] -= 1


def leave_more(fact: dict[str, Any]) -> None:
    fact["amount_minor"] -= 1
    fact["left_minor"] += 1


def put_back_more(fact: dict[str, Any]) -> None:
    fact["lines"][0]["quantity"] += 1


LIES: list[tuple[str, str, Callable[[dict[str, Any]], None], str]] = [
    ("cancelled", "order.cancelled.v1", give_back_less, "neither due nor promised"),
    ("cancelled", "order.cancelled.v1", give_back_more, "2001 due of 2000 captured"),
    ("cancelled", "order.cancelled.v1", call_it_more, "are called 2001"),
    ("cancelled", "order.cancelled.v1", say_dollars, "money in USD"),
    ("partly settled", "order.refund-requested.v1", owe_too_much, "1501 left"),
    ("settled in two parts", "order.refund-requested.v1", give_back_more, "due of 2000"),
    ("paid late", "order.refund-requested.v1", give_back_less, "neither due nor promised"),
    ("released", "order.cancellation-confirmed.v1", give_back_less, "with other money"),
    ("paid by hand", "order.manual-refund-recorded.v1", pay_less, "1499 paid, 0 left"),
    ("paid by hand", "order.manual-refund-recorded.v1", leave_more, "1 left by what was recorded"),
    ("partly paid by hand", "order.manual-refund-recorded.v1", leave_more, "1500 in books"),
    ("put back by hand", "order.restock-requested.v1", put_back_more, "3 units back of 2"),
]


@pytest.mark.parametrize(
    ("name", "fact", "lie", "said"), LIES, ids=[f"{n}-{lie.__name__}" for n, _, lie, _ in LIES]
)
def test_a_log_that_contradicts_itself_is_named(
    name: str, fact: str, lie: Callable[[dict[str, Any]], None], said: str
) -> None:
    world = shop(name)
    log = rewritten(world, fact, lie)
    found = peers_of(world).mismatches(world, log=log)
    assert any(said in mismatch.detail for mismatch in found), found


def test_a_refund_by_hand_that_nobody_was_told_of_is_lost() -> None:
    world = shop("owed by hand")
    log = [e for e in world.cancellation.log if e.name != "order.refund-progressed.v1"]
    found = peers_of(world).mismatches(world, log=log)
    assert any("nobody was told" in mismatch.detail for mismatch in found), found


CARD, CREDIT, GONE = "gift-card.refilled.v1", "store-credit.restored.v1", "gift-card.disabled.v1"


@pytest.mark.parametrize(
    ("name", "fact", "times", "said"),
    [
        ("paid with a gift card", CARD, 0, "is called succeeded and was never entered"),
        ("paid with a gift card", CARD, 2, "was entered 2 times"),
        ("paid with store credit", CREDIT, 0, "is called succeeded and was never entered"),
        ("paid with store credit", CREDIT, 2, "was entered 2 times"),
        ("gift cards", GONE, 0, "gc_1 of order 489434 was bought with cancelled units"),
        ("gift cards", GONE, 2, "gc_2 of order 489434 was disabled 2 times"),
    ],
)
def test_what_was_not_given_back_with_us_or_twice_is_named(
    name: str, fact: str, times: int, said: str
) -> None:
    found = with_books(shop(name), fact, lambda entry: [entry] * times)
    assert any(said in mismatch.detail for mismatch in found), found


def test_another_amount_on_a_gift_card_is_wrong_and_so_is_one_nobody_decided() -> None:
    def less(entry: LogEntry) -> list[LogEntry]:
        return [entry._replace(body=entry.body.replace(b":2000", b":1999"))]

    found = with_books(shop("paid with a gift card"), CARD, less)
    assert any("1999" in mismatch.detail for mismatch in found), found
    world = shop("paid with a gift card")
    log = [e for e in world.cancellation.log if e.name == "order.placed.v1"]
    found = peers_of(world).mismatches(world, log=log)
    assert any("was never decided" in mismatch.detail for mismatch in found), found


def test_a_gift_card_whose_order_does_not_know_is_lost() -> None:
    world = shop("gift cards")
    log = [e for e in world.cancellation.log if e.name != "order.gift-card-reported.v1"]
    found = peers_of(world).mismatches(world, log=log)
    assert any("its order does not know" in mismatch.detail for mismatch in found), found


def with_books(
    world: World, name: str, change: Callable[[LogEntry], list[LogEntry]]
) -> list[Mismatch]:
    """Return what is named when the refunds service's log has other entries of a name."""
    log = [
        one for e in world.refunds.log for one in (change(e) if e.name == name else [e])
    ]  # fmt: skip
    return peers_of(world).mismatches(world, books=log)


def test_a_leg_that_never_ended_is_lost() -> None:
    world = shop("cancelled")
    log = [
        e for e in world.cancellation.log if not e.name.endswith(("reported.v1", "completed.v1"))
    ]
    said = " ".join(mismatch.detail for mismatch in peers_of(world).mismatches(world, log=log))
    for what in ("was completed never", "has no outcome", "restock", "mail", "refund"):
        assert what in said
