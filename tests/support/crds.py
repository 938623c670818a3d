"""Keeps the schemas of foreign resources: `python -m tests.support.crds CRD.yaml …`.

Reads definitions as their projects publish them, and writes each stored version as one closed JSON
Schema without prose. Rules in CEL are left out: nothing here can evaluate them.
"""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.house.tree import ROOT

SCHEMAS = ROOT / "deploy" / "kubernetes" / "schemas"
DROPPED = {"description", "default", "example", "title"}
PREFIX = "x-kubernetes-"
ENVELOPE = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}


def close(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that takes no field it does not name."""
    closed: dict[str, Any] = {
        key: value
        for key, value in schema.items()
        if key not in DROPPED and not key.startswith(PREFIX)
    }
    if schema.get(f"{PREFIX}int-or-string"):
        return {"type": ["integer", "string"]}
    if "properties" in closed:
        closed["properties"] = {name: close(one) for name, one in closed["properties"].items()}
        if not schema.get(f"{PREFIX}preserve-unknown-fields"):
            closed.setdefault("additionalProperties", False)
    for key in ("items", "additionalProperties"):
        if isinstance(closed.get(key), dict):
            closed[key] = close(closed[key])
    for key in ("anyOf", "oneOf", "allOf"):
        if key in closed:
            # Branches repeat parts of what surrounds them; only that is closed.
            closed[key] = [_only(part) for part in closed[key]]
    return closed


def _only(part: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key not in DROPPED}


def main(paths: list[str]) -> int:
    """Write one file per definition and return the exit status."""
    for path in paths:
        definition = yaml.safe_load(Path(path).read_text("utf-8"))
        spec = definition["spec"]
        (version,) = [version for version in spec["versions"] if version["storage"]]
        schema = close(version["schema"]["openAPIV3Schema"])
        schema["properties"] |= {**ENVELOPE, "metadata": {"type": "object"}}
        schema["required"] = ["apiVersion", "kind", "metadata", "spec"]
        name = f"{spec['group']}_{spec['names']['kind'].lower()}_{version['name']}.json"
        told = json.dumps(schema, sort_keys=True, separators=(",", ":"))
        (SCHEMAS / name).write_text(f"{told}\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
