"""A log of many orders' lives, as stored: sold here and there, paid so or so, at other times."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple
from unittest import mock
from uuid import UUID

from kit.event_store import LogEntry
from kit.facts import Cause, Fact
from kit.ids import stream_id
from services.cancellation.bootstrap import SERVICE
from services.cancellation.domain.events import OrderPlaced
from tests.support import spec
from tests.support.lives import live
from tests.support.mothers import ORDER_ID

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 120
CHANNELS = (None, "web", "pos")
COUNTRIES = (None, "France", "=cmd", "Côte d'Ivoire")
CURRENCIES = ("EUR", "EUR", "JPY")


class Told(NamedTuple):
    """One order's story."""

    order_id: str
    stream: UUID
    bodies: list[tuple[str, bytes]]


def stories(seed: int, count: int, steps: int = 30) -> Iterator[Told]:
    """Return orders with lives of their own; repeatable by the seed."""
    for number in range(count):
        order_id = f"F-{seed}-{number}"
        stream = stream_id(f"order:{order_id}")
        chance = Random(seed * 100_003 + number)
        with mock.patch.object(spec, "STREAM", stream):
            facts = live(chance, chance.randint(2, steps)).facts
        yield Told(order_id, stream, list(_bodies(chance, order_id, facts)))


def _bodies(chance: Random, order_id: str, facts: tuple[Fact, ...]) -> Iterator[tuple[str, bytes]]:
    mapper = SERVICE.store.mapper
    at = BEGIN + timedelta(seconds=chance.randint(0, DAYS * 86_400))
    has_an_article_twice = chance.randint(0, 3) == 0
    for fact in facts:
        if isinstance(fact, OrderPlaced):
            message = fact.message.model_copy(
                update={
                    "placed_at": at, "channel": chance.choice(CHANNELS),
                    "country": chance.choice(COUNTRIES), "currency": chance.choice(CURRENCIES),
                }
            )  # fmt: skip
            fact = fact.model_copy(update={"message": message})  # noqa: PLW2901 - as it is told
        at += timedelta(seconds=chance.choice((1, 60, 5_000, 200_000)))
        cause = Cause(message_id="m", correlation_id="m", recorded_at=at)
        body = mapper.write_body(fact, mapper.transcoder.encode(cause))
        if has_an_article_twice:
            body = body.replace(b'"SKU-2"', b'"SKU-1"')
        yield fact.NAME, body.replace(f'"{ORDER_ID}"'.encode(), f'"{order_id}"'.encode())


def woven(seed: int, count: int, steps: int = 30) -> list[LogEntry]:
    """Return the log of some orders, their facts in between each other."""
    chance = Random(seed)
    waiting = [
        (told.stream, list(enumerate(told.bodies, 1))) for told in stories(seed, count, steps)
    ]
    log: list[LogEntry] = []
    while waiting := [(stream, left) for stream, left in waiting if left]:
        stream, left = chance.choice(waiting)
        version, (name, body) = left.pop(0)
        log.append(LogEntry(len(log) + 1, stream, version, name, body))
    return log
