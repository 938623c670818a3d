"""A question about what happened, from its sources to its answer; knows no terminal."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import asyncpg
from aiokafka.errors import KafkaError

from countermand.endpoints import Endpoints
from countermand.history.logs import LogSource
from countermand.history.reading import Cursor, Source, forwards, last, onwards, open_cursors
from countermand.history.rendering import Sink
from countermand.history.selection import (
    EVERYWHERE,
    Place,
    QuestionError,
    Selection,
    read_place,
    write_place,
)
from countermand.history.topics import TopicSource, find_partitions, open_consumer
from countermand.specs import LOGS
from kit.postgres import UNAVAILABLE

AWAY_S = 1.0
"""Pause before a server that went away while it was followed is asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to show of which sources."""

    sources: Sequence[str]
    """Services or topics; all services when empty."""
    selection: Selection
    after: Place = EVERYWHERE
    up_to: Place = EVERYWHERE
    limit: int | None = None
    """The last so many; the first so many when `after` says where to begin."""
    follow: bool = False

    def __post_init__(self) -> None:
        has_end = self.up_to != EVERYWHERE or self.selection.until or self.selection.happened_until
        if self.follow and has_end:
            raise QuestionError("What is followed has no end: leave out until and up-to.")


@dataclass(slots=True)
class Answer:
    """How far an answer has come."""

    count: int = 0
    is_more: bool = False
    """True when something was left unread, wanted or not."""
    next_after: str = ""
    """Where to go on: what `read_place` reads."""
    as_of: dict[str, int] = field(default_factory=dict)
    """Newest position looked at, by source."""

    def to_json(self) -> dict[str, Any]:
        """Return the last line of `--json`."""
        return {
            "events": self.count, "is_more": self.is_more,
            "next_after": self.next_after, "as_of": self.as_of,
        }  # fmt: skip

    def note(self, cursors: Sequence[Cursor]) -> None:
        """Write down where the cursors stand."""
        self.next_after = write_place({c.source.name: c.done_to for c in cursors})
        self.as_of = {c.source.name: c.span.end - 1 for c in cursors if c.span.end > 0}


@asynccontextmanager
async def open_sources(
    endpoints: Endpoints, names: Sequence[str], selection: Selection
) -> AsyncIterator[list[Source]]:
    """Open what the names stand for; nothing is opened that is not asked for.

    Raises:
        QuestionError: a name stands for nothing.
    """
    services = [name for name in dict.fromkeys(names) if name in LOGS] if names else [*LOGS]
    topics = [name for name in names if name not in LOGS]
    async with AsyncExitStack() as stack:
        sources: list[Source] = []
        if services:
            connection = await asyncpg.connect(endpoints.postgres_dsn)
            stack.callback(connection.terminate)
            await connection.execute("SET default_transaction_read_only = on")
            sources += [LogSource(connection, name, selection) for name in services]
        if topics:
            consumer = await stack.enter_async_context(open_consumer(endpoints.kafka_bootstrap))
            partitions = await find_partitions(consumer, topics, [*LOGS])
            consumer.assign(partitions)
            sources += [TopicSource(consumer, each, selection) for each in partitions]
        yield sources


async def ask(endpoints: Endpoints, question: Question, sink: Sink, told: Answer) -> None:
    """Show what was asked for; `told` says at any time how far it is.

    What is followed is followed for ever, and where it stopped once a server has come back.
    """
    while True:
        try:
            await _answer(endpoints, question, sink, told)
        except (KafkaError, *UNAVAILABLE):
            if not (question.follow and told.next_after):
                raise
            question = replace(question, after=read_place(told.next_after), limit=None)
            await asyncio.sleep(AWAY_S)
        else:
            return


async def _answer(endpoints: Endpoints, question: Question, sink: Sink, told: Answer) -> None:
    async with open_sources(endpoints, question.sources, question.selection) as sources:
        cursors = await open_cursors(sources, question.after, question.up_to)
        if question.limit is not None and question.after == EVERYWHERE:
            cursors = await last(cursors, question.limit)
        try:
            if question.follow:
                await _follow(cursors, sink, told)
            else:
                await _show(cursors, sink, told, question.limit)
            sink.flush()
        finally:
            told.note(cursors)


async def _show(cursors: Sequence[Cursor], sink: Sink, told: Answer, limit: int | None) -> None:
    if limit != 0:
        async for event in forwards(cursors):
            sink.show(event)
            told.count += 1
            if told.count == limit:
                break
    told.is_more = any(cursor.done_to + 1 < cursor.span.end for cursor in cursors)


async def _follow(cursors: Sequence[Cursor], sink: Sink, told: Answer) -> None:
    async for event in onwards(cursors, sink.flush):
        sink.show(event)
        told.count += 1
