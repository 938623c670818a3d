"""The whole system on this machine: Kafka, PostgreSQL, the stand-in peers and every service.

Enter `async with Stack(settings)` in the main thread. SIGTERM cancels the task that entered it, as
Ctrl-C does under `asyncio.run`, so the program around it has to let `CancelledError` pass.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from audit.signing import create_key
from deploy.local import aot, jvm, processes, state
from deploy.local.infrastructure import Infrastructure
from deploy.local.kafka import KafkaServer
from deploy.local.postgres import PostgresServer
from deploy.local.process import ProcessSpec
from deploy.local.supervisor import Supervisor
from deploy.local.waiting import all_or_first_error

REPOSITORY = Path(__file__).parents[2]
SERVICES_GRACE_S = 3.0
"""They are built to be killed at any instruction; who presses Ctrl-C should not wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackSettings:
    """Where and how the system runs."""

    data_dir: Path
    http_port: int = 8080
    """Preferred port of the public API; the next free one is taken when it is not free."""
    fresh: bool = False
    """Forget everything earlier runs on `data_dir` left; external servers keep theirs."""
    external_postgres_dsn: str | None = None
    """Use this server, whose role may create schemas, instead of starting one."""
    external_kafka: str | None = None
    """Use this `host:port` instead of starting one."""
    env: dict[str, str] = field(default_factory=dict)
    """Given to every process, over its own settings."""
    consumers: int = 1
    """Consumers of every service; they share its partitions."""
    shards: int | None = None
    """Logs of each event store, and relays; None leaves the logs as they are, with one relay."""
    profile: jvm.Profile = "start"
    """How Kafka's Java compiles; `throughput` for benchmarks."""
    record_aot_after_s: float | None = None
    """So long after readiness, make Kafka's start-up cache at idle priority; None does not."""


class Stack:
    """One running system; see the module."""

    def __init__(
        self,
        settings: StackSettings,
        *,
        only: Collection[str] | None = None,
        migrate: bool = True,
        on_progress: Callable[[str], None] | None = None,
    ) -> None:
        """Describe; nothing happens before the block is entered.

        Args:
            settings: where and how.
            only: names of the processes to start (`payments`, `cancellation.relay`); empty starts
                the infrastructure alone; None starts all.
            migrate: whether to bring the schemas up to date.
            on_progress: receives one plain sentence per step.
        """
        known = {
            *processes.SIMULATORS,
            *processes.service_names(settings.consumers, settings.shards or 1),
        }
        if unknown := set(only or ()) - known:
            raise ValueError(f"No process is called {', '.join(sorted(unknown))}.")
        self.settings = settings
        self.data_dir = settings.data_dir.absolute()
        self.ports = processes.Ports.choose(
            settings.http_port, consumers=settings.consumers, shards=settings.shards or 1
        )
        self.infrastructure = Infrastructure(
            self.data_dir,
            external_postgres_dsn=settings.external_postgres_dsn,
            external_kafka=settings.external_kafka,
            profile=settings.profile,
            shards=settings.shards,
            say=on_progress or (lambda _: None),
            on_start=self._write_state,
        )
        self.supervisor = Supervisor(
            self.data_dir / "logs", cwd=REPOSITORY, on_change=self._write_state
        )
        self._only = known if only is None else set(only)
        self._migrate = migrate
        self._say = on_progress or (lambda _: None)
        self._lock: IO[bytes] | None = None
        self._status = "starting"
        self._started_at = ""
        self._recorder: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._lock = state.claim(self.data_dir)
        state.remove_state(self.data_dir)  # of a run that was killed
        self._follow_sigterm()
        self._started_at = datetime.now(UTC).isoformat(timespec="seconds")
        try:
            if self.settings.fresh:
                state.wipe(self.data_dir)
            await self._start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stop()

    @property
    def postgres(self) -> PostgresServer | None:
        """The server started here; None when an external one is used."""
        return self.infrastructure.postgres

    @property
    def kafka(self) -> KafkaServer | None:
        """The server started here; None when an external one is used."""
        return self.infrastructure.kafka

    @property
    def postgres_dsn(self) -> str:
        """`postgresql://…`."""
        return self.infrastructure.postgres_dsn

    @property
    def kafka_bootstrap(self) -> str:
        """`host:port`."""
        return self.infrastructure.kafka_bootstrap

    @property
    def api_url(self) -> str:
        """The public HTTP API."""
        return processes.url(self.ports.api)

    @property
    def console_url(self) -> str:
        """The staff's console."""
        return processes.url(self.ports.console)

    @property
    def customers_url(self) -> str:
        """The customer's page."""
        return processes.url(self.ports.customers)

    @property
    def operations_url(self) -> str:
        """The API about dead letters and replays."""
        return processes.url(self.ports.operations)

    @property
    def payments_url(self) -> str:
        """The stand-in payment provider."""
        return processes.url(self.ports.payments)

    @property
    def mailbox_url(self) -> str:
        """The stand-in mail server's web page."""
        return processes.url(self.ports.mailbox)

    @property
    def smtp_port(self) -> int:
        """The stand-in mail server's SMTP port."""
        return self.ports.smtp

    def endpoints(self) -> dict[str, Any]:
        """Return every address, ready for JSON; `health` maps process names to addresses."""
        return {
            "api_url": self.api_url,
            "console_url": self.console_url,
            "customers_url": self.customers_url,
            "webhooks_url": processes.url(self.ports.webhooks),
            "operations_url": self.operations_url,
            "notifier_url": processes.url(self.ports.notifier),
            "feedback_url": processes.url(self.ports.feedback),
            "payments_url": self.payments_url,
            "mailbox_url": self.mailbox_url,
            "smtp_port": self.smtp_port,
            "postgres_dsn": self.postgres_dsn,
            "kafka_bootstrap": self.kafka_bootstrap,
            "health": {
                name: processes.url(port)
                for name, port in self.ports.health.items()
                if name in self._only
            },
        }

    async def _start(self) -> None:
        settings = self.settings
        self._write_state()
        if self.ports.api != settings.http_port:
            self._say(f"Port {settings.http_port} is taken; the API gets {self.ports.api}.")
        simulators = processes.simulator_specs(self.ports, data_dir=self.data_dir, env=settings.env)
        await all_or_first_error(
            [self.infrastructure.start(migrate=self._migrate), self._run(simulators)]
        )
        audit_key = self.data_dir / processes.AUDIT_KEY
        if processes.AUDIT in self._only:
            create_key(audit_key)
        services = processes.service_specs(
            self.ports,
            postgres_dsn=self.postgres_dsn,
            kafka_bootstrap=self.kafka_bootstrap,
            env={"CANCELLATION_AUDIT_KEY_FILE": str(audit_key), **settings.env},
        )
        await self._run(services)
        self._status = "ready"
        self._write_state()
        if settings.record_aot_after_s is not None:
            self._recorder = asyncio.create_task(
                aot.record_in_background(settings.record_aot_after_s)
            )

    async def _run(self, specs: list[ProcessSpec]) -> None:
        chosen = [spec for spec in specs if spec.name in self._only]
        if chosen:
            await self.supervisor.start(chosen)
            self._say(f"{len(chosen)} processes are ready.")

    async def _stop(self) -> None:
        self._status = "stopping"
        if self._recorder:
            self._recorder.cancel()
            await asyncio.wait([self._recorder])
        await self.supervisor.stop(grace_s=SERVICES_GRACE_S)
        await self.infrastructure.stop()
        state.remove_state(self.data_dir)
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
        if self._lock:
            self._lock.close()

    def _follow_sigterm(self) -> None:
        task = asyncio.current_task()
        if task:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)

    def _write_state(self) -> None:
        if self._status == "stopping":
            return
        content = {
            "status": self._status,
            "pid": os.getpid(),
            "version": version("countermand"),
            "started_at": self._started_at,
            "endpoints": self.endpoints(),
            "pids": {**self.infrastructure.pids(), **self.supervisor.pids()},
        }
        state.write_state(self.data_dir, content)
