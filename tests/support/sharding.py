"""Event stores of several logs for tests: arranged, filled and told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg

from kit.cloudevents import Incoming, Undecodable
from kit.ids import event_id, stream_id
from kit.postgres import OwnConnection, Pool
from kit.settings import KitSettings
from services.cancellation.bootstrap import SERVICE
from sharding.dividing import Divided
from sharding.homes import home_of
from sharding.making import arrange
from sharding.stores import stores_of
from tests.support.messages import cancel, captured, incoming, placed
from tests.support.stack import Servers, fetch, until

EVENTS = "cancellation.cancellation_events"
ROWS = f"SELECT * FROM {EVENTS} ORDER BY notification_id"
ORDERS = [str(number) for number in range(12)]
QUIET: dict[str, Any] = {"restock": False, "notify": False, "refund": "NONE"}


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[OwnConnection]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def arranged(dsn: str, shards: int) -> None:
    async with connected(dsn) as connection, connection.transaction():
        await arrange(connection, SERVICE.name, shards)


def divided(settings: KitSettings, pool: Pool, shards: int) -> Divided:
    return Divided.over(SERVICE.processor(settings, pool), stores_of(SERVICE.store, shards))


def aside(message: Incoming, code: str, detail: str) -> Undecodable:
    return Undecodable(
        code=code, detail=detail, topic="orders.events", partition=0, offset=1,
        message_id=message.id, message_type=message.type, key=b"k", value=b"", headers=b"",
    )  # fmt: skip


def story(order: str) -> list[Incoming]:
    return [
        incoming(placed(order), f"{order}-placed"),
        incoming(captured(order), f"{order}-captured"),
        incoming(cancel(order, **QUIET), f"{order}-cancel"),
    ]


STORIES = [message for step in zip(*map(story, ORDERS), strict=True) for message in step]
"""First all are placed, then all are paid, then all are cancelled."""


def stream_of(order: str) -> UUID:
    return stream_id(f"order:{order}")


def in_shard(shard: int, shards: int, number: int = 0) -> UUID:
    """Return a stream that lives there."""
    found = (stream_id(f"{number}.{n}") for n in range(10_000))
    return next(stream for stream in found if home_of(stream, shards) == shard)


async def stored_stories(dsn: str) -> dict[UUID, list[str]]:
    """Return the ids of every stream's messages as the log wants them on the topic."""
    rows = await fetch(
        dsn,
        f"SELECT originator_id, originator_version FROM {EVENTS} WHERE topic = ANY($1)"
        " ORDER BY originator_id, originator_version",
        list(SERVICE.publishes),
    )
    stories: dict[UUID, list[str]] = {}
    for stream, version in rows:
        stories.setdefault(stream, []).append(str(event_id(stream, version)))
    return stories


async def until_told(servers: Servers, dsn: str, topic: str) -> None:
    """Wait until the topic tells every story: each message once, in its story's sequence."""
    stories = await stored_stories(dsn)
    wanted = sum(map(len, stories.values()))

    async def is_there() -> bool:
        return len(await servers.read_topic(topic)) >= wanted

    await until(is_there, what=f"{wanted} messages on {topic}")
    told: dict[UUID, list[str]] = {}
    for record in await servers.read_topic(topic):
        headers = dict(record.headers)
        assert headers["ce_source"] == b"/countermand/cancellation"
        stream = stream_of((record.key or b"").decode())
        told.setdefault(stream, []).append(headers["ce_id"].decode())
    assert told == stories
