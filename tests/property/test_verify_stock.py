"""`countermand verify` names every line of the stock ledger that breaks a law of the shelf."""

from collections.abc import Callable

import pytest

from tests.property.test_verify_laws import shop
from tests.support.books import Peers, peers_of


def put_back_twice(peers: Peers) -> None:
    key, held = peers.stock.held.popitem()
    peers.stock.held[key] = held._replace(back=held.back * 2)


def keep_reserved(peers: Peers) -> None:
    key, held = peers.stock.held.popitem()
    peers.stock.held[key] = held._replace(reserved=held.reserved + 1)


def reserve_less_than_nothing(peers: Peers) -> None:
    key, held = peers.stock.held.popitem()
    peers.stock.held[key] = held._replace(reserved=-1)


@pytest.mark.parametrize(
    ("name", "plant", "said"),
    [
        ("cancelled", put_back_twice, "4 of SKU-2 went back of 2 taken"),
        ("cancelled", keep_reserved, "0 of SKU-2 open, 1 reserved"),
        ("cancelled", reserve_less_than_nothing, "-1 of SKU-2 reserved"),
        ("held", keep_reserved, "2 of SKU-2 open, 3 reserved"),
    ],
)
def test_a_law_of_the_shelf_that_is_broken_is_named(
    name: str, plant: Callable[[Peers], None], said: str
) -> None:
    world = shop(name)
    peers = peers_of(world)
    plant(peers)
    assert any(said in mismatch.detail for mismatch in peers.mismatches(world))
