"""A shop's real orders in the store, as many as wanted.

They are the public retail data; where it is too short, it is used again under other order numbers.
What the data says was cancelled is cancelled before, legs and all, and every tenth order has
shipped, so whoever cancels them all meets every kind of order. Deciding is most of the work, so
each core takes a share: `python -m countermand.bench.shop` stores one.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from itertools import count, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import orjson

from contracts.orders import LineQuantity, LinesFulfilled, OrderPlaced
from countermand.bench.answers import as_incoming, replies
from countermand.errors import KnownError
from countermand.retail.plan import read_plan
from countermand.screen import OnStep
from kit.clock import utc_now
from kit.cloudevents import Incoming
from kit.postgres import open_pool
from kit.settings import KitSettings
from rebuild.elsewhere import helper, take_job
from services.cancellation.bootstrap import forgetful_processor

BATCH = 500
SHIPPED_EVERY = 10
SHARED_FROM = 10_000
"""Orders that are worth processes of their own."""


class Shop(NamedTuple):
    """What was stored."""

    order_ids: list[str]
    copies: int
    """How often the file was used."""
    facts: int


class Story(NamedTuple):
    """One order, and all that is said about it."""

    order_id: str
    messages: list[tuple[str, Any]]
    """Ids and messages about one order, in their sequence."""


def read_stories(file: Path) -> list[Story]:
    """Return what a file says about each of its orders, in the sequence they were placed."""
    plan = read_plan(file)
    stories: dict[str, Story] = {}
    for outgoing in (*plan.facts, *plan.commands):
        message: Any = outgoing.message
        story = stories.setdefault(message.order_id, Story(message.order_id, []))
        story.messages.append((outgoing.message_id, message))
        if isinstance(message, OrderPlaced) and len(stories) % SHIPPED_EVERY == 0:
            story.messages.append((f"shipped-{message.order_id}", _shipped(message)))
    return list(stories.values())


def _shipped(placed: OrderPlaced) -> LinesFulfilled:
    units = [LineQuantity(line_id=x.line_id, quantity=x.quantity) for x in placed.lines]
    return LinesFulfilled(
        order_id=placed.order_id, lines=tuple(units), fulfilled_at=placed.placed_at
    )


def copies(stories: list[Story]) -> Iterator[Story]:
    """Return the orders without end, from the second time on under new numbers."""
    return (_copy(stories, n) for n in count())


def _order_id(stories: list[Story], n: int) -> str:
    story, number = stories[n % len(stories)], n // len(stories) + 1
    return story.order_id if number == 1 else f"{story.order_id}-{number}"


def _copy(stories: list[Story], n: int) -> Story:
    story, number = stories[n % len(stories)], n // len(stories) + 1
    if number == 1:
        return story
    order_id, messages = _order_id(stories, n), []
    for id_, message in story.messages:
        names = {"order_id": order_id}
        if hasattr(message, "payment_id"):
            names["payment_id"] = f"{message.payment_id}-{number}"
        messages.append((f"{id_}-{number}", message.model_copy(update=names)))
    return Story(order_id, messages)


class _Share(NamedTuple):
    """Orders to store: from one number up to another."""

    settings: KitSettings
    file: Path
    first: int
    end: int


OnStored = Callable[[int, int], None]
"""Told how many more orders were stored, and facts."""


async def fill(settings: KitSettings, file: Path, order_count: int, on_step: OnStep) -> Shop:
    """Have the service decide on every message about so many orders."""
    stories = read_stories(file)
    processes = (os.cpu_count() or 1) if order_count >= SHARED_FROM else 1
    ends = [order_count * n // processes for n in range(processes + 1)]
    shares = [_Share(settings, file, first, end) for first, end in pairwise(ends)]
    orders = facts = 0

    def count_more(more_orders: int, more_facts: int) -> None:
        nonlocal orders, facts
        orders, facts = orders + more_orders, facts + more_facts
        on_step("Orders stored", orders, order_count)

    if processes == 1:
        await _store(shares[0], stories, count_more)
    else:
        await asyncio.gather(*(_store_elsewhere(share, count_more) for share in shares))
    connection = await asyncpg.connect(settings.postgres_dsn)
    try:
        await connection.execute("ANALYZE cancellation.cancellation_events")
    finally:
        await connection.close()
    order_ids = [_order_id(stories, n) for n in range(order_count)]
    return Shop(order_ids, -(-order_count // len(stories)), facts)


async def _store(share: _Share, stories: list[Story], on_stored: OnStored) -> None:
    async with open_pool(share.settings.postgres_dsn, name="bench-shop") as pool:
        processor = forgetful_processor(share.settings, pool)
        batch: list[Incoming] = []
        orders = 0
        for n in range(share.first, share.end):
            batch += [as_incoming(id_, message) for id_, message in _copy(stories, n).messages]
            orders += 1
            if len(batch) >= BATCH or n == share.end - 1:
                facts = 0
                while batch:
                    new = [fact for one in await processor.process(batch) for fact in one.facts]
                    facts += len(new)
                    batch = [reply for fact in new for reply in replies(fact, utc_now())]
                on_stored(orders, facts)
                orders = 0


async def _store_elsewhere(share: _Share, on_stored: OnStored) -> None:
    left = share.end - share.first
    async with helper("countermand.bench.shop", share) as process:
        async for line in process.told:
            orders, facts = orjson.loads(line)
            on_stored(orders, facts)
            left -= orders
    if left:
        raise KnownError("A process that stored orders has died.")


def _tell(orders: int, facts: int) -> None:
    sys.stdout.buffer.write(orjson.dumps((orders, facts)) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    own: _Share = take_job()
    asyncio.run(_store(own, read_stories(own.file), _tell))
