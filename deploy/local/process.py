"""One supervised process over all its runs: started, awaited, restarted, ended.

It is restarted at once when it dies, because `kill -9` is a test method here; only a crash loop
earns a pause.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local import child
from deploy.local.errors import ProcessFailedError
from deploy.local.readiness import is_ready

QUICK_DEATH_S = 2.0
"""A life shorter than this hints at a crash loop."""
QUICK_DEATHS_MAX = 5
"""So many in a row are followed by a restart without a pause."""
PAUSE_S = 0.1
PAUSE_MAX_S = 5.0
READY_POLL_S = 0.05
READY_POLL_MAX_S = 0.1


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """A process to run."""

    name: str
    argv: list[str]
    env: dict[str, str] = field(default_factory=dict)
    """Added to this process's own environment."""
    ready_url: str | None = None
    """Answers 200 when ready; None means ready once started."""
    restart: bool = True
    killable: bool = True
    """Whether the supervisor's `kill` may be used on it."""


@dataclass(frozen=True, slots=True)
class ProcessExit:
    """How one run of a process ended."""

    name: str
    pid: int
    exit_code: int
    """Exit status, or -N when signal N ended it."""
    ended_at: float
    """Unix time in seconds."""
    ran_s: float


def restart_pause_s(quick_deaths: int) -> float:
    """Return how long to wait before the next start, in seconds."""
    excess = quick_deaths - QUICK_DEATHS_MAX
    return 0.0 if excess <= 0 else min(PAUSE_S * 2.0 ** (excess - 1), PAUSE_MAX_S)


class Process:
    """Keeps one process running from `start` until `request_stop`."""

    def __init__(
        self,
        spec: ProcessSpec,
        *,
        log_path: Path,
        cwd: Path | None = None,
        on_change: Callable[[ProcessExit | None], None],
    ) -> None:
        """Describe; nothing runs before `start`.

        Args:
            spec: what to run.
            log_path: both outputs are appended here.
            cwd: working directory; None keeps this process's.
            on_change: receives each end, and None after each start.
        """
        self.spec = spec
        self.log_path = log_path
        self._cwd = cwd
        self._on_change = on_change
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._unwanted = asyncio.Event()
        self._quick_deaths = 0
        self._was_ready = False
        self._log_start = child.log_size(log_path)

    @property
    def pid(self) -> int | None:
        """Process id; None between two runs."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    def start(self) -> None:
        """Start it and watch over it.

        Raises:
            ProcessFailedError: the program cannot be started.
        """
        try:
            process = self._spawn()
        except OSError as error:
            raise ProcessFailedError(
                f"{self.spec.name} cannot be started ({error.strerror}): {self.spec.argv[0]}"
            ) from error
        self._keeper = asyncio.create_task(self._keep(process), name=self.spec.name)

    async def wait_until_ready(self, timeout_s: float) -> None:
        """Return once it answers 200.

        Raises:
            ProcessFailedError: too late, over, or in a crash loop from the start; holds the last
                log lines.
        """
        deadline = time.monotonic() + timeout_s
        pause_s = READY_POLL_S
        while not await self._is_ready():
            if self._keeper is None or self._keeper.done():
                raise self._failure("ended before it was ready")
            # Once it has worked, what it depends on may be away for a while: be patient.
            if self._quick_deaths > QUICK_DEATHS_MAX and not self._was_ready:
                raise self._failure(f"ended {self._quick_deaths} times in a row")
            if time.monotonic() > deadline:
                raise self._failure(f"was not ready after {timeout_s:.0f} s")
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 1.2, READY_POLL_MAX_S)
        self._was_ready = True

    def signal(self, signal_: signal.Signals) -> None:
        """Send a signal to it and its own children; no-op between two runs."""
        if self._process:
            child.signal_session(self._process, signal_)

    def request_stop(self) -> None:
        """Send SIGTERM and do not start it again."""
        self._unwanted.set()
        self.signal(signal.SIGTERM)

    async def wait_until_over(self) -> None:
        """Return when the last run has ended; follows `request_stop`."""
        if self._keeper:
            await asyncio.wait([self._keeper])

    async def _is_ready(self) -> bool:
        url = self.spec.ready_url
        return self.pid is not None and (url is None or await is_ready(url))

    def _spawn(self) -> subprocess.Popen[bytes]:
        self._process = child.spawn(
            self.spec.argv,
            log_path=self.log_path,
            env={**os.environ, **self.spec.env},
            cwd=self._cwd,
        )
        self._on_change(None)
        return self._process

    async def _keep(self, process: subprocess.Popen[bytes]) -> None:
        while True:
            started = time.monotonic()
            code = await child.wait_for_exit(process)
            ran_s = time.monotonic() - started
            self._quick_deaths = self._quick_deaths + 1 if ran_s < QUICK_DEATH_S else 0
            self._on_change(ProcessExit(self.spec.name, process.pid, code, time.time(), ran_s))
            restarted = await self._restart() if self.spec.restart else None
            if restarted is None:
                return
            process = restarted

    async def _restart(self) -> subprocess.Popen[bytes] | None:
        """Start the next run after the due pause; None when it is no longer wanted."""
        pause_s = restart_pause_s(self._quick_deaths)
        while not await self._is_unwanted_within(pause_s):
            with contextlib.suppress(OSError):  # no memory or no descriptors: may pass
                return self._spawn()
            pause_s = PAUSE_MAX_S
        return None

    async def _is_unwanted_within(self, pause_s: float) -> bool:
        if pause_s and not self._unwanted.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._unwanted.wait(), pause_s)
        return self._unwanted.is_set()

    def _failure(self, what: str) -> ProcessFailedError:
        lines = child.last_lines(self.log_path, start=self._log_start) or "(nothing)"
        return ProcessFailedError(f"{self.spec.name} {what}. The end of {self.log_path}:\n{lines}")
