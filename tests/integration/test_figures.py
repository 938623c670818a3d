"""Figures over stored facts: for 200 random filters each is what the raw facts add up to."""

import csv
import io
from collections.abc import AsyncIterator
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import asyncpg
import httpx2
import pytest
from fastapi import FastAPI

from countermand.verify.views import check_views
from kit.event_store import LogEntry, Pending
from kit.postgres import Pool, open_pool
from kit.projector import Projector
from kit.settings import KitSettings
from rebuild.rebuilding import Terms, Told, rebuild
from services.cancellation import problems
from services.cancellation.bootstrap import SERVICE
from services.cancellation.projections.orders import OrdersProjection
from services.cancellation.reads_figures import add_figures
from services.cancellation.settings import CancellationSettings
from tests.house.pages import code, part, rows, words
from tests.support.figured import woven
from tests.support.figures_asked import (
    a_question,
    check_cancellations,
    check_refunds,
    check_requests,
    number_of,
)
from tests.support.figures_by_hand import Books, Count

pytestmark = pytest.mark.integration

ORDERS = 150
QUESTIONS = 200
FIGURES = "/v1/figures/"
GUIDE = "docs/guides/numbers.md"
PLACED, REFUNDS = "cancellation.placed_sums", "cancellation.refunds"
TABLES = (
    PLACED, REFUNDS, "cancellation.cancellations", "cancellation.cancelled_lines",
    "cancellation.requests", "cancellation.order_summaries", "cancellation.order_states",
)  # fmt: skip
Json = dict[str, Any]


class Shop:
    """The figures in this process, over one database."""

    def __init__(self, dsn: str, pool: Pool, client: httpx2.AsyncClient) -> None:
        self.dsn, self.pool, self.client = dsn, pool, client
        self.log: list[LogEntry] = []
        self._projector = Projector(
            schema=SERVICE.name, pool=pool, store=SERVICE.store, projection=OrdersProjection()
        )

    async def store(self, log: list[LogEntry]) -> None:
        """Store facts and fold them, page after page."""
        self.log += log
        rows = [Pending(entry.stream, entry.version, entry.name, entry.body) for entry in log]
        for start in range(0, len(rows), 700):
            async with self.pool.acquire() as connection, connection.transaction():
                await SERVICE.store.append(connection, rows[start : start + 700])
            while await self._projector.advance():
                pass

    async def get(self, address: str, **query: Any) -> Json:
        answer = await self.client.get(address, params=query or None)
        assert answer.status_code == 200, answer.text
        body: Json = answer.json()
        return body

    async def entries(self, address: str, limit: int = 7) -> list[Json]:
        """Follow every page of what stands behind a number."""
        query: Json = dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
        found: list[Json] = []
        while True:
            page = await self.get("/v1/figures/entries", **query, limit=limit)
            found += page["rows"]
            if page["next_after"] is None:
                return found
            query["after"] = page["next_after"]


@pytest.fixture
async def shop(settings: KitSettings, database: str) -> AsyncIterator[Shop]:
    assert database
    app = FastAPI()
    problems.install(app)
    async with open_pool(settings.postgres_dsn, size_max=4, name="test") as pool:
        add_figures(app, pool, CancellationSettings())
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://shop") as client:
            shop = Shop(settings.postgres_dsn, pool, client)
            await shop.store(woven(7, ORDERS))
            yield shop


async def test_200_random_questions_are_answered_as_the_raw_facts_add_up(shop: Shop) -> None:
    chance, books, seen = Random(20261127), Books(shop.log), 0
    check = {
        "cancellations": check_cancellations, "refunds": check_refunds,
        "requests": check_requests,
    }  # fmt: skip
    for number in range(QUESTIONS):
        about = chance.choice(("cancellations", "cancellations", "refunds", "requests"))
        asked = a_question(chance, about)
        answer = await shop.get(FIGURES + about, **asked)
        count, total = Count(books, asked), Count(books, {**asked, "by": "TOTAL"})
        check[about](answer["rows"], count)
        check[about](answer["total"], total)
        seen += len(answer["rows"])
        if number % 4 == 0:
            await _every_number_opens(shop, answer)
    assert seen > QUESTIONS


async def test_a_figure_is_planned_for_the_time_it_is_asked_for(shop: Shop) -> None:
    for _ in range(8):
        await shop.get(FIGURES + "cancellations", by="PRODUCT")
    planned = "SELECT sum(custom_plans), sum(generic_plans) FROM pg_prepared_statements"
    row = await shop.pool.fetchrow(f"{planned} WHERE statement LIKE 'WITH counted%'")
    assert row is not None
    assert (row[0] > 8, row[1]) == (True, 0)


async def _every_number_opens(shop: Shop, answer: Json) -> None:
    """Hold what stands behind each number against the number."""
    for row in answer["rows"][:4]:
        for name, address in row["opens"].items():
            entries = await shop.entries(address)
            ids = {(entry["order_id"], entry["id"]) for entry in entries}
            assert len(ids) == len(entries)
            assert len(entries) == number_of(row, name), (row, name, address)
            if name in ("cancelled", "refunds", "requests"):
                minor = row[name]["cancelled_minor"] if name == "cancelled" else row["refund_minor"]
                assert sum(entry["amount_minor"] for entry in entries) == minor
            if name == "placed" and row["placed"]["orders"] and "product" not in address:
                minor = sum(entry["amount_minor"] for entry in entries)
                assert minor == row["placed"]["gross_minor"]


async def test_a_rebuild_comes_to_the_same_figures_and_brings_back_lost_ones(shop: Shop) -> None:
    async def told() -> dict[str, set[Any]]:
        return {
            table: {tuple(row) for row in await shop.pool.fetch(f"SELECT * FROM {table}")}
            for table in TABLES
        }

    async def again(**terms: Any) -> set[str]:
        done = await rebuild(
            dsn=shop.dsn, schema=SERVICE.name, store=SERVICE.store,
            projection=OrdersProjection(), terms=Terms(**terms), told=Told(),
        )  # fmt: skip
        return set(done.differences)

    before = await told()
    assert all(before.values())
    assert await again() == set()
    await shop.pool.execute(f"UPDATE {PLACED} SET gross_minor = gross_minor + 1 WHERE sku = ''")
    await shop.pool.execute(f"DELETE FROM {REFUNDS}")
    async with shop.pool.acquire() as connection:
        assert {lie.detail.partition(":")[0] for lie in await check_views(connection)} == {
            "placed_sums", "refunds",
        }  # fmt: skip
    lies = frozenset({"placed_sums.gross_minor", "refunds.+row"})
    assert await again(accept=lies) == lies
    assert await told() == before
    assert await shop.pool.fetchval("SELECT count(*) FROM figures.refunds") == len(before[REFUNDS])
    await shop.store(woven(8, 20))
    async with shop.pool.acquire() as connection:
        assert not await check_views(connection)


async def test_the_views_are_those_of_the_guide_and_their_reader_sees_nothing_else(
    shop: Shop,
) -> None:
    guide = {words(name)[0]: words(columns) for name, columns in rows(part(GUIDE, "figures:views"))}
    stored: dict[str, list[str]] = {}
    for view, column in await shop.pool.fetch(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'figures' ORDER BY table_name, ordinal_position"
    ):
        stored.setdefault(view, []).append(column)
    assert guide == stored
    explained = {word for row in rows(part(GUIDE, "figures:columns")) for word in words(row[0])}
    assert explained == {column for columns in stored.values() for column in columns}
    (example,) = [block.text for block in code("sql") if "figures.placed_daily" in block.text]
    async with shop.pool.acquire() as connection, connection.transaction():
        told = await shop.get(
            FIGURES + "cancellations", by="CHANNEL", first="2026-03-01", last="2026-03-31"
        )
        await connection.execute("SET LOCAL ROLE figures_reader")
        seen = {(row["currency"], row["channel"]): row for row in await connection.fetch(example)}
        assert {
            (row["currency"], row["key"]): row["cancelled"]["cancelled_minor"]
            for row in told["rows"]
            if row["placed"]["orders"]
        } == {key: row["cancelled_minor"] or 0 for key, row in seen.items()}
        for view in stored:
            assert await connection.fetchval(f"SELECT count(*) FROM figures.{view}")
    for forbidden in ("SELECT * FROM cancellation.order_summaries", f"DELETE FROM {REFUNDS}"):
        async with shop.pool.acquire() as connection, connection.transaction():
            await connection.execute("SET LOCAL ROLE figures_reader")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(forbidden)


async def test_a_table_of_figures_is_no_formula_and_questions_without_sense_are_refused(
    shop: Shop,
) -> None:
    whole = {"first": "2026-01-01", "last": "2026-12-31"}
    address = FIGURES + "cancellations"
    answer = await shop.client.get(address, params={**whole, "by": "COUNTRY", "format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    table = list(csv.DictReader(io.StringIO(answer.text)))
    assert {row["key"] for row in table} == {"", "France", "'=cmd", "Côte d'Ivoire"}
    told = (await shop.get(address, **whole, by="COUNTRY"))["rows"]
    assert [int(row["cancelled_cancelled_minor"]) for row in table] == [
        row["cancelled"]["cancelled_minor"] for row in told
    ]
    refused = {
        "PERIOD_INVALID": {"first": "2026-02-01", "last": "2026-01-01"},
        "PERIOD_TOO_LONG": {"first": "2020-01-01", "last": "2026-01-01", "by": "DAY"},
        "REQUEST_INVALID": {"by": "WEATHER"},
    }
    for word, query in refused.items():
        problem = await shop.client.get(address, params=query)
        assert (problem.status_code, problem.json()["code"]) == (422, word)
    entries = {"of": "REFUNDS", "product": "SKU-1"}
    problem = await shop.client.get(FIGURES + "entries", params=entries)
    assert problem.json()["code"] == "FILTER_NOT_KNOWN"


async def test_visits_tell_what_cancellations_do_to_a_conversion_rate(shop: Shop) -> None:
    books = Books(shop.log)
    answer = await shop.get(
        FIGURES + "cancellations", first="2026-01-01", last="2026-12-31", visits=4_000
    )
    whole = sum(
        len(row["whole"])
        for row in Count(
            books, {"by": "TOTAL", "dates": "ORDER", "first": "2026-01-01", "last": "2026-12-31"}
        )
        .cancelled()
        .values()
    )
    orders = len(books.orders)
    assert answer["conversion"] == {
        "orders": orders, "net_orders": orders - whole,
        "kept_share": round((orders - whole) / orders, 6), "visits": 4_000,
        "gross_rate": round(orders / 4_000, 6), "net_rate": round((orders - whole) / 4_000, 6),
    }  # fmt: skip
    assert 0 < whole < orders
