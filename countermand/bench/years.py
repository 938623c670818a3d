"""A shop's last two years in the store: a million real orders, and what became of their legs.

Orders, customers and articles are those of the file, under other numbers where it is used again;
the moments are spread evenly, so that every day has as many. Every message goes through the
service's own decisions, and the read models are built from the log as they would be anywhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from contracts.orders import OrderPlaced
from countermand.bench.answers import as_incoming, replies
from countermand.bench.shop import Story, copies, read_stories
from countermand.screen import OnStep
from kit.postgres import open_pool
from kit.projector import Projector
from kit.settings import KitSettings
from rebuild.rebuilding import Terms, Told, rebuild
from services.cancellation.bootstrap import SERVICE, forgetful_processor
from services.cancellation.projections.orders import OrdersProjection

DAYS = 730
BATCH = 500

_STORED = """
    SELECT count(*) FROM cancellation.cancellation_events
    WHERE originator_version = 1 AND topic = 'order.placed.v1'"""


@dataclass
class _Then:
    """A clock that is set by hand."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


async def fill(settings: KitSettings, file: Path, order_count: int, on_step: OnStep) -> None:
    """Have the service decide on two years of orders, and build the read models from its log.

    What was stored before is gone on with, where it ended.
    """
    end = datetime.combine(datetime.now(UTC), time(), UTC)
    begin, step = end - timedelta(days=DAYS), timedelta(days=DAYS) / order_count
    then = _Then(begin)
    async with open_pool(settings.postgres_dsn, name="bench-years") as pool:
        done = await pool.fetchval(_STORED)
        stories = islice(_told_anew(read_stories(file)), done, order_count)
        processor = replace(forgetful_processor(settings, pool), clock=then)
        while batch := list(islice(stories, BATCH)):
            said = [
                as_incoming(id_, _moved(message, begin + step * (done + n)))
                for n, story in enumerate(batch)
                for id_, message in story.messages
            ]
            done += len(batch)
            then.now = begin + step * done
            while said:
                answers = await processor.process(said)
                then.now += timedelta(hours=1)
                said = [
                    reply
                    for answer in answers
                    for fact in answer.facts
                    for reply in replies(fact, then.now)
                ]
            on_step("Orders decided", done, order_count)
        await pool.execute("VACUUM ANALYZE cancellation.cancellation_events")
    await project(settings, on_step)


async def project(settings: KitSettings, on_step: OnStep) -> None:
    """Build the read models from the log, as this code would have them."""
    await rebuild(
        dsn=settings.postgres_dsn, schema=SERVICE.name, store=SERVICE.store,
        projection=OrdersProjection(), terms=Terms(), told=Told(on_step=on_step),
    )  # fmt: skip
    # A rebuild comes to where the read models were; what was stored since is followed.
    async with open_pool(settings.postgres_dsn, name="bench-years") as pool:
        projector = Projector(
            schema=SERVICE.name, pool=pool, store=SERVICE.store, projection=OrdersProjection()
        )
        while await projector.advance():
            pass


def _told_anew(stories: Sequence[Story]) -> Iterator[Story]:
    """Return orders without end; customers come again within a file, and not in all of them."""
    for n, story in enumerate(copies(list(stories))):
        number = n // len(stories)
        yield (
            story
            if number == 0
            else story._replace(
                messages=[(id_, _of_others(message, number)) for id_, message in story.messages]
            )
        )


def _of_others(message: Any, number: int) -> Any:
    if not isinstance(message, OrderPlaced) or message.customer is None:
        return message
    customer = message.customer.model_copy(
        update={
            "customer_id": f"{message.customer.customer_id}-{number}",
            "email": f"customer-{message.customer.customer_id}-{number}@customers.example",
        }
    )
    return message.model_copy(update={"customer": customer})


def _moved(message: Any, moment: datetime) -> Any:
    """Return a message as if it had been said at another moment."""
    names = [
        name
        for name in type(message).model_fields
        if name.endswith("_at") and getattr(message, name) is not None
    ]
    return message.model_copy(update=dict.fromkeys(names, moment))
