"""Work in a process of its own, which takes a job and ends when whoever started it does."""

import asyncio
import base64
import pickle
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple, cast


class Helper(NamedTuple):
    """A process at work."""

    process: asyncio.subprocess.Process
    to: asyncio.StreamWriter
    """Its standard input."""
    told: asyncio.StreamReader
    """Its standard output."""


@asynccontextmanager
async def helper(module: str, job: Any) -> AsyncIterator[Helper]:
    """Run a module's main, which takes its job by `take_job`; killed at the end if need be."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for whoever started it, who ends it
    )  # fmt: skip
    to = cast("asyncio.StreamWriter", process.stdin)
    try:
        to.write(base64.b64encode(pickle.dumps(job)) + b"\n")
        yield Helper(process, to, cast("asyncio.StreamReader", process.stdout))
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def take_job() -> Any:
    """Return the job of this process."""
    return pickle.loads(base64.b64decode(sys.stdin.buffer.readline()))  # noqa: S301 - from our parent
