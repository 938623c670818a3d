"""What Kafka heard of us and a restored log does not know: noted before, looked for afterwards.

A log that was set back decides again what it is told again. Whether it came out the same is not
assumed but compared: every answer to a command that the world was given must be there again.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import orjson
from aiokafka import TopicPartition

from contracts.topics import TOPICS
from countermand.errors import KnownError
from countermand.history.topics import PATIENCE_S, POLL_MS, find_partitions, open_consumer
from countermand.specs import SPECS
from kit.event_store import LogEntry
from kit.ids import message_id
from kit.postgres import Pool
from kit.roles import ServiceSpec
from rebuild.rebuilding import OnStep

OWN = {topic.name: topic.owner for topic in TOPICS if topic.owner in SPECS}
"""Our own topics: copies of our logs."""

PAGE_MAX = 5_000
MOMENTS = ("_at", "_until")
"""How fields end that say when; they may differ, what was decided may not."""


class Told(NamedTuple):
    """An event that was published."""

    topic: str
    id: str
    type: str
    key: str
    data: dict[str, Any]

    @property
    def what(self) -> bytes:
        """All it says but the moments."""
        said = [self.type, self.key, _timeless(self.data)]
        return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)

    @property
    def command_id(self) -> str | None:
        """The command it answers."""
        return self.data.get("command_id")


class NotedError(KnownError):
    """The file is no list of events."""


def _timeless(value: Any) -> Any:
    match value:
        case dict():
            return {
                name: _timeless(inner)
                for name, inner in value.items()
                # What is left out and what says nothing are one and the same.
                if inner is not None and not name.endswith(MOMENTS)
            }
        case list():
            return [_timeless(inner) for inner in value]
    return value


async def note_lost(pool: Pool, kafka_bootstrap: str, path: Path, on_step: OnStep) -> int:
    """Write down every event on our topics that is in no log; returns how many there are."""
    known: dict[str, set[str]] = {
        service: {id_ async for id_ in _ids(pool, spec)} for service, spec in SPECS.items()
    }
    count = seen = 0
    path.touch(mode=0o600)
    with path.open("wb") as file:
        async for record in _records(kafka_bootstrap):
            headers = dict(record.headers)
            id_ = headers["ce_id"].decode()
            seen += 1
            if id_ not in known[OWN[record.topic]]:
                type_, key = headers["ce_type"].decode(), record.key.decode()
                told = Told(record.topic, id_, type_, key, orjson.loads(record.value))
                file.write(orjson.dumps(told._asdict()) + b"\n")
                count += 1
            on_step("Events compared", seen, -1)
    return count


async def _ids(pool: Pool, spec: ServiceSpec) -> AsyncIterator[str]:
    async with pool.acquire() as connection:
        position = 0
        while page := await spec.store.read_log(connection, after=position, limit=PAGE_MAX):
            position = page[-1].position
            for entry in page:
                if entry.name in spec.publishes:
                    yield message_id(entry.stream, entry.version)


async def _records(kafka_bootstrap: str) -> AsyncIterator[Any]:
    async with open_consumer(kafka_bootstrap) as consumer:
        partitions = await find_partitions(consumer, list(OWN))
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning(*partitions)
        open_: set[TopicPartition] = set(partitions)
        while open_:
            fetched = await consumer.getmany(timeout_ms=min(POLL_MS, int(PATIENCE_S * 1_000)))
            for records in fetched.values():
                for record in records:
                    yield record
            open_ = {p for p in open_ if await consumer.position(p) < ends[p]}


def read_noted(path: Path) -> list[Told]:
    """Read the list.

    Raises:
        NotedError: it is none.
    """
    try:
        return [Told(**orjson.loads(line)) for line in path.read_bytes().splitlines()]
    except (OSError, ValueError, TypeError) as no:
        raise NotedError(f"{path} is no list of `countermand recover note` ({no}).") from None


async def find_missing(pool: Pool, noted: Sequence[Told]) -> list[Told]:
    """Return those answers to commands that no log gives again, in whatever sequence."""
    answers = [told for told in noted if told.command_id]
    wanted = Counter(told.what for told in answers)
    for service, spec in SPECS.items():
        keys = {told.key for told in answers if OWN[told.topic] == service}
        streams = [spec.stream_of(SimpleNamespace(order_id=key))[1] for key in keys]
        async with pool.acquire() as connection:
            entries = await spec.store.read_of(connection, streams, up_to=2**62)
        wanted.subtract(Counter(told.what for told in _said(spec, entries)))
    missing = []
    for told in answers:
        if wanted[told.what] > 0:
            wanted[told.what] -= 1
            missing.append(told)
    return missing


def _said(spec: ServiceSpec, entries: Sequence[LogEntry]) -> Iterator[Told]:
    for entry in entries:
        if entry.name in spec.publishes:
            fact, cause = spec.store.mapper.read_body(entry.name, entry.body)
            topic, key, model = spec.translate(fact, cause)
            data = orjson.loads(model.model_dump_json())
            type_: str = model.TYPE
            yield Told(topic, "", type_, key, data)
