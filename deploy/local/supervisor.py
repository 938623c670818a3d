"""Starts groups of processes, keeps them running and ends them; knows nothing of what they do.

Call everything from the event loop of the main thread (`deploy.local.child` tells why).
"""

import asyncio
import signal
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.local.errors import LocalRuntimeError
from deploy.local.process import Process, ProcessExit, ProcessSpec
from deploy.local.waiting import all_or_first_error

READY_TIMEOUT_S = 60.0
STOP_GRACE_S = 5.0
EXITS_MAX = 100_000


class Supervisor:
    """Keeps a set of processes running."""

    def __init__(
        self,
        log_dir: Path,
        *,
        cwd: Path | None = None,
        on_change: Callable[[], None] | None = None,
    ) -> None:
        """Describe; nothing runs before `start`.

        Args:
            log_dir: each process appends both its outputs to `<log_dir>/<name>.log`.
            cwd: working directory of all processes.
            on_change: called after every start and every end of a process.
        """
        self.log_dir = log_dir.absolute()
        self.exits: deque[ProcessExit] = deque(maxlen=EXITS_MAX)
        """Every end of a process, oldest first."""
        self._cwd = cwd
        self._notify = on_change
        self._groups: list[list[Process]] = []

    async def start(
        self, specs: Sequence[ProcessSpec], *, timeout_s: float = READY_TIMEOUT_S
    ) -> None:
        """Start all of `specs` together and return when every one is ready.

        Each call makes a group; `stop` ends the groups in the opposite order.

        Raises:
            ProcessFailedError: one did not become ready; everything started here is stopped.
        """
        running = {process.spec.name for process in self._all()}
        if clash := running & {spec.name for spec in specs}:
            raise LocalRuntimeError(f"Already started: {', '.join(sorted(clash))}.")
        group: list[Process] = []
        self._groups.append(group)
        try:
            for spec in specs:
                process = self._describe(spec)
                group.append(process)  # before it starts, so that `on_change` sees it
                process.start()
            await all_or_first_error([p.wait_until_ready(timeout_s) for p in group])
        except BaseException:
            await self.stop()
            raise

    async def wait_until_ready(
        self, names: Sequence[str] | None = None, *, timeout_s: float = READY_TIMEOUT_S
    ) -> None:
        """Wait for some processes or all, for example after `kill`.

        Raises:
            ProcessFailedError: one did not become ready.
        """
        chosen = self._all() if names is None else [self._find(name) for name in names]
        await all_or_first_error([p.wait_until_ready(timeout_s) for p in chosen])

    def kill(self, name: str) -> int:
        """End a process with SIGKILL and return its pid; it will be restarted.

        Raises:
            LocalRuntimeError: it is unknown, protected or between two runs.
        """
        process = self._find(name)
        if not process.spec.killable:
            raise LocalRuntimeError(f"{name} is protected from being killed.")
        pid = process.pid
        if pid is None:
            raise LocalRuntimeError(f"{name} is not running at the moment.")
        process.signal(signal.SIGKILL)
        return pid

    async def take_down(self, names: Sequence[str], *, grace_s: float = STOP_GRACE_S) -> None:
        """End some processes, as `stop` does, and leave them down until `bring_back`."""
        await _end([self._find(name) for name in names], grace_s)

    async def bring_back(self, names: Sequence[str], *, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Start processes that were taken down, and wait until they are ready.

        Raises:
            ProcessFailedError: one did not become ready.
        """
        for group in self._groups:
            for place, process in enumerate(group):
                if process.spec.name in names:
                    group[place] = self._describe(process.spec)
                    group[place].start()
        await self.wait_until_ready(names, timeout_s=timeout_s)

    def pids(self) -> dict[str, int]:
        """Return the pid of every process that runs now, by name."""
        return {p.spec.name: pid for p in self._all() if (pid := p.pid) is not None}

    async def stop(self, *, grace_s: float = STOP_GRACE_S) -> None:
        """End everything: the last group first, SIGTERM to all of it, SIGKILL after `grace_s`."""
        while self._groups:
            await _end(self._groups[-1], grace_s)
            self._groups.pop()

    def _all(self) -> list[Process]:
        return [process for group in self._groups for process in group]

    def _find(self, name: str) -> Process:
        for process in self._all():
            if process.spec.name == name:
                return process
        names = ", ".join(process.spec.name for process in self._all()) or "none"
        raise LocalRuntimeError(f"No process is called {name}; there are: {names}.")

    def _describe(self, spec: ProcessSpec) -> Process:
        return Process(
            spec,
            log_path=self.log_dir / f"{spec.name}.log",
            cwd=self._cwd,
            on_change=self._changed,
        )

    def _changed(self, end: ProcessExit | None) -> None:
        if end:
            self.exits.append(end)
        if self._notify:
            self._notify()


async def _end(processes: Sequence[Process], grace_s: float) -> None:
    """End processes: SIGTERM to all of them, SIGKILL after a while."""
    for process in processes:
        process.request_stop()
    ends = asyncio.gather(*(process.wait_until_over() for process in processes))
    try:
        await asyncio.wait_for(asyncio.shield(ends), grace_s)
    except TimeoutError:
        for process in processes:
            process.signal(signal.SIGKILL)
        await ends
