"""The Kafka headers of a message, CloudEvents 1.0 in binary mode, as schemas.

What we write is more than what we ask of others: four attributes are enough to be read by us.
"""

from typing import Any

from pydantic import TypeAdapter

from contracts.message import Command
from contracts.values import CommandId
from countermand.contracts_schemas import Schema, TravellingMessage
from kit.cloudevents import MESSAGE_ID_LENGTH_MAX, write_headers

ATTRIBUTES: dict[str, Schema] = {
    "ce_specversion": {"const": "1.0", "description": "Version of CloudEvents."},
    "ce_id": {
        "description": "Id of the message. The same id again is the same message: nothing is done"
        " twice, and another body under a used id is put aside.",
        "maxLength": MESSAGE_ID_LENGTH_MAX,
        "minLength": 1,
    },
    "ce_source": {
        "description": "Who says it, for example `/countermand/refunds`.",
        "format": "uri-reference",
        "minLength": 1,
    },
    "ce_type": {"description": "Type of the message; it ends in its major version."},
    "ce_subject": {"description": "The order id, same as the key of the record."},
    "ce_time": {
        "description": "When it was decided. Never used to order anything.",
        "format": "date-time",
    },
    "ce_partitionkey": {"description": "The order id, same as the key of the record."},
    "ce_correlationid": {"description": "Id of the first message of the whole story."},
    "ce_causationid": {"description": "Id of the message that brought this one about."},
    "ce_traceparent": {
        "description": "W3C trace context: the story's, in which whoever traces goes on."
    },
    "content-type": {"const": "application/json", "description": "Media type of the value."},
}
"""Every header we write or read; all are UTF-8 text."""

READ_REQUIRES = ("ce_specversion", "ce_id", "ce_source", "ce_type")
"""Without one of these `kit.cloudevents.MessageReader` puts a record aside."""

WRITE_INCLUDES = tuple(
    name
    for name, _ in write_headers(
        id_="1", source="/", type_="t", subject="1", time="", correlation_id="1"
    )
)
"""What every message of ours carries; the cause and the trace only when there is one."""


def write_header_schemas() -> dict[str, Schema]:
    """Describe the headers all messages share; keys are component names."""
    properties = {name: {"type": "string", **rules} for name, rules in ATTRIBUTES.items()}
    return {
        "AcceptedHeaders": {
            "description": "What a message of others must carry to be read.",
            "properties": properties,
            "required": list(READ_REQUIRES),
            "type": "object",
        },
        "WrittenHeaders": {
            "description": "What every message of ours carries.",
            "properties": properties,
            "required": list(WRITE_INCLUDES),
            "type": "object",
        },
    }


def write_headers_of(message: TravellingMessage) -> Schema:
    """Describe the headers of one message type, over and above the shared ones."""
    shared = "AcceptedHeaders" if message.has_foreign_writers else "WrittenHeaders"
    properties: dict[str, Any] = {"ce_type": {"const": message.type}}
    if issubclass(message.model, Command):
        properties["ce_id"] = TypeAdapter(CommandId).json_schema()
    return {
        "allOf": [{"$ref": f"#/components/schemas/{shared}"}, {"properties": properties}],
        "type": "object",
    }
