"""A real relay of the cancellation service, in this process or in one of its own to be killed.

`python -m tests.support.relaying TOPIC POSITIONS [STOP_AT [LOG]]` publishes to a test's own topics:
the service's only log, or the one named. With STOP_AT the process freezes (SIGSTOP) inside its
transaction number STOP_AT, all records sent and nothing committed: the worst moment to be replaced.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer

from kit.event_store import EventStore
from kit.health import Health
from kit.process import run
from kit.relay import Record, Relay, SayStored, StoredCause
from kit.settings import KitSettings
from services.cancellation.bootstrap import SERVICE
from services.cancellation.translation import PUBLISHES, SAYS, translate


def build(
    settings: KitSettings, health: Health, *, topic: str, positions: str,
    log: str = SERVICE.name,
) -> Relay:  # fmt: skip
    """Build the cancellation service's relay on other topics."""

    def to_topic(say: SayStored) -> SayStored:
        def say_there(body: bytes) -> tuple[Record, StoredCause] | None:
            said = say(body)
            return said and (said[0]._replace(topic=topic), said[1])

        return say_there

    writer = SERVICE.writer()._replace(
        translate=lambda *recorded: translate(*recorded)._replace(topic=topic),
        says={name: to_topic(say) for name, say in SAYS.items()},
    )
    return Relay(
        settings, health, service=SERVICE.name,
        store=EventStore(log, SERVICE.store.mapper), publishes=PUBLISHES,
        writer=writer, positions_topic=positions,
    )  # fmt: skip


@asynccontextmanager
async def relaying(settings: KitSettings, **more: str) -> AsyncIterator[Health]:
    """Run a relay while the body runs; yields its health."""
    health = Health(SERVICE.name, settings.stuck_after_s)
    task = asyncio.create_task(build(settings, health, **more).run())
    try:
        yield health
        assert not task.done(), "a relay never ends by itself"
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _stop_inside(transaction: int) -> None:
    commit = AIOKafkaProducer.commit_transaction
    left = transaction

    async def stop_and_commit(producer: AIOKafkaProducer) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGSTOP)
        await commit(producer)

    AIOKafkaProducer.commit_transaction = stop_and_commit


def main(topic: str, positions: str, stop_at: str = "0", log: str = SERVICE.name) -> int:
    """Run as a process."""
    if int(stop_at):
        _stop_inside(int(stop_at))

    async def relay(settings: KitSettings, health: Health) -> None:
        await build(settings, health, topic=topic, positions=positions, log=log).run()

    return run("cancellation", {"relay": relay}, ["relay"])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
