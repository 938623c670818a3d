"""Tells whether a stored fact may change as it did: today's readers beside what was ever written.

Rows are never changed, so whoever reads a log is like whoever reads others' messages: it may accept
more than before and never less. A version that is no more written is raised (`kit.facts`), and then
its golden bodies show that it is still read.
"""

import json
from pathlib import Path

from countermand.contracts_compatibility import Break, Schema, find_breaks
from countermand.contracts_schemas import UntitledJsonSchema
from countermand.replay.facts import FACTS as REPLAYS
from countermand.specs import LOGS
from kit.facts import Fact

STORED = "stored"
"""Folder in `contracts/released`; one line a file, because nobody reads them."""


def all_facts() -> list[type[Fact]]:
    """Return every fact that is ever written, the tool's own among them."""
    return [fact for facts in (*(spec.facts for spec in LOGS.values()), REPLAYS) for fact in facts]


def write_stored_schemas() -> dict[str, Schema]:
    """Describe every fact; keys are the stored names."""
    return {
        fact.NAME: fact.model_json_schema(schema_generator=UntitledJsonSchema)
        for fact in all_facts()
    }


def read_stored(contracts: Path) -> dict[str, Schema]:
    """Read the schemas as released."""
    paths = sorted((contracts / "released" / STORED).glob("*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}


def find_stored_breaks(
    released: dict[str, Schema], current: dict[str, Schema], older: frozenset[str]
) -> list[Break]:
    """List what today's code could no longer read; `older` names are raised."""
    kept = {name: schema for name, schema in released.items() if name not in older}
    return find_breaks(kept, current, foreign=frozenset(kept))


def find_stored_breaks_since_release(contracts: Path) -> list[Break]:
    """List them for the code as it is."""
    older = frozenset(name for fact in all_facts() for name in fact.OLDER)
    return find_stored_breaks(read_stored(contracts), write_stored_schemas(), older)
