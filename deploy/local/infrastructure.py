"""Kafka and PostgreSQL together, ready for the services: topics created, schemas migrated.

The user's own servers may take the place of either; those are neither started nor stopped here.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from deploy import event_stores
from deploy.local import child, jars, jvm, processes
from deploy.local.errors import LocalRuntimeError
from deploy.local.kafka import KafkaServer
from deploy.local.ports import free_ports
from deploy.local.postgres import PostgresServer
from deploy.local.server import Server
from deploy.local.topics import create_topics
from deploy.local.waiting import all_or_first_error, in_daemon_thread

REPOSITORY = Path(__file__).parents[2]
MIGRATIONS = {
    **{service: REPOSITORY / "services" / service / "migrations" for service in processes.ROLES},
    "webhooks": REPOSITORY / "services" / "notifier" / "webhooks" / "migrations",
    "operations": REPOSITORY / "countermand" / "replay" / "migrations",
}
"""Every schema and where its migrations lie; the last two are a lane's and the tool's own."""

WATCH_S = 0.5
WATCH_MAX_S = 5.0

Say = Callable[[str], None]
"""Receives one plain sentence about what just happened."""


class Infrastructure:
    """The two servers of one data directory."""

    def __init__(
        self,
        data_dir: Path,
        *,
        external_postgres_dsn: str | None = None,
        external_kafka: str | None = None,
        profile: jvm.Profile = "start",
        shards: int | None = None,
        say: Say,
        on_start: Callable[[], None] | None = None,
    ) -> None:
        """Choose ports; nothing runs before `start`.

        Args:
            data_dir: parent of `pg`, `kafka` and `logs`.
            external_postgres_dsn: of a server to use instead.
            external_kafka: `host:port` of a server to use instead.
            profile: how Kafka's Java compiles.
            shards: logs of each event store; None leaves them as they are.
            say: receives what happens.
            on_start: called after each start of a server.
        """
        self._say, self._shards = say, shards
        self._watchers: list[asyncio.Task[None]] = []
        logs = data_dir / "logs"
        postgres_port, kafka_port, controller_port = free_ports(3)
        self.postgres: PostgresServer | None = None
        self.kafka: KafkaServer | None = None
        if external_postgres_dsn is None:
            self.postgres = PostgresServer(
                data_dir / "pg", postgres_port, log_path=logs / "postgres.log"
            )
        if external_kafka is None:
            self.kafka = KafkaServer(
                data_dir / "kafka",
                kafka_port,
                controller_port,
                profile=profile,
                log_path=logs / "kafka.log",
            )
        for server in self.servers:
            server.on_start = on_start
        self.postgres_dsn = self.postgres.dsn if self.postgres else external_postgres_dsn or ""
        self.kafka_bootstrap = self.kafka.bootstrap if self.kafka else external_kafka or ""

    @property
    def servers(self) -> list[Server]:
        """The servers started here."""
        return [server for server in (self.postgres, self.kafka) if server]

    def pids(self) -> dict[str, int]:
        """Return the pid of each server that runs now, `postgres` and `kafka`."""
        found = {"postgres": self.postgres, "kafka": self.kafka}
        return {name: server.pid for name, server in found.items() if server and server.pid}

    async def start(self, *, migrate: bool = True) -> None:
        """Start both at once and prepare them; afterwards restart what dies unasked.

        Raises:
            LocalRuntimeError: a server failed or cannot be reached.
        """
        await all_or_first_error([self._start_postgres(migrate=migrate), self._start_kafka()])
        self._watchers = [asyncio.create_task(self._watch(server)) for server in self.servers]

    async def stop(self) -> None:
        """Stop both at once."""
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*(asyncio.to_thread(server.stop) for server in self.servers))

    async def _start_postgres(self, *, migrate: bool) -> None:
        if self.postgres:
            self.postgres.start()
            await self.postgres.wait_until_ready()
            self._say("PostgreSQL is ready.")
        if migrate:
            count = await in_daemon_thread(
                lambda: migrate_services(self.postgres_dsn, self._shards)
            )
            self._say(f"The schemas are up to date ({count} migrations applied).")

    async def _start_kafka(self) -> None:
        if self.kafka:
            loop = asyncio.get_running_loop()

            def report(present: int, needed: int) -> None:
                sentence = f"Downloading Apache Kafka: {present} of {needed} files."
                loop.call_soon_threadsafe(self._say, sentence)

            await in_daemon_thread(lambda: jars.fetch_jars(report))
            self.kafka.start()
            await self.kafka.wait_until_ready()
            self._say("Kafka is ready.")
        await create_topics(self.kafka_bootstrap)

    async def _watch(self, server: Server) -> None:
        pause_s = WATCH_S
        while True:
            await asyncio.sleep(pause_s)
            if server.is_running or not server.is_wanted:
                pause_s = WATCH_S
                continue
            end = child.describe_exit(server.exit_code or 0)
            self._say(f"{server.title} {end}; starting it again.")
            server.start()
            pause_s = min(pause_s * 2, WATCH_MAX_S)


def migrate_services(dsn: str, shard_count: int | None = None) -> int:
    """Bring every schema up to date and return how many migrations were applied.

    Raises:
        LocalRuntimeError: one failed, the database cannot be reached, or an event store that
            holds facts has another number of logs than asked for.
    """
    from deploy.migrations import migrate  # noqa: PLC0415 - 0.3 s, hidden behind Kafka's start

    count = 0
    for schema, directory in MIGRATIONS.items():
        if directory.is_dir():
            try:
                count += migrate(dsn, schema=schema, directory=directory)
            except Exception as error:
                raise LocalRuntimeError(f"The migrations of {schema} failed: {error}") from error
    event_stores.prepare(dsn, processes.RELAYED, shard_count)
    return count
