"""What a file may weigh: two files fit side by side, one function fits one screen."""

import ast

from tests.house.tree import PRODUCT, modules, parsed

MODULE_LINES_MAX = 300
FUNCTION_LINES_MAX = 50
KIT_LINES_MAX = 2_000
"""Beyond this it is a framework, and needs its own project."""

ALL = dict(modules(*PRODUCT, "tests"))


def test_every_module_fits_a_mind() -> None:
    counts = {name: len(source.splitlines()) for name, source in ALL.items()}
    long = {name: count for name, count in counts.items() if count > MODULE_LINES_MAX}
    assert not long, "split these by what they hold"


def test_every_function_fits_a_screen() -> None:
    long = [
        f"{name}:{node.lineno} {node.name}: {length}"
        for name, source in ALL.items()
        for node in ast.walk(parsed(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and (length := node.end_lineno - node.lineno + 1) > FUNCTION_LINES_MAX
    ]
    assert not long


def test_the_kit_stays_a_kit() -> None:
    counts = {name: len(text.splitlines()) for name, text in modules("kit")}
    total = sum(counts.values())
    largest = sorted(counts.items(), key=lambda entry: -entry[1])[:5]
    assert total <= KIT_LINES_MAX, f"largest: {largest}"
