"""Lists of orders: whatever is read for them, they are what looking at every order would find."""

from collections.abc import AsyncIterator, Sequence
from random import Random
from typing import Any

import pytest

from kit.event_store import Pending
from kit.postgres import Pool, open_pool
from kit.projector import Projector
from kit.settings import KitSettings
from services.cancellation.bootstrap import SERVICE
from services.cancellation.projections import finding, searching
from services.cancellation.projections.finding import take_apart
from services.cancellation.projections.orders import OrdersProjection
from services.cancellation.projections.queries import SORTED_BY, Wanted, list_orders
from tests.support.figured import woven

pytestmark = pytest.mark.integration

ORDERS, PAGE, QUESTIONS = 120, 7, 60
FILTERS: Sequence[tuple[dict[str, Any], str]] = (
    ({}, "true"),
    ({"state": "CANCELLED"}, "state = 'CANCELLED'"),
    ({"state": "PLACED"}, "state = 'PLACED'"),
    ({"reason": "CUSTOMER", "country": "France"}, "reason = 'CUSTOMER' AND country = 'France'"),
    ({"refund_state": "NOT_DUE"}, "refund_state = 'NOT_DUE'"),
    ({"refund_state": "FAILED"}, "refund_state = 'FAILED'"),
    ({"stuck": "STOCK"}, "restock_state IN ('FAILED', 'LEFT_FOR_LATER')"),
    ({"stuck": "MONEY"}, "refund_state IN ('FAILED', 'UNCERTAIN', 'OWED')"),
    ({"channel": "web"}, "channel = 'web'"),
)
"""What lists are filtered by, and the same asked of every order."""

TYPED = (
    None,
    None,
    "sku-1",
    "sku-2 ada",
    "SKU",
    "sku-3",
    "7 3",
    "F-7-1",
    "nobody",
    "100%",
    "b_d",
    "A1",
    "a\\\\b",
)


@pytest.fixture
async def pool(settings: KitSettings, database: str) -> AsyncIterator[Pool]:
    async with open_pool(database, size_max=3, name="test") as pool:
        projector = Projector(
            schema=SERVICE.name, pool=pool, store=SERVICE.store, projection=OrdersProjection()
        )
        rows = [Pending(e.stream, e.version, e.name, e.body) for e in woven(7, ORDERS)]
        async with pool.acquire() as connection, connection.transaction():
            await SERVICE.store.append(connection, rows)
        while await projector.advance():
            pass
        yield pool


async def _all(pool: Pool, condition: str, wanted: Wanted) -> list[str]:
    """Look at every order."""
    column, way = SORTED_BY[wanted.sort]
    rows = await pool.fetch(
        f"SELECT order_id, words FROM cancellation.order_summaries WHERE {condition}"
        f" ORDER BY {column} {way}, order_id {way}"
    )
    typed = take_apart(wanted.text or "")
    return [
        row["order_id"]
        for row in rows
        if all(any(w.startswith(part) for w in row["words"].split(" ")) for part in typed)
    ]


async def test_every_list_is_what_looking_at_every_order_finds(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, found_count = Random(54), 0
    for number in range(QUESTIONS):
        # Small enough that every way to search is taken, in a shop as small as this.
        monkeypatch.setattr(searching, "MANY", chance.choice((1, 400)))
        monkeypatch.setattr(searching, "NEAR", chance.choice((1, 5, 20, 1_000)))
        monkeypatch.setattr(searching, "FURTHER_MIN", chance.choice((1, 4)))
        monkeypatch.setattr(searching, "FURTHER_MAX", chance.choice((2, 64)))
        for module, most in zip((searching, finding), [chance.choice((0, 24))] * 2, strict=True):
            monkeypatch.setattr(module, "SPELLINGS_MAX", most)
        asked, condition = FILTERS[number % len(FILTERS)]
        wanted = Wanted(**asked, text=chance.choice(TYPED), sort=chance.choice(list(SORTED_BY)))
        column, _ = SORTED_BY[wanted.sort]
        expected = await _all(pool, condition, wanted)
        found: list[Any] = []
        while page := await list_orders(pool, wanted, limit=PAGE):
            found += page
            if len(page) < PAGE:  # the last one, as whoever reads it takes it
                break
            wanted = wanted._replace(before=(page[-1][column], page[-1]["order_id"]))
        assert [row["order_id"] for row in found] == expected, wanted
        found_count += len(found)
    assert found_count > QUESTIONS


async def test_rows_of_a_projector_of_before_are_found_as_ever(pool: Pool) -> None:
    wanted = Wanted(state="CANCELLED", text="sku-1")
    expected = await _all(pool, "state = 'CANCELLED'", wanted)
    assert expected
    for words in ("words", "NULL"):
        await pool.execute(f"UPDATE cancellation.order_states SET words = {words}")
        found = await list_orders(pool, wanted, limit=ORDERS)
        assert [row["order_id"] for row in found] == expected, words


async def test_the_database_tells_names_articles_and_times_apart(pool: Pool) -> None:
    ask = "SELECT tsvector_to_array(cancellation.words_of($1, to_timestamp($2)))"
    for second in (0, -1, 10_799, 44_236_800 * 40 - 1, 44_236_800 * 40, 1_790_000_000):
        times = {f"{kind}{second // span_s}" for kind, span_s in finding.SPANS_S.items()}
        assert set(await pool.fetchval(ask, "f-1 ada N red mug", second)) == {
            "Nf-1", "Nada", "red", "mug", *times,
        }  # fmt: skip
        # A row of before, in which nothing tells names from articles.
        found = set(await pool.fetchval(ask, "W2900 f-1 red", second))
        assert found == {"NW2900", "Nf-1", "Nred", *times}
