"""Publishes order facts and commands as an upstream service would.

Used by the import, the demo, the benchmark and the chaos driver; real upstream systems do the same
with any Kafka client: CloudEvents headers, key = order id (`contracts/topics.py` names the others).
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer

from contracts import inventory, topics
from contracts.message import Command, Message
from countermand.to_kafka import to_kafka
from kit.cloudevents import write_headers
from kit.relay import partition_of
from services.cancellation.domain.publishing import POLICY_KEY

PAGE_SIZE = 2_000
"""Messages handed to the producer at a time; bounds memory, not correctness."""

FEW = 20
"""Up to so many are sent one by one; building whole batches pays only for more. Concurrent callers
must not build batches: aiokafka 0.14 counts their waiting time several times over and gives up."""

SOURCE = "/countermand/upstream"


class Outgoing(NamedTuple):
    """One message to publish."""

    message_id: str
    message: Message
    time: datetime | None = None
    """When it happened upstream; now, when left out."""
    traceparent: str | None = None


class Upstream:
    """An idempotent producer of order facts and commands."""

    def __init__(self, producer: Any) -> None:
        self._producer = producer

    async def publish(
        self, messages: Iterable[Outgoing], on_progress: Callable[[int], None] | None = None
    ) -> int:
        """Publish in order per order id; returns how many, once the broker has them all."""
        published = 0
        remaining = iter(messages)
        while page := list(islice(remaining, PAGE_SIZE)):
            await self._publish_page(page)
            published += len(page)
            if on_progress:
                on_progress(len(page))
        return published

    async def _publish_page(self, page: list[Outgoing]) -> None:
        records = [_encode(outgoing) for outgoing in page]
        if len(records) <= FEW:
            sent = [await self._producer.send(topic, **record) for topic, record in records]
        else:
            sent = await self._send_batches(records)
        await asyncio.gather(*sent)

    async def _send_batches(self, records: list[tuple[str, dict[str, Any]]]) -> list[Any]:
        builders: dict[tuple[str, int], Any] = {}
        sent = []
        for topic, record in records:
            target = topic, record.pop("partition")
            record["timestamp"] = record.pop("timestamp_ms")
            builder = builders.get(target)
            if builder is None or not builder.append(**record):
                if builder is not None:
                    sent.append(await self._send(builder, target))
                builder = builders[target] = self._producer.create_batch()
                builder.append(**record)
        return sent + [await self._send(builder, target) for target, builder in builders.items()]

    async def _send(self, builder: Any, target: tuple[str, int]) -> Any:
        builder.close()
        return await self._producer.send_batch(builder, target[0], partition=target[1])


def _encode(outgoing: Outgoing) -> tuple[str, dict[str, Any]]:
    """Return the topic of a message and its record."""
    message: Any = outgoing.message
    topic = topics.COMMANDS if isinstance(message, Command) else topics.ORDERS
    if isinstance(message, inventory.STOCK_COMMANDS):
        topic, subject = topics.STOCK_COMMANDS, inventory.key_of(message)
    else:
        subject = getattr(message, "order_id", POLICY_KEY)
    key = subject.encode()
    headers = write_headers(
        id_=outgoing.message_id,
        source=SOURCE,
        type_=message.TYPE,
        subject=subject,
        time=(outgoing.time or datetime.now(UTC)).isoformat(),
        correlation_id=outgoing.message_id,
        traceparent=outgoing.traceparent,
    )
    return topic.name, {
        "key": key,
        "value": message.__pydantic_serializer__.to_json(message),
        "partition": partition_of(key, topic.partitions),
        "timestamp_ms": None,
        "headers": headers,
    }


@asynccontextmanager
async def open_upstream(kafka_bootstrap: str) -> AsyncIterator[Upstream]:
    """Open a producer that neither loses nor doubles what it sends."""
    producer = AIOKafkaProducer(
        **to_kafka(kafka_bootstrap),
        client_id="upstream",
        enable_idempotence=True,
        acks="all",
        linger_ms=0,
        max_batch_size=2_000_000,
        max_request_size=16_000_000,
    )
    await producer.start()
    try:
        yield Upstream(producer)
    finally:
        await producer.stop()
