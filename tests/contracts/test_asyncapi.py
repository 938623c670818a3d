"""The AsyncAPI document is sound 3.0.0 and tells the same story as the topics and the services.

`ESSENTIALS` holds what the official schema demands of the parts we use.
"""

from typing import Any

import pytest

from contracts.topics import RELAY_POSITIONS, TOPICS
from countermand.contracts_asyncapi import write_asyncapi
from countermand.contracts_headers import ATTRIBUTES, READ_REQUIRES, WRITE_INCLUDES
from countermand.contracts_schemas import MESSAGES, SERVICES
from tests.contracts.validation import find_errors, find_references, read_sample, resolve

REFERENCE = {
    "type": "object",
    "required": ["$ref"],
    "additionalProperties": False,
    "properties": {"$ref": {"type": "string", "pattern": "^#/"}},
}
NAMED = {"propertyNames": {"pattern": r"^[A-Za-z0-9._-]+$"}, "minProperties": 1}
BINDINGS = {
    "type": "object",
    "required": ["kafka"],
    "properties": {
        "kafka": {"type": "object", "properties": {"bindingVersion": {"const": "0.5.0"}}}
    },
}


def _closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required,
        "additionalProperties": False,
        "properties": properties,
    }


TEXT = {"type": "string", "minLength": 1}
ESSENTIALS = _closed(
    ["asyncapi", "info", "channels", "operations", "components"],
    asyncapi={"const": "3.0.0"},
    info=_closed(
        ["title", "version"], title=TEXT, version=TEXT, description=TEXT,
        license=_closed(["name"], name=TEXT),
    ),
    defaultContentType=TEXT,
    servers={
        **NAMED,
        "additionalProperties": _closed(
            ["host", "protocol"], host=TEXT, protocol=TEXT, description=TEXT
        ),
    },
    channels={
        **NAMED,
        "additionalProperties": _closed(
            ["address", "messages"], address=TEXT, description=TEXT, bindings=BINDINGS,
            messages={**NAMED, "additionalProperties": REFERENCE},
        ),
    },
    operations={
        **NAMED,
        "additionalProperties": _closed(
            ["action", "channel"], action={"enum": ["send", "receive"]}, channel=REFERENCE,
            messages={"type": "array", "items": REFERENCE, "minItems": 1}, summary=TEXT,
            tags={"type": "array", "items": _closed(["name"], name=TEXT)}, bindings=BINDINGS,
        ),
    },
    components=_closed(
        [],
        messages={
            **NAMED,
            "additionalProperties": _closed(
                ["name", "payload"], name=TEXT, title=TEXT, summary=TEXT, contentType=TEXT,
                headers={"type": "object", "required": ["type"]}, payload={"type": "object"},
                examples={
                    "type": "array", "items": _closed(["name", "payload"], name=TEXT, payload={}),
                },
                correlationId=_closed(
                    ["location"], location={"pattern": r"^\$message\.(header|payload)#(/.*)?$"}
                ),
                bindings=BINDINGS,
            ),
        },
        schemas={**NAMED, "additionalProperties": {"type": "object"}},
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return write_asyncapi("1.2.3")


def _operations(document: dict[str, Any], action: str, service: str) -> dict[str, set[str]]:
    """Message names by topic that `service` sends or receives."""
    return {
        resolve(document, operation["channel"]["$ref"])["address"]: {
            reference["$ref"].rpartition("/")[2] for reference in operation["messages"]
        }
        for operation in document["operations"].values()
        if operation["action"] == action and operation["tags"] == [{"name": service}]
    }


def test_the_document_is_sound(document):
    assert find_errors(ESSENTIALS, document) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.update(asyncapi="2.6.0"),
        lambda d: d["info"].pop("title"),
        lambda d: d["channels"]["ordersEvents"].update(adress="typo"),
        lambda d: d["operations"]["inventorySendsInventoryEvents"].update(action="publish"),
        lambda d: d["components"]["messages"]["OrderPlaced"].pop("payload"),
    ],
    ids=["version", "no title", "unknown key", "old action", "no payload"],
)
def test_a_spoilt_document_is_not_sound(spoil):
    spoilt = write_asyncapi("1.2.3")
    spoil(spoilt)
    assert find_errors(ESSENTIALS, spoilt)


def test_every_reference_leads_somewhere(document):
    references = find_references(document)
    assert len(references) > 50
    for reference in references:
        assert resolve(document, reference), reference


def test_every_operation_names_messages_of_its_own_channel(document):
    for name, operation in document["operations"].items():
        for reference in operation["messages"]:
            assert reference["$ref"].startswith(operation["channel"]["$ref"] + "/messages/"), name


def test_every_topic_is_a_channel_with_its_agreement(document):
    channels = {channel["address"]: channel for channel in document["channels"].values()}
    assert list(channels) == [topic.name for topic in TOPICS]
    for topic in TOPICS:
        kafka = channels[topic.name]["bindings"]["kafka"]
        assert kafka["partitions"] == topic.partitions
        assert kafka["topicConfiguration"]["retention.ms"] == topic.retention_ms
        assert kafka["topicConfiguration"]["max.message.bytes"] == topic.message_bytes_max
        assert "Key: " in channels[topic.name]["description"]


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_service_sends_what_its_topic_carries_one_for_each_published_fact(document, service):
    sent = _operations(document, "send", service.name)
    assert sent.pop(RELAY_POSITIONS.name) == {"RelayPosition"}
    (topic,) = (topic for topic in TOPICS if topic.owner == service.name)
    assert sent == {topic.name: {model.__name__ for model in topic.messages}}
    assert len(service.publishes) == len(topic.messages)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_service_receives_all_it_hears_and_nothing_else(document, service):
    received = _operations(document, "receive", service.name)
    assert received.pop(RELAY_POSITIONS.name) == {"RelayPosition"}
    assert set(received) == set(service.listens_to)
    heard = set().union(*received.values())
    assert heard == {model.__name__ for model in service.hears}


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.type)
def test_the_payload_of_a_message_accepts_its_samples(document, message):
    described = document["components"]["messages"][message.model.__name__]
    assert described["name"] == message.type
    schema = {**described["payload"], "components": document["components"]}
    for extent in ("full", "minimal"):
        assert find_errors(schema, read_sample(message.type, extent)) == []
    assert find_errors(schema, {})


def test_no_server_of_anybody_is_named(document):
    assert [server["host"] for server in document["servers"].values()] == ["kafka.example:9092"]


def test_every_header_that_is_required_is_described():
    assert set(READ_REQUIRES) <= set(WRITE_INCLUDES) <= set(ATTRIBUTES)
