"""What a file may weigh: two files fit side by side, one function fits one screen."""

import ast

import pytest

from tests.house.tree import PRODUCT, modules, parsed

MODULE_LINES_MAX = 300
FUNCTION_LINES_MAX = 50
KIT_LINES_MAX = 2_000
"""Beyond this it is a framework, and needs its own project."""

ALL = dict(modules(*PRODUCT, "tests"))


@pytest.mark.parametrize("name", ALL)
def test_a_module_fits_a_mind(name: str) -> None:
    count = len(ALL[name].splitlines())
    assert count <= MODULE_LINES_MAX, f"{name} has {count} lines: split it by what it holds"


@pytest.mark.parametrize("name", ALL)
def test_a_function_fits_a_screen(name: str) -> None:
    long = {
        node.name: length
        for node in ast.walk(parsed(ALL[name]))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and (length := node.end_lineno - node.lineno + 1) > FUNCTION_LINES_MAX
    }
    assert not long, f"functions over {FUNCTION_LINES_MAX} lines: {long}"


def test_the_kit_stays_a_kit() -> None:
    counts = {name: len(text.splitlines()) for name, text in modules("kit")}
    total = sum(counts.values())
    largest = sorted(counts.items(), key=lambda entry: -entry[1])[:5]
    assert total <= KIT_LINES_MAX, f"kit has {total} lines; largest: {largest}"
