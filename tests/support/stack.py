"""The servers all tests share, and clean corners of them: a database, a topic, a process.

Every test has its own database and topics, so no test sees what another left, and none has to wait
for another's clean-up.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import psycopg
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local.stack import Stack, StackSettings
from kit.settings import KitSettings
from services.cancellation.bootstrap import POLICIES
from services.inventory.bootstrap import SHELVES
from services.notifier.service import STATIONERIES
from services.notifier.webhooks.service import ENDPOINTS
from services.refunds.service import ARRIVALS
from tests.support.containers import chosen, running_containers

TEMPLATE = "countermand_template"
WAIT_MAX_S = 30.0
POLL_S = 0.02

_numbers = itertools.count(1)
_REFERENCE = (POLICIES, SHELVES, STATIONERIES, ENDPOINTS, ARRIVALS)
"""What decisions look up, known once per process: a process of the product has one database."""


def forget_reference() -> None:
    """Let this process know of its database what a process that just started knows."""
    for known in _REFERENCE:
        vars(known).update(vars(type(known)()))


@dataclass(frozen=True, slots=True)
class Servers:
    """A running Kafka and a running PostgreSQL."""

    postgres_dsn: str
    kafka_bootstrap: str
    directory: Path
    """For the logs of processes that tests start."""

    @contextmanager
    def database(self) -> Iterator[str]:
        """Lend a migrated, empty database; yields its address.

        What this process knew of another one, policies and endpoints and shelves, is forgotten.
        """
        forget_reference()
        name = f"test_{next(_numbers)}"
        with psycopg.connect(self.postgres_dsn, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        yield urlunsplit(urlsplit(self.postgres_dsn)._replace(path=f"/{name}"))
        with psycopg.connect(self.postgres_dsn, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    async def topic(self, stem: str, *, partitions: int = 1) -> str:
        """Create a topic of its own for one test and return its name."""
        name = f"{stem}.{next(_numbers)}"
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka_bootstrap)
        await admin.start()
        try:
            size = {"max.message.bytes": "16777216"}
            await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=size)])
        finally:
            await admin.close()
        return name

    def settings(self, dsn: str, **more: object) -> KitSettings:
        """Return what a service process would be told."""
        return KitSettings.model_validate(
            {"postgres_dsn": dsn, "kafka_bootstrap": self.kafka_bootstrap, **more}
        )

    async def read_topic(self, topic: str) -> "list[ConsumerRecord[bytes, bytes]]":
        """Return every committed record of a topic, partition by partition, in offset order."""
        consumer = AIOKafkaConsumer(
            topic, bootstrap_servers=self.kafka_bootstrap, isolation_level="read_committed",
            auto_offset_reset="earliest",
        )  # fmt: skip
        await consumer.start()
        try:
            partitions = sorted(consumer.assignment())
            assert partitions, f"Kafka knows no topic {topic}"
            records: list[ConsumerRecord[bytes, bytes]] = []
            deadline = time.monotonic() + WAIT_MAX_S
            for partition, end in (await consumer.end_offsets(partitions)).items():
                while (position := await consumer.position(partition)) < end:
                    assert time.monotonic() < deadline, f"{partition} stops at {position} of {end}"
                    fetched = await consumer.getmany(partition, timeout_ms=200)
                    records += fetched.get(partition, [])
            return records
        finally:
            await consumer.stop()


@asynccontextmanager
async def running_servers(directory: Path) -> AsyncIterator[Servers]:
    """Run both servers; makes the migrated database that all others are copied from."""
    with ExitStack() as containers:
        postgres, kafka = None, None
        if chosen().containers:
            postgres, kafka = containers.enter_context(running_containers())
        settings = StackSettings(
            data_dir=directory, external_postgres_dsn=postgres, external_kafka=kafka
        )
        async with Stack(settings, only=set()) as stack:
            address = urlsplit(stack.postgres_dsn)
            admin = urlunsplit(address._replace(path="/template1"))
            with psycopg.connect(admin, autocommit=True) as connection:
                migrated = address.path.removeprefix("/")
                connection.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE {migrated}")
            yield Servers(stack.postgres_dsn, stack.kafka_bootstrap, directory)


async def until(
    is_done: Callable[[], Awaitable[object]] | Callable[[], object],
    *,
    what: str,
    timeout_s: float = WAIT_MAX_S,
) -> float:
    """Wait for a condition and return how long it took, in seconds.

    Raises:
        AssertionError: it did not come true in time; names `what` was waited for.
    """
    started = time.monotonic()
    while True:
        result = is_done()
        if await result if isinstance(result, Awaitable) else result:
            return time.monotonic() - started
        if time.monotonic() - started > timeout_s:
            raise AssertionError(f"waited {timeout_s:.0f} s in vain: {what}")
        await asyncio.sleep(POLL_S)


async def fetch(dsn: str, query: str, *arguments: object) -> list[asyncpg.Record]:
    """Run one query on a connection of its own."""
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetch(query, *arguments)
    finally:
        await connection.close()


async def count(dsn: str, table: str) -> int:
    """Return how many rows a table or `table WHERE …` has."""
    return int((await fetch(dsn, f"SELECT count(*) FROM {table}"))[0][0])
