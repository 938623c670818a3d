"""Kafka topics as sources of events, one per partition; committed records only.

Without a group, so looking changes nothing for anybody.
"""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from countermand.history.event import Event, of_record
from countermand.history.reading import Span
from countermand.history.selection import QuestionError, Selection
from countermand.to_kafka import to_kafka

RECORDS_MAX = 500
PATIENCE_S = 20.0
"""A broker that sends nothing of what it has for so long is away."""

POLL_MS = 200

FETCH_WAIT_MS = 20
"""So late answers a broker with nothing to send; whatever else is asked waits behind it."""


@asynccontextmanager
async def open_consumer(kafka_bootstrap: str) -> AsyncIterator[Any]:
    """Open a reader of any topic."""
    consumer = AIOKafkaConsumer(
        **to_kafka(kafka_bootstrap),
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=1_048_576,
        fetch_max_wait_ms=FETCH_WAIT_MS,
        request_timeout_ms=10_000,
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


async def find_partitions(
    consumer: Any, names: Sequence[str], others: Sequence[str] = ()
) -> list[TopicPartition]:
    """Return the partitions that topics, or `TOPIC/PARTITION`, stand for.

    Raises:
        QuestionError: there is no such topic; names those there are, and `others`.
    """
    cluster = await consumer._client.fetch_all_metadata()  # noqa: SLF001 - no public way tells both
    found: list[TopicPartition] = []
    for name in names:
        topic, _, number = name.partition("/")
        partitions = sorted(cluster.partitions_for_topic(topic) or ())
        chosen = [p for p in partitions if number in ("", str(p))]
        if not chosen:
            topics = sorted(t for t in cluster.topics() if not t.startswith("__"))
            there = ", ".join([*others, *topics])
            raise QuestionError(f"There is nothing called {name!r}. There are: {there}.")
        found += [TopicPartition(topic, partition) for partition in chosen]
    return list(dict.fromkeys(found))


class TopicSource:
    """One partition, as far as it is wanted."""

    is_indexed = False

    def __init__(self, consumer: Any, partition: TopicPartition, selection: Selection) -> None:
        self.name = f"{partition.topic}/{partition.partition}"
        self._consumer, self._partition, self._selection = consumer, partition, selection

    async def span(self, after: int | None, up_to: int | None) -> Span:
        """Return the offsets worth looking at."""
        partition = self._partition
        start = (await self._consumer.beginning_offsets([partition]))[partition]
        end = await self.end()
        if self._selection.since:
            since_ms = int(self._selection.since.timestamp() * 1000)
            found = (await self._consumer.offsets_for_times({partition: since_ms}))[partition]
            start = max(start, end if found is None else found.offset)
        if after is not None:
            start = max(start, after + 1)
        return Span(start, end if up_to is None else min(end, up_to + 1))

    async def end(self) -> int:
        """Return the offset after the newest."""
        ends = await self._consumer.end_offsets([self._partition])
        return int(ends[self._partition])

    async def read(self, start: int, end: int) -> tuple[list[Event], int]:
        """Return the next wanted records from `start` on, and where to go on."""
        consumer, partition = self._consumer, self._partition
        if await consumer.position(partition) != start:
            consumer.seek(partition, start)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            fetched = await consumer.getmany(partition, timeout_ms=POLL_MS, max_records=RECORDS_MAX)
            records = fetched.get(partition, [])
            # Beyond the records: what a transaction leaves behind has offsets, too.
            reached = min(await consumer.position(partition), end)
            if records or reached >= end:
                events = [of_record(record) for record in records if record.offset < end]
                return [event for event in events if self._selection.wants(event)], reached
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name} stops at {reached} of {end}")
