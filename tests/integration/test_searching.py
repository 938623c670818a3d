"""Lists of orders: whatever is read for them, they are what looking at every order would find."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from kit.event_store import Pending
from kit.postgres import Pool, open_pool
from kit.projector import Projector
from kit.settings import KitSettings
from services.cancellation.bootstrap import SERVICE
from services.cancellation.projections import asking, searching
from services.cancellation.projections.finding import take_apart, words_of
from services.cancellation.projections.orders import OrdersProjection
from services.cancellation.projections.placing import PLACED_BODY, read_placed
from services.cancellation.projections.queries import SORTED_BY, Wanted, list_orders
from tests.support.figured import woven

pytestmark = pytest.mark.integration

MIGRATION = Path("services/cancellation/migrations/0026_order_words.sql").read_text("utf-8")
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
        f"SELECT order_id, {PLACED_BODY} AS placed FROM cancellation.order_summaries"
        f" WHERE {condition}"
        f" ORDER BY {column} {way}, order_id {way}"
    )
    typed = take_apart(wanted.text or "")
    return [
        row["order_id"]
        for row in rows
        if all(any(w.startswith(part) for w in _words(row)) for part in typed)
    ]


def _words(row: Any) -> list[str]:
    return [word for word in words_of(read_placed(row["placed"])).split(" ") if word != "N"]


async def test_every_list_is_what_looking_at_every_order_finds(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, found_count = Random(54), 0
    for number in range(QUESTIONS):
        # Small enough that every way to search is taken, in a shop as small as this.
        monkeypatch.setattr(searching, "MANY", chance.choice((1, 400)))
        near = chance.choice((1, 5, 20, 1_000))
        for module in (searching, asking):
            monkeypatch.setattr(module, "NEAR", near)
        monkeypatch.setattr(searching, "FURTHER_MIN", chance.choice((1, 4)))
        monkeypatch.setattr(searching, "FURTHER_MAX", chance.choice((2, 64)))
        monkeypatch.setattr(asking, "NARROW", chance.choice((0, 2, 1_000)))
        monkeypatch.setattr(asking, "LISTED", chance.choice((0, 120)))
        monkeypatch.setattr(asking, "TOGETHER", chance.choice((1, 30)))
        monkeypatch.setattr(asking, "ARTICLES_MAX", chance.choice((0, 1, 2_000)))
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
        if words == "NULL":
            await _as_before(pool)
        found = await list_orders(pool, wanted, limit=ORDERS)
        assert [row["order_id"] for row in found] == expected, words


async def _as_before(pool: Pool) -> None:
    """Let words be as an upgrade leaves them: those of the wide rows, and no articles known."""
    rows = await pool.fetch(
        f"SELECT stream_id, {PLACED_BODY} AS placed FROM cancellation.order_summaries"
    )
    told = [(row["stream_id"], words_of(read_placed(row["placed"]))) for row in rows]
    await pool.executemany(
        "UPDATE cancellation.order_summaries SET words = $2 WHERE stream_id = $1", told
    )
    statement = next(part for part in MIGRATION.split(";") if "INSERT INTO" in part)
    await pool.execute("TRUNCATE cancellation.articles, cancellation.order_words")
    await pool.execute(statement)


@pytest.mark.parametrize("sort", SORTED_BY)
async def test_until_the_rebuild_words_are_looked_for_among_all(pool: Pool, sort: Any) -> None:
    expected = {text: await _all(pool, "true", Wanted(text=text, sort=sort)) for text in TYPED}
    assert sum(map(len, expected.values())) > ORDERS
    await _as_before(pool)
    for text, order_ids in expected.items():
        found = await list_orders(pool, Wanted(text=text, sort=sort), limit=ORDERS)
        assert [row["order_id"] for row in found] == order_ids, text


async def test_an_order_of_which_more_is_said_later_has_its_words_beside_its_state(
    pool: Pool,
) -> None:
    rows = await pool.fetch(
        f"SELECT t.words, o.placed FROM cancellation.order_states t JOIN (SELECT stream_id,"
        f" {PLACED_BODY} AS placed FROM cancellation.order_summaries) o USING (stream_id)"
    )
    assert len(rows) > QUESTIONS // 2
    for row in rows:
        assert row["words"] == words_of(read_placed(row["placed"]))
