"""A long and varied history in the cancellation service's log, and its read models."""

import random
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from contracts import inventory, notifier, refunds
from kit.cloudevents import Incoming
from kit.ids import child_id
from kit.postgres import open_pool
from kit.processor import Processor
from kit.settings import KitSettings
from services.cancellation.bootstrap import SERVICE
from services.cancellation.domain.events import OrderCancelled
from tests.support.messages import MOMENT, cancel, captured, fulfilled, incoming, placed

BATCH = 400
TABLES = {
    "order_summaries": "stream_id",
    "order_history": "stream_id, version",
}
"""Read models and what their rows are sorted by."""


async def tell_stories(processor: Processor[Any], order_ids: Sequence[str], *, seed: int) -> None:
    """Place orders and let everything happen to them that can; repeatable by its seed."""
    chance = random.Random(seed)
    cancelled: list[OrderCancelled] = []
    for messages in _in_batches(_upstream(order_ids, chance)):
        for answer in await processor.process(messages):
            cancelled += [fact for fact in answer.facts if isinstance(fact, OrderCancelled)]
    for messages in _in_batches(_legs(cancelled, chance)):
        await processor.process(messages)


def _upstream(order_ids: Sequence[str], chance: random.Random) -> Iterator[Incoming]:
    for id_ in order_ids:
        yield incoming(placed(id_, 3, chance.randint(1, 9)), f"{id_}-placed")
        if chance.random() < 0.9:
            yield incoming(captured(id_, chance.randint(1, 9_000)), f"{id_}-captured")
        if chance.random() < 0.2:
            yield incoming(fulfilled(id_, line_1=1), f"{id_}-fulfilled")
        for number in range(chance.choice((0, 1, 1, 2, 3))):
            lines = [{"line_id": "2", "quantity": 1}] if chance.random() < 0.5 else None
            yield incoming(cancel(id_, lines=lines), f"{id_}-c{number}")
        if chance.random() < 0.1:
            yield incoming(cancel(f"unknown-{id_}"), f"{id_}-lost")


def _legs(cancelled: Sequence[OrderCancelled], chance: random.Random) -> Iterator[Incoming]:
    for fact in cancelled:
        about: dict[str, Any] = {"order_id": fact.order_id, "cancellation_id": fact.cancellation_id}
        for due in fact.refunds:
            refund_id = child_id(fact.cancellation_id, due.payment_id)
            refund = about | {
                "refund_id": refund_id, "payment_id": due.payment_id, "currency": fact.currency,
                "amount_minor": due.amount_minor,
            }  # fmt: skip
            word: Any = refunds.RefundSucceeded(
                **refund, provider_reference="re_1", succeeded_at=MOMENT
            )
            if chance.random() < 0.2:
                word = refunds.RefundFailed(**refund, code="NO", detail="no", failed_at=MOMENT)
            yield incoming(word, f"refund-{refund_id}")
        restocked = inventory.StockRestocked(**about, lines=(), restocked_at=MOMENT)
        yield incoming(restocked, f"restock-{fact.cancellation_id}")
        if chance.random() < 0.8:
            told: Any = notifier.CustomerNotified(
                **about, message_id=fact.cancellation_id, accepted_at=MOMENT
            )
            yield incoming(told, f"mail-{fact.cancellation_id}")


def _in_batches(messages: Iterator[Incoming]) -> Iterator[list[Incoming]]:
    waiting = list(messages)
    for start in range(0, len(waiting), BATCH):
        yield waiting[start : start + BATCH]


@asynccontextmanager
async def storyteller(settings: KitSettings) -> AsyncIterator[Processor[Any]]:
    """Lend a processor of the cancellation service."""
    async with open_pool(settings.postgres_dsn, name="test") as pool:
        yield SERVICE.processor(settings, pool)


async def read_models(dsn: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every read model."""
    connection = await asyncpg.connect(dsn)
    try:
        return {
            table: [
                tuple(row)
                for row in await connection.fetch(
                    f"SELECT * FROM cancellation.{table} ORDER BY {order}"
                )
            ]
            for table, order in TABLES.items()
        }
    finally:
        await connection.close()
