"""What every verb of the command line shares: its usual options, and how its run ends."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import asyncpg
import httpx2
from cyclopts import Parameter

from countermand import screen
from countermand.endpoints import NothingRunsError
from countermand.errors import KnownError
from countermand.orders import ApiError
from countermand.progress import StalledError
from deploy.local.errors import LocalRuntimeError

T = TypeVar("T")

INTERRUPTED, TERMINATED = 128 + signal.SIGINT, 128 + signal.SIGTERM
"""Exit status of whoever a signal ended, as shells say it."""

STOPPED = "Stopped before the end. What it had started is stopped, too."

DataDir = Annotated[Path, Parameter(help="Where the local system keeps its data.")]
Json = Annotated[bool, Parameter(name="--json", negative=(), help="One JSON object on stdout.")]


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; known failures become words and exit status 1.

    SIGTERM, heard while servers of ours run, ends it after them.
    """
    try:
        return asyncio.run(work)
    except asyncio.CancelledError:
        screen.say(STOPPED)
        sys.exit(TERMINATED)
    except (KnownError, NothingRunsError, StalledError, LocalRuntimeError, ApiError) as known:
        screen.fail(str(known))
    except Exception as error:
        if not _is_away(error):
            raise
        screen.fail(f"The system did not answer ({error}). `countermand status` tells what runs.")
    sys.exit(1)


def _is_away(error: Exception) -> bool:
    """Tell whether a server could not be reached or would not answer."""
    from aiokafka.errors import KafkaError  # noqa: PLC0415 - most verbs never talk to Kafka

    return isinstance(error, (OSError, httpx2.TransportError, asyncpg.PostgresError, KafkaError))
