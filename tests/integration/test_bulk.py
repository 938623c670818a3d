"""Bulk plans on a real PostgreSQL: which orders, what would come of them, what came of them."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import orjson
import pytest

from contracts.cancellation import ApprovalTerms
from contracts.orders import OrderPlaced
from kit.ids import stream_id
from kit.settings import KitSettings
from services.cancellation.bulk.preview import look_ahead
from services.cancellation.bulk.requests import BulkPlanBody
from services.cancellation.domain.default_policy import DEFAULT_POLICY
from services.cancellation.domain.plan_terms import BulkWish, OrderFilter, command_id_of
from tests.support.bulk import EVENTS, STAFF, BulkWorld, open_bulk_world
from tests.support.messages import MOMENT, PRICE_MINOR, cancel, captured, fulfilled, placed
from tests.support.stack import count, fetch

pytestmark = pytest.mark.integration

ITEMS = "cancellation.plan_items"


@pytest.fixture
async def world(settings: KitSettings) -> AsyncIterator[BulkWorld]:
    async with open_bulk_world(settings) as opened:
        yield opened


async def test_every_order_gets_the_answer_it_would_get_alone(world: BulkWorld) -> None:
    await world.shop("1", "2", "3")
    await world.say(cancel("2"))
    await world.say(fulfilled("3", line_1=2, line_2=1))
    answer = await world.start("recall", "1", "2", "3", "unknown", "1")
    assert (answer["outcome"], answer["order_count"]) == ("STARTED", 4)
    plan = await world.finish("recall")
    assert await world.outcomes("recall") == {
        "1": ("CANCELLED", None),
        "2": ("REFUSED", ["NOTHING_LEFT"]),
        "3": ("REFUSED", ["ALREADY_FULFILLED"]),
        "unknown": ("REFUSED", ["ORDER_NOT_FOUND"]),
    }
    assert plan["outcomes"] == {"CANCELLED": 1, "REFUSED": 3}
    assert plan["money"] == {"EUR": {"refund_minor": 3 * PRICE_MINOR}}
    assert (plan["units"], plan["messages"], plan["state"]) == (3, 1, "COMPLETED")
    [(state,)] = await fetch(
        world.dsn, f"SELECT convert_from(state, 'UTF8') FROM {EVENTS} WHERE originator_id = $1"
        " AND topic = 'bulk.plan-completed.v1'", stream_id("plan:recall"),
    )  # fmt: skip
    assert '"refund_minor":{"EUR":3750}' in state


async def test_the_fact_names_the_plan_as_the_one_who_asked(world: BulkWorld) -> None:
    await world.shop("1")
    await world.start("recall", "1")
    await world.finish("recall")
    [(body,)] = await fetch(
        world.dsn, f"SELECT convert_from(state, 'UTF8')::json FROM {EVENTS}"
        " WHERE topic = 'order.cancelled.v1'",
    )  # fmt: skip
    assert '"actor":{"type":"BULK","id":"recall","role":"MANAGER"}' in body
    assert f'"command_id":"{command_id_of("recall", "1")}"' in body
    assert '"correlation_id":"recall"' in body


async def test_the_decision_is_the_one_anybody_gets_but_for_who_asked(world: BulkWorld) -> None:
    await world.shop("plan", "hand")
    await world.say(fulfilled("plan", line_1=1), fulfilled("hand", line_1=1))
    wish = {"reason": "OTHER", "sub_reason": "SUPPLIER_ISSUE", "refund": "LATER", "restock": None,
            "customer_message": "Sorry."}  # fmt: skip
    await world.start("recall", "plan", wish=wish)
    await world.finish("recall")
    await world.say(cancel("hand", actor=STAFF, **wish))
    bodies = await fetch(
        world.dsn,
        f"SELECT convert_from(state, 'UTF8')::json -> 'fact' FROM {EVENTS}"
        " WHERE topic = 'order.cancelled.v1' ORDER BY notification_id",
    )
    by_plan, by_hand = [orjson.loads(row[0]) for row in bodies]
    for fact in (by_plan, by_hand):
        fact["asked"] = {name: fact["asked"][name] for name in BulkWish.model_fields}
    differing = {name for name in by_plan if by_plan[name] != by_hand[name]}
    assert differing == {
        "order_id", "cancellation_id", "command_id", "requested_by", "actor", "recipient",
    }  # fmt: skip
    assert by_plan["money"]["balance_minor"] == 2 * PRICE_MINOR


async def test_a_preview_tells_what_the_plan_does_and_writes_nothing(world: BulkWorld) -> None:
    await world.shop(*(str(number) for number in range(30)))
    await world.say(cancel("3"), fulfilled("4", line_1=2, line_2=1), fulfilled("5", line_1=2))
    await world.say(placed("guest", customer=None), captured("guest"))
    order_ids = [*(str(number) for number in range(30)), "guest", "unknown"]
    before = await count(world.dsn, EVENTS), await count(world.dsn, "cancellation.inbox")
    targets = await world.desk.find(order_ids, None)
    body = BulkPlanBody.model_validate(
        {"order_ids": order_ids, "wish": {"reason": "INVENTORY"}, "actor": STAFF}
    )
    steps = [s async for s in look_ahead(world.orders, body.wish, "MANAGER", targets)]
    foreseen = steps[-1].to_json()
    after = await count(world.dsn, EVENTS), await count(world.dsn, "cancellation.inbox")
    assert before == after
    assert await count(world.dsn, ITEMS) == 0
    started = await world.start("recall", *order_ids)
    plan = await world.finish("recall")
    for name in ("outcomes", "money", "units", "messages"):
        assert foreseen[name] == plan[name], name
    assert foreseen["digest"] == started["digest"]
    assert {(r["code"], r["orders"]) for r in foreseen["refusals"]} == {
        (r["code"], r["orders"]) for r in plan["refusals"]
    }
    assert foreseen["restock_units"] == foreseen["units"] == 28 * 3 + 1
    assert foreseen["messages"] == 28


async def test_what_the_policy_asks_for_is_asked_for_each_order(world: BulkWorld) -> None:
    terms = ApprovalTerms(name="BULK_BY_TWO", actors=("BULK",))
    world.policy = DEFAULT_POLICY.model_copy(update={"version": 1, "approvals": (terms,)})
    await world.shop("1")
    await world.start("recall", "1")
    plan = await world.finish("recall")
    assert await world.outcomes("recall") == {"1": ("REQUESTED", ["BULK_BY_TWO"])}
    assert plan["outcomes"] == {"REQUESTED": 1}


async def test_orders_are_found_by_article_country_and_time(world: BulkWorld) -> None:
    await world.shop("fr-old", country="France", placed_at=MOMENT - timedelta(days=9))
    await world.shop("fr", country="France")
    await world.shop("de", country="Germany")
    tricky = placed("tricky", 1, country="France")
    lines = tuple(line.model_copy(update={"title": '"sku":"sku-2"'}) for line in tricky.lines)
    await world.say(tricky.model_copy(update={"lines": lines}))
    await world.say(placed("gone", country="France"), cancel("gone"))
    await world.say(fulfilled("fr-old", line_2=1))
    await world.project()

    async def found(**wanted: Any) -> list[Any]:
        return [tuple(t) for t in await world.desk.find(None, OrderFilter(**wanted))]

    assert await found(country="France") == [("fr-old", None), ("fr", None), ("tricky", None)]
    assert await found(country="France", placed_from=MOMENT) == [("fr", None), ("tricky", None)]
    assert await found(country="France", placed_before=MOMENT) == [("fr-old", None)]
    assert await found(sku="sku-2") == [("de", None), ("fr", None)]
    assert await found(sku="sku-2", only_item=True, country="France") == [("fr", (("2", 1),))]
    assert await found(sku="sku-99", country="Fran\x00ce") == []


async def test_only_the_article_is_cancelled_when_that_is_wanted(world: BulkWorld) -> None:
    await world.shop("1", "2")
    await world.project()
    await world.start("recall", filter={"sku": "sku-1", "only_item": True})
    plan = await world.finish("recall")
    assert plan["outcomes"] == {"CANCELLED": 2}
    assert plan["units"] == 4
    assert plan["money"] == {"EUR": {"refund_minor": 4 * PRICE_MINOR}}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"filter": {"country": "Nowhere"}}, "PLAN_EMPTY"),
        ({"order_ids": ["1"], "expected_digest": "0" * 64}, "SELECTION_CHANGED"),
        ({"order_ids": ["1"], "actor": {"type": "STAFF", "id": "eve", "role": "VIEWER"}},
         "MISSING_PERMISSION"),
        ({"order_ids": ["1"], "actor": {"type": "SERVICE", "id": "erp"},
          "wish": {"reason": "STAFF", "refund": "NONE"}}, "MISSING_PERMISSION"),
    ],
)  # fmt: skip
async def test_a_plan_that_may_not_start_leaves_no_orders_behind(
    world: BulkWorld, more: dict[str, Any], code: str
) -> None:
    answer = await world.start("recall", **more)
    assert answer["outcome"] == "REJECTED"
    assert {refusal["code"] for refusal in answer["refusals"]} == {code}
    assert await world.start("recall", **more) == answer
    assert await count(world.dsn, ITEMS) == 0
    assert await count(world.dsn, "cancellation.bulk_plans") == 0


async def test_texts_with_zero_bytes_are_kept_as_they_are(world: BulkWorld) -> None:
    await world.shop("1")
    note = "a\x00b"
    wish = {"reason": "STAFF", "staff_note": note, "customer_message": note}
    await world.start("recall", "1", wish=wish)
    plan = await world.finish("recall")
    assert plan["outcomes"] == {"CANCELLED": 1}
    assert plan["wish"]["staff_note"] == note


def a_big_order(order_id: str) -> OrderPlaced:
    return placed(order_id, *([1] * 20))


async def test_more_orders_than_one_plan_may_have_are_refused(
    world: BulkWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.cancellation.bulk.selection.ORDERS_MAX", 3)
    monkeypatch.setattr("services.cancellation.domain.decisions.plans.ORDERS_MAX", 3)
    await world.say(*(a_big_order(str(number)) for number in range(5)))
    await world.project()
    answer = await world.start("recall", filter={"placed_from": MOMENT - timedelta(days=1)})
    assert [refusal["code"] for refusal in answer["refusals"]] == ["PLAN_TOO_LARGE"]
