"""The command in a terminal of so many columns, and what a person has seen on it."""

import asyncio
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Mapping
from dataclasses import dataclass

from rich.cells import cell_len

from tests.support.command_line import PROGRAM, REPOSITORY

_CONTROLS = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")
"""Sequences that colour text and move the cursor (ECMA-48)."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What stood on the terminal, line by line, every drawing of a bar one after the other."""

    exit_code: int
    lines: list[str]
    columns: int

    @property
    def too_wide(self) -> list[str]:
        """Lines the terminal had to break."""
        return [line for line in self.lines if cell_len(line) > self.columns]

    def bars(self, step: str) -> list[str]:
        """Return every drawing of the bar of a step."""
        return [line.rstrip() for line in self.lines if line.startswith(step)]


async def watch(columns: int, *arguments: str, env: Mapping[str, str] | None = None) -> Seen:
    """Run the command in a terminal to its end."""
    return await asyncio.to_thread(_watch, columns, arguments, {**os.environ, **(env or {})})


def _watch(columns: int, arguments: tuple[str, ...], env: dict[str, str]) -> Seen:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    env = {name: value for name, value in env.items() if name not in ("COLUMNS", "LINES")}
    with subprocess.Popen(
        [PROGRAM, *arguments], cwd=REPOSITORY, env={**env, "TERM": "xterm-256color"},
        stdin=theirs, stdout=theirs, stderr=theirs,
    ) as process:  # fmt: skip
        os.close(theirs)
        written = b""
        while part := _read(ours):
            written += part
    os.close(ours)
    text = _CONTROLS.sub("", written.decode())
    return Seen(process.returncode, [line for line in re.split(r"[\r\n]+", text) if line], columns)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # Linux says so when nobody has the other end open any more
        return b""
