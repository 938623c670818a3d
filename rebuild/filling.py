"""Folds a log stream by stream into new tables; a long one in several processes at once.

`python -m rebuild.filling` is such a process. It takes its job from standard input, tells on
standard output how far it is, and ends when whoever started it does.
"""

import asyncio
import gc
import os
import threading
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from kit.event_store import LAST_STREAM, EventStore, LogEntry
from kit.facts import FactMapper
from kit.postgres import AnyConnection, open_pool
from rebuild.candidate import Candidate
from rebuild.elsewhere import helper, take_job
from rebuild.summing import Summing, Sums

STREAM_PAGE_MAX = 5_000
"""Facts read at a time; meanwhile those before are folded, and those before them written."""

SHARED_FROM = 100_000
"""Facts that are worth processes of their own; one takes half a second to start."""

PROCESSES_MAX = 4

OnCount = Callable[[int], None]
"""Called with how many more facts were folded."""


class Job(NamedTuple):
    """Streams to fold: those between two ids, up to a position of the log."""

    dsn: str
    schema: str
    service: str
    projection: Summing
    up_to: int
    first: UUID = UUID(int=0)
    last: UUID = LAST_STREAM

    def split(self, count: int) -> list["Job"]:
        """Return jobs for equal shares of all ids."""
        share = 2**128 // count
        return [
            self._replace(
                first=UUID(int=number * share),
                last=self.last if number == count - 1 else UUID(int=(number + 1) * share - 1),
            )
            for number in range(count)
        ]


class FillingError(RuntimeError):
    """A process that filled new tables has died."""


async def fill(job: Job, *, facts: int, on_count: OnCount) -> None:
    """Fold everything into the new tables."""
    processes = min(PROCESSES_MAX, os.cpu_count() or 1)
    if facts < SHARED_FROM or processes == 1:
        await _fill(job, on_count)
        return
    shares = [
        asyncio.create_task(_fill_elsewhere(share, on_count)) for share in job.split(processes)
    ]
    try:
        await asyncio.gather(*shares)
    finally:
        for share in shares:
            share.cancel()
        await asyncio.gather(*shares, return_exceptions=True)


async def _fill(job: Job, on_count: OnCount) -> None:
    # Stored names mean something to the projection alone.
    store = EventStore(job.service, FactMapper([]))
    candidate = Candidate(schema=job.schema, store=store, projection=job.projection)
    async with (
        open_pool(job.dsn, size_max=2, name="rebuild") as pool,
        pool.acquire() as reader,
        pool.acquire() as writer,
    ):
        reading = asyncio.create_task(_read(store, reader, job, (job.first, 0)))
        writing: asyncio.Task[None] | None = None
        carried, sums = None, Sums(job.projection.sums)
        while page := await reading:
            reading = asyncio.create_task(
                _read(store, reader, job, (page[-1].stream, page[-1].version))
            )
            # One turn of the loop lets the request out, so the server reads while we fold.
            await asyncio.sleep(0)
            rows, carried = job.projection.fold(page, carried)
            sums.take(rows)
            if writing:
                await writing
            if sums.is_full:
                await candidate.add_up(writer, sums.take_out())
            writing = asyncio.create_task(candidate.copy(writer, rows))
            await asyncio.sleep(0)
            on_count(len(page))
        if writing:
            await writing
        rows, _ = job.projection.fold([], carried)
        sums.take(rows)
        await candidate.copy(writer, rows)
        await candidate.add_up(writer, sums.take_out())


async def _read(
    store: EventStore, connection: AnyConnection, job: Job, after: tuple[UUID, int]
) -> list[LogEntry]:
    return await store.read_streams(
        connection, after=after, last=job.last, up_to=job.up_to, limit=STREAM_PAGE_MAX
    )


async def _fill_elsewhere(job: Job, on_count: OnCount) -> None:
    async with helper("rebuild.filling", job) as found:
        async for line in found.told:
            on_count(int(line))
        if status := await found.process.wait():
            raise FillingError(f"a process that filled new tables ended with {status}")


def main() -> None:
    """Do the job that stands on standard input."""
    job = take_job()

    def end_with_parent() -> None:
        os.read(0, 1)
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
    # Folded orders make no cycles; looking for some took a sixth of the time.
    gc.freeze()
    gc.disable()
    asyncio.run(_fill(job, lambda count: print(count, flush=True)))  # noqa: T201 - our only word


if __name__ == "__main__":
    main()
