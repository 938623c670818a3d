"""Handles a batch of messages in one PostgreSQL transaction: inbox, facts, effects, dead letters.

Everything or nothing is written, so a crash at any instruction leaves either no trace or the whole
batch. Kafka offsets are not part of it: a message delivered again meets its inbox row.
"""

import asyncio
import random
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

import asyncpg
import orjson

from kit.clock import Clock
from kit.cloudevents import Incoming, Undecodable
from kit.decider import Decider, no_reference
from kit.deciding import Answer, Batch, EffectsOf, RowsOf, answer_repeats, letters_of
from kit.event_store import EventStore, Stream
from kit.facts import RecordedFact
from kit.metrics import CONFLICTS, DEAD_LETTERS, DUPLICATES, HANDLED
from kit.postgres import AnyConnection, Pool
from kit.redrives import RedriveUsedError, find_renewed, use_up

State = TypeVar("State")

ATTEMPTS_MAX = 50
"""Lost races in a row before we give up; each loser waits a few random milliseconds."""

REMEMBERED_MAX = 20_000
"""About 2 kB each. An order's legs report within seconds."""

Step = Callable[[AnyConnection], Awaitable[None]]
"""More statements for a batch's transaction; raising rolls everything back."""


class _More(NamedTuple):
    dead_letters: Sequence[Undecodable]
    finished: Sequence[UUID]
    also: Step | None
    aside: Callable[[Incoming, str, str], Undecodable] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Processor(Generic[State]):
    """One service's way from messages to stored facts."""

    service: str
    """Schema and metrics label."""
    pool: Pool
    store: EventStore
    decider: Decider[State]
    clock: Clock
    effects_of: EffectsOf | None = None
    rows_of: RowsOf | None = None
    opens_streams: bool = False
    """Most messages are the first of their stream, so it is not looked for before deciding."""
    reference: Callable[[], Any] = no_reference
    """Returns the reference data in force; decisions of one batch share it."""
    has_inbox: bool = True
    """Off only in control runs that show what the inbox is for."""
    remembered_max: int = REMEMBERED_MAX
    """Streams whose state is kept in memory; 0 for who meets each stream once."""
    _memory: OrderedDict[UUID, Stream[State]] = field(default_factory=OrderedDict)

    async def process(
        self,
        messages: Sequence[Incoming],
        *,
        dead_letters: Sequence[Undecodable] = (),
        finished: Sequence[UUID] = (),
        also: Step | None = None,
        aside: Callable[[Incoming, str, str], Undecodable] | None = None,
    ) -> list[Answer]:
        """Handle messages in order and return one answer each.

        Args:
            messages: at most a few hundred; each must be about one stream.
            dead_letters: records to keep in the same transaction.
            finished: effects whose outcome these messages report.
            also: runs first in the same transaction.
            aside: makes a dead letter of a message that cannot be accepted; without it the
                answer alone tells.

        Raises:
            OSError, asyncpg.PostgresError: the outcome is unknown; call again with the same
                messages, the inbox tells what was done.
        """
        # The likely case first: nothing was handled before, nobody else wrote to these streams.
        # Whether that was so, the database says when it is told to record it.
        known: dict[str, bytes] = {}
        must_read = False
        more = _More(dead_letters, finished, also, aside)
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                answers = await self._attempt(messages, known, more, must_read=must_read)
                if answers is not None:
                    return answers
                must_read = True
            except asyncpg.UniqueViolationError as taken:
                if taken.constraint_name == "inbox_pkey":
                    known = await self._handled_before(messages)
                else:
                    must_read = True
                    await self._lose(attempt, taken)
            except (
                asyncpg.DeadlockDetectedError, asyncpg.SerializationError, RedriveUsedError
            ) as race:  # fmt: skip
                await self._lose(attempt, race)
        raise AssertionError("unreachable")

    async def _attempt(
        self,
        messages: Sequence[Incoming],
        known: Mapping[str, bytes],
        more: "_More",
        *,
        must_read: bool,
    ) -> list[Answer] | None:
        """Decide and record once; None when the streams have to be looked up first."""
        renewed = await find_renewed(self.pool, self.service, messages)
        seen = answer_repeats(messages, known, renewed)
        batch = await self._decide(messages, seen, must_read=must_read)
        if not batch.is_certain:
            return None
        letters = [*more.dead_letters]
        if more.aside:
            letters += letters_of(messages, batch.answers, more.aside)
        steps = [more.also] if more.also else []
        if any(message.redrive_id for message in messages):
            steps.insert(0, self._use_up(messages, batch.answers, renewed))
        positions = await self._write(self._arguments(batch, more.finished), letters, steps)
        self._remember(batch.streams)
        self._count(batch.answers, len(more.dead_letters))
        return batch.placed(positions)

    async def read_ahead(self, messages: Sequence[Incoming]) -> None:
        """Remember the states that messages will need, while others are being recorded.

        Only saves time: what is remembered may be outdated by the time it is decided upon, and
        recording the decision finds that out.
        """
        memory = self._memory
        wanted = {message.stream for message in messages} - memory.keys()
        if self.opens_streams or not self.remembered_max or not wanted:
            return
        async with self.pool.acquire() as connection:
            read = await self.store.fold_many(connection, wanted, self.decider, {})
        # Whatever was recorded meanwhile is newer than what was read.
        self._remember({stream: read[stream] for stream in read.keys() - memory.keys()})

    async def foresee(
        self, messages: Sequence[Incoming], known: dict[UUID, Stream[State]]
    ) -> tuple[list[Answer], list[RecordedFact]]:
        """Return the answers new messages would get and the facts they would bring; writes nothing.

        Args:
            messages: in order, as if none was handled before.
            known: states foreseen so far, to go on from; those after these messages are added.
        """
        async with self.pool.acquire() as connection:
            wanted = {message.stream for message in messages}
            streams = await self.store.fold_many(connection, wanted, self.decider, known)
        batch = self._batch(streams)
        batch.decide(messages, [None] * len(messages))
        known.update(batch.streams)
        return batch.answers, batch.recorded

    async def _lose(self, attempt: int, race: Exception) -> None:
        """Wait a random moment after a lost race; gives up after so many."""
        CONFLICTS.labels(self.service).inc()
        if attempt == ATTEMPTS_MAX:
            raise race
        await asyncio.sleep(random.uniform(0, 0.002 * attempt))  # noqa: S311 - jitter

    async def _write(
        self,
        arguments: Sequence[Any],
        letters: Sequence[Undecodable],
        steps: Sequence[Step],
    ) -> list[int]:
        """Write everything or nothing; returns the positions of the new facts."""
        if not (letters or steps):
            return await self.pool.fetchval(self._record, *arguments) or []
        async with self.pool.acquire() as connection, connection.transaction():
            await self._keep(connection, letters)
            for step in steps:
                await step(connection)
            return await connection.fetchval(self._record, *arguments) or []

    def _use_up(
        self, messages: Sequence[Incoming], answers: Sequence[Answer], renewed: frozenset[str]
    ) -> Step:
        said = [answer.code or answer.status for answer in answers]
        return lambda connection: use_up(connection, self.service, messages, said, renewed)

    @property
    def _record(self) -> str:
        arguments = ", ".join(f"${n}" for n in range(1, 15))
        return f"SELECT {self.service}.record({arguments})"

    def _arguments(
        self,
        batch: Batch[Any],
        finished: Sequence[UUID],
    ) -> list[Any]:
        # Sorted, so that two batches with common ids wait for each other and never deadlock.
        fresh = sorted(batch.fresh, key=_id) if self.has_inbox else []
        effects = [e for r in batch.recorded for e in self.effects_of(r)] if self.effects_of else []
        rows = [row for r in batch.recorded for row in self.rows_of(r)] if self.rows_of else []
        return [
            [m.id for m in fresh], [m.fingerprint for m in fresh], [m.stream for m in fresh],
            *_columns(batch.pending, 4), *_columns(effects, 5), finished,
            orjson.dumps(rows).decode() if rows else None,
        ]  # fmt: skip

    async def _handled_before(self, messages: Sequence[Incoming]) -> dict[str, bytes]:
        """Return id and fingerprint of those messages that were handled before."""
        rows = await self.pool.fetch(
            f"SELECT message_id, fingerprint FROM {self.service}.inbox"
            " WHERE message_id = ANY($1::text[])",
            [m.id for m in messages],
        )
        return {row[0]: row[1] for row in rows}

    async def _decide(
        self, messages: Sequence[Incoming], seen: Sequence[Answer | None], *, must_read: bool
    ) -> Batch[State]:
        memory, store = self._memory, self.store
        wanted = {m.stream for m, known in zip(messages, seen, strict=True) if known is None}
        streams = {stream: memory[stream] for stream in wanted if stream in memory}
        unread: set[UUID] = set()
        if not must_read:
            unread = wanted if self.opens_streams else set(streams)
        if to_read := wanted - unread:
            async with self.pool.acquire() as connection:
                streams |= await store.fold_many(connection, to_read, self.decider, memory)
        batch = self._batch(streams, unread)
        batch.decide(messages, seen)
        return batch

    def _batch(
        self, streams: dict[UUID, Stream[State]], unread: AbstractSet[UUID] = frozenset()
    ) -> Batch[State]:
        return Batch(
            self.decider, self.store.mapper, streams,
            now=self.clock(), reference=self.reference(), unread=unread,
        )  # fmt: skip

    def _remember(self, streams: dict[UUID, Stream[State]]) -> None:
        """Keep committed states, newest last, so that a stream's next fact reads no past."""
        memory = self._memory
        for stream, folded in streams.items():
            memory[stream] = folded
            memory.move_to_end(stream)
        while len(memory) > self.remembered_max:
            memory.popitem(last=False)

    async def _keep(self, connection: AnyConnection, letters: Sequence[Undecodable]) -> None:
        if letters:
            await connection.executemany(
                f'INSERT INTO {self.service}.dead_letters (topic, partition, "offset",'
                " message_id, message_type, code, detail, key, value, headers, fingerprint,"
                " redrive_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
                " ON CONFLICT DO NOTHING",
                [
                    (d.topic, d.partition, d.offset, d.message_id, d.message_type, d.code,
                     d.detail, d.key, d.value, d.headers, d.fingerprint, d.redrive_id)
                    for d in letters
                ],
            )  # fmt: skip

    def _count(self, answers: Sequence[Answer], undecodable_count: int) -> None:
        statuses = [answer.status for answer in answers]
        HANDLED.labels(self.service).inc(statuses.count("handled"))
        DUPLICATES.labels(self.service).inc(statuses.count("duplicate"))
        unacceptable = statuses.count("unacceptable") + statuses.count("id_reused")
        DEAD_LETTERS.labels(self.service).inc(unacceptable + undecodable_count)


def _id(message: Incoming) -> str:
    return message.id


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> Sequence[Sequence[Any]]:
    return list(zip(*rows, strict=True)) or [()] * width
