"""JSON Schema 2020-12 of every message, and who writes and reads it.

What is described is the data alone, the value of a Kafka record; the CloudEvents attributes are
headers and stand in the AsyncAPI document.
"""

from typing import Any, NamedTuple

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from contracts.message import Message
from contracts.topics import TOPICS, Topic
from countermand.contracts_examples import add_examples, read_sample
from kit.roles import ServiceSpec
from services.cancellation.bootstrap import SERVICE as CANCELLATION
from services.inventory.bootstrap import SERVICE as INVENTORY
from services.notifier.bootstrap import SERVICE as NOTIFIER
from services.refunds.bootstrap import SERVICE as REFUNDS

Schema = dict[str, Any]

SERVICES: tuple[ServiceSpec, ...] = (CANCELLATION, INVENTORY, REFUNDS, NOTIFIER)


class TravellingMessage(NamedTuple):
    """A message type on its topic."""

    model: type[Message]
    topic: Topic

    @property
    def type(self) -> str:
        """The CloudEvents type."""
        return self.model.TYPE

    @property
    def has_foreign_writers(self) -> bool:
        """Whether others write it and we read; otherwise we write and anybody may read."""
        return self.topic.owner not in {service.name for service in SERVICES}

    @property
    def meaning(self) -> str:
        """The first line of the model's docstring."""
        return (self.model.__doc__ or "").partition("\n")[0]


MESSAGES: tuple[TravellingMessage, ...] = tuple(
    TravellingMessage(model, topic) for topic in TOPICS for model in topic.messages
)
"""Every message type there is, in the order of the topics."""


def readers_of(topic: Topic) -> tuple[str, ...]:
    """Return the services of ours that read a topic."""
    return tuple(
        service.name
        for service in SERVICES
        if topic.name in service.listens_to or topic.name == service.positions_topic
    )


class UntitledJsonSchema(GenerateJsonSchema):
    """Pydantic's JSON Schema without the titles it makes up from field names."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        """Never."""
        return False


def write_schema(model: type[Message]) -> Schema:
    """Describe the data of one message type."""
    schema = model.model_json_schema(schema_generator=UntitledJsonSchema)
    full = read_sample(model.TYPE)
    add_examples(schema, full, lambda ref: schema["$defs"][ref.rpartition("/")[2]])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:countermand:{model.TYPE}",
        **schema,
        "examples": [full, read_sample(model.TYPE, "minimal")],
    }


def write_shared_schemas(ref_template: str = "#/$defs/{model}") -> dict[str, Schema]:
    """Describe messages and their parts, each once; keys are class names."""
    _, shared = models_json_schema(
        [(message.model, "validation") for message in MESSAGES],
        ref_template=ref_template,
        schema_generator=UntitledJsonSchema,
    )
    schemas: dict[str, Schema] = shared["$defs"]
    for message in MESSAGES:
        schema = schemas[message.model.__name__]
        full = read_sample(message.type)
        add_examples(schema, full, lambda ref: schemas[ref.rpartition("/")[2]])
    return schemas


def write_schemas() -> dict[str, Schema]:
    """Describe every message type; keys are the types."""
    return {message.type: write_schema(message.model) for message in MESSAGES}
