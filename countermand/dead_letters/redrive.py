"""Sends dead letters back to the topic they came from, in sequence, each with effect once.

First the redrive is a row, then the record goes to Kafka, then the row says so. Whatever dies in
between, the next run sends what is not known to be sent; a record that arrives twice finds its
redrive used up (`kit/redrives.py`).
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaProducer

from countermand.dead_letters.actions import By, park, read_mended, record_action
from countermand.dead_letters.letters import (
    Letter,
    Raw,
    Selection,
    as_record,
    find_letter,
    find_letters,
    find_neighbours,
)
from countermand.dead_letters.sequence import line_up
from countermand.errors import KnownError
from countermand.to_kafka import to_kafka
from kit.cloudevents import REDRIVE_ID, MessageReader, Skipped, fold_headers, read_headers
from kit.ids import NAMESPACE, child_id
from kit.postgres import AnyConnection, Pool
from kit.relay import partition_of
from kit.roles import ServiceSpec

ATTEMPTS_MAX = 3
"""A letter that came back so often is parked: sending it again is no cure."""

WAVE_MAX = 200
"""Letters under way at a time, each of another key."""

SENT_MAX = 20
"""Records in memory at a time; one may have 16 MB."""

POLL_S = 0.05
RECORD_BYTES_MAX = 16_777_216
"""What the broker takes on the topics of others; such a letter may be that large."""

_BEHIND_WHICH_OTHERS_GO = ("handled", "duplicate", "parked")

_OURS = (REDRIVE_ID, "ce_redriveattempt", "ce_redrivefrom")


class BusyError(KnownError):
    """Somebody else works on these letters right now."""


@dataclass(slots=True)
class Result:
    """What became of a redrive."""

    answers: dict[str, str] = field(default_factory=dict)
    """By letter: `handled`, `duplicate`, or the code it was set aside with again."""
    again: dict[str, str] = field(default_factory=dict)
    """Letters that came back, and the letters they are now."""
    waiting: dict[str, str] = field(default_factory=dict)
    """Letters that stay because one of their key is ahead, and that one."""
    parked: list[str] = field(default_factory=list)
    """Letters that came back too often, or are of a type nobody listens to."""
    unanswered: list[str] = field(default_factory=list)
    """Letters sent whose answer did not come in time."""
    unsent: list[str] = field(default_factory=list)
    """Letters not sent, because to those before nobody answered at all."""

    def add(self, other: "Result") -> None:
        """Take in the result of another service."""
        self.answers |= other.answers
        self.again |= other.again
        self.waiting |= other.waiting
        self.parked += other.parked
        self.unanswered += other.unanswered
        self.unsent += other.unsent

    @property
    def is_clean(self) -> bool:
        """True when every letter was handled."""
        handled = all(answer == "handled" for answer in self.answers.values())
        return handled and not (self.waiting or self.parked or self.unanswered or self.unsent)


OnStep = Callable[[int, int], None]
"""Called with how many letters are answered, and how many there are."""


@asynccontextmanager
async def open_producer(kafka_bootstrap: str) -> AsyncIterator[Any]:
    """Open a producer for dead letters; a record is sent when the broker has it."""
    producer = AIOKafkaProducer(
        **to_kafka(kafka_bootstrap),
        client_id="redrive",
        enable_idempotence=True,
        acks="all",
        max_request_size=RECORD_BYTES_MAX,
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


class Redriver:
    """Redrives letters of one service."""

    def __init__(
        self, pool: Pool, producer: Any, spec: ServiceSpec, by: By, *, wait_s: float
    ) -> None:
        self._pool, self._producer, self._service = pool, producer, spec.name
        self._reader = MessageReader(spec.hears, spec.stream_of, spec.message_bytes_max)
        self._by, self._wait_s = by, wait_s

    async def run(
        self, letters: Sequence[Letter], *, is_named: bool, on_step: OnStep = lambda *_: None
    ) -> Result:
        """Send letters again and wait for what becomes of them.

        Args:
            letters: open or parked ones; those that are under way are waited for.
            is_named: a person named each of them, so none is held back for having come too often.
            on_step: told after each answer.

        Raises:
            BusyError: another redrive of this service is running, or a letter was changed.
        """
        async with self._pool.acquire() as connection:
            name = f"redrive-{self._service}"
            lock = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))"
            if not await connection.fetchval(lock, name):
                raise BusyError(f"Somebody else redrives letters of {self._service} right now.")
            try:
                await self._send_unsent(connection)
                if is_named:
                    return await self._run(connection, letters, on_step, Result())
                tired = [letter for letter in letters if letter.attempts >= ATTEMPTS_MAX]
                parked = await self._park(connection, tired, f"came back {ATTEMPTS_MAX} times")
                fresh = [letter for letter in letters if letter.attempts < ATTEMPTS_MAX]
                return await self._run(connection, fresh, on_step, Result(parked=parked))
            finally:
                await connection.execute("SELECT pg_advisory_unlock(hashtextextended($1, 0))", name)

    async def _park(
        self, connection: AnyConnection, letters: Sequence[Letter], why: str
    ) -> list[str]:
        by = By(self._by.who, f"{why}; {self._by.why}")
        return [letter.name for letter in await park(connection, letters, by)]

    async def _run(
        self, connection: AnyConnection, letters: Sequence[Letter], on_step: OnStep, result: Result
    ) -> Result:
        under_way = [one for one in letters if one.state == "REDRIVEN"]
        await self._wait(connection, under_way, result)
        letters = [one for one in letters if one.state != "REDRIVEN"]
        wanted = {one.id: one for one in letters}
        around = {one.id: one for one in await find_neighbours(connection, self._service, letters)}
        line = line_up((around | wanted).values(), wanted.keys())
        result.waiting = {one.name: ahead.name for one, ahead in line.waiting.items()}
        sequences = line.sequences
        while sequences:
            wave, sequences = sequences[:WAVE_MAX], sequences[WAVE_MAX:]
            heads = await self._send(connection, [sequence[0] for sequence in wave], result)
            await self._wait(connection, heads, result)
            on_step(len(result.answers), len(wanted))
            if heads and len(result.unanswered) == len(heads):
                left = [one.name for rest in [*wave, *sequences] for one in rest]
                result.unsent = [name for name in left if name not in result.unanswered]
                break
            for head, *rest in wave:
                if result.answers.get(head.name, "parked") in _BEHIND_WHICH_OTHERS_GO:
                    sequences += [rest] if rest else []
                else:
                    ahead = result.again.get(head.name, head.name)
                    result.waiting |= {letter.name: ahead for letter in rest}
        return result

    async def _send(
        self, connection: AnyConnection, letters: Sequence[Letter], result: Result
    ) -> list[Letter]:
        """Send letters and return those that were; what nobody would answer is parked."""
        sent: list[Letter] = []
        async with connection.transaction():
            for letter in letters:
                raw = await read_mended(connection, letter)
                read = self._reader.read(as_record(letter, raw))
                if isinstance(read, Skipped):
                    why = f"{self._service} does not listen to {read.type}"
                    result.parked += await self._park(connection, [letter], why)
                    continue
                await self._decide(connection, letter, raw)
                sent.append(letter)
            await record_action(connection, sent, "REDRIVE", self._by)
        await self._send_unsent(connection)
        return sent

    async def _decide(self, connection: AnyConnection, letter: Letter, raw: Raw) -> None:
        """Write down that a letter is to be sent, and exactly what."""
        where = f"{letter.topic}/{letter.partition}/{letter.offset}"
        digest = await connection.fetchval(
            f"UPDATE {self._service}.dead_letters SET state = 'REDRIVEN'"
            " WHERE dead_letter_id = $1 AND state = $2 RETURNING encode(digest, 'hex')",
            letter.id, letter.state,
        )  # fmt: skip
        if digest is None:
            raise BusyError(f"{letter.name} was changed by somebody meanwhile; look again.")
        redrive_id = str(child_id(NAMESPACE, f"redrive:{self._service}:{where}:{digest}"))
        headers = [(name, value) for name, value in raw.headers if name not in _OURS]
        headers += [
            (REDRIVE_ID, redrive_id.encode()),
            ("ce_redriveattempt", str(letter.attempts + 1).encode()),
            ("ce_redrivefrom", where.encode()),
        ]
        await connection.execute(
            f"INSERT INTO {self._service}.redrives (redrive_id, dead_letter_id, attempt, place,"
            " partition, key, value, headers) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            redrive_id, letter.id, letter.attempts + 1, letter.place, letter.home,
            raw.key, raw.value, fold_headers(headers),
        )  # fmt: skip

    async def _send_unsent(self, connection: AnyConnection) -> None:
        """Send what was decided and is not known to be sent, also by a run that died."""
        while rows := await connection.fetch(
            'SELECT r.redrive_id, d.topic, d."offset", r.partition, r.key, r.value, r.headers,'
            " r.key IS NOT DISTINCT FROM d.key"
            f" FROM {self._service}.redrives r JOIN {self._service}.dead_letters d"
            " USING (dead_letter_id) WHERE r.produced_at IS NULL"
            f" ORDER BY r.place, r.dead_letter_id LIMIT {SENT_MAX}"
        ):
            sent = [await self._produce(row) for row in rows]
            await asyncio.gather(*sent)
            await connection.execute(
                f"UPDATE {self._service}.redrives SET produced_at = now()"
                " WHERE redrive_id = ANY ($1::text[])",
                [row[0] for row in rows],
            )

    async def _produce(self, row: Any) -> Any:
        _, topic, _, partition, key, value, headers, is_same_key = row
        count = len(await self._producer.partitions_for(topic))
        if not is_same_key or partition >= count:
            # The rule of our own relays; a key that was wrong says nothing about its partition.
            partition = partition_of(key or b"", count)
        return await self._producer.send(
            topic, key=key, value=value, headers=read_headers(headers), partition=partition
        )

    async def _wait(
        self, connection: AnyConnection, letters: Sequence[Letter], result: Result
    ) -> None:
        """Wait until every letter has its answer, or time is up."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._wait_s
        open_ = list(letters)
        while open_ and loop.time() < deadline:
            every = Selection(ids=tuple(one.id for one in open_), states=("REDRIVEN",))
            now = await find_letters(connection, self._service, every, limit=len(open_))
            for letter in now:
                if not letter.is_under_way:
                    result.answers[letter.name] = letter.answer or await self._code_of(
                        connection, letter
                    )
                    if letter.again is not None:
                        result.again[letter.name] = f"{self._service}/{letter.again}"
            open_ = [letter for letter in now if letter.is_under_way]
            if open_:
                await asyncio.sleep(POLL_S)
        result.unanswered += [letter.name for letter in open_]

    async def _code_of(self, connection: AnyConnection, letter: Letter) -> str:
        if letter.again is None:
            return ""
        return (await find_letter(connection, self._service, letter.again)).code
