"""The Kafka topics: every stored fact that is public is there exactly once, in its order's order.

Reads whole topics as a committed reader; knows nothing but ids, keys and types.
"""

from collections import Counter
from typing import Literal, NamedTuple
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts import topics
from countermand.to_kafka import to_kafka
from countermand.verify.decided import Decided, read_log
from countermand.verify.mismatch import Mismatch
from kit.ids import message_id
from kit.postgres import OwnConnection
from services.cancellation.translation import PUBLISHES as CANCELLATION_PUBLISHES
from services.inventory.translation import PUBLISHES as INVENTORY_PUBLISHES
from services.notifier.translation import PUBLISHES as NOTIFIER_PUBLISHES
from services.refunds.translation import PUBLISHES as REFUNDS_PUBLISHES

PUBLISHED_BY = {
    "cancellation": (topics.CANCELLATION, CANCELLATION_PUBLISHES),
    "inventory": (topics.INVENTORY, INVENTORY_PUBLISHES),
    "refunds": (topics.REFUNDS, REFUNDS_PUBLISHES),
    "notifier": (topics.NOTIFIER, NOTIFIER_PUBLISHES),
}
"""Topic and public facts of each service."""


AGAIN = frozenset({"ce_redriveid", "ce_replayid"})
"""Headers of what was sent on purpose once more; whoever handled it absorbs it."""


class Header(NamedTuple):
    """What a record says about itself."""

    id: str
    type: str
    key: bytes
    is_again: bool
    """True when an operator sent it once more: a redrive or a replay."""


async def read_topic(kafka_bootstrap: str, topic: str) -> list[list[Header]]:
    """Read a whole topic; one list per partition, in offset order, committed records only."""
    consumer = AIOKafkaConsumer(
        **to_kafka(kafka_bootstrap),
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=8_388_608,
    )
    await consumer.start()
    try:
        partitions = [
            TopicPartition(topic, number)
            for number in sorted(
                consumer.partitions_for_topic(topic) or await _find(consumer, topic)
            )
        ]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning(*partitions)
        read: dict[TopicPartition, list[Header]] = {p: [] for p in partitions}
        open_ = set(partitions)
        while open_:
            for partition, records in (await consumer.getmany(timeout_ms=200)).items():
                read[partition] += [_header(record) for record in records]
            open_ = {p for p in open_ if await consumer.position(p) < ends[p]}
        return [read[p] for p in partitions]
    finally:
        await consumer.stop()


async def _find(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    await consumer._client._wait_on_metadata(topic)  # noqa: SLF001 - no public way without a group
    return set(consumer.partitions_for_topic(topic) or ())


def _header(record: object) -> Header:
    headers = dict(record.headers)  # type: ignore[attr-defined]
    return Header(
        (headers.get("ce_id") or b"").decode(errors="replace"),
        (headers.get("ce_type") or b"").decode(errors="replace"),
        record.key or b"",  # type: ignore[attr-defined]
        not AGAIN.isdisjoint(headers),
    )


async def check_published(connection: OwnConnection, kafka_bootstrap: str) -> list[Mismatch]:
    """Name every fact missing, doubled, foreign or out of order on each service's topic."""
    found: list[Mismatch] = []
    for service, (topic, publishes) in PUBLISHED_BY.items():
        expected: dict[UUID, list[str]] = {}
        async for page in read_log(connection, service):
            for entry in page:
                if entry.name in publishes:
                    ids = expected.setdefault(entry.stream, [])
                    ids.append(message_id(entry.stream, entry.version))
        stream_of = {id_: stream for stream, ids in expected.items() for id_ in ids}
        seen: dict[UUID, list[str]] = {}
        strange: Counter[str] = Counter()
        for partition in await read_topic(kafka_bootstrap, topic.name):
            for header in partition:
                stream = stream_of.get(header.id)
                if header.is_again and stream is not None:
                    continue
                if stream is None:
                    strange[header.id] += 1
                else:
                    seen.setdefault(stream, []).append(header.id)
        found += [Mismatch("foreign", f"{topic.name}: {id_} is in no store") for id_ in strange]
        found += [
            Mismatch(_kind(ids, seen.get(stream, [])), f"{topic.name}: stream {stream} differs")
            for stream, ids in expected.items()
            if seen.get(stream, []) != ids
        ]
    return found


def _kind(expected: list[str], seen: list[str]) -> Literal["lost", "doubled", "wrong"]:
    if set(expected) - set(seen):
        return "lost"
    return "doubled" if len(seen) > len(expected) else "wrong"


async def check_commands(
    connection: OwnConnection, kafka_bootstrap: str, decided: Decided
) -> tuple[int, list[Mismatch]]:
    """Count the commands received by any door and name those without an answer."""
    types = {model.TYPE for model in topics.COMMANDS.messages}
    sent = {
        header.id
        for partition in await read_topic(kafka_bootstrap, topics.COMMANDS.name)
        for header in partition
        if header.type in types
    }
    dead = {
        row[0] for row in await connection.fetch("SELECT message_id FROM cancellation.dead_letters")
    }
    lost = [
        Mismatch("lost", f"command {id_} has no answer")
        for id_ in sent - set(decided.answers) - dead
    ]
    return len((sent - dead) | set(decided.answers)), lost
