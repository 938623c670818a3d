"""What waits on Kafka: records no consumer has handled yet, and how far the relays have come.

Consumers commit every half second, so a busy one looks that much behind.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from contracts import topics
from countermand.history.topics import RECORDS_MAX, find_partitions, open_consumer
from countermand.specs import LOGS, SPECS, find_logs
from countermand.status.waiting import Waiting
from countermand.to_kafka import to_kafka
from kit.postgres import OwnConnection

PATIENCE_S = 5.0
POLL_MS = 100

LOOKED_AT_MAX = 5_000
"""Commands compared with the inbox at most; those behind them count as undecided."""

FIRST_CHUNK, GROWTH = 500, 4

COMMANDS_OF = "cancellation"
"""The service that decides on commands."""


class Kafka(NamedTuple):
    """Both ways to ask."""

    consumer: Any
    admin: Any


@asynccontextmanager
async def open_kafka(kafka_bootstrap: str) -> AsyncIterator[Kafka]:
    """Open a reader and an administrator, who change nothing."""
    async with open_consumer(kafka_bootstrap) as consumer:
        admin = AIOKafkaAdminClient(**to_kafka(kafka_bootstrap))
        try:
            await admin.start()
            yield Kafka(consumer, admin)
        finally:
            await admin.close()


class Lag:
    """Looks at Kafka; remembers what the relays said last, so that looking again is cheap."""

    def __init__(self) -> None:
        self._positions: dict[str, int] = {}
        self._read_to: int | None = None

    async def consumers(self, kafka: Kafka, connection: OwnConnection) -> list[Waiting]:
        """Return what each service has not handled."""
        consumer, found = kafka.consumer, []
        specs = dict(SPECS)
        for lane in LOGS.keys() - SPECS.keys():
            # A lane nobody has asked for reads nothing, and is behind nothing.
            if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {lane}.{lane}_events)"):
                specs[lane] = LOGS[lane]
        for service, spec in specs.items():
            starts, ends = await _stand(kafka, service, spec.listens_to)
            count, first = 0, []
            for place, start in starts.items():
                # Counted as far as one page goes: an offset may be a transaction's marker, which
                # nobody will ever handle.
                records, reached = await _read(consumer, place, start, ends[place])
                count += len(records) + ends[place] - reached
                first += records[:1]
            oldest = min((_time_of(record) for record in first), default=None)
            found.append(Waiting(service, "consumer", count, oldest))
        return found

    async def undecided(self, kafka: Kafka, connection: OwnConnection) -> Waiting:
        """Return the commands without an answer.

        Behind the committed offsets some are decided already: the inbox knows, and a group that
        was set back to the beginning has nothing undecided.
        """
        starts, ends = await _stand(kafka, COMMANDS_OF, [topics.COMMANDS.name])
        count, looked_at, oldest = 0, 0, None
        for place, start in starts.items():
            position = start
            while position < ends[place] and looked_at < LOOKED_AT_MAX:
                records, position = await _read(kafka.consumer, place, position, ends[place])
                looked_at += len(records)
                missing = await _undecided(connection, records)
                count += len(missing)
                if missing and (oldest is None or missing[0].timestamp < oldest.timestamp):
                    oldest = missing[0]
            count += ends[place] - position
        if oldest is None:
            return Waiting(COMMANDS_OF, "command", count, None)
        return Waiting(
            COMMANDS_OF, "command", count, _time_of(oldest),
            {
                "order_id": (oldest.key or b"").decode(errors="replace"),
                "message_id": _id_of(oldest),
            },
        )  # fmt: skip

    async def relay_positions(self, kafka: Kafka, connection: OwnConnection) -> dict[str, int]:
        """Return the position the relay of each log has published last."""
        consumer = kafka.consumer
        logs = {log for some in (await find_logs(connection)).values() for log in some}
        place = TopicPartition(topics.RELAY_POSITIONS.name, 0)
        consumer.assign([place])
        first = (await consumer.beginning_offsets([place]))[place]
        end = (await consumer.end_offsets([place]))[place]
        start = max(first, end - FIRST_CHUNK) if self._read_to is None else self._read_to
        found = await _read_positions(consumer, place, start, end)
        size = FIRST_CHUNK
        while self._read_to is None and start > first and not found.keys() >= logs:
            size *= GROWTH
            start, before = max(first, start - size), start
            found = await _read_positions(consumer, place, start, before) | found
        self._positions |= found
        self._read_to = end
        return self._positions


async def _stand(
    kafka: Kafka, service: str, names: Sequence[str]
) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int]]:
    """Return where a service stands in some topics, and where they end."""
    consumer, partitions = kafka.consumer, await find_partitions(kafka.consumer, names)
    consumer.assign(partitions)
    committed = await _committed(kafka.admin, service)
    beginnings = await consumer.beginning_offsets(partitions)
    starts = {p: max(committed.get(p, 0), beginnings[p]) for p in partitions}
    return starts, await consumer.end_offsets(partitions)


async def _committed(admin: Any, service: str) -> dict[TopicPartition, int]:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            offsets = await admin.list_consumer_group_offsets(service)
        except GroupCoordinatorNotAvailableError:  # a new Kafka makes one when it is asked first
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.1)
        else:
            return {partition: found.offset for partition, found in offsets.items()}


async def _read(
    consumer: Any, place: TopicPartition, start: int, end: int
) -> tuple[list[Any], int]:
    """Return the next records from `start` on, and where to go on."""
    if start >= end:
        return [], end
    consumer.seek(place, start)
    deadline = time.monotonic() + PATIENCE_S
    while True:
        fetched = await consumer.getmany(place, timeout_ms=POLL_MS, max_records=RECORDS_MAX)
        records = [record for record in fetched.get(place, []) if record.offset < end]
        reached = min(await consumer.position(place), end)
        if records or reached >= end:
            return records, reached
        if time.monotonic() > deadline:
            raise TimeoutError(f"{place.topic}/{place.partition} stops at {reached} of {end}")


def _time_of(record: Any) -> datetime:
    return datetime.fromtimestamp(record.timestamp / 1000, UTC)


def _id_of(record: Any) -> str | None:
    id_ = dict(record.headers).get("ce_id")
    return None if id_ is None else str(id_, "utf-8", "replace")


async def _undecided(connection: OwnConnection, records: Sequence[Any]) -> list[Any]:
    handled = await connection.fetch(
        f"SELECT message_id FROM {COMMANDS_OF}.inbox WHERE message_id = ANY($1::text[])",
        [id_ for record in records if (id_ := _id_of(record))],
    )
    aside = await connection.fetch(
        f'SELECT topic, partition, "offset" FROM {COMMANDS_OF}.dead_letters'
        ' WHERE topic = $1 AND "offset" = ANY($2::bigint[])',
        topics.COMMANDS.name,
        [record.offset for record in records],
    )
    known, places = {row[0] for row in handled}, {tuple(row) for row in aside}
    return [
        record
        for record in records
        if _id_of(record) not in known
        and (record.topic, record.partition, record.offset) not in places
    ]


async def _read_positions(
    consumer: Any, place: TopicPartition, start: int, end: int
) -> dict[str, int]:
    found: dict[str, int] = {}
    while start < end:
        records, start = await _read(consumer, place, start, end)
        found |= {record.key.decode(): int(record.value) for record in records}
    return found
