"""The files of the project, as the house rules look at them: tracked ones and those to be."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = (
    "contracts", "telemetry", "kit", "audit", "rebuild", "sharding", "web", "services", "console",
    "deploy", "countermand",
)  # fmt: skip
"""Packages that ship."""

SERVICES = ("cancellation", "inventory", "refunds", "notifier")
BINARY = {".png", ".jpg", ".gif", ".ico", ".gz", ".zip", ".pdf", ".woff2"}
NEVER = {".venv", ".git", ".countermand", "__pycache__", ".hypothesis"}


@cache
def files() -> tuple[Path, ...]:
    """Return every file that is tracked or would be; all of them where there is no git."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listing.returncode == 0:
        paths = [ROOT / name for name in listing.stdout.split("\0") if name]
    else:
        paths = list(ROOT.rglob("*"))
    return tuple(
        sorted(p for p in paths if p.is_file() and not NEVER & set(p.relative_to(ROOT).parts))
    )


def texts() -> Iterator[tuple[str, str]]:
    """Return the relative path and the content of every text file."""
    for path in files():
        if path.suffix not in BINARY:
            yield str(path.relative_to(ROOT)), path.read_text("utf-8", errors="replace")


def modules(*folders: str) -> Iterator[tuple[str, str]]:
    """Return the relative path and the source of every Python module under some folders."""
    for name, text in texts():
        if name.endswith(".py") and name.startswith(tuple(f"{folder}/" for folder in folders)):
            yield name, text


@cache
def parsed(source: str) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(source)
