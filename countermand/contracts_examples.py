"""Examples in the schemas: every field shows the value it has in the full sample of its message.

So nobody writes an example twice, and one that no longer fits fails with its sample. A field that
has fields of its own is shown by those.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import contracts

SAMPLES = Path(contracts.__file__).parent / "samples"

Schema = dict[str, Any]
Resolve = Callable[[str], Schema]
"""Returns what a reference stands for."""


def read_sample(type_: str, extent: str = "full") -> Any:
    """Return a sample of a message type; `full` sets every field, `minimal` what must be there."""
    return json.loads((SAMPLES / f"{type_}.{extent}.json").read_text(encoding="utf-8"))


def add_examples(schema: Schema, value: Any, resolve: Resolve) -> None:
    """Give every field of `schema` an example out of `value`; one that has one keeps it."""
    inner = resolve_all(schema, resolve)
    if "items" in inner:
        for item in value:
            add_examples(inner["items"], item, resolve)
    for name, field in inner.get("properties", {}).items():
        if value.get(name) is None:
            continue
        if has_fields(field, resolve):
            add_examples(field, value[name], resolve)
        else:
            field.setdefault("examples", [value[name]])


def has_fields(field: Schema, resolve: Resolve) -> bool:
    """Whether a field is an object or a list of objects."""
    inner = resolve_all(field, resolve)
    return "properties" in resolve_all(inner.get("items", inner), resolve)


def resolve_all(node: Schema, resolve: Resolve) -> Schema:
    """Follow references and leave out that a field may be null."""
    while "$ref" in node or "anyOf" in node:
        if "$ref" in node:
            node = resolve(node["$ref"])
        else:
            node = next(choice for choice in node["anyOf"] if choice.get("type") != "null")
    return node
