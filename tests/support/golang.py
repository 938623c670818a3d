"""Programs in Go that tests need, built into `.countermand/tools`, each once.

Whoever has no Go, or no modules for it, is told loudly that something was not tested.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / ".countermand" / "tools"
BUILD_S_MAX = 170


class GoMissingError(Exception):
    """A program cannot be built here; the message says why."""


def install(module: str, version: str) -> Path:
    """Return the program of a published module, built if need be.

    Raises:
        GoMissingError: there is no Go, or the module could not be built.
    """
    program = TOOLS / version / module.rpartition("/")[2]
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        env = {"GOBIN": str(program.parent), "GOFLAGS": "-mod=mod"}
        _need(["install", f"{module}@{version}"], env=env)
    return program


def build(folder: Path) -> Path:
    """Return the program of a folder of ours, built when its files have changed.

    Raises:
        GoMissingError: there is no Go, or its modules are not to be had.
        AssertionError: it does not compile.
    """
    sources = sorted(path for path in folder.iterdir() if path.suffix in {".go", ".mod", ".sum"})
    digest = hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()
    program = TOOLS / f"{folder.name}-{digest[:16]}" / "program"
    if not program.exists():
        _need(["mod", "download"], folder)
        program.parent.mkdir(parents=True, exist_ok=True)
        for words in (["vet", "."], ["build", "-trimpath", "-o", str(program), "."]):
            done = _go(words, folder)
            assert done.returncode == 0, done.stdout
    return program


def skip_loudly(missing: GoMissingError, what: str) -> None:
    """Skip a test, so that nobody takes it for tested."""
    print(f"\n*** NOT TESTED {what}: {missing} ***")  # noqa: T201
    pytest.skip(f"NOT TESTED {what}: {missing}")


def _need(
    words: Sequence[str], folder: Path | None = None, env: dict[str, str] | None = None
) -> None:
    done = _go(words, folder, env)
    if done.returncode:
        raise GoMissingError(f"`go {words[0]}` failed: {done.stdout[-300:]}")


def _go(
    words: Sequence[str], folder: Path | None = None, env: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    go = shutil.which("go")
    if go is None:
        raise GoMissingError("there is no Go here")
    return subprocess.run(
        [go, *words], check=False, cwd=folder, env={**os.environ, **(env or {})},
        timeout=BUILD_S_MAX, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
