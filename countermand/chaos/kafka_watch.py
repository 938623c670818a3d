"""Watches Kafka from outside: nothing may count as consumed that its consumer has not handled.

An offset is committed after the transaction that handled the message (invariant I11), so whatever
lies below a committed offset must already be in that service's inbox or dead letters.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from contracts import topics
from countermand.verify.mismatch import Mismatch
from kit.postgres import UNAVAILABLE, OwnConnection
from kit.roles import ServiceSpec
from services.cancellation.bootstrap import SERVICE as CANCELLATION
from services.inventory.bootstrap import SERVICE as INVENTORY
from services.notifier.bootstrap import SERVICE as NOTIFIER
from services.refunds.bootstrap import SERVICE as REFUNDS

SERVICES: tuple[ServiceSpec, ...] = (CANCELLATION, INVENTORY, REFUNDS, NOTIFIER)
LOOK_EVERY_S = 2.0
LOOK_TIMEOUT_S = 10.0
READ_TIMEOUT_MS = 100


class Record(NamedTuple):
    """What is remembered of a record."""

    offset: int
    id: str
    type: str


@dataclass(slots=True)
class KafkaWatch:
    """Follows every topic and compares committed offsets with inboxes."""

    dsn: str
    consumer: Any
    admin: Any
    mismatches: list[Mismatch] = field(default_factory=list)
    looks_count: int = 0
    relayed: dict[str, int] = field(default_factory=dict)
    """Log position up to which each service has published."""
    _unchecked: dict[tuple[str, TopicPartition], list[Record]] = field(default_factory=dict)
    """Records not yet seen handled, per service that listens to them; in offset order."""

    async def run(self) -> None:
        """Look regularly until cancelled; skips a look while a server is away."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            with suppress(KafkaError, asyncpg.PostgresError, *UNAVAILABLE):
                await asyncio.wait_for(self._look(), LOOK_TIMEOUT_S)

    async def _look(self) -> None:
        connection = await asyncpg.connect(self.dsn)
        try:
            for service in SERVICES:
                committed = await self.admin.list_consumer_group_offsets(service.name)
                ends = {partition: offset.offset for partition, offset in committed.items()}
                while any([await self.consumer.position(p) < end for p, end in ends.items()]):
                    await self._read()
                await self._check(connection, service, ends)
        finally:
            connection.terminate()
        self.looks_count += 1

    async def read_on(self) -> None:
        """Read what is new on every topic, until nothing comes for a moment."""
        while await self._read():
            pass

    async def _read(self) -> bool:
        batches = await self.consumer.getmany(timeout_ms=READ_TIMEOUT_MS)
        for partition, records in batches.items():
            if partition.topic == topics.RELAY_POSITIONS.name:
                self.relayed |= {r.key.decode(): int(r.value) for r in records}
                continue
            for service in SERVICES:
                if partition.topic in service.listens_to:
                    self._remember(service, partition, records)
        return bool(batches)

    def _remember(self, service: ServiceSpec, partition: TopicPartition, records: Any) -> None:
        types = {model.TYPE for model in service.hears}  # type: ignore[attr-defined]
        unchecked = self._unchecked.setdefault((service.name, partition), [])
        for record in records:
            headers = dict(record.headers)
            type_ = headers["ce_type"].decode()
            if type_ in types:
                unchecked.append(Record(record.offset, headers["ce_id"].decode(), type_))

    async def _check(
        self, connection: OwnConnection, service: ServiceSpec, ends: dict[TopicPartition, int]
    ) -> None:
        for partition, end in ends.items():
            unchecked = self._unchecked.get((service.name, partition), [])
            below = [record for record in unchecked if record.offset < end]
            self.mismatches += [
                Mismatch(
                    "wrong",
                    f"{service.name} committed offset {end} of {partition.topic}"
                    f" {partition.partition} before it handled {record.type} {record.id}"
                    f" at offset {record.offset}",
                )
                for record in await _find_missing(connection, service.name, below)
            ]
            del unchecked[: len(below)]

    async def count_unhandled(self, connection: OwnConnection) -> int:
        """Count the records on all topics that a listening service has not handled yet."""
        await self.read_on()
        unhandled = 0
        for (name, _), unchecked in self._unchecked.items():
            unhandled += len(await _find_missing(connection, name, unchecked))
        return unhandled


async def _find_missing(
    connection: OwnConnection, service: str, records: list[Record]
) -> list[Record]:
    ids = [record.id for record in records]
    rows = await connection.fetch(
        f"SELECT message_id FROM {service}.inbox WHERE message_id = ANY($1::text[])"
        f" UNION SELECT message_id FROM {service}.dead_letters WHERE message_id = ANY($1::text[])",
        ids,
    )
    handled = {row[0] for row in rows}
    return [record for record in records if record.id not in handled]


@asynccontextmanager
async def open_kafka_watch(bootstrap: str, dsn: str) -> AsyncIterator[KafkaWatch]:
    """Open a watch on all topics, from their beginning, as a committed reader."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await consumer.start()
        await admin.start()
        consumer.assign(
            [
                TopicPartition(t.name, number)
                for t in topics.TOPICS
                for number in range(t.partitions)
            ]
        )
        yield KafkaWatch(dsn, consumer, admin)
    finally:
        with suppress(KafkaError):
            await consumer.stop()
        with suppress(KafkaError):
            await admin.close()
