"""Fields of messages and parts as people read them: a kind, a meaning, an example."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from countermand.contracts_examples import Schema

VALUES_MAX = 14
"""So many values of a field are named; more are a list of their own, like that of currencies."""

Targets = Mapping[str, str]
"""Anchors by the names that lead to them: of messages and of parts."""


class Field(NamedTuple):
    """One row of a table."""

    name: str
    kind: Markup
    is_required: bool
    meaning: Markup
    limits: tuple[str, ...]
    """What a value must keep to."""
    default: str | None
    """What leaving it out means, as JSON; None when it cannot be left out."""
    example: str | None
    """As JSON; None for a field that has fields of its own."""


def read_fields(schema: Schema, targets: Targets) -> list[Field]:
    """Return the fields of an object in the order they were written in."""
    required = schema.get("required", ())
    return [
        _read_field(name, node, targets, is_required=name in required)
        for name, node in schema.get("properties", {}).items()
    ]


def _read_field(name: str, node: Schema, targets: Targets, *, is_required: bool) -> Field:
    inner = next(_alternatives(node))
    examples = node.get("examples", [])
    default = None if is_required else json.dumps(node.get("default"), ensure_ascii=False)
    return Field(
        name=name,
        kind=_kind(node, targets),
        is_required=is_required,
        meaning=write_meaning(node.get("description", ""), targets),
        limits=tuple(_limits(inner)),
        default=default,
        example=json.dumps(examples[0], ensure_ascii=False) if examples else None,
    )


def write_meaning(text: str, targets: Targets) -> Markup:
    """Turn words with `names` into HTML, a line per paragraph; a name on the page is a link."""

    def mark(name: str) -> str:
        shown = Markup("<code>{}</code>").format(name)
        return (
            Markup('<a href="#{}">{}</a>').format(targets[name], shown)
            if name in targets
            else shown
        )

    lines = [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]
    pieces = re.split(r"`([^`]+)`", "\n".join(lines))
    return Markup("").join(
        mark(piece) if number % 2 else escape(piece) for number, piece in enumerate(pieces)
    )


def _alternatives(node: Schema) -> Iterator[Schema]:
    for choice in node.get("anyOf", [node]):
        if choice.get("type") != "null":
            yield choice


def _kind(node: Schema, targets: Targets) -> Markup:
    kinds = [_kind_of_one(choice, targets) for choice in _alternatives(node)]
    may_be_null = any(choice.get("type") == "null" for choice in node.get("anyOf", ()))
    return Markup(" or ").join([*kinds, escape("null")] if may_be_null else kinds)


def _kind_of_one(node: Schema, targets: Targets) -> Markup:
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return Markup('<a href="#{}">{}</a>').format(targets[name], name)
    if "items" in node:
        return Markup("list of {}").format(_kind(node["items"], targets))
    if "const" in node:
        return Markup("always <code>{}</code>").format(node["const"])
    return escape(node.get("format") or node.get("type", "anything"))


def _limits(node: Schema) -> Iterator[str]:
    values = node.get("enum", ())
    if len(values) > VALUES_MAX:
        yield f"one of {len(values)}, {values[0]} to {values[-1]}"
    elif values:
        yield "one of " + ", ".join(str(value) for value in values)
    least, most = node.get("minimum", node.get("exclusiveMinimum")), node.get("maximum")
    if "exclusiveMinimum" in node:
        yield f"more than {least:,}"
    elif least is not None:
        yield f"at least {least:,}"
    if most is not None:
        yield f"at most {most:,}"
    if "maxLength" in node:
        yield f"{node.get('minLength', 0)} to {node['maxLength']} characters"
    if "minItems" in node or "maxItems" in node:
        yield f"{node.get('minItems', 0)} to {node.get('maxItems', 'any number of')} entries"
    if "pattern" in node:
        yield f"matches {node['pattern']}"


def write_sample(value: Any) -> str:
    """Write a sample as people read it, in its own sequence."""
    return json.dumps(value, indent=2, ensure_ascii=False)
