"""A simulator as a real process of its own, to be killed and started again."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2

START_S_MAX = 15.0
REPOSITORY = Path(__file__).parents[2]


def free_port() -> int:
    """Return a loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class SimulatorProcess:
    """One `python -m` process that answers `/healthz` on `http_port`."""

    def __init__(self, module: str, http_port: int, log: Path, *arguments: str) -> None:
        self.url = f"http://127.0.0.1:{http_port}"
        self.log = log
        self._command = [sys.executable, "-m", module, *arguments]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it is healthy."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=REPOSITORY, stdout=log, stderr=log, env=os.environ
            )
        deadline = time.monotonic() + START_S_MAX
        while time.monotonic() < deadline:
            assert self._process.poll() is None, self.log.read_text()
            with contextlib.suppress(httpx2.TransportError):
                if httpx2.get(f"{self.url}/healthz").status_code == 200:
                    return
            time.sleep(0.02)
        raise AssertionError(f"not healthy in {START_S_MAX} s: {self.log.read_text()}")

    def kill(self) -> None:
        """End it the hard way: SIGKILL."""
        self._signal(signal.SIGKILL)

    def stop(self) -> int:
        """End it politely; returns its exit code."""
        return self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(10)


@contextlib.contextmanager
def running(process: SimulatorProcess) -> Iterator[SimulatorProcess]:
    """Run a simulator for the length of a block; its exit must be clean."""
    process.start()
    try:
        yield process
    except BaseException:
        process.kill()
        raise
    assert process.stop() == 0, process.log.read_text()
