"""The AsyncAPI 3.0.0 document: every topic, every message, and which service sends or receives it.

Only our own services have operations; who else writes to a topic is told in its description.
Source: the AsyncAPI specification 3.0.0 and its Kafka bindings 0.5.0.
"""

from typing import Any

from pydantic import TypeAdapter

from contracts.topics import DAYS_MS, RELAY_POSITIONS, TOPICS, Topic
from contracts.values import OrderId
from countermand.contracts_examples import read_sample
from countermand.contracts_headers import write_header_schemas, write_headers_of
from countermand.contracts_schemas import (
    MESSAGES,
    SERVICES,
    Schema,
    TravellingMessage,
    write_shared_schemas,
)
from kit.cloudevents import MESSAGE_BYTES_MAX
from kit.roles import ServiceSpec

BINDING_VERSION = "0.5.0"

RELAY_POSITION = "RelayPosition"
"""Component name of the one record that is no CloudEvent."""

KEY_OF_MESSAGES = "Key: the order id, so one order's records stay in order."
KEY_OF_POSITIONS = "Key: the relay's log. Value: a log position in decimal digits."


def write_asyncapi(version: str) -> dict[str, Any]:
    """Describe what travels; `version` is that of the project."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Countermand",
            "version": version,
            "description": "Cancels orders: what is heard, what is said, and on which topics."
            " All messages are CloudEvents 1.0 in Kafka's binary mode; one over"
            f" {MESSAGE_BYTES_MAX} bytes is put aside unread.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "kafka.example:9092",
                "protocol": "kafka",
                "description": "A placeholder: put your own brokers here.",
            }
        },
        "channels": {_channel_id(topic.name): _channel(topic) for topic in TOPICS},
        "operations": {
            name: operation
            for service in SERVICES
            for name, operation in _operations_of(service).items()
        },
        "components": {
            "messages": _messages(),
            "schemas": {
                **write_shared_schemas("#/components/schemas/{model}"),
                **write_header_schemas(),
            },
        },
    }


def _channel_id(topic_name: str) -> str:
    first, *others = topic_name.split(".")
    return first + "".join(other.capitalize() for other in others)


def _message_names(topic: Topic) -> list[str]:
    if topic is RELAY_POSITIONS:
        return [RELAY_POSITION]
    return [model.__name__ for model in topic.messages]


def _channel(topic: Topic) -> dict[str, Any]:
    days = topic.retention_ms // DAYS_MS
    stay = "the last record of each key stays" if topic.compacted else f"records stay {days} days"
    key = KEY_OF_POSITIONS if topic is RELAY_POSITIONS else KEY_OF_MESSAGES
    return {
        "address": topic.name,
        "description": f"Writer: {topic.owner}. {key} Partitions: {topic.partitions}; {stay};"
        f" a record has at most {topic.message_bytes_max} bytes.",
        "messages": {
            name: {"$ref": f"#/components/messages/{name}"} for name in _message_names(topic)
        },
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": ["compact" if topic.compacted else "delete"],
                    "retention.ms": topic.retention_ms,
                    "max.message.bytes": topic.message_bytes_max,
                },
                "bindingVersion": BINDING_VERSION,
            }
        },
    }


def _operations_of(service: ServiceSpec) -> dict[str, Any]:
    operations: dict[str, Any] = {}
    heard = {model.__name__ for model in service.hears}
    for topic in TOPICS:
        is_positions = topic.name == service.positions_topic
        if topic.name in service.listens_to or is_positions:
            names = [name for name in _message_names(topic) if name in heard or is_positions]
            group = None if is_positions else service.name
            operation = _operation(service, topic, "receive", names, group=group)
            operations[f"{service.name}Receives{_capitalized(topic)}"] = operation
        if topic.owner == service.name or is_positions:
            operation = _operation(service, topic, "send", _message_names(topic))
            operations[f"{service.name}Sends{_capitalized(topic)}"] = operation
    return operations


def _capitalized(topic: Topic) -> str:
    name = _channel_id(topic.name)
    return name[0].upper() + name[1:]


def _operation(
    service: ServiceSpec, topic: Topic, action: str, names: list[str], *, group: str | None = None
) -> dict[str, Any]:
    channel = f"#/channels/{_channel_id(topic.name)}"
    binding: dict[str, Any] = {"bindingVersion": BINDING_VERSION}
    if group:
        binding["groupId"] = {"type": "string", "const": group}
    verb = "reads" if action == "receive" else "writes"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "summary": f"{service.name} {verb} {topic.name}",
        "tags": [{"name": service.name}],
        "messages": [{"$ref": f"{channel}/messages/{name}"} for name in names],
        "bindings": {"kafka": binding},
    }


def _messages() -> dict[str, Any]:
    position = {
        "name": "relay.position",
        "title": RELAY_POSITION,
        "summary": "How far one relay has come; travels in the transaction of what it published.",
        "contentType": "text/plain",
        "payload": {"type": "string", "pattern": "^[0-9]+$"},
        "bindings": _key_binding({"enum": [service.name for service in SERVICES]}),
    }
    return {
        **{message.model.__name__: _message(message) for message in MESSAGES},
        RELAY_POSITION: position,
    }


def _message(message: TravellingMessage) -> dict[str, Any]:
    return {
        "name": message.type,
        "title": message.model.__name__,
        "summary": message.meaning,
        "contentType": "application/json",
        "correlationId": {"location": "$message.header#/ce_correlationid"},
        "examples": [
            {"name": extent, "payload": read_sample(message.type, extent)}
            for extent in ("full", "minimal")
        ],
        "headers": write_headers_of(message),
        "payload": {"$ref": f"#/components/schemas/{message.model.__name__}"},
        "bindings": _key_binding(TypeAdapter(OrderId).json_schema()),
    }


def _key_binding(key: Schema) -> dict[str, Any]:
    return {"kafka": {"key": {"type": "string", **key}, "bindingVersion": BINDING_VERSION}}
