"""The HTTP door of the running service: every answer it knows, and Kafka's door beside it."""

import asyncio
import itertools
from typing import Any

import pytest
from aiokafka import ConsumerRecord

from contracts.cancellation import CancelOrder
from contracts.message import Message
from countermand.upstream import Outgoing
from kit.cloudevents import Incoming, MessageReader, write_headers
from services.cancellation.bootstrap import SERVICE
from services.cancellation.translation import stream_of
from tests.support.api_door import Running
from tests.support.messages import cancel, captured, fulfilled, placed
from tests.support.stack import fetch, until

pytestmark = pytest.mark.e2e

EVENTS = "cancellation.cancellation_events"

_numbers = itertools.count(1)


def fresh(stem: str) -> str:
    """Return an id no other test uses."""
    return f"{stem}-{next(_numbers)}"


async def publish(running: Running, *messages: tuple[str, Message]) -> None:
    """Publish as upstream does, and wait until every message was taken in."""
    await running.upstream.publish(Outgoing(id_, message) for id_, message in messages)
    ids = [id_ for id_, _ in messages]

    async def are_in() -> bool:
        known = await fetch(
            running.database,
            "SELECT count(*) FROM cancellation.inbox WHERE message_id = ANY($1)", ids,
        )  # fmt: skip
        return bool(known[0][0] == len(ids))

    await until(are_in, what=f"{ids} are handled")


async def order(running: Running, *units: int, paid_minor: int | None = None) -> str:
    """Announce an order over Kafka and return its number."""
    order_id = fresh("order")
    messages: list[tuple[str, Message]] = [(fresh("placed"), placed(order_id, *units))]
    if paid_minor:
        messages.append((fresh("captured"), captured(order_id, paid_minor)))
    await publish(running, *messages)
    return order_id


async def test_an_order_is_cancelled_with_its_refund(running: Running) -> None:
    order_id = await order(running, 2, 1, paid_minor=3_750)
    key = fresh("key")
    answer = await running.door.cancel(order_id, key, staff_note="on the phone")
    assert answer.status_code == 201
    body = answer.json()
    assert (body["outcome"], body["order_id"], body["command_id"]) == ("CANCELLED", order_id, key)
    assert (body["refund_minor"], body["currency"], body["nothing_left"]) == (3_750, "EUR", True)
    assert (body["restock"], body["notify"]) == (True, True)
    assert [line["quantity"] for line in body["lines"]] == [2, 1]
    seen = await running.door.get(f"/v1/orders/{order_id}", min_position=body["position"])
    assert seen.json()["order"]["state"] == "CANCELLED"
    assert seen.json()["order"]["refund_state"] == "PENDING"


async def test_some_units_of_one_line_are_cancelled(running: Running) -> None:
    order_id = await order(running, 5, 1)
    lines = [{"line_id": "1", "quantity": 2}]
    answer = await running.door.cancel(order_id, fresh("key"), lines=lines, restock=False)
    body = answer.json()
    assert answer.status_code == 201
    assert (body["nothing_left"], body["restock"], body["refund_minor"]) == (False, False, 0)
    seen = await running.door.get(f"/v1/orders/{order_id}", min_position=body["position"])
    assert seen.json()["order"]["state"] == "PARTIALLY_CANCELLED"
    assert [line["cancelled"] for line in seen.json()["order"]["lines"]] == [2, 0]


async def refused(running: Running, order_id: str, **body: Any) -> tuple[int, list[str]]:
    """Send a command that must be refused; returns status and the code of every failed rule."""
    answer = await running.door.cancel(order_id, fresh("key"), **body)
    refusals = answer.json()["refusals"]
    assert answer.json()["code"] == refusals[0]["code"]
    assert all(refusal["detail"] and refusal["remedy"] for refusal in refusals)
    return answer.status_code, [refusal["code"] for refusal in refusals]


def line(line_id: str, quantity: int) -> dict[str, Any]:
    return {"line_id": line_id, "quantity": quantity}


async def test_every_refusal_is_typed_and_none_is_held_back(running: Running) -> None:
    assert await refused(running, fresh("unknown")) == (404, ["ORDER_NOT_FOUND"])
    order_id = await order(running, 3, 2, 1)
    assert await refused(running, order_id, lines=[line("9", 1)]) == (404, ["LINE_NOT_FOUND"])
    assert await refused(running, order_id, lines=[line("1", 4)]) == (409, ["QUANTITY_TOO_GREAT"])
    await publish(running, (fresh("shipped"), fulfilled(order_id, line_2=2)))
    assert await refused(running, order_id, lines=[line("2", 1)]) == (409, ["ALREADY_FULFILLED"])
    both = [line("9", 1), line("1", 4), line("2", 1)]
    assert await refused(running, order_id, lines=both) == (
        404, ["LINE_NOT_FOUND", "QUANTITY_TOO_GREAT", "ALREADY_FULFILLED"],
    )  # fmt: skip
    done = await running.door.cancel(order_id, fresh("key"), lines=[line("3", 1)])
    assert done.status_code == 201
    assert await refused(running, order_id, lines=[line("3", 1)]) == (409, ["NOTHING_LEFT"])


async def test_the_same_key_and_body_always_get_the_same_answer(running: Running) -> None:
    order_id, key, late = await order(running, 1), fresh("key"), fresh("key")
    answers = await asyncio.gather(*(running.door.cancel(order_id, key) for _ in range(10)))
    refusals = [await running.door.cancel(order_id, late) for _ in range(3)]
    # The order's story goes on; the answer stays.
    answers.append(await running.door.cancel(order_id, key))
    assert [answer.status_code for answer in answers] == [201] * 11
    assert len({answer.text for answer in answers}) == 1
    assert (await running.door.get(f"/v1/commands/{key}")).json() == answers[0].json()
    assert [answer.status_code for answer in refusals] == [409] * 3
    assert len({answer.text for answer in refusals}) == 1
    at = refusals[0].json()["position"]
    history = await running.door.get(f"/v1/orders/{order_id}/history", min_position=at)
    assert [fact["name"] for fact in history.json()["history"]] == [
        "order.placed.v1", "order.cancelled.v1", "order.cancellation-rejected.v1",
    ]  # fmt: skip


async def test_a_key_used_for_another_command_is_refused(running: Running) -> None:
    order_id, other, key = await order(running, 1), await order(running, 1), fresh("key")
    assert (await running.door.cancel(order_id, key)).status_code == 201
    for again in (
        running.door.cancel(order_id, key, reason="FRAUD"),
        running.door.cancel(order_id, key, staff_note="another"),
        running.door.cancel(other, key),
    ):
        answer = await again
        assert (answer.status_code, answer.json()["code"]) == (409, "MESSAGE_ID_REUSED")
    seen = await running.door.cancel(other, fresh("key"))
    assert seen.status_code == 201, "the refused key cancelled nothing"


async def test_a_command_is_found_by_its_id_by_whichever_door_it_came(running: Running) -> None:
    order_id = await order(running, 1)
    by_kafka, late, orphan, clash = (fresh(stem) for stem in ("kafka", "late", "orphan", "clash"))
    await publish(running, (by_kafka, cancel(order_id)))
    await publish(running, (late, cancel(order_id)), (orphan, captured(fresh("never-placed"))))
    find = running.door.get
    found = (await find(f"/v1/commands/{by_kafka}")).json()
    assert (found["outcome"], found["order_id"]) == ("CANCELLED", order_id)
    again = await running.door.cancel(order_id, by_kafka)
    assert (again.status_code, again.json()) == (201, found), "the doors lead into one house"
    refusal = (await find(f"/v1/commands/{late}")).json()
    assert (refusal["outcome"], refusal["refusals"][0]["code"]) == ("REJECTED", "NOTHING_LEFT")
    put_aside = (await find(f"/v1/commands/{orphan}")).json()
    assert (put_aside["outcome"], put_aside["code"]) == ("DEAD_LETTERED", "ORDER_NOT_FOUND")
    missing = await find(f"/v1/commands/{clash}")
    assert (missing.status_code, missing.json()["code"]) == (404, "COMMAND_NOT_FOUND")


async def test_a_malformed_command_on_kafka_is_found_as_a_dead_letter(running: Running) -> None:
    order_id, id_ = await order(running, 1), fresh("malformed")
    wrong = cancel(order_id).model_copy(update={"reason": "WHIM"})
    await running.upstream.publish([Outgoing(id_, wrong)])

    async def is_known() -> bool:
        return (await running.door.get(f"/v1/commands/{id_}")).status_code == 200

    await until(is_known, what="the dead letter is found")
    found = (await running.door.get(f"/v1/commands/{id_}")).json()
    assert (found["outcome"], found["code"]) == ("DEAD_LETTERED", "DATA_INVALID")
    assert "reason" in found["detail"]


async def test_what_a_caller_says_about_the_story_never_stops_the_legs(running: Running) -> None:
    """Our own consumers put aside headers that are too long or hold control characters."""
    order_id = await order(running, 1)
    strange: list[tuple[bytes, bytes]] = [
        (b"idempotency-key", fresh("key").encode()),
        (b"x-correlation-id", b"\x85" + b"c" * 5_000),
        (b"traceparent", b"t" * 5_000),
    ]
    answer = await running.door.send(
        "POST", f"/v1/orders/{order_id}/cancellations", json={"reason": "OTHER"}, headers=strange
    )
    assert answer.status_code == 201
    rows = await fetch(
        running.database, f"SELECT state FROM {EVENTS} WHERE topic = 'order.cancelled.v1'"
        " ORDER BY notification_id DESC LIMIT 1",
    )  # fmt: skip
    _, cause = SERVICE.store.mapper.read_body("order.cancelled.v1", rows[0]["state"])
    written = write_headers(
        id_="1", source="/s", type_=CancelOrder.TYPE, subject=order_id, time="",
        correlation_id=cause.correlation_id, traceparent=cause.traceparent,
    )  # fmt: skip
    value = cancel(order_id).model_dump_json().encode()
    record: Any = ConsumerRecord("t", 0, 0, 0, 0, order_id.encode(), value, None, 0, 0, written)
    assert isinstance(MessageReader([CancelOrder], stream_of).read(record), Incoming)


async def test_orders_are_listed_page_by_page(running: Running) -> None:
    for _ in range(5):
        await order(running, 1)
    last = await order(running, 1)
    position = (await running.door.cancel(last, fresh("key"))).json()["position"]
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2, "min_position": position}
    while True:
        page = (await running.door.get("/v1/orders", **query)).json()
        seen += [entry["order_id"] for entry in page["orders"]]
        if page["next_before"] is None:
            break
        query["before"] = page["next_before"]
    whole = (await running.door.get("/v1/orders", limit=200)).json()["orders"]
    assert seen == [entry["order_id"] for entry in whole]
    assert len(seen) == len(set(seen)) >= 6
    cancelled = (await running.door.get("/v1/orders", state="CANCELLED", limit=200)).json()
    assert last in [entry["order_id"] for entry in cancelled["orders"]]
    assert {entry["state"] for entry in cancelled["orders"]} == {"CANCELLED"}


async def test_what_nobody_told_us_about_is_not_found(running: Running) -> None:
    for path in ("/v1/orders/nobody", "/v1/orders/nobody/history"):
        answer = await running.door.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "ORDER_NOT_FOUND")
    answer = await running.door.get("/v2/orders")
    assert (answer.status_code, answer.json()["code"]) == (404, "ROUTE_NOT_FOUND")
    answer = await running.door.send("DELETE", "/v1/orders/1")
    assert (answer.status_code, answer.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
