"""The raw limit: asyncpg and aiokafka doing only the pipeline's reads and writes.

Reads the same streams and writes the same rows of the same size (inbox, event), publishes the same
bytes in the same Kafka transactions, from two processes like ours. It validates nothing, decides
nothing and decodes nothing stored. `python -m countermand.bench.raw consumer|relay`.
"""

import asyncio
import sys
import zlib
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from kit.health import Health
from kit.ids import stream_id
from kit.postgres import Wakeup, open_pool
from kit.process import run
from kit.settings import KitSettings

COMMANDS = "bench.raw.commands"
EVENTS = "bench.raw.events"
POSITIONS = "bench.raw.positions"
SCHEMA = "bench_raw"
PARTITIONS = 4
STATE_BYTES = 1_180
"""Size of a stored `OrderCancelled` for an order of `bench.orders`."""
HEADERS = [(f"ce_{n}", b"x" * 24) for n in range(10)]
"""As many and as long as our CloudEvents headers."""

_SELECT = (
    f"SELECT originator_id, originator_version, topic, state FROM {SCHEMA}.{SCHEMA}_events"
    " WHERE originator_id = ANY($1::uuid[]) ORDER BY originator_id, originator_version"
)
_INBOX = (
    f"INSERT INTO {SCHEMA}.inbox (message_id, fingerprint, stream_id)"
    " SELECT * FROM unnest($1::text[], $2::bytea[], $3::uuid[])"
    " ON CONFLICT DO NOTHING RETURNING message_id"
)
_INSERT = (
    f"INSERT INTO {SCHEMA}.{SCHEMA}_events (originator_id, originator_version, topic, state)"
    " SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::bytea[])"
    " RETURNING notification_id"
)


async def consume(settings: KitSettings, health: Health) -> None:
    """Read commands, read their streams, write a row each."""
    consumer = AIOKafkaConsumer(
        COMMANDS, bootstrap_servers=settings.kafka_bootstrap, group_id="bench-raw",
        enable_auto_commit=False, auto_offset_reset="earliest",
        max_partition_fetch_bytes=2_097_152,
    )  # fmt: skip
    await consumer.start()
    health.loop("consumer").progressed()
    body, print_ = b"x" * STATE_BYTES, b"x" * 16
    async with open_pool(settings.postgres_dsn, name="bench-raw") as pool:
        while True:
            fetched = await consumer.getmany(timeout_ms=50, max_records=settings.batch_max)
            records = [record for some in fetched.values() for record in some]
            if not records:
                continue
            streams = [stream_id(f"order:{record.key.decode()}") for record in records]
            ids = [f"raw-{record.partition}-{record.offset}" for record in records]
            async with pool.acquire() as connection, connection.transaction():
                await connection.fetch(_INBOX, ids, [print_] * len(ids), streams)
                versions = {row[0]: row[1] for row in await connection.fetch(_SELECT, streams)}
                await connection.execute(
                    f"LOCK TABLE {SCHEMA}.{SCHEMA}_events IN EXCLUSIVE MODE; NOTIFY {SCHEMA}_events"
                )
                await connection.fetch(
                    _INSERT, streams, [versions.get(s, 0) + 1 for s in streams],
                    ["raw"] * len(streams), [body] * len(streams),
                )  # fmt: skip


async def relay(settings: KitSettings, health: Health) -> None:
    """Publish every new row's bytes."""
    producer: Any = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap, transactional_id="bench-raw",
        enable_idempotence=True, acks="all", max_batch_size=2_000_000,
        max_request_size=2_100_000, retry_backoff_ms=20,
    )  # fmt: skip
    await producer.start()
    wakeup = Wakeup(settings.postgres_dsn, f"{SCHEMA}_events")
    listener = asyncio.create_task(wakeup.listen())
    connection = await asyncpg.connect(settings.postgres_dsn)
    read = await connection.prepare(
        f"SELECT notification_id, originator_id, topic, state FROM {SCHEMA}.{SCHEMA}_events"
        " WHERE notification_id > $1 ORDER BY notification_id LIMIT 1000"
    )
    position = await connection.fetchval(
        f"SELECT coalesce(max(notification_id), 0) FROM {SCHEMA}.{SCHEMA}_events"
    )
    health.loop("relay").progressed()
    try:
        while True:
            rows = await read.fetch(position)
            if not rows:
                await wakeup.wait()
                continue
            builders = [producer.create_batch() for _ in range(PARTITIONS)]
            for row in rows:
                key = row[1].bytes
                builders[zlib.crc32(key) % PARTITIONS].append(
                    key=key, value=row[3], timestamp=None, headers=HEADERS
                )
            position = rows[-1][0]
            async with producer.transaction():
                sent = []
                for partition, builder in enumerate(builders):
                    builder.close()
                    if builder.record_count():
                        sent.append(await producer.send_batch(builder, EVENTS, partition=partition))
                sent.append(await producer.send(POSITIONS, str(position).encode(), partition=0))
                await asyncio.gather(*sent)
    finally:
        listener.cancel()


if __name__ == "__main__":
    sys.exit(run("bench", {"consumer": consume, "relay": relay}, sys.argv[1:]))
