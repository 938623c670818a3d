"""Log to Kafka: follows one service's log and publishes it in transactions.

The position travels in the same Kafka transaction as the messages, so after any crash the next
relay goes on exactly where the last committed one ended. An advisory lock keeps one relay working;
the transactional id fences one that was only asleep.
"""

import asyncio
import time
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from msgspec import Raw, Struct, ValidationError, defstruct
from msgspec.json import Decoder, Encoder

from kit.clock import rest_s
from kit.cloudevents import Headers, write_headers
from kit.event_store import EventStore, LogEntry
from kit.facts import Cause, Fact, FactMapper
from kit.health import Health
from kit.ids import message_id
from kit.logs import get_logger
from kit.metrics import PUBLISHED
from kit.postgres import UNAVAILABLE, OwnConnection, Wakeup, sole_holder
from kit.settings import KitSettings, SettingsError

log = get_logger("relay")

PAGE_MAX = 1_000
"""Facts per Kafka transaction: one costs about 10 ms, so this bounds its share to 10 µs each."""

BATCH_BYTES_MAX = 2_000_000
"""Just under the broker's limit for our own topics (`contracts.topics.Topic`)."""


PACE_S, FULL = 0.01, 300
"""Time from one page to the next at least, unless a page was as good as full: a Kafka transaction
costs the broker 2.5 ms of a core and us 1 ms, however little it carries (measured with one record).
After a pause the first never waits."""


class Outgoing(NamedTuple):
    """What a fact becomes in public."""

    topic: str
    key: str
    message: Any
    """A model with `TYPE`."""


Translate = Callable[[Fact, Cause], Outgoing]
"""Turns a private fact into a public message; pure."""


class Record(NamedTuple):
    """One message as Kafka carries it."""

    topic: str
    key: str
    type: str
    value: bytes
    headers: Headers


class StoredCause(Struct, gc=False):
    """A cause as it was stored."""

    message_id: str
    correlation_id: str
    recorded_at: str
    traceparent: str | None = None


_read_text, _write = Decoder(str).decode, Encoder().encode
_stored: Decoder[Any] = Decoder(defstruct("Stored", [("cause", StoredCause)]))

SayStored = Callable[[bytes], tuple[Record, StoredCause] | None]
"""Writes the message of a stored body, without headers, and tells its cause.

It was checked when it was stored, and reading a model only to write another was half of a relay's
work. None where only a translation can say it: stored before the fact had one of its fields.
"""


def said_as_stored(topic: str, key: str, model: type[Any], moment: str, **more: Any) -> SayStored:
    """Return what says a fact field by field, and when: `key` and `moment` are fields of `model`.

    Fact and message must have their other fields in common, of the same types; `more` holds by
    which type a field is read instead and, where no fact has it, what stands for it.
    """
    how = {moment: (Raw, None), **more}
    fields = [(name, *how.get(name, (Raw,))) for name in model.model_fields]
    fact = defstruct(model.__name__, fields, kw_only=True, gc=False)
    read = Decoder(defstruct("Stored", [("fact", fact), ("cause", StoredCause)], gc=False)).decode

    def say(body: bytes) -> tuple[Record, StoredCause] | None:
        try:
            stored: Any = read(body)
        except ValidationError:
            return None
        setattr(stored.fact, moment, stored.cause.recorded_at)
        text = _read_text(getattr(stored.fact, key))
        return Record(topic, text, model.TYPE, _write(stored.fact), []), stored.cause

    return say


class RecordWriter(NamedTuple):
    """Writes the stored facts of one service as records."""

    service: str
    mapper: FactMapper
    translate: Translate
    says: Mapping[str, SayStored]
    """By stored name; all others are translated."""

    def write(self, entry: LogEntry) -> Record:
        """Write one fact."""
        say = self.says.get(entry.name)
        said, cause = (say and say(entry.body)) or self._translated(entry)
        said.headers[:] = write_headers(
            id_=message_id(entry.stream, entry.version), source=f"/countermand/{self.service}",
            type_=said.type, subject=said.key, time=cause.recorded_at.replace("Z", "+00:00"),
            correlation_id=cause.correlation_id, causation_id=cause.message_id,
            traceparent=cause.traceparent,
        )  # fmt: skip
        return said

    def _translated(self, entry: LogEntry) -> tuple[Record, StoredCause]:
        topic, key, message = self.translate(*self.mapper.read_body(entry.name, entry.body))
        value = self.mapper.transcoder.encode(message)
        return Record(topic, key, message.TYPE, value, []), _stored.decode(entry.body).cause


def partition_of(key: bytes, partition_count: int) -> int:
    """Return the partition of a key, as everything of ours that writes chooses it."""
    return zlib.crc32(key) % partition_count


class Relay:
    """Publishes one log of a service in its order; a log has the name of its store."""

    def __init__(
        self, settings: KitSettings, health: Health, *, service: str, store: EventStore,
        publishes: Collection[str], writer: RecordWriter, positions_topic: str,
    ) -> None:  # fmt: skip
        """`publishes` holds the stored names that become messages; the rest stays private."""
        self._settings, self._service, self._store = settings, service, store
        self._publishes, self._writer = frozenset(publishes), writer
        self._positions = TopicPartition(positions_topic, 0)
        self._log = store.service
        self._loop = health.loop("relay" if self._log == service else f"relay-{self._log}")

    async def run(self) -> None:
        """Relay until cancelled; comes back by itself when Kafka or PostgreSQL return."""
        while True:
            try:
                async with sole_holder(
                    self._settings.postgres_dsn, f"relay-{self._log}"
                ) as connection:
                    await self._lead(connection)
            except (KafkaError, *UNAVAILABLE) as away:
                log.warning("relay.interrupted", reason=str(away) or type(away).__name__)
                await asyncio.sleep(0.5)

    async def _lead(self, connection: OwnConnection) -> None:
        producer = AIOKafkaProducer(
            **self._settings.kafka,
            client_id=f"relay-{self._log}", transactional_id=f"relay-{self._log}",
            enable_idempotence=True, acks="all",
            max_batch_size=BATCH_BYTES_MAX, max_request_size=BATCH_BYTES_MAX + 100_000,
            linger_ms=0, request_timeout_ms=20_000, retry_backoff_ms=20,
            transaction_timeout_ms=30_000,
        )  # fmt: skip
        wakeup = Wakeup(self._settings.postgres_dsn, self._store.channel)
        listener = asyncio.create_task(wakeup.listen())
        try:
            # Starting fences an older relay and ends its open transaction; only then is the
            # position that we read the last word.
            await producer.start()
            position = await self._read_position()
            if position > (head := await self._store.head(connection)):
                raise SettingsError(
                    f"Kafka has what {self._log} published up to position {position}, and the"
                    f" log ends at {head}: it was set back, or this is another Kafka. What comes"
                    " next would never be published. See docs/guides/recovery.md."
                )
            log.info("relay.leading", position=position, of=self._log)
            await self._follow(connection, producer, wakeup, position)
        finally:
            listener.cancel()
            with suppress(KafkaError, TimeoutError):
                await asyncio.wait_for(producer.stop(), 3)

    async def _follow(
        self, connection: OwnConnection, producer: Any, wakeup: Wakeup, position: int
    ) -> None:
        while True:
            page = await self._store.read_log(connection, after=position, limit=PAGE_MAX)
            if not page:
                self._loop.progressed()
                await wakeup.wait()
                continue
            self._loop.has_work()
            position = page[-1].position
            outgoing = [entry for entry in page if entry.name in self._publishes]
            # A page of private facts costs no transaction: read again after a crash, it is passed
            # again.
            if outgoing:
                started = time.monotonic()
                await self._publish(producer, outgoing, position)
                if len(page) < FULL:
                    await asyncio.sleep(rest_s(time.monotonic() - started, pace_s=PACE_S))
            self._loop.progressed(lag_count=int(len(page) == PAGE_MAX))

    async def _publish(self, producer: Any, outgoing: Sequence[LogEntry], position: int) -> None:
        batches: list[tuple[TopicPartition, Any]] = []
        open_: dict[TopicPartition, Any] = {}
        counts: dict[str, int] = {}
        for entry in outgoing:
            topic, key_text, _, value, headers = self._writer.write(entry)
            if topic not in counts:
                counts[topic] = len(await producer.partitions_for(topic))
            key = key_text.encode()
            target = TopicPartition(topic, partition_of(key, counts[topic]))
            record = {"key": key, "value": value, "timestamp": None, "headers": headers}
            builder = open_.get(target)
            if builder is None or not builder.append(**record):
                builder = open_[target] = producer.create_batch()
                batches.append((target, builder))
                if not builder.append(**record):
                    raise ValueError(f"position {entry.position}: {len(value)} bytes do not fit")
        async with producer.transaction():
            futures = []
            for target, builder in batches:
                builder.close()
                sent = await producer.send_batch(builder, target.topic, partition=target.partition)
                futures.append(sent)
            told = await producer.send(
                self._positions.topic, key=self._log.encode(),
                value=str(position).encode(), partition=0,
            )  # fmt: skip
            await asyncio.gather(*futures, told)
        PUBLISHED.labels(self._service).inc(len(outgoing))

    async def _read_position(self) -> int:
        """Return the last committed position, 0 when this Kafka has never seen this relay.

        The topic is shared, and a relay that died inside its transaction hides from committed
        readers what others committed after it. So we read up to the true end, which waits until
        that transaction is over: its relay's successor ends it, or the broker after 30 s.
        """
        consumer = AIOKafkaConsumer(
            **self._settings.kafka, isolation_level="read_committed", enable_auto_commit=False,
            auto_offset_reset="earliest",
        )  # fmt: skip
        await consumer.start()
        try:
            consumer.assign([self._positions])
            await consumer.seek_to_beginning(self._positions)
            position, end = 0, None
            while end is None or await consumer.position(self._positions) < end:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    for record in records:
                        if record.key == self._log.encode():
                            position = int(record.value)
                if end is None:  # known from the first answer on
                    end = consumer.highwater(self._positions)
            return position
        finally:
            await consumer.stop()
