"""Work in a process of its own, which takes a job and ends when whoever started it does."""

import asyncio
import base64
import gc
import os
import pickle
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple, cast

_KEEPS_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": "1000000000",
    "MALLOC_TRIM_THRESHOLD_": "1000000000",
    "MALLOC_TOP_PAD_": "33554432",
}
"""Has glibc keep what is let go of; others do not read it. Megabytes of messages are made many
times a second, and to have the kernel clear fresh pages for them was a fifth of the work."""


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
        env={**_KEEPS_MEMORY, **os.environ},
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


def run_quickly(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end as suits a process that is busy for long."""
    collect_seldom()
    try:
        import uvloop  # noqa: PLC0415 - not on Windows
    except ImportError:
        asyncio.run(work)
    else:
        uvloop.run(work)


def collect_seldom() -> None:
    """Look for garbage in cycles seldom from now on, and never among what was imported."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)
