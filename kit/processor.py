"""Handles a batch of messages in one PostgreSQL transaction: inbox, facts, effects, dead letters.

Everything or nothing is written, so a crash at any instruction leaves either no trace or the whole
batch. Kafka offsets are not part of it: a message delivered again meets its inbox row.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, NamedTuple, TypeVar
from uuid import UUID

import asyncpg

from kit.clock import Clock
from kit.cloudevents import Incoming, Undecodable
from kit.decider import Context, Decider, Unacceptable
from kit.event_store import EventStore, Pending, Stream
from kit.facts import Cause, Fact, RecordedFact
from kit.metrics import CONFLICTS, DEAD_LETTERS, DUPLICATES, HANDLED
from kit.postgres import AnyConnection, Pool

State = TypeVar("State")

ATTEMPTS_MAX = 50
"""Lost races in a row before we give up; each loser waits a few random milliseconds."""

REMEMBERED_MAX = 20_000
"""Streams whose state is kept in memory; about 2 kB each. An order's legs report within seconds."""

WriteAlong = Callable[[AnyConnection, Sequence[RecordedFact]], Awaitable[None]]
"""Writes rows that belong to new facts in their transaction, such as effects to carry out."""


class Answer(NamedTuple):
    """What became of one message."""

    status: Literal["handled", "duplicate", "id_reused", "unacceptable"]
    facts: tuple[Fact, ...] = ()
    """New facts; empty when nothing changed."""
    position: int = 0
    """Log position of the last of them; a read can wait for it."""
    code: str = ""
    detail: str = ""


class _Batch(NamedTuple):
    answers: list[Answer]
    pending: list[Pending]
    recorded: list[RecordedFact]
    counts: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Processor(Generic[State]):
    """One service's way from messages to stored facts."""

    service: str
    """Schema and metrics label."""
    pool: Pool
    store: EventStore
    decider: Decider[State]
    clock: Clock
    write_along: WriteAlong | None = None
    has_inbox: bool = True
    """Off only in control runs that show what the inbox is for."""
    _memory: dict[UUID, Stream[State]] = field(default_factory=dict)

    async def process(
        self,
        messages: Sequence[Incoming],
        *,
        dead_letters: Sequence[Undecodable] = (),
        also: Callable[[AnyConnection], Awaitable[None]] | None = None,
        aside: Callable[[Incoming, str, str], Undecodable] | None = None,
    ) -> list[Answer]:
        """Handle messages in order and return one answer each.

        Args:
            messages: at most a few hundred; each must be about one stream.
            dead_letters: records to keep in the same transaction.
            also: more statements for the same transaction; raising rolls everything back.
            aside: makes a dead letter of a message that cannot be accepted; without it the
                answer alone tells.

        Raises:
            OSError, asyncpg.PostgresError: the outcome is unknown; call again with the same
                messages, the inbox tells what was done.
        """
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                answers = await self._transact(messages, dead_letters, also, aside)
            except (
                asyncpg.UniqueViolationError,
                asyncpg.DeadlockDetectedError,
                asyncpg.SerializationError,
            ):
                CONFLICTS.labels(self.service).inc()
                if attempt == ATTEMPTS_MAX:
                    raise
                await asyncio.sleep(random.uniform(0, 0.002 * attempt))  # noqa: S311 - jitter
            else:
                self._count(answers, len(dead_letters))
                return answers
        raise AssertionError("unreachable")

    async def _transact(
        self,
        messages: Sequence[Incoming],
        dead_letters: Sequence[Undecodable],
        also: Callable[[AnyConnection], Awaitable[None]] | None,
        aside: Callable[[Incoming, str, str], Undecodable] | None,
    ) -> list[Answer]:
        async with self.pool.acquire() as connection, connection.transaction():
            seen = await self._enter_inbox(connection, messages)
            fresh = {m.stream for m, known in zip(messages, seen, strict=True) if known is None}
            streams = await self._fold(connection, fresh) if fresh else {}
            batch = self._decide(messages, seen, streams)
            await self._keep_dead_letters(connection, messages, batch.answers, dead_letters, aside)
            if self.write_along and batch.recorded:
                await self.write_along(connection, batch.recorded)
            if also:
                await also(connection)
            positions = iter(await self.store.append(connection, batch.pending))
        self._remember(streams)
        return [
            answer._replace(position=[next(positions) for _ in range(count)][-1])
            if count
            else answer
            for answer, count in zip(batch.answers, batch.counts, strict=True)
        ]

    async def _fold(
        self, connection: AnyConnection, streams: set[UUID]
    ) -> dict[UUID, Stream[State]]:
        return await self.store.fold_many(connection, streams, self.decider, self._memory)

    def _remember(self, streams: dict[UUID, Stream[State]]) -> None:
        """Keep committed states, newest last, so that a stream's next fact reads no past."""
        memory = self._memory
        for stream, folded in streams.items():
            memory.pop(stream, None)
            memory[stream] = folded
        while len(memory) > REMEMBERED_MAX:
            del memory[next(iter(memory))]

    async def _enter_inbox(
        self, connection: AnyConnection, messages: Sequence[Incoming]
    ) -> list[Answer | None]:
        """Claim the messages; returns an answer for those that were handled before."""
        if not self.has_inbox or not messages:
            return [None] * len(messages)
        first: dict[str, Incoming] = {}
        for message in messages:
            first.setdefault(message.id, message)
        # Sorted, so that two batches with common ids wait for each other and never deadlock.
        rows = sorted(first.values(), key=lambda m: m.id)
        claimed = {
            row[0]
            for row in await connection.fetch(
                f"INSERT INTO {self.service}.inbox (message_id, fingerprint, stream_id)"
                " SELECT * FROM unnest($1::text[], $2::bytea[], $3::uuid[])"
                " ON CONFLICT DO NOTHING RETURNING message_id",
                [m.id for m in rows], [m.fingerprint for m in rows], [m.stream for m in rows],
            )
        }  # fmt: skip
        prints = {m.id: m.fingerprint for m in rows}
        if len(claimed) < len(rows):
            earlier = await connection.fetch(
                f"SELECT message_id, fingerprint FROM {self.service}.inbox"
                " WHERE message_id = ANY($1::text[])",
                [m.id for m in rows if m.id not in claimed],
            )
            prints.update((row[0], row[1]) for row in earlier)
        answers: list[Answer | None] = []
        for message in messages:
            if message.id in claimed:
                claimed.remove(message.id)  # the first of its id; the rest are repetitions
                answers.append(None)
            elif prints[message.id] == message.fingerprint:
                answers.append(Answer("duplicate"))
            else:
                detail = f"message id {message.id!r} was used before with another body"
                answers.append(Answer("id_reused", code="MESSAGE_ID_REUSED", detail=detail))
        return answers

    def _decide(
        self,
        messages: Sequence[Incoming],
        seen: Sequence[Answer | None],
        streams: dict[UUID, Stream[State]],
    ) -> _Batch:
        decide, evolve = self.decider.decide, self.decider.evolve
        mapper, now = self.store.mapper, self.clock()
        nothing = Stream(self.decider.initial, 0)
        batch = _Batch([], [], [], [])
        for message, known in zip(messages, seen, strict=True):
            if known is not None:
                batch.answers.append(known)
                batch.counts.append(0)
                continue
            state, version = streams.get(message.stream, nothing)
            try:
                facts = decide(
                    state, message.data, Context(now, message.id, message.stream, version)
                )
            except Unacceptable as no:
                batch.answers.append(Answer("unacceptable", code=no.code, detail=no.detail))
                batch.counts.append(0)
                continue
            if facts:
                cause = Cause(
                    message_id=message.id,
                    correlation_id=message.correlation_id,
                    traceparent=message.traceparent,
                    recorded_at=now,
                )
                cause_json = mapper.transcoder.encode(cause)
                for fact in facts:
                    version += 1
                    state = evolve(state, fact)
                    body = mapper.write_body(fact, cause_json)
                    batch.pending.append(Pending(message.stream, version, fact.NAME, body))
                    if self.write_along:
                        batch.recorded.append(RecordedFact(message.stream, version, fact, cause))
                streams[message.stream] = Stream(state, version)
            batch.answers.append(Answer("handled", tuple(facts)))
            batch.counts.append(len(facts))
        return batch

    async def _keep_dead_letters(
        self,
        connection: AnyConnection,
        messages: Sequence[Incoming],
        answers: Sequence[Answer],
        dead_letters: Sequence[Undecodable],
        aside: Callable[[Incoming, str, str], Undecodable] | None,
    ) -> None:
        letters = list(dead_letters)
        if aside:
            letters += [
                aside(message, answer.code, answer.detail)
                for message, answer in zip(messages, answers, strict=True)
                if answer.code
            ]
        if letters:
            await connection.executemany(
                f'INSERT INTO {self.service}.dead_letters (topic, partition, "offset",'
                " message_id, message_type, code, detail, key, value, headers)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
                [
                    (d.topic, d.partition, d.offset, d.message_id, d.message_type,
                     d.code, d.detail, d.key, d.value, d.headers)
                    for d in letters
                ],
            )  # fmt: skip

    def _count(self, answers: Sequence[Answer], undecodable_count: int) -> None:
        statuses = [answer.status for answer in answers]
        HANDLED.labels(self.service).inc(statuses.count("handled"))
        DUPLICATES.labels(self.service).inc(statuses.count("duplicate"))
        unacceptable = statuses.count("unacceptable") + statuses.count("id_reused")
        DEAD_LETTERS.labels(self.service).inc(unacceptable + undecodable_count)
