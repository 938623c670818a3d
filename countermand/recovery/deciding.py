"""Lets restored logs hear upstream's topics again in the sequence in which things happened.

A consumer reads its topics side by side, so on a long backlog a command may come before the order
it is about, and is refused for good. Here all partitions are one line, by the time of each record.
What a log knows, its inbox absorbs; the rest is decided, and calls are written down. None is made.
"""

from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import Any

from aiokafka import TopicPartition

from contracts.topics import ORDERS
from countermand.history.topics import POLL_MS, RECORDS_MAX, find_partitions, open_consumer
from countermand.recovery.lost import OWN
from countermand.recovery.rewinding import place
from countermand.specs import SPECS, take_up_reference
from kit.cloudevents import Incoming, MessageReader, Undecodable, set_aside
from kit.postgres import Pool
from kit.roles import ServiceSpec
from kit.settings import KitSettings
from rebuild.rebuilding import OnStep


async def decide_again(settings: KitSettings, on_step: OnStep) -> int:
    """Tell every service what upstream says; returns how many records were read.

    Raises:
        StillRunningError: a consumer runs; stop all services first.
    """
    count = 0
    for spec in SPECS.values():
        topics = [topic for topic in spec.listens_to if topic not in OWN]
        if not topics:
            continue
        await place(settings.kafka_bootstrap, spec.name, topics)
        async with (
            spec.pool(settings, "recover") as pool,
            open_consumer(settings.kafka_bootstrap) as consumer,
        ):
            partitions = await find_partitions(consumer, topics)
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            ends = await consumer.end_offsets(partitions)
            total = sum(ends.values()) - sum(
                (await consumer.beginning_offsets(partitions)).values()
            )
            read = 0
            async for records in _pages(consumer, ends):
                await _tell(spec, settings, pool, records)
                read += len(records)
                on_step(f"Heard by {spec.name}", read, total)
        await place(settings.kafka_bootstrap, spec.name, topics, ends)
        count += read
    return count


async def _tell(
    spec: ServiceSpec, settings: KitSettings, pool: Pool, records: Sequence[Any]
) -> None:
    reader = MessageReader(spec.hears, spec.stream_of, spec.message_bytes_max)
    origins: dict[int, Any] = {}
    messages: list[Incoming] = []
    letters: list[Undecodable] = []
    for record in records:
        read = reader.read(record)
        if isinstance(read, Incoming):
            origins[id(read)] = record
            messages.append(read)
        elif isinstance(read, Undecodable):
            letters.append(read)

    def aside(message: Incoming, code: str, detail: str) -> Undecodable:
        return set_aside(message, origins[id(message)], code, detail)

    await take_up_reference(spec, pool)
    await spec.processor(settings, pool).process(messages, dead_letters=letters, aside=aside)


async def _pages(consumer: Any, ends: Mapping[TopicPartition, int]) -> AsyncIterator[list[Any]]:
    page: list[Any] = []
    async for record in in_time(consumer, ends):
        page.append(record)
        if len(page) == RECORDS_MAX:
            yield page
            page = []
    if page:
        yield page


async def in_time(consumer: Any, ends: Mapping[TopicPartition, int]) -> AsyncIterator[Any]:
    """Return the records up to `ends` by their time; of one moment, facts before commands.

    A partition keeps its own sequence, whatever its records say of their time.
    """
    fetched: dict[TopicPartition, deque[Any]] = {partition: deque() for partition in ends}

    async def has_next(partition: TopicPartition) -> bool:
        waiting = fetched[partition]
        while not waiting and await consumer.position(partition) < ends[partition]:
            answer = await consumer.getmany(partition, timeout_ms=POLL_MS, max_records=RECORDS_MAX)
            waiting.extend(answer.get(partition, ()))
        return bool(waiting)

    def place_of(partition: TopicPartition) -> tuple[int, bool, TopicPartition]:
        return fetched[partition][0].timestamp, partition.topic != ORDERS.name, partition

    heads = [place_of(partition) for partition in ends if await has_next(partition)]
    heapify(heads)
    while heads:
        *_, partition = heappop(heads)
        yield fetched[partition].popleft()
        if await has_next(partition):
            heappush(heads, place_of(partition))
