"""What is measured on: real Kafka and PostgreSQL of its own, and chosen processes of the system."""

import asyncio
import os
import signal
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from countermand.endpoints import Endpoints
from deploy.local.ports import free_ports
from deploy.local.process import ProcessSpec
from deploy.local.processes import service_specs
from deploy.local.stack import Stack, StackSettings
from deploy.local.supervisor import Supervisor

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
T = TypeVar("T", int, float)


@dataclass(frozen=True, slots=True)
class World:
    """Running servers, and a way to start processes against them."""

    stack: Stack
    endpoints: Endpoints
    directory: Path

    def server_pids(self) -> dict[str, int]:
        """Return the process ids of Kafka and PostgreSQL."""
        return self.stack.infrastructure.pids()

    async def create_topic(self, name: str, *, partitions: int) -> None:
        """Make a topic of the benchmark's own."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.endpoints.kafka_bootstrap)
        await admin.start()
        try:
            configs = {"max.message.bytes": "2097152"}
            await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=configs)])
        finally:
            await admin.close()

    @asynccontextmanager
    async def processes(
        self, names: Iterable[str] = (), *, more: Mapping[str, list[str]] | None = None
    ) -> AsyncIterator[Supervisor]:
        """Run services' processes by name, and more by name and module arguments."""
        supervisor = Supervisor(self.directory / "logs")
        wanted = set(names)
        described = service_specs(
            self.stack.ports,
            postgres_dsn=self.endpoints.postgres_dsn,
            kafka_bootstrap=self.endpoints.kafka_bootstrap,
            env={},
        )
        specs = [spec for spec in described if spec.name in wanted]
        for name, arguments in (more or {}).items():
            (port,) = free_ports(1)
            specs.append(
                ProcessSpec(
                    name,
                    argv=[sys.executable, "-m", *arguments],
                    env={
                        "COUNTERMAND_POSTGRES_DSN": self.endpoints.postgres_dsn,
                        "COUNTERMAND_KAFKA_BOOTSTRAP": self.endpoints.kafka_bootstrap,
                        "COUNTERMAND_HEALTH_PORT": str(port),
                        "COUNTERMAND_LOG_FORMAT": "json",
                    },
                    ready_url=f"http://127.0.0.1:{port}/readyz",
                )
            )
        try:
            await supervisor.start(specs)
            yield supervisor
        finally:
            await supervisor.stop()


@asynccontextmanager
async def open_world(
    keep: Path | None = None, *, consumers: int = 2, shards: int = 1
) -> AsyncIterator[World]:
    """Start servers tuned for throughput, in a directory that is thrown away unless one is named.

    What lies in a named directory is kept, and found again the next time.
    """
    with tempfile.TemporaryDirectory(prefix="countermand-bench-") as name:
        directory = keep or Path(name)
        settings = StackSettings(
            data_dir=directory, http_port=18080, fresh=keep is None, profile="start", env={},
            consumers=consumers, shards=shards,
        )  # fmt: skip
        async with Stack(settings, only={"payments", "mailbox"}) as stack:
            yield World(stack, Endpoints.model_validate(stack.endpoints()), directory)


@asynccontextmanager
async def helper(*argv: str | Path, **how: Any) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a process of the benchmark's own, which ends with the block; Ctrl-C does not reach it."""
    process = await asyncio.create_subprocess_exec(*argv, start_new_session=True, **how)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@contextmanager
def paused(pids: Iterable[int]) -> Iterator[None]:
    """Hold processes still while something is prepared for them."""
    held = list(pids)
    for pid in held:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in held:
            os.kill(pid, signal.SIGCONT)


def cpu_s(pid: int) -> float:
    """Return the CPU seconds a process has used, its finished children included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(fields[n]) for n in (11, 12, 13, 14)) / CLOCK_TICKS


def tree_cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process and its living children."""
    return cpu_s(pid) + sum(_of_children(pid, cpu_s))


def tree_peak_mb(pid: int) -> int:
    """Return the most memory a process and its living children ever had."""
    return peak_mb(pid) + sum(_of_children(pid, peak_mb))


def _of_children(pid: int, measure: Callable[[int], T]) -> Iterator[T]:
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        # It may end meanwhile.
        with suppress(FileNotFoundError, ProcessLookupError, ValueError):
            yield measure(int(child))


def peak_mb(pid: int) -> int:
    """Return the most memory a process ever had."""
    status = Path(f"/proc/{pid}/status").read_text()
    (peak_kb,) = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return round(int(peak_kb) / 1024)


class CpuMeter:
    """CPU seconds per name over a stretch of time."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = dict(pids)
        self._start = {name: tree_cpu_s(pid) for name, pid in self._pids.items()}

    def per_unit_us(self, units: int) -> dict[str, float]:
        """Return microseconds of CPU per unit of work, per name."""
        return {
            name: round((tree_cpu_s(pid) - self._start[name]) / units * 1e6, 1)
            for name, pid in self._pids.items()
        }


class TopicCounter:
    """Counts committed records on a topic as a reader sees them."""

    def __init__(self, kafka_bootstrap: str, topic: str, partitions: int) -> None:
        self._partitions = [TopicPartition(topic, n) for n in range(partitions)]
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=kafka_bootstrap, isolation_level="read_committed",
            enable_auto_commit=False, max_partition_fetch_bytes=8_388_608,
        )  # fmt: skip

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        self._consumer.assign(self._partitions)
        await self._consumer.seek_to_end(*self._partitions)
        for partition in self._partitions:
            await self._consumer.position(partition)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def wait_for(self, count: int, timeout_s: float = 120) -> None:
        """Return once `count` more records are readable."""
        seen = 0
        async with asyncio.timeout(timeout_s):
            while seen < count:
                for records in (await self._consumer.getmany(timeout_ms=100)).values():
                    seen += len(records)


def median(values: Iterable[float]) -> float:
    """Return the middle value."""
    return statistics.median(values)
