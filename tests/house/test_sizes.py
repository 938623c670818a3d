"""What a file may weigh: two files fit side by side, one function fits one screen."""

import ast

from tests.house.tree import PRODUCT, modules, parsed

MODULE_LINES_MAX = 300
FUNCTION_LINES_MAX = 50
KIT_LINES_MAX = 2_000
"""Lines of code, without docstrings; beyond this it is a framework and a project of its own."""

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
    counts = {name: count_code(text) for name, text in modules("kit")}
    total = sum(counts.values())
    largest = sorted(counts.items(), key=lambda entry: -entry[1])[:5]
    assert total <= KIT_LINES_MAX, f"largest: {largest}"


def count_code(source: str) -> int:
    """Count lines of code: blank lines, comments and docstrings explain, they do not act."""
    docs = {
        line
        for node in ast.walk(parsed(source))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    return sum(
        1
        for number, line in enumerate(source.splitlines(), 1)
        if number not in docs and line.strip() and not line.lstrip().startswith("#")
    )
