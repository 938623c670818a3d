"""A shop's real orders in the store, as many as wanted.

They are the public retail data; where it is too short, it is used again under other order numbers.
What the data says was cancelled is cancelled before, and every tenth order has shipped, so whoever
cancels them all meets every kind of order.
"""

from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any, NamedTuple

from contracts.orders import LineQuantity, LinesFulfilled, OrderPlaced
from countermand.retail.plan import read_plan
from countermand.screen import OnStep
from kit.cloudevents import Incoming, fingerprint
from kit.postgres import open_pool
from kit.settings import KitSettings
from services.cancellation.bootstrap import forgetful_processor
from services.cancellation.translation import stream_of

BATCH = 500
SHIPPED_EVERY = 10


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
    yield from stories
    for number in count(2):
        for story in stories:
            yield _renamed(story, f"{story.order_id}-{number}", number)


def _renamed(story: Story, order_id: str, number: int) -> Story:
    messages = []
    for id_, message in story.messages:
        names = {"order_id": order_id}
        if hasattr(message, "payment_id"):
            names["payment_id"] = f"{message.payment_id}-{number}"
        messages.append((f"{id_}-{number}", message.model_copy(update=names)))
    return Story(order_id, messages)


async def fill(settings: KitSettings, file: Path, order_count: int, on_step: OnStep) -> Shop:
    """Have the service decide on every message about so many orders."""
    stories = read_stories(file)
    order_ids: list[str] = []
    facts = 0
    async with open_pool(settings.postgres_dsn, name="bench-shop") as pool:
        processor = forgetful_processor(settings, pool)
        batch: list[Incoming] = []
        for story in islice(copies(stories), order_count):
            order_ids.append(story.order_id)
            batch += [as_incoming(id_, message) for id_, message in story.messages]
            if len(batch) >= BATCH or len(order_ids) == order_count:
                answers = await processor.process(batch)
                facts += sum(len(answer.facts) for answer in answers)
                batch = []
                on_step("Orders stored", len(order_ids), order_count)
        await pool.execute("ANALYZE cancellation.cancellation_events")
    return Shop(order_ids, -(-order_count // len(stories)), facts)


def as_incoming(id_: str, message: Any) -> Incoming:
    """Return a message as it comes from Kafka."""
    return Incoming(
        id_, message.TYPE, message, stream_of(message)[1], fingerprint(message.TYPE, message), id_
    )
