"""The command `countermand` as a person or a script runs it: a process, its streams, its exit."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.executable).with_name("countermand")
REPOSITORY = Path(__file__).parents[2]
PATIENCE_S = 150.0


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict[str, Any]:
        """The last line of standard output."""
        assert self.stdout, self.stderr
        answer: dict[str, Any] = json.loads(self.stdout.splitlines()[-1])
        return answer


async def start(
    *arguments: str, env: Mapping[str, str] | None = None
) -> asyncio.subprocess.Process:
    """Start the command; everything it starts must end with it."""
    return await asyncio.create_subprocess_exec(
        PROGRAM, *arguments, cwd=REPOSITORY,
        env={**os.environ, "COLUMNS": "200", **(env or {})},
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def ended(process: asyncio.subprocess.Process) -> Ended:
    """Wait for the end; whatever happened, no stack trace reaches a user."""
    try:
        stdout, stderr = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    assert process.returncode is not None
    outcome = Ended(process.returncode, stdout.decode(), stderr.decode())
    assert "Traceback" not in outcome.stderr, outcome.stderr
    return outcome


async def run(*arguments: str, env: Mapping[str, str] | None = None) -> Ended:
    """Run the command to its end; `env` may say which system it is about."""
    return await ended(await start(*arguments, env=env))


def are_gone(pids: Mapping[str, int]) -> bool:
    """Tell whether none of these processes lives; a zombie has a parent that will bury it."""
    return not [name for name, pid in pids.items() if _lives(pid)]


def _lives(pid: int) -> bool:
    with suppress(FileNotFoundError, ProcessLookupError):
        stat = Path(f"/proc/{pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] != "Z"
    return False
