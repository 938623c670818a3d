"""What must repeat after a crash is computed: no chance and no clock where effects are made."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch

import pytest

from tests.house.tree import modules, parsed

EFFECTS = [
    f"services/*/{part}" for part in ("domain/*.py", "effects.py", "adapters/*.py", "ports.py")
] + ["services/notifier/rendering.py", "services/*/translation.py", "kit/ids.py", "kit/decider.py"]
CHANCE = {"uuid1", "uuid4", "random", "secrets", "token_hex", "token_urlsafe", "urandom", "getpid"}
CLOCKS = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
    ("time", "time"), ("time", "time_ns"), ("time", "localtime"), ("time", "gmtime"),
}  # fmt: skip
"""Ways to ask what time it is; `time.monotonic` only tells how long something took."""

CLOCK = "kit/clock.py"
ACTING = {
    name: source
    for name, source in modules("services", "kit")
    if any(fnmatch(name, pattern) for pattern in EFFECTS)
}
ALL = dict(
    modules("contracts", "kit", "audit", "rebuild", "sharding", "web", "services", "console")
)


def names_in(tree: ast.Module) -> Iterator[str]:
    """Return every name, attribute and import in a module."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name
            case ast.alias(name=name):
                yield from name.split(".")
            case ast.ImportFrom(module=str(name)):
                yield from name.split(".")
            case _:
                pass


def clock_calls(tree: ast.Module) -> list[str]:
    """Return the places that ask the time."""
    imported = {
        (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    asked = [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and (ast.unparse(node.value).rpartition(".")[2], node.attr) in CLOCKS
    ]
    return asked + [f"from {a} import {b}" for a, b in imported & CLOCKS]


@pytest.mark.parametrize("name", ACTING)
def test_nothing_is_drawn_where_effects_are_made(name: str) -> None:
    """A key drawn at random would be another one after a crash, and the effect happen twice."""
    assert not CHANCE & set(names_in(parsed(ACTING[name]))), name


def test_only_the_clock_asks_the_time() -> None:
    asked = {name: calls for name, source in ALL.items() if (calls := clock_calls(parsed(source)))}
    assert asked.keys() == {CLOCK}, asked


@pytest.mark.parametrize(
    "source",
    ["import uuid; uuid.uuid4()", "from uuid import uuid4", "import random", "import os.urandom"],
)
def test_chance_is_found(source: str) -> None:
    assert CHANCE & set(names_in(parsed(source)))


@pytest.mark.parametrize(
    "source",
    ["datetime.now(UTC)", "datetime.datetime.now()", "time.time()", "from time import time"],
)
def test_a_clock_is_found(source: str) -> None:
    assert clock_calls(parsed(source))


@pytest.mark.parametrize("source", ["time.monotonic()", "loop.time()", "context.now"])
def test_a_stopwatch_is_let_through(source: str) -> None:
    assert not clock_calls(parsed(source))


def test_every_service_was_looked_at() -> None:
    looked_at = {name.split("/")[1] for name in ACTING if name.startswith("services/")}
    assert looked_at == {"cancellation", "inventory", "refunds", "notifier"}
