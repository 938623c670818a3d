"""Publishes facts of a log again, as they were; many of them in a process of its own.

Whoever runs the plan looks at the next rows meanwhile, so both have a core to themselves.
`python -m countermand.replay.publishing` is such a process: it takes its job and then positions
from standard input, says on standard output when they are published, and ends when its starter
does.
"""

import asyncio
import os
import sys
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple, Protocol

import orjson
from aiokafka import AIOKafkaProducer

from countermand.errors import KnownError
from countermand.replay.selection import read_at
from countermand.specs import SPECS
from kit.event_store import LogEntry
from kit.postgres import Pool, open_pool
from kit.relay import BATCH_BYTES_MAX, partition_of
from kit.settings import KitSettings
from rebuild.elsewhere import Helper, helper, run_quickly, take_job

REPLAY_ID = "ce_replayid"
"""Header of what is published again: the plan's hash."""

TOGETHER = 1_000
"""Facts read, written and sent at a time."""

ELSEWHERE_FROM = 50_000
"""Rows that are worth a process; it starts while the plan is compared with the world."""


class PublishingError(KnownError):
    """Not everything was published."""


class Job(NamedTuple):
    """What is published where."""

    settings: KitSettings
    service: str
    topic: str
    plan_hash: str


class Publishing(Protocol):
    """Publishes facts by their positions."""

    def prepare(self, positions: Sequence[int]) -> None:
        """Write the messages of facts that will be published soon, in the sequence they will."""

    async def publish(self, positions: Sequence[int]) -> None:
        """Publish facts in the sequence of the log; they are there when this returns."""


_Batches = list[tuple[int, Any]]
"""Partitions, and the batches that go there."""


class Publisher:
    """Publishes with a producer at hand."""

    def __init__(self, job: Job, pool: Pool, producer: Any) -> None:
        self._pool, self._producer, self._topic = pool, producer, job.topic
        self._spec = SPECS[job.service]
        self._writer = self._spec.writer()
        self._mark = (REPLAY_ID, job.plan_hash.encode())
        self._wanted: deque[Sequence[int]] = deque()
        self._writing: tuple[Sequence[int], asyncio.Task[_Batches]] | None = None
        """What is written, or is being written, ahead: one chunk, however many are wanted."""

    async def _read(self, positions: Sequence[int]) -> list[LogEntry]:
        async with self._pool.acquire() as connection:
            found = await read_at(connection, self._spec, list(positions))
        if missing := [position for position in positions if position not in found]:
            raise PublishingError(f"Position {missing[0]} is not in the log of {self._spec.name}.")
        return [found[position] for position in positions]

    def prepare(self, positions: Sequence[int]) -> None:
        """See `Publishing`."""
        self._wanted.append(positions)
        if not self._writing:
            self._write_next()

    def _write_next(self) -> None:
        self._writing = None
        if self._wanted:
            positions = self._wanted.popleft()
            self._writing = positions, asyncio.create_task(self._make_batches(positions))

    async def publish(self, positions: Sequence[int]) -> None:
        """See `Publishing`."""
        while self._writing and self._writing[0] != positions:
            self._drop(self._writing[1])
        writing = self._writing or (positions, asyncio.create_task(self._make_batches(positions)))
        self._writing = writing
        batches = await writing[1]
        sent = [
            await self._producer.send_batch(builder, self._topic, partition=partition)
            for partition, builder in batches
        ]
        self._write_next()
        await asyncio.gather(*sent)

    def forget(self) -> None:
        """Let go of what was prepared."""
        while self._writing:
            self._drop(self._writing[1])

    def _drop(self, writing: asyncio.Task[_Batches]) -> None:
        writing.cancel()
        self._write_next()

    async def _make_batches(self, positions: Sequence[int]) -> _Batches:
        count = len(await self._producer.partitions_for(self._topic))
        parts = [positions[n : n + TOGETHER] for n in range(0, len(positions), TOGETHER)]
        batches: _Batches = []
        open_: dict[int, Any] = {}
        reading = asyncio.create_task(self._read(parts[0]))
        try:
            for following in (*parts[1:], None):
                entries = await reading
                if following:
                    reading = asyncio.create_task(self._read(following))
                # One turn of the loop lets requests out, so both servers work while we write.
                await asyncio.sleep(0)
                self._write(entries, count, batches, open_)
        finally:
            reading.cancel()
        for _, builder in batches:
            builder.close()
        return batches

    def _write(
        self, entries: Sequence[LogEntry], partition_count: int, batches: _Batches,
        open_: dict[int, Any],
    ) -> None:  # fmt: skip
        """Write facts into batches, each for one partition."""
        write, mark, now_ms = self._writer.write, self._mark, int(time.time() * 1_000)
        for entry in entries:
            _, key_text, _, value, headers = write(entry)
            headers.append(mark)
            key = key_text.encode()
            # The relay's rule, so that a key stays in its partition.
            partition = partition_of(key, partition_count)
            builder = open_.get(partition)
            if builder is None or not builder.append(
                key=key, value=value, timestamp=now_ms, headers=headers
            ):
                builder = open_[partition] = self._producer.create_batch()
                batches.append((partition, builder))
                builder.append(key=key, value=value, timestamp=now_ms, headers=headers)


@asynccontextmanager
async def publishing(job: Job, *, rows: int) -> AsyncIterator[Publishing]:
    """Open what publishes so many rows best."""
    is_worth_it = rows >= ELSEWHERE_FROM and (os.cpu_count() or 1) > 1
    async with _elsewhere(job) if is_worth_it else _here(job) as found:
        yield found


@asynccontextmanager
async def _here(job: Job) -> AsyncIterator[Publishing]:
    producer = AIOKafkaProducer(
        **job.settings.kafka, client_id="replay", enable_idempotence=True, acks="all",
        linger_ms=0, max_batch_size=BATCH_BYTES_MAX, max_request_size=BATCH_BYTES_MAX + 100_000,
    )  # fmt: skip
    async with open_pool(job.settings.postgres_dsn, size_max=2, name="replay") as pool:
        await producer.start()
        publisher = Publisher(job, pool, producer)
        try:
            yield publisher
        finally:
            publisher.forget()
            await producer.stop()


class _Elsewhere:
    """Has another process publish."""

    def __init__(self, found: Helper) -> None:
        self.helper = found

    def prepare(self, positions: Sequence[int]) -> None:
        """See `Publishing`."""
        with suppress(ConnectionError):
            self.helper.to.write(orjson.dumps(("prepare", positions)) + b"\n")

    async def publish(self, positions: Sequence[int]) -> None:
        """See `Publishing`."""
        with suppress(ConnectionError):
            self.helper.to.write(orjson.dumps(("publish", positions)) + b"\n")
            await self.helper.to.drain()
        answer = await self.helper.told.readline()
        if failure := orjson.loads(answer) if answer else "the process that published has died":
            raise PublishingError(f"Not everything was published: {failure}.")


@asynccontextmanager
async def _elsewhere(job: Job) -> AsyncIterator[Publishing]:
    async with helper("countermand.replay.publishing", job) as found:
        yield _Elsewhere(found)


async def _serve(job: Job) -> None:
    """Publish what standard input asks for, to the first failure."""
    loop, asked = asyncio.get_running_loop(), asyncio.Queue[tuple[str, list[int]]]()

    def listen() -> None:
        for line in sys.stdin.buffer:
            loop.call_soon_threadsafe(asked.put_nowait, orjson.loads(line))
        os._exit(1)

    threading.Thread(target=listen, daemon=True).start()
    try:
        async with _here(job) as publisher:
            while True:
                what, positions = await asked.get()
                if what == "prepare":
                    publisher.prepare(positions)
                    continue
                await publisher.publish(positions)
                _answer("")
    except Exception as error:  # noqa: BLE001 - whoever asked is told
        _answer(str(error) or type(error).__name__)


def _answer(failure: str) -> None:
    sys.stdout.buffer.write(orjson.dumps(failure) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    run_quickly(_serve(take_job()))
