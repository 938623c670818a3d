"""Stored facts and Kafka records under the same names, whatever they hold."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from pydantic import AwareDatetime

from contracts.topics import TOPICS
from countermand.history.event import of_entry, of_record
from kit.event_store import LogEntry
from kit.ids import event_id, stream_id
from tests.support.logs import body_of
from tests.support.messages import MOMENT, captured, headers, placed

RECORDED = datetime(2026, 11, 3, 8, 0, tzinfo=UTC)
STREAM = stream_id("order:1")


def an_entry(fact: dict[str, Any], name: str = "order.placed.v1") -> LogEntry:
    return LogEntry(7, STREAM, 2, name, body_of(fact, RECORDED, "m-1"))


def a_record(**more: Any) -> Any:
    about = {
        "topic": "orders.events", "partition": 2, "offset": 9,
        "timestamp": RECORDED.timestamp() * 1000,
        "key": b"1", "value": placed("1").model_dump_json().encode(),
        "headers": headers(placed("1"), "m-1"),
    }  # fmt: skip
    return SimpleNamespace(**about | more)


def test_what_others_told_us_has_their_time_and_ours() -> None:
    event = of_entry("cancellation", an_entry({"message": placed("1").model_dump(mode="json")}))
    assert (event.happened_at, event.recorded_at) == (MOMENT, RECORDED)
    assert (event.source, event.position, event.version) == ("cancellation", 7, 2)
    assert (event.order_id, event.causation_id) == ("1", "m-1")
    assert event.id == str(event_id(STREAM, 2))


def test_what_we_decided_happened_when_it_was_recorded() -> None:
    event = of_entry("cancellation", an_entry({"order_id": "1", "refunds": []}))
    assert event.happened_at == event.recorded_at == RECORDED


def test_a_fact_nobody_has_heard_of_is_shown_like_any_other() -> None:
    entry = an_entry({"lamp": {"watt": 40}}, "lamp.lit.v3")
    event = of_entry("lamps", entry)
    assert (event.name, event.order_id, event.data) == ("lamp.lit.v3", None, {"lamp": {"watt": 40}})


def test_a_deadline_is_not_when_it_happened() -> None:
    message = {"order_id": "1", "payment_due_at": "2027-01-01T00:00:00Z"}
    message |= captured("1").model_dump(mode="json")
    assert of_entry("cancellation", an_entry({"message": message})).happened_at == MOMENT


def test_of_two_times_the_one_it_is_named_after_is_its_own() -> None:
    told = {"cancelled_at": "2026-11-01T00:00:00Z", "confirmed_at": MOMENT.isoformat()}
    name = "cancellation.order-cancellation-confirmed.v1"
    headers = [("ce_type", name.encode())]
    assert of_record(a_record(value=orjson.dumps(told), headers=headers)).happened_at == MOMENT
    entry = an_entry({"cancelled_at": told["cancelled_at"]}, "order.cancellation-confirmed.v1")
    assert of_entry("cancellation", entry).happened_at == RECORDED


def test_every_message_tells_which_time_is_its_own() -> None:
    """Else which of several it is would be chance."""
    for topic in TOPICS:
        for message in topic.messages:
            times = [
                name
                for name, field in message.model_fields.items()
                if field.annotation is AwareDatetime and field.is_required()
            ]
            verb = message.TYPE.split(".")[-2].rpartition("-")[2]
            assert len(times) <= 1 or f"{verb}_at" in times, (message.TYPE, times)


def test_a_record_tells_what_its_headers_say() -> None:
    event = of_record(a_record())
    assert (event.source, event.position) == ("orders.events/2", 9)
    assert (event.name, event.order_id, event.id) == ("order.placed.v1", "1", "m-1")
    assert event.happened_at == MOMENT
    assert event.recorded_at == RECORDED
    assert event.data["currency"] == "EUR"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"headers": []}, {"name": None, "id": None, "order_id": "1"}),
        ({"headers": [], "key": None}, {"order_id": None}),
        ({"value": None}, {"data": None}),
        ({"value": b"{"}, {"data": {"base64": "ew=="}}),
        ({"value": b"\xff"}, {"data": {"base64": "/w=="}}),
        ({"value": b"[1]"}, {"data": [1]}),
        ({"headers": [("ce_type", b"\xff\x00")]}, {"name": "\ufffd\x00"}),
        ({"headers": [("ce_time", b"noon")], "value": b"7"}, {"happened_at": None}),
        ({"headers": [("ce_type", None)]}, {"name": None}),
        ({"value": b'{"placed_at": 7}'}, {"data": {"placed_at": 7}}),
    ],
)
def test_a_malformed_record_is_shown_all_the_same(
    more: dict[str, Any], expected: dict[str, Any]
) -> None:
    event = of_record(a_record(**more))._asdict()
    assert {name: event[name] for name in expected} == expected
    orjson.dumps(event)
