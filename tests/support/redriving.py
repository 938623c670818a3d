"""A redrive in a process of its own that dies at the worst moments.

`python -m tests.support.redriving SERVICE CAUSE {before|after}` redrives the open letters of a
cause and ends as by `kill -9`: before its first record is sent, or when Kafka has it and PostgreSQL
does not know.
"""

import asyncio
import os
import signal
import sys

from aiokafka import AIOKafkaProducer

from countermand.dead_letters.actions import By
from countermand.dead_letters.letters import Selection, find_letters
from countermand.dead_letters.redrive import Redriver, open_producer
from countermand.specs import SPECS
from kit.postgres import open_pool
from kit.settings import KitSettings

BY = By("ada", "the order is known now")


def _die_at(moment: str) -> None:
    send = AIOKafkaProducer.send

    async def die(producer: AIOKafkaProducer, *arguments: object, **more: object) -> None:
        if moment == "after":
            await (await send(producer, *arguments, **more))
        os.kill(os.getpid(), signal.SIGKILL)

    AIOKafkaProducer.send = die


async def redrive(service: str, cause: str) -> None:
    """Redrive as the command does."""
    settings = KitSettings()
    async with (
        open_pool(settings.postgres_dsn, name="test") as pool,
        open_producer(settings.kafka_bootstrap) as producer,
    ):
        async with pool.acquire() as connection:
            letters = await find_letters(connection, service, Selection(cause=cause), limit=100)
        await Redriver(pool, producer, SPECS[service], BY, wait_s=20).run(letters, is_named=False)


if __name__ == "__main__":
    _die_at(sys.argv[3])
    asyncio.run(redrive(sys.argv[1], sys.argv[2]))
