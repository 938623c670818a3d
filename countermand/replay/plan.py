"""The plan as a file: one JSON object per line, keys sorted, known by the SHA-256 of its bytes.

The first line says what was asked, the last one what it comes to, the lines between are the rows.
The same question about the same world makes the same file.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from countermand.errors import KnownError
from countermand.replay.selection import Selection
from countermand.replay.targets import Row, Target
from countermand.screen import OnStep

FORMAT = "countermand.replay.v1"


class NoPlanError(KnownError):
    """The file is no plan."""


class Plan(NamedTuple):
    """A plan's file, its rows not yet read."""

    path: Path
    hash: str
    target: str
    selection: dict[str, Any]
    scope: dict[str, Any]
    totals: dict[str, Any]
    estimate_s: float

    def rows(self) -> Iterator[Row]:
        """Read the rows, one at a time."""
        with self.path.open("rb") as file:
            file.readline()
            for line in file:
                row = orjson.loads(line)
                if "totals" not in row:
                    yield row


def write_line(value: dict[str, Any]) -> bytes:
    """Write one line, the same bytes for the same value."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS) + b"\n"


class _Totals:
    """What a plan comes to."""

    def __init__(self) -> None:
        self.rows = self.do = 0
        self.states: Counter[str] = Counter()
        self.effects: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.amounts: Counter[str] = Counter()

    def add(self, row: Row) -> None:
        self.rows += 1
        self.do += row["do"]
        self.states[row["state"]] += 1
        for effect in row.get("effects", ()):
            if effect["status"] == "missing" and row["do"]:
                self.effects[effect["kind"]] += 1
                if "amount_minor" in effect:
                    self.amounts[effect["currency"]] += effect["amount_minor"]
            elif effect["status"] != "missing":
                self.done[f"{effect['kind']} {effect['status']}"] += 1

    def to_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "do": self.do,
            "states": dict(self.states),
            "effects": dict(self.effects),
            "effects_already": dict(self.done),
            "amount_minor": dict(self.amounts),
        }


async def make_plan(target: Target, selection: Selection, path: Path, on_step: OnStep) -> Plan:
    """Look at everything selected and write the plan; changes nothing else."""
    scope, totals, digest = await target.scope(), _Totals(), hashlib.sha256()
    asked: dict[str, Any] = {
        "format": FORMAT, "target": target.name, "selection": selection.canonical(),
        "scope": scope,
    }  # fmt: skip
    with path.open("wb") as file:

        def put(value: dict[str, Any]) -> None:
            line = write_line(value)
            digest.update(line)
            file.write(line)

        put(asked)
        async for page in target.survey(scope, on_step):
            for row in page:
                totals.add(row)
                put(row)
        estimate_s = round(totals.do / target.rate, 1)
        put({"totals": totals.to_json(), "estimate_s": estimate_s})
    return Plan(
        path, digest.hexdigest(), target.name, asked["selection"], scope, totals.to_json(),
        estimate_s,
    )  # fmt: skip


def read_plan(path: Path) -> Plan:
    """Read a plan's file.

    Raises:
        NoPlanError: it is none, or not a whole one.
    """
    digest, first, last = hashlib.sha256(), b"", b""
    try:
        with path.open("rb") as file:
            for line in file:
                digest.update(line)
                first, last = first or line, line
        head, tail = orjson.loads(first), orjson.loads(last)
        if head["format"] != FORMAT:
            raise NoPlanError(f"{path} is a plan of another kind: {head['format']}.")
        return Plan(
            path, digest.hexdigest(), head["target"], head["selection"], head["scope"],
            tail["totals"], tail["estimate_s"],
        )  # fmt: skip
    except (OSError, ValueError, LookupError, TypeError) as no:
        raise NoPlanError(f"{path} is no whole plan ({no}).") from None
