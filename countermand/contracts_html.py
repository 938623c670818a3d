"""The page for a browser: topics, messages, fields and HTTP routes, in one file on its own.

It loads nothing and runs nothing, so it can be read from a disk, a web server or an archive. What
is looked for is found by the browser's own search, and by a list of all fields at the end.
"""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from contracts.message import Command
from contracts.topics import DAYS_MS, TOPICS, Topic
from countermand.contracts_compatibility import find_changes
from countermand.contracts_examples import Schema, read_sample
from countermand.contracts_fields import Field, Targets, read_fields, write_meaning, write_sample
from countermand.contracts_headers import ATTRIBUTES, READ_REQUIRES, WRITE_INCLUDES
from countermand.contracts_schemas import (
    MESSAGES,
    SERVICES,
    TravellingMessage,
    readers_of,
    write_schema,
    write_shared_schemas,
)

TEMPLATES = Path(__file__).parent / "templates"


class MessageView(NamedTuple):
    """A message type as it is shown."""

    type: str
    title: str
    kind: str
    meaning: Markup
    readers: tuple[str, ...]
    history: tuple[str, ...]
    """What became of its versions, the newest last."""
    fields: list[Field]
    samples: dict[str, str]


class TopicView(NamedTuple):
    """A topic as it is shown."""

    name: str
    owner: str
    readers: tuple[str, ...]
    partitions: int
    stay: str
    megabytes_max: int
    messages: list[MessageView]


class PartView(NamedTuple):
    """A piece that several messages may have in common."""

    name: str
    meaning: Markup
    fields: list[Field]


def write_html(version: str, openapi: dict[str, Any], released: Mapping[str, Schema]) -> str:
    """Write the page.

    Args:
        version: that of the project.
        openapi: the HTTP routes, as the running API describes them.
        released: the schemas others were promised, by type.
    """
    schemas = write_shared_schemas()
    titles = {message.model.__name__: message.type for message in MESSAGES}
    targets = {name: titles.get(name, f"part-{name}") for name in schemas}
    targets |= {message.type: message.type for message in MESSAGES}
    targets |= {topic.name: topic.name for topic in TOPICS}
    parts = [
        PartView(name, _meaning(schema, targets), read_fields(schema, targets))
        for name, schema in sorted(schemas.items())
        if name not in titles
    ]
    topics = [_read_topic(topic, schemas, targets, released) for topic in TOPICS]
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    return environment.get_template("contracts.html").render(
        version=version,
        style=Markup((TEMPLATES / "contracts.css").read_text(encoding="utf-8")),  # noqa: S704 - ours
        topics=topics,
        parts=parts,
        headers=_read_headers(targets),
        operations=_read_operations(openapi, targets),
        index=_index(topics, parts),
        counts={"messages": len(MESSAGES), "released": len(released)},
    )  # fmt: skip


def _meaning(schema: Schema, targets: Targets) -> Markup:
    return write_meaning(schema.get("description", ""), targets)


def _read_topic(
    topic: Topic, schemas: dict[str, Schema], targets: Targets, released: Mapping[str, Schema]
) -> TopicView:
    return TopicView(
        name=topic.name,
        owner=topic.owner,
        readers=readers_of(topic),
        partitions=topic.partitions,
        stay="last of each key" if topic.compacted else f"{topic.retention_ms // DAYS_MS} days",
        megabytes_max=topic.message_bytes_max // 2**20,
        messages=[
            _read_message(message, schemas[message.model.__name__], targets, released)
            for message in MESSAGES
            if message.topic is topic
        ],
    )


def _read_message(
    message: TravellingMessage, schema: Schema, targets: Targets, released: Mapping[str, Schema]
) -> MessageView:
    readers = tuple(service.name for service in SERVICES if message.model in service.hears)
    return MessageView(
        type=message.type,
        title=message.model.__name__,
        kind="command" if issubclass(message.model, Command) else "event",
        meaning=_meaning(schema, targets),
        readers=readers,
        history=tuple(_tell_history(message, released)),
        fields=read_fields(schema, targets),
        samples={
            extent: write_sample(read_sample(message.type, extent))
            for extent in ("minimal", "full")
        },
    )


def _tell_history(message: TravellingMessage, released: Mapping[str, Schema]) -> list[str]:
    version = message.type.rpartition(".")[2]
    promised = released.get(message.type)
    if promised is None:
        return [f"{version}: new, not released yet; it may still change"]
    today = write_schema(message.model)
    new = [name for name in today["properties"] if name not in promised["properties"]]
    told = [f"{version}: released; only optional fields may be added"]
    if new:
        told.append(f"since then: {', '.join(new)}")
    told += [f"since then: {c.where} {c.what}" for c in find_changes(promised, today)]
    return told


def _read_headers(targets: Targets) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "meaning": write_meaning(rules["description"], targets),
            "asked": name in READ_REQUIRES,
            "given": name in WRITE_INCLUDES,
        }
        for name, rules in ATTRIBUTES.items()
    ]


def _read_operations(openapi: dict[str, Any], targets: Targets) -> list[dict[str, Any]]:
    return [
        {
            "verb": verb.upper(),
            "path": path,
            "meaning": write_meaning(operation.get("description", ""), targets),
            "right": operation.get("x-right", ""),
            "parameters": [each["name"] for each in operation.get("parameters", [])],
            "answers": sorted(operation["responses"]),
        }
        for path, operations in sorted(openapi["paths"].items())
        for verb, operation in operations.items()
    ]


def _index(topics: list[TopicView], parts: list[PartView]) -> list[tuple[str, list[Any]]]:
    """List every field name with the places that have it."""
    places: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for topic in topics:
        for message in topic.messages:
            for field in message.fields:
                places[field.name].append((message.type, message.title))
    for part in parts:
        for field in part.fields:
            places[field.name].append((f"part-{part.name}", part.name))
    return sorted(places.items())
