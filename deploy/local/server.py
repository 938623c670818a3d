"""What the two servers have in common: start, become ready, stop, be killed, start again.

`start` returns at once; a server that cannot start shows it in `wait_until_ready`.
"""

import asyncio
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

from deploy.local import child
from deploy.local.errors import LocalRuntimeError, ProcessFailedError

READY_POLL_S = 0.03
RESTART_PAUSE_S = 0.2


class Server(ABC):
    """One server process and its data directory; the same object starts it again and again."""

    title: str
    """What people call it."""
    stop_signal: signal.Signals
    """Asks for an orderly and quick end."""
    stop_grace_s = 6.0
    """After this long `stop` uses SIGKILL."""

    def __init__(self, data_dir: Path, port: int, *, log_path: Path | None = None) -> None:
        self.data_dir = data_dir.absolute()
        self.port = port
        self.log_path = (log_path or self.data_dir / "server.log").absolute()
        self.is_wanted = False
        """False before `start` and after `stop` or `kill`; the stack restarts it while True."""
        self.on_parent_death = self.stop_signal
        """What the kernel sends it when this process dies."""
        self.on_start: Callable[[], None] | None = None
        """Called after each start."""
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process and self.is_running else None

    @property
    def is_running(self) -> bool:
        """Whether the process lives; says nothing about readiness."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How the last run ended; None while it runs or before the first."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Start the process, preparing its data directory the first time."""
        if self.is_running:
            raise LocalRuntimeError(f"{self.title} already runs (pid {self.pid}).")
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._log_start = child.log_size(self.log_path)
        self._process = self._spawn()
        self.is_wanted = True
        if self.on_start:
            self.on_start()

    async def wait_until_ready(self, timeout_s: float = 30.0) -> None:
        """Return once clients are served.

        Raises:
            ProcessFailedError: it ended or did not answer in time; holds the last log lines.
        """
        deadline = time.monotonic() + timeout_s
        while not await self._answers():
            late = time.monotonic() > deadline
            if not self.is_running:
                if late or not self._may_try_again(self._log_of_this_run()):
                    code = self.exit_code or 0
                    raise self._failure(f"{self.title} {child.describe_exit(code)}")
                await asyncio.sleep(RESTART_PAUSE_S)
                self.start()
            elif late:
                raise self._failure(f"{self.title} was not ready after {timeout_s:.0f} s")
            await asyncio.sleep(READY_POLL_S)

    def stop(self) -> None:
        """Ask the server to end, insist after `stop_grace_s`; blocks until it is gone."""
        self.is_wanted = False
        if self._process is None:
            return
        child.signal_session(self._process, self.stop_signal)
        try:
            self._process.wait(self.stop_grace_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the server with SIGKILL, as a crash would; its data directory stays."""
        self.is_wanted = False
        if self._process is not None:
            child.signal_session(self._process, signal.SIGKILL)
            self._process.wait()

    @abstractmethod
    def _spawn(self) -> subprocess.Popen[bytes]:
        """Start the process."""

    @abstractmethod
    async def _answers(self) -> bool:
        """Ask the server something, as a client would."""

    def _may_try_again(self, log: str) -> bool:
        """Tell whether the end that `log` describes passes by itself."""
        del log
        return False

    def _run(
        self,
        argv: list[str],
        *,
        env: dict[str, str] | None = None,
        before_exec: Callable[[], None] | None = None,
    ) -> subprocess.Popen[bytes]:
        return child.spawn(
            argv,
            log_path=self.log_path,
            env=env,
            cwd=Path("/"),
            on_parent_death=self.on_parent_death,
            before_exec=before_exec,
        )

    def _log_of_this_run(self) -> str:
        return child.last_lines(self.log_path, start=self._log_start)

    def _failure(self, what: str) -> ProcessFailedError:
        lines = self._log_of_this_run() or "(nothing)"
        return ProcessFailedError(f"{what}. The end of {self.log_path}:\n{lines}")


async def accepts_connections(port: int) -> bool:
    """Tell whether something listens on `port`; much cheaper than a client's attempt."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
