"""Processes of our own under test: started like the supervisor does, killed like a crash does."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from prometheus_client.parser import text_string_to_metric_families

from deploy.local.ports import free_ports
from deploy.local.readiness import is_ready
from tests.support.stack import Servers, until

REPOSITORY = Path(__file__).parents[2]
START_MAX_S = 30.0


class ServiceProcess:
    """One `python -m MODULE …` with a health port; `kill` and `start` it as often as needed."""

    def __init__(
        self, servers: Servers, dsn: str, module: str, *arguments: str,
        env: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        [self.port] = free_ports(1)
        self.log = servers.directory / f"{module}-{self.port}.log"
        self._command = [sys.executable, "-m", module, *arguments]
        self._env = {
            **os.environ,
            "COUNTERMAND_POSTGRES_DSN": dsn,
            "COUNTERMAND_KAFKA_BOOTSTRAP": servers.kafka_bootstrap,
            "COUNTERMAND_HEALTH_PORT": str(self.port),
            "COUNTERMAND_LOG_FORMAT": "json",
            "PYTHONUNBUFFERED": "1",
            **(env or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process and self._process.poll() is None:
            self.signal(signal.SIGCONT)
            self.kill()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        assert self._process is not None
        return self._process.poll()

    def start(self) -> None:
        """Start it; does not wait."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=REPOSITORY, env=self._env, stdout=log, stderr=log
            )

    async def until_ready(self) -> None:
        """Wait for `/readyz`."""

        async def answers() -> bool:
            assert self.exit_code is None, self.log.read_text()
            return await is_ready(f"http://127.0.0.1:{self.port}/readyz")

        await until(answers, what=f"{self.log.name} is ready", timeout_s=START_MAX_S)

    async def metric(self, name: str) -> float:
        """Return a metric summed over its labels; 0 while nobody answers."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return 0
        writer.write(b"GET /metrics HTTP/1.1\r\n\r\n")
        text = (await reader.read()).decode()
        writer.close()
        return sum(
            sample.value
            for family in text_string_to_metric_families(text.partition("\r\n\r\n")[2])
            for sample in family.samples
            if sample.name == name
        )

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it as a crash does."""
        self.signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait(10)

    async def wait(self, timeout_s: float = START_MAX_S) -> int:
        """Wait for its end and return its exit status."""
        assert self._process is not None
        return await asyncio.to_thread(self._process.wait, timeout_s)
