"""What is said of a past moment is what was said then: orders, lists and histories, at any `at`."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import httpx2
import pytest
from fastapi import FastAPI

from kit.clock import utc_now
from kit.postgres import Pool, open_pool
from kit.projector import Projector
from kit.settings import KitSettings
from rebuild.rebuilding import Terms, Told, rebuild
from services.cancellation import problems
from services.cancellation.bootstrap import SERVICE
from services.cancellation.bulk.selection import select
from services.cancellation.domain.events import OrderPlaced
from services.cancellation.domain.plan_terms import OrderFilter
from services.cancellation.projections import past
from services.cancellation.projections.orders import OrdersProjection
from services.cancellation.projections.row import ORDER_STATES
from services.cancellation.reads import add_reads
from services.cancellation.settings import CancellationSettings
from tests.support.history import read_models, storyteller, tell_stories
from tests.support.messages import cancel, incoming, placed

pytestmark = pytest.mark.integration

ROUNDS = 4
ORDERS = [f"order-{number}" for number in range(30)]
STATES = (None, *ORDER_STATES)


class Shop:
    """The reads in this process, and a projector that moves when told."""

    def __init__(self, pool: Pool, client: httpx2.AsyncClient) -> None:
        self.client = client
        self._projector = Projector(
            schema=SERVICE.name, pool=pool, store=SERVICE.store, projection=OrdersProjection()
        )

    async def catch_up(self) -> None:
        while await self._projector.advance():
            pass

    async def get(self, path: str, **query: Any) -> dict[str, Any]:
        answer = await self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def whole_list(self, **query: Any) -> list[dict[str, Any]]:
        """Follow every page."""
        orders: list[dict[str, Any]] = []
        before: dict[str, Any] = {}
        while True:
            page = await self.get("/v1/orders", limit=7, **query, **before)
            orders += page["orders"]
            if page["next_before"] is None:
                return orders
            before = {"before": page["next_before"]}

    async def everything(self, **at: Any) -> dict[str, Any]:
        """Return all that can be read, without what only says how it was asked."""
        found: dict[str, Any] = {}
        for state in STATES:
            query = {} if state is None else {"state": state}
            found[f"list {state}"] = await self.whole_list(**query, **at)
        for order_id in [*ORDERS, "unknown-order-3"]:
            for path in (f"/v1/orders/{order_id}", f"/v1/orders/{order_id}/history"):
                answer = await self.client.get(path, params=at)
                assert answer.status_code in (200, 404), answer.text
                found[path] = answer.json() if answer.status_code == 200 else None
        return found


@pytest.fixture
async def shop(settings: KitSettings) -> AsyncIterator[Shop]:
    async with open_pool(settings.postgres_dsn, size_max=4, name="test") as pool:
        app = FastAPI()
        problems.install(app)
        add_reads(app, pool, CancellationSettings(read_wait_max_s=0.2))
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://api") as client:
            yield Shop(pool, client)


async def test_the_past_reads_as_the_present_did(
    settings: KitSettings, database: str, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is read after each round, and again at the end as of then: by place and time."""
    monkeypatch.setattr(past, "CANDIDATES", 4)
    served: dict[int, tuple[str, dict[str, Any]]] = {}
    async with storyteller(settings) as processor:
        for number in range(ROUNDS):
            await tell_stories(processor, ORDERS[number::ROUNDS], seed=number)
            await shop.catch_up()
            present = await shop.get("/v1/orders")
            served[present["as_of"]] = present["as_of_time"], await shop.everything()
            await asyncio.sleep(0.01)  # so that no two rounds share a moment
    assert len(served) == ROUNDS
    before = await read_models(database)
    for position, (time, then) in served.items():
        for at in (position, time):
            assert await shop.everything(at=at) == then
    assert await read_models(database) == before, "looking back writes nothing"


async def store_sparsely(database: str) -> tuple[int, int]:
    """Store anew what was stored whole; returns how many bytes there were and are."""
    mapper, events = SERVICE.store.mapper, "cancellation.cancellation_events"
    was = is_ = 0
    connection = await asyncpg.connect(database)
    await connection.execute("SET session_replication_role = replica")
    for name, body, at in await connection.fetch(
        f"SELECT topic, state, notification_id FROM {events} WHERE topic = $1", OrderPlaced.NAME
    ):
        cause = body[body.rindex(b',"cause":') + 9 : -1]
        sparse = mapper.write_body(mapper.read_fact(name, body), cause)
        await connection.execute(
            f"UPDATE {events} SET state = $1 WHERE notification_id = $2", sparse, at
        )
        was, is_ = was + len(body), is_ + len(sparse)
    await connection.close()
    return was, is_


async def test_an_order_stored_sparsely_reads_as_one_that_was_stored_whole(
    settings: KitSettings, database: str, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answers() -> tuple[Any, ...]:
        now = await shop.everything()
        then = await shop.everything(at=(await shop.get("/v1/orders"))["as_of"])
        histories = [each[path] for each in (now, then) for path in each if "/history" in path]
        entries = [entry for told in histories if told for entry in told["history"]]
        for entry in entries:
            if entry["name"] == OrderPlaced.NAME:  # shown as it is stored
                entry["fact"] = OrderPlaced.model_validate(entry["fact"])
        async with open_pool(settings.postgres_dsn, name="test") as pool:
            chosen = await select(pool, None, OrderFilter(sku="sku-2", only_item=True))
        rebuilt = await rebuild(
            dsn=database, schema=SERVICE.name, store=SERVICE.store, terms=Terms(),
            projection=OrdersProjection(), told=Told(),
        )  # fmt: skip
        return now, then, chosen, rebuilt.digests

    with monkeypatch.context() as whole:
        whole.setattr(OrderPlaced, "IS_SPARSE", False)
        async with storyteller(settings) as processor:
            await tell_stories(processor, ORDERS, seed=1)
    await shop.catch_up()
    before = await answers()
    was, is_ = await store_sparsely(database)
    assert is_ < was * 0.7
    assert await answers() == before
    assert all(before), "and there was something to say"


async def test_an_answer_says_as_of_when_it_is(settings: KitSettings, shop: Shop) -> None:
    async with storyteller(settings) as processor:
        [first] = await processor.process([incoming(placed("1"), "m1")])
        await asyncio.sleep(0.01)
        between = utc_now()
        await asyncio.sleep(0.01)
        [second] = await processor.process([incoming(cancel("1"), "c1")])
    await shop.catch_up()
    states = {}
    for at in (None, first.position, second.position, between.isoformat(), utc_now().isoformat()):
        body = await shop.get("/v1/orders/1", **({} if at is None else {"at": at}))
        states[at] = body["as_of"], body["order"]["state"]
        recorded = datetime.fromisoformat(body["as_of_time"])
        assert (recorded < between) == (body["as_of"] == first.position)
        again = await shop.get("/v1/orders/1", at=body["as_of_time"])
        assert again == body, "its time and its position name the same moment"
    assert list(states.values()) == [
        (second.position, "CANCELLED"), (first.position, "PLACED"), (second.position, "CANCELLED"),
        (first.position, "PLACED"), (second.position, "CANCELLED"),
    ]  # fmt: skip


async def test_a_time_may_be_written_in_any_zone(settings: KitSettings, shop: Shop) -> None:
    async with storyteller(settings) as processor:
        await processor.process([incoming(placed("1"), "m1")])
    now = utc_now()
    east = (now + timedelta(hours=2)).isoformat()[:-6] + "+02:00"
    for text in (now.isoformat(), now.isoformat()[:-6] + "Z", east):
        assert (await shop.get("/v1/orders/1", at=text))["order"]["order_id"] == "1"
        unquoted = await shop.client.get(f"/v1/orders/1?at={text}")
        assert unquoted.status_code == 200, "a bare plus sign, which a query takes for a space"


@pytest.mark.parametrize(
    "at", ["", "yesterday", "2026-11-02", "2026-11-02T09:30:00", "-1", "9" * 30, "1.5", "٣"]
)
async def test_a_moment_nobody_can_read_is_refused(shop: Shop, at: str) -> None:
    for path in ("/v1/orders", "/v1/orders/1", "/v1/orders/1/history"):
        answer = await shop.client.get(path, params={"at": at})
        assert (answer.status_code, answer.json()["code"]) == (422, "AT_INVALID")


async def test_the_future_is_not_known(settings: KitSettings, shop: Shop) -> None:
    async with storyteller(settings) as processor:
        [answer] = await processor.process([incoming(placed("1"), "m1")])
    for at in (answer.position + 1, (utc_now() + timedelta(hours=1)).isoformat()):
        refused = await shop.client.get("/v1/orders/1", params={"at": at})
        assert (refused.status_code, refused.json()["code"]) == (422, "AT_IN_FUTURE")


async def test_before_it_was_placed_there_was_no_order(settings: KitSettings, shop: Shop) -> None:
    async with storyteller(settings) as processor:
        await processor.process([incoming(placed("1"), "m1")])
    await shop.catch_up()
    for at in (0, "2020-01-01T00:00:00Z"):
        assert (await shop.get("/v1/orders", at=at)) == {
            "as_of": 0, "as_of_time": None, "orders": [], "next_before": None,
        }  # fmt: skip
        missing = await shop.client.get("/v1/orders/1", params={"at": at})
        assert (missing.status_code, missing.json()["code"]) == (404, "ORDER_NOT_FOUND")


async def test_one_order_needs_no_read_model_and_a_list_waits_for_it(
    settings: KitSettings, shop: Shop
) -> None:
    async with storyteller(settings) as processor:
        [answer] = await processor.process([incoming(placed("1"), "m1")])
    at = {"at": answer.position}
    assert (await shop.get("/v1/orders/1", **at))["order"]["state"] == "PLACED"
    waiting = await shop.client.get("/v1/orders", params=at)
    assert (waiting.status_code, waiting.json()["code"]) == (503, "NOT_PROJECTED_YET")
    await shop.catch_up()
    assert [order["order_id"] for order in await shop.whole_list(**at)] == ["1"]


async def test_a_page_that_finds_little_ends_and_is_followed_by_more(
    settings: KitSettings, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "CANDIDATES", 3)
    monkeypatch.setattr(past, "CANDIDATES_MAX", 6)
    async with storyteller(settings) as processor:
        await processor.process([incoming(placed(f"{n}"), f"m{n}") for n in range(20)])
        [answer] = await processor.process([incoming(cancel("0"), "c0")])
    await shop.catch_up()
    query = {"at": answer.position, "state": "CANCELLED"}
    page = await shop.get("/v1/orders", **query)
    assert page["orders"] == []
    assert page["next_before"] is not None
    assert [order["order_id"] for order in await shop.whole_list(**query)] == ["0"]


@pytest.mark.parametrize(
    ("sort", "column", "is_falling"),
    [
        ("NEWEST", "placed_at", True),
        ("OLDEST", "placed_at", False),
        ("HIGHEST", "total_minor", True),
        ("LOWEST", "total_minor", False),
    ],
)
async def test_whatever_it_is_sorted_by_a_list_has_every_order_once(
    settings: KitSettings, shop: Shop, sort: str, column: str, *, is_falling: bool
) -> None:
    moments = [utc_now() - timedelta(hours=n % 5) for n in range(20)]
    wares = [placed(f"{n}", 1 + n % 4, placed_at=moment) for n, moment in enumerate(moments)]
    async with storyteller(settings) as processor:
        await processor.process([incoming(one, f"m{n}") for n, one in enumerate(wares)])
        await shop.catch_up()
        found = await shop.whole_list(sort=sort)
        ids = [order["order_id"] for order in found]
        assert found == sorted(
            found, key=lambda order: (order[column], order["order_id"]), reverse=is_falling
        )
        assert len(set(ids)) == 20
        assert (await shop.get("/v1/order-ids", sort=sort))["order_ids"] == ids
        dear = {"total_from_minor": max(order["total_minor"] for order in found)}
        assert len((await shop.get("/v1/order-ids", **dear))["order_ids"]) == 5
