"""Sets Kafka back to a restored log: our topics are emptied, everybody reads from the beginning.

Our topics are copies of our logs, so the relays fill them anew. What others wrote stays and is read
again: inboxes absorb what was handled, and what the restored logs do not know is decided again.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.errors import CommitFailedError, KafkaError

from contracts.topics import RELAY_POSITIONS
from countermand.errors import KnownError
from countermand.history.topics import find_partitions, open_consumer
from countermand.recovery.lost import OWN
from countermand.specs import LOGS
from countermand.to_kafka import to_kafka
from rebuild.rebuilding import OnStep

FORGOTTEN_AFTER_S = 40.0
"""A consumer keeps its place in the group for half a minute after its end."""


class StillRunningError(KnownError):
    """Somebody reads or publishes, so nothing may be set back."""


async def rewind(kafka_bootstrap: str, logs: Collection[str], on_step: OnStep) -> int:
    """Set everything back; returns how many records of ours were deleted.

    `logs` names those whose relays begin again.

    Raises:
        StillRunningError: nothing, or not all, was set back; stop the services and do it again.
    """
    for number, (service, spec) in enumerate(LOGS.items(), 1):
        await place(kafka_bootstrap, service, spec.listens_to)
        on_step("Groups at the beginning", number, len(LOGS))
    await write_positions(kafka_bootstrap, dict.fromkeys(logs, 0))
    return await _empty(kafka_bootstrap, on_step)


async def place(
    kafka_bootstrap: str, service: str, topics: Sequence[str],
    ends: Mapping[TopicPartition, int] | None = None,
) -> None:  # fmt: skip
    """Say where a consumer goes on in some topics: at `ends`, or at the beginning.

    Raises:
        StillRunningError: it runs, and nothing was changed.
    """
    consumer = AIOKafkaConsumer(
        **to_kafka(kafka_bootstrap), group_id=service, enable_auto_commit=False
    )
    loop = asyncio.get_running_loop()
    patient_until = loop.time() + FORGOTTEN_AFTER_S
    try:
        await consumer.start()
        partitions = await find_partitions(consumer, topics)
        consumer.assign(partitions)
        offsets = dict(ends or await consumer.beginning_offsets(partitions))
        while True:
            try:
                # The broker takes this only while the group has no members.
                await consumer.commit(offsets)
            except CommitFailedError:
                if loop.time() > patient_until:
                    raise StillRunningError(
                        f"The consumer of {service} is running. Stop all services, then do this"
                        " again."
                    ) from None
                await asyncio.sleep(1)
            else:
                return
    finally:
        await consumer.stop()


async def write_positions(kafka_bootstrap: str, positions: Mapping[str, int]) -> None:
    """Say behind which position the relay of each log goes on; fences those that still run."""
    for log, position in positions.items():
        producer: Any = AIOKafkaProducer(
            **to_kafka(kafka_bootstrap), transactional_id=f"relay-{log}", acks="all"
        )
        await producer.start()
        try:
            async with producer.transaction():
                await producer.send(
                    RELAY_POSITIONS.name, key=log.encode(), value=b"%d" % position, partition=0
                )
        finally:
            await producer.stop()


async def _empty(kafka_bootstrap: str, on_step: OnStep) -> int:
    async with open_consumer(kafka_bootstrap) as consumer:
        partitions: list[TopicPartition] = await find_partitions(consumer, list(OWN))
        starts = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
    admin = AIOKafkaAdminClient(**to_kafka(kafka_bootstrap))
    await admin.start()
    try:
        await admin.delete_records({p: RecordsToDelete(before_offset=ends[p]) for p in partitions})
    except KafkaError as no:
        raise KnownError(f"Kafka does not delete the records of our topics: {no}.") from None
    finally:
        await admin.close()
    count: int = sum(ends[p] - starts[p] for p in partitions)
    on_step("Records deleted", count, count)
    return count
