"""The official `cloudevents` package reads what we write, and we read what it writes."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from aiokafka import ConsumerRecord
from cloudevents.core.bindings import kafka
from cloudevents.core.v1.event import CloudEvent

from contracts.message import Command
from countermand.contracts_asyncapi import write_asyncapi
from countermand.contracts_headers import READ_REQUIRES
from countermand.contracts_schemas import MESSAGES, TravellingMessage
from kit.cloudevents import Headers, Incoming, MessageReader, Undecodable, write_headers
from tests.contracts.validation import find_errors, read_sample

every_message = pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.type)
every_header_set = pytest.mark.parametrize(
    "optional",
    [
        {},
        {"causation_id": "command-1"},
        {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
        {
            "causation_id": "command-1",
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        },
    ],
    ids=["bare", "caused", "traced", "caused and traced"],
)
NOW = datetime(2026, 2, 27, 9, 30, 0, 123456, tzinfo=UTC)
ANY_STREAM = UUID(int=1)
KEY = "489434"


def _headers(message: TravellingMessage, **optional: str) -> Headers:
    return write_headers(
        id_="6f0b2a52-7d8c-5b44-8f9d-0f6f3c8a4c11",
        source="/countermand/test",
        type_=message.type,
        subject=KEY,
        time=NOW.isoformat(),
        correlation_id="story-1",
        **optional,
    )


def _value(message: TravellingMessage) -> bytes:
    model: Any = message.model.model_validate(read_sample(message.type))
    return model.model_dump_json().encode()


def _read(message: TravellingMessage, headers: Headers, value: bytes) -> Any:
    reader = MessageReader([message.model], lambda _: (KEY, ANY_STREAM))
    record: Any = ConsumerRecord(
        "topic", 0, 0, 0, 0, b"489434", value, None, 6, len(value), tuple(headers)
    )  # fmt: skip
    return reader.read(record)


@every_message
@every_header_set
def test_the_official_package_reads_what_we_write(message, optional):
    headers, value = _headers(message, **optional), _value(message)
    event = kafka.from_kafka_event(kafka.KafkaMessage(dict(headers), b"489434", value))

    assert type(event) is CloudEvent
    assert event.get_data() == message.model.model_validate_json(value).model_dump(mode="json")
    attributes = event.get_attributes()
    assert attributes.pop("time") == NOW
    assert attributes.pop("datacontenttype") == "application/json"
    assert attributes == {
        name.removeprefix("ce_"): text.decode()
        for name, text in headers
        if name not in {"ce_time", "content-type"}
    }


@every_message
@every_header_set
def test_what_the_official_package_writes_back_is_the_same_message_to_us(message, optional):
    headers, value = _headers(message, **optional), _value(message)
    event = kafka.from_kafka_event(kafka.KafkaMessage(dict(headers), b"489434", value))
    theirs = kafka.to_binary_event(event)

    assert theirs.key == KEY
    assert theirs.headers.keys() == dict(headers).keys()
    ours = _read(message, headers, value)
    assert isinstance(ours, Incoming)
    assert _read(message, list(theirs.headers.items()), theirs.value) == ours


@every_message
def test_a_message_made_with_the_official_package_alone_is_read(message):
    event = CloudEvent(
        {"id": "1", "source": "/shop", "type": message.type}, read_sample(message.type)
    )
    made = kafka.to_binary_event(event, key_mapper=lambda _: KEY)
    incoming = _read(message, list(made.headers.items()), made.value)
    assert isinstance(incoming, Incoming)
    assert (incoming.id, incoming.correlation_id, incoming.traceparent) == ("1", "1", None)


@every_message
@every_header_set
def test_the_headers_we_write_are_those_of_the_asyncapi_document(message, optional):
    document = write_asyncapi("1")
    described = document["components"]["messages"][message.model.__name__]["headers"]
    schema = {**described, "components": document["components"]}
    texts = {name: text.decode() for name, text in _headers(message, **optional)}
    assert find_errors(schema, texts) == []
    assert find_errors(schema, {**texts, "ce_type": "another.type.v1"})
    if issubclass(message.model, Command):
        assert find_errors(schema, {**texts, "ce_id": "no command id"})


def test_a_record_is_read_exactly_when_it_has_the_headers_the_document_requires():
    message = MESSAGES[0]
    headers = _headers(message)
    for absent, _ in headers:
        present = [(name, text) for name, text in headers if name != absent]
        outcome = _read(message, present, _value(message))
        assert isinstance(outcome, Undecodable) == (absent in READ_REQUIRES), absent
