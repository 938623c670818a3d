"""A real consumer of the cancellation service, in this process or in one of its own to be killed.

`python -m tests.support.consuming GROUP COMMIT_EVERY_S TOPIC…` runs it on its own topics; the rest
comes from the environment, as for a service.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from kit import consumer as kit_consumer
from kit.consumer import BatchConsumer, Process
from kit.health import Health
from kit.process import run
from kit.settings import KitSettings
from services.cancellation.bootstrap import SERVICE
from services.cancellation.translation import stream_of
from tests.support.stack import until


async def _nothing_ahead(_: Sequence[Any]) -> None: ...


def build(
    settings: KitSettings,
    health: Health,
    *,
    group: str,
    topics: Sequence[str],
    process: Process,
    read_ahead: Any = None,
) -> BatchConsumer:
    """Build the cancellation service's consumer on other topics."""
    return BatchConsumer(
        settings, health, group=group, topics=topics, models=SERVICE.hears, stream_of=stream_of,
        process=process, read_ahead=read_ahead or _nothing_ahead,
        message_bytes_max=SERVICE.message_bytes_max,
    )  # fmt: skip


@asynccontextmanager
async def consuming(
    settings: KitSettings,
    *,
    group: str,
    topics: Sequence[str],
    process: Process,
    read_ahead: Any = None,
) -> AsyncIterator[tuple[BatchConsumer, "asyncio.Task[None]", Health]]:
    """Run a consumer while the body runs; starts it when its partitions are assigned."""
    health = Health(group, settings.stuck_after_s)
    consumer = build(
        settings, health, group=group, topics=topics, process=process, read_ahead=read_ahead
    )
    task = asyncio.create_task(consumer.run())
    try:
        await until(lambda: task.done() or health.is_ready(), what="the consumer is ready")
        yield consumer, task, health
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def main(group: str, commit_every_s: str, *topics: str) -> int:
    """Run as a process, on other topics than the service's own."""
    kit_consumer.COMMIT_EVERY_S = float(commit_every_s)

    async def consume(settings: KitSettings, health: Health) -> None:
        async with SERVICE.pool(settings, "consumer") as pool:
            process: Any = SERVICE.processor(settings, pool).process
            await build(settings, health, group=group, topics=topics, process=process).run()

    return run("cancellation", {"consumer": consume}, ["consumer"])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
