"""Validation by `jsonschema` alone, which knows nothing of our models."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from countermand.generate import CONTRACTS

SAMPLES = CONTRACTS / "samples"

FORMATS = FormatChecker(["uuid"])


@FORMATS.checks("date-time", raises=ValueError)
def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def find_errors(schema: dict[str, Any], data: object) -> list[str]:
    """List what `schema` finds wrong with `data`; empty when it is valid."""
    validator = Draft202012Validator(schema, format_checker=FORMATS)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(data)]


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def read_sample(type_: str, extent: str = "full") -> Any:
    return read_json(SAMPLES / f"{type_}.{extent}.json")


def resolve(document: Any, reference: str) -> Any:
    """Follow a local reference; raises `KeyError` when it leads nowhere."""
    assert reference.startswith("#/")
    for step in reference.removeprefix("#/").split("/"):
        document = document[step.replace("~1", "/").replace("~0", "~")]
    return document


def find_references(document: Any) -> set[str]:
    """Collect every `$ref` below `document`."""
    if isinstance(document, list):
        return set().union(*(find_references(item) for item in document))
    if not isinstance(document, dict):
        return set()
    own = {document["$ref"]} if isinstance(document.get("$ref"), str) else set()
    return own.union(*(find_references(value) for value in document.values()))
