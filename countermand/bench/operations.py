"""What operators wait for, over a long log of real orders: rebuilds, plans, and a replay to Kafka.

Each figure is a verb's own, run as a person runs it, in a process of its own.
"""

import asyncio
import os
import sys
import time
from contextlib import suppress
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import orjson
from aiokafka import AIOKafkaProducer

from contracts.cancellation import CancelOrder
from countermand.bench.answers import FACTS_MIN
from countermand.bench.rebuild import measure_raw
from countermand.bench.shop import Story, fill, read_stories
from countermand.bench.world import World, helper, open_world, tree_peak_mb
from countermand.errors import KnownError
from countermand.screen import print_rows, say, steps
from countermand.specs import SPECS
from kit.ids import message_id
from kit.relay import BATCH_BYTES_MAX
from rebuild.filling import STREAM_PAGE_MAX
from services.cancellation.bootstrap import SERVICE

PROGRAM = Path(sys.executable).with_name("countermand")
TOPIC = "cancellation.events"
MISSING_EVERY = 100
"""One message in so many has not been handled by those who listen to it."""

PAGE_MAX = 10_000
CHUNK = 1_000
PARTITIONS = 6
LOOK_S = 0.02


class Done(NamedTuple):
    """A verb that has ended."""

    told: dict[str, Any]
    seconds: float
    peak_mb: int


async def run(*, file: Path, event_count: int) -> dict[str, Any]:
    """Measure over so many facts and return the figures; prints them for people too."""
    async with open_world() as world:
        settings = world.endpoints.settings()
        stories = read_stories(file)
        per_order = sum(_facts_of(story) for story in stories) / len(stories)
        with steps() as on_step:
            shop = await fill(settings, file, ceil(event_count / per_order), on_step)
        published, size = await _handle(settings.postgres_dsn)
        figures = await _measure(world, shop.facts, published, size)
    print_rows(
        f"{figures['events']:,} facts", ("Figure", "Measured"),
        [(name, f"{value:,}") for name, value in figures.items()],
    )  # fmt: skip
    return figures


def _facts_of(story: Story) -> int:
    commands = sum(isinstance(message, CancelOrder) for _, message in story.messages)
    return len(story.messages) + FACTS_MIN * commands


async def _measure(world: World, facts: int, published: int, size: int) -> dict[str, Any]:
    raw_per_s = await measure_raw(world)
    raw_stream_per_s = await _measure_raw_stream(world)
    # The first fills what nobody has filled: all of it, with nothing to be compared with.
    filled = await _verb(world, "rebuild")
    rebuilt = await _verb(world, "rebuild", "--only", "states")
    searched = await _verb(world, "rebuild", "--only", "search")
    counted = await _verb(world, "rebuild", "--only", "figures")
    audited = await _verb(world, "audit", "rebuild")
    tenth = await _plan(world, "tenth", "--to-position", str(facts // 10))
    plan = await _plan(world, "all")
    leg = await _plan(world, "leg", target="leg:refunds")
    file = str(world.directory / "all.jsonl")
    await _verb(world, "replay", "approve", file, "--by", "second", "--why", "bench")
    replayed = await _verb(world, "replay", "run", file, "--by", "first", "--why", "bench")
    raw_publish_per_s = await _measure_raw_publish(world, published, size)
    rebuild_per_s, audit_per_s, replay_per_s = (
        facts / rebuilt.told["seconds"], facts / audited.told["seconds"],
        replayed.told["did"] / replayed.told["took_s"],
    )  # fmt: skip
    return {
        "events": facts,
        "published": published,
        "raw_read_per_s": round(raw_per_s),
        "raw_read_by_stream_per_s": round(raw_stream_per_s),
        "rebuild_per_s": round(rebuild_per_s),
        "rebuild_of_raw": round(rebuild_per_s / raw_stream_per_s, 2),
        "search_per_s": round(facts / searched.told["seconds"]),
        "figures_per_s": round(facts / counted.told["seconds"]),
        "rebuild_all_per_s": round(facts / filled.told["seconds"]),
        "audit_per_s": round(audit_per_s),
        "audit_of_raw": round(audit_per_s / raw_stream_per_s, 2),
        "plan_s": round(plan.seconds, 1),
        "plan_rows": plan.told["totals"]["rows"],
        "plan_leg_s": round(leg.seconds, 1),
        "replay_per_s": round(replay_per_s),
        "replay_checked_s": round(replayed.seconds, 1),
        "raw_publish_per_s": round(raw_publish_per_s),
        "message_bytes": size,
        "rebuild_peak_mb": max(filled.peak_mb, rebuilt.peak_mb),
        "plan_tenth_peak_mb": tenth.peak_mb,
        "plan_peak_mb": plan.peak_mb,
        "replay_peak_mb": replayed.peak_mb,
    }


async def _plan(world: World, name: str, *more: str, target: str = f"topic:{TOPIC}") -> Done:
    return await _verb(
        world, "replay", "plan", target, *more, "--older-than-s", "0", "--by", "first",
        "--why", "bench", "--out", str(world.directory / f"{name}.jsonl"),
    )  # fmt: skip


async def _verb(world: World, *words: str) -> Done:
    say(f"[dim]countermand {' '.join(words[:3])}[/]")
    environment = {
        **os.environ,
        "COUNTERMAND_POSTGRES_DSN": world.endpoints.postgres_dsn,
        "COUNTERMAND_KAFKA_BOOTSTRAP": world.endpoints.kafka_bootstrap,
    }
    told, started = world.directory / "told.json", time.perf_counter()
    how = {"env": environment, "cwd": world.directory}
    with told.open("wb") as out:
        async with helper(PROGRAM, *words, "--json", stdout=out, **how) as process:
            ended, peak = asyncio.create_task(process.wait()), 0
            while not ended.done():
                # While it lives: what the kernel tells afterwards includes ours from before its
                # start.
                with suppress(OSError, ValueError):
                    peak = max(peak, tree_peak_mb(process.pid))
                await asyncio.wait([ended], timeout=LOOK_S)
    if process.returncode:
        raise KnownError(f"countermand {' '.join(words)} ended with {process.returncode}.")
    seconds = time.perf_counter() - started
    return Done(orjson.loads(told.read_bytes()), seconds, peak)


async def _handle(dsn: str) -> tuple[int, int]:
    """Let the services have handled most of what is published; returns how much and how large."""
    listeners = [spec for spec in SPECS.values() if TOPIC in spec.listens_to]
    connection = await asyncpg.connect(dsn)
    try:
        count = size = position = 0
        while page := await SERVICE.store.read_log(connection, after=position, limit=PAGE_MAX):
            position = page[-1].position
            public = [entry for entry in page if entry.name in SERVICE.publishes]
            size += sum(len(entry.body) for entry in public)
            rows = [
                (message_id(entry.stream, entry.version), b"", entry.stream)
                for number, entry in enumerate(public, count)
                if number % MISSING_EVERY
            ]
            count += len(public)
            for spec in listeners:
                await connection.copy_records_to_table(
                    "inbox", schema_name=spec.name, records=rows,
                    columns=("message_id", "fingerprint", "stream_id"),
                )  # fmt: skip
        for spec in listeners:
            await connection.execute(f"ANALYZE {spec.name}.inbox")
    finally:
        await connection.close()
    return count, size // max(count, 1)


async def _measure_raw_stream(world: World) -> float:
    """Return rows per second of reading the log stream by stream, bytes unread."""
    connection = await asyncpg.connect(world.endpoints.postgres_dsn)
    try:
        head = await SERVICE.store.head(connection)
        started, count, after = time.perf_counter(), 0, (UUID(int=0), 0)
        while page := await SERVICE.store.read_streams(
            connection, after=after, up_to=head, limit=STREAM_PAGE_MAX
        ):
            count += len(page)
            after = page[-1].stream, page[-1].version
        return count / (time.perf_counter() - started)
    finally:
        await connection.close()


async def _measure_raw_publish(world: World, count: int, size: int) -> float:
    """Return records per second of publishing as many bytes that nobody had to make."""
    await world.create_topic("raw.replay", partitions=PARTITIONS)
    producer: Any = AIOKafkaProducer(
        bootstrap_servers=world.endpoints.kafka_bootstrap, enable_idempotence=True, acks="all",
        max_batch_size=BATCH_BYTES_MAX, max_request_size=BATCH_BYTES_MAX + 100_000,
    )  # fmt: skip
    await producer.start()
    try:
        value, started = bytes(size), time.perf_counter()
        for number in range(ceil(count / CHUNK)):
            builder = producer.create_batch()
            for _ in range(CHUNK):
                if not builder.append(key=b"489465", value=value, timestamp=None, headers=[]):
                    await _send(producer, builder, number % PARTITIONS)
                    builder = producer.create_batch()
                    builder.append(key=b"489465", value=value, timestamp=None, headers=[])
            await _send(producer, builder, number % PARTITIONS)
        return ceil(count / CHUNK) * CHUNK / (time.perf_counter() - started)
    finally:
        await producer.stop()


async def _send(producer: Any, builder: Any, partition: int) -> None:
    builder.close()
    await (await producer.send_batch(builder, "raw.replay", partition=partition))
