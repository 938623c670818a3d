"""Kafka to processor: FastStream subscribers in batches, acknowledged only after our transaction.

Nothing here may raise out of the handler: FastStream would swallow it and commit past the batch.
Offsets are a hint, committed now and then; what was handled is known from the inbox alone.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.security import BaseSecurity
from pydantic import BaseModel

from kit.clock import rest_s
from kit.cloudevents import Incoming, MessageReader, Undecodable, set_aside
from kit.deciding import Answer
from kit.health import Health, Loop
from kit.logs import get_logger
from kit.metrics import BATCH_SIZE, SKIPPED
from kit.postgres import UNAVAILABLE
from kit.settings import KitSettings
from telemetry.redaction import type_label

log = get_logger("consumer")

COMMIT_EVERY_S = 0.5
"""A crash redelivers at most so much; the inbox absorbs it at a fraction of a commit's cost."""

POLL_MS = 5
"""FastStream sleeps as long as it polls when nothing came, so this bounds the added latency."""

PACE_S, FULL = 0.02, 300
"""Time from one batch to the next at least, unless a batch was as good as full. The first message
after a pause never waits; a stream of them shares transactions instead of paying for one each."""


class _Taken(NamedTuple):
    """A batch read, not yet handled."""

    records: Sequence[Any]
    messages: list[Incoming]
    dead_letters: list[Undecodable]
    origins: dict[int, Any]


class Process(Protocol):
    """What handles a batch; see `kit.processor.Processor.process`."""

    def __call__(  # noqa: D102 - the class says it
        self, messages: Sequence[Incoming], *, dead_letters: Sequence[Undecodable],
        aside: Callable[[Incoming, str, str], Undecodable],
    ) -> Awaitable[list[Answer]]: ...  # fmt: skip


class BatchConsumer:
    """One consumer group of one service over all topics it listens to."""

    def __init__(
        self, settings: KitSettings, health: Health, *, group: str, topics: Sequence[str],
        models: Sequence[type[BaseModel]], stream_of: Callable[[Any], tuple[str, UUID]],
        process: Process, message_bytes_max: int,
        read_ahead: Callable[[Sequence[Incoming]], Awaitable[None]],
    ) -> None:  # fmt: skip
        self._settings, self._group, self._topics = settings, group, topics
        self._process, self._read_ahead = process, read_ahead
        self._reader = MessageReader(models, stream_of, message_bytes_max)
        self._loop: Loop = health.loop("consumer")
        self._offsets: dict[TopicPartition, int] = {}
        self._committed: dict[TopicPartition, int] = {}
        self._consumer: Any = None
        self._in_hand_count = 0
        self._underway: asyncio.Task[None] | None = None
        self._held: AbstractSet[TopicPartition] = frozenset()
        self._broker = self._build_broker()

    def _build_broker(self) -> KafkaBroker:
        broker = KafkaBroker(
            self._settings.kafka_bootstrap.split(","),
            security=BaseSecurity(ssl_context=self._settings.kafka_tls),
            client_id=f"{self._group}-{self._settings.instance}",
            ack_policy=AckPolicy.MANUAL, apply_types=False, allow_auto_create_topics=False,
            logger=None, graceful_timeout=5.0,
        )  # fmt: skip
        subscriber = broker.subscriber(
            *self._topics,
            group_id=self._group, group_instance_id=f"{self._group}-{self._settings.instance}",
            batch=True, max_records=self._settings.batch_max, batch_timeout_ms=POLL_MS,
            ack_policy=AckPolicy.MANUAL, auto_offset_reset="earliest",
            isolation_level="read_committed",
            session_timeout_ms=30_000, heartbeat_interval_ms=1_000, max_poll_interval_ms=600_000,
            max_partition_fetch_bytes=2_097_152, fetch_max_wait_ms=500,
            listener=_Rebalance(self), parser=self._parse, decoder=_decode,
        )  # fmt: skip
        subscriber(self._on_batch)
        self._subscriber = subscriber
        return broker

    async def run(self) -> None:
        """Consume until cancelled."""
        await self._start()
        self._consumer = self._subscriber.consumer
        committer = asyncio.create_task(self._commit_regularly())
        try:
            while True:
                with contextlib.suppress(KafkaError):  # partitions move while we ask
                    await self._measure_lag()
                await asyncio.sleep(1)
        finally:
            committer.cancel()
            with contextlib.suppress(KafkaError, TimeoutError):
                await asyncio.wait_for(self._finish(), 2)
                await asyncio.wait_for(self.commit(), 2)
            await self._broker.stop()

    async def _start(self) -> None:
        wait_s = 0.2
        while True:
            try:
                await self._broker.start()
            except (KafkaError, OSError) as away:
                log.warning("kafka.unavailable", reason=str(away))
                with contextlib.suppress(Exception):
                    await self._broker.stop()
                await asyncio.sleep(wait_s)
                wait_s = min(2.0, wait_s * 1.6)
                self._broker = self._build_broker()
            else:
                return

    async def _parse(self, records: Any) -> KafkaMessage:
        """Hand over raw records; they are read one by one, by code that cannot fail."""
        return KafkaMessage(raw_message=records, body=b"", headers={}, consumer=self._consumer)

    async def _on_batch(self, records: Sequence[Any]) -> None:
        if len(records) >= FULL:
            # There is more: it is fetched and read while this batch is being recorded.
            taken = self._take(records)
            with contextlib.suppress(Exception):  # handling the batch meets the same, and tells
                await self._read_ahead(taken.messages)
            await self._finish()
            self._underway = asyncio.create_task(self._handle(taken))
            return
        started = time.monotonic()
        self._hold_fetching()
        taken = self._take(records)
        await self._finish()
        await self._handle(taken)
        await asyncio.sleep(rest_s(time.monotonic() - started, pace_s=PACE_S))
        self._go_on_fetching()

    async def _finish(self) -> None:
        """Wait for the batch underway; it never fails, it only ends."""
        if self._underway:
            await asyncio.shield(self._underway)
            self._underway = None

    def _take(self, records: Sequence[Any]) -> "_Taken":
        self._in_hand_count += len(records)
        taken = _Taken(records, [], [], {})
        for record in records:
            read = self._reader.read(record)
            if isinstance(read, Incoming):
                taken.origins[id(read)] = record
                taken.messages.append(read)
            elif isinstance(read, Undecodable):
                where = {"topic": read.topic, "partition": read.partition, "offset": read.offset}
                log.warning("message.set_aside", code=read.code, detail=read.detail, **where)
                taken.dead_letters.append(read)
            else:
                SKIPPED.labels(self._group, type_label(read.type)).inc()
        return taken

    async def _handle(self, taken: "_Taken") -> None:
        records, messages, dead_letters, origins = taken
        if messages or dead_letters:
            await self._until_processed(messages, dead_letters, origins)
        # Records of one partition come in order, so the last one tells.
        ends = {(record.topic, record.partition): record.offset for record in records}
        for partition, offset in ends.items():
            self._offsets[TopicPartition(*partition)] = offset + 1
        BATCH_SIZE.labels(self._group, "consumer").observe(len(records))
        self._in_hand_count -= len(records)
        self._loop.progressed()

    def _hold_fetching(self) -> None:
        """Let the next fetch wait until this batch is done.

        Sent now it would come back with the first record that arrives, and the client fetches
        nothing more until that one is consumed: what came behind it would wait a whole round.
        """
        consumer: Any = self._subscriber.consumer
        self._held = consumer.assignment() - consumer.paused()
        consumer.pause(*self._held)

    def _go_on_fetching(self) -> None:
        consumer: Any = self._subscriber.consumer
        consumer.resume(*(self._held & consumer.assignment()))

    async def _until_processed(
        self, messages: list[Incoming], dead_letters: list[Undecodable], origins: dict[int, Any]
    ) -> None:
        def aside(message: Incoming, code: str, detail: str) -> Undecodable:
            log.warning("message.set_aside", code=code, detail=detail, message_id=message.id)
            return set_aside(message, origins[id(message)], code, detail)

        wait_s = 0.05
        while True:
            self._loop.has_work()
            try:
                await self._process(messages, dead_letters=dead_letters, aside=aside)
            except UNAVAILABLE as away:
                # The outcome is unknown; the inbox will tell the next try what was done.
                log.warning("postgres.unavailable", reason=str(away) or type(away).__name__)
                await asyncio.sleep(wait_s)
                wait_s = min(2.0, wait_s * 1.6)
            except Exception:
                # Not the database's absence, so trying again is no cure and passing on would lose
                # the batch: stay here, visibly, until the watchdog ends the process.
                log.exception("batch.failed", size=len(messages))
                await asyncio.sleep(5)
            else:
                return

    async def _measure_lag(self) -> None:
        consumer = self._subscriber.consumer
        if consumer is None or not consumer.assignment():
            return
        lag = self._in_hand_count
        # The broker is asked: what the client remembers stands still while a batch takes long.
        for partition, end in (await consumer.end_offsets(consumer.assignment())).items():
            # Not from the last record: a transaction's marker follows and would look like another.
            lag += max(0, end - await consumer.position(partition))
        if lag:
            self._loop.has_work(lag_count=lag)
        else:
            self._loop.progressed()

    async def commit(self) -> None:
        """Commit what was handled, when there is something new."""
        consumer = self._subscriber.consumer
        if consumer is None:
            return
        assigned = consumer.assignment()
        moved = {
            partition: offset
            for partition, offset in self._offsets.items()
            if partition in assigned and self._committed.get(partition) != offset
        }
        if moved:
            await consumer.commit(moved)
            self._committed.update(moved)

    async def _commit_regularly(self) -> None:
        while True:
            await asyncio.sleep(COMMIT_EVERY_S)
            try:
                await self.commit()
            except KafkaError as error:
                log.warning("offsets.not_committed", reason=str(error))


class _Rebalance(ConsumerRebalanceListener):  # type: ignore[misc]
    """Commits what was handled before partitions move; forgets them afterwards."""

    def __init__(self, owner: BatchConsumer) -> None:
        self._owner = owner

    async def on_partitions_revoked(self, revoked: Any) -> None:
        with contextlib.suppress(KafkaError):
            await self._owner.commit()
        for partition in revoked:
            self._owner._offsets.pop(partition, None)  # noqa: SLF001 - one class in two parts
            self._owner._committed.pop(partition, None)  # noqa: SLF001

    async def on_partitions_assigned(self, assigned: Any) -> None:
        log.info("partitions.assigned", count=len(assigned))


async def _decode(message: KafkaMessage) -> Any:
    return message.raw_message
