"""What is recorded about replays: their facts, and how far each has come."""

from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

from countermand.errors import KnownError
from countermand.replay.decisions import REPLAY, Command, Replay
from countermand.replay.facts import FACTS
from kit.clock import utc_now
from kit.cloudevents import Incoming, fingerprint
from kit.decider import Context, Unacceptable
from kit.event_store import EventStore
from kit.facts import Fact, FactMapper, RecordedFact
from kit.ids import NAMESPACE, stream_id
from kit.postgres import AnyConnection, Pool
from kit.processor import Processor

SCHEMA = "operations"
STORE = EventStore(SCHEMA, FactMapper(FACTS))


class RefusedError(KnownError):
    """The replay's rules forbid it."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}.")
        self.code = code


def check(state: Replay, command: Command) -> None:
    """Ask whether a command would be granted now; records nothing.

    Raises:
        RefusedError: the rules forbid it.
    """
    try:
        REPLAY.decide(state, command, _NOWHERE)
    except Unacceptable as no:
        raise RefusedError(no.code, no.detail) from None


_NOWHERE = Context(datetime.min.replace(tzinfo=UTC), "", NAMESPACE, 0)
"""A context for decisions that look at none."""


class Progress(NamedTuple):
    """How far a replay has come."""

    done_to: int = 0
    """Rows to do that were dealt with."""
    sending_to: int = 0
    """Rows that may have been begun; beyond `done_to` where acting and noting it are two things."""
    did: int = 0
    moved: int = 0
    moved_at: datetime | None = None


class Journal:
    """The operations log of one system."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._processor: Processor[Replay] = Processor(
            service=SCHEMA, pool=pool, store=STORE, decider=REPLAY, clock=utc_now
        )

    async def record(self, plan_hash: str, command: Command) -> tuple[Fact, ...]:
        """Decide on a command and record what follows; nothing when nothing changes.

        Raises:
            RefusedError: the rules forbid it.
        """
        type_ = f"operations.{type(command).__name__.lower()}"
        [answer] = await self._processor.process(
            [
                Incoming(
                    str(uuid4()), type_, command, _stream(plan_hash),
                    fingerprint(type_, command), plan_hash,
                )
            ]
        )  # fmt: skip
        if answer.code:
            raise RefusedError(answer.code, answer.detail)
        return answer.facts

    async def state(self, plan_hash: str) -> Replay:
        """Return the state of a replay."""
        async with self._pool.acquire() as connection:
            folded = await STORE.fold_many(connection, [_stream(plan_hash)], REPLAY, {})
        return folded[_stream(plan_hash)].state if folded else REPLAY.initial

    async def history(self, plan_hash: str) -> list[RecordedFact]:
        """Return what happened to a replay, oldest first."""
        async with self._pool.acquire() as connection:
            return await STORE.load(connection, _stream(plan_hash))

    async def hashes(self, limit: int | None = None) -> list[str]:
        """Return the hash of every plan ever made here, or of the last ones, newest first."""
        rows = await self._pool.fetch(
            "SELECT topic, state FROM operations.operations_events"
            " WHERE topic = 'replay.planned.v1' ORDER BY notification_id DESC LIMIT $1",
            limit,
        )
        planned: list[Any] = [STORE.mapper.read_body(row[0], row[1])[0] for row in rows]
        return [fact.plan_hash for fact in planned]

    async def find(self, start: str) -> str:
        """Return the one plan whose hash begins so.

        Raises:
            RefusedError: none does, or more than one.
        """
        found = [hash_ for hash_ in await self.hashes() if hash_.startswith(start)]
        if len(found) != 1:
            raise RefusedError("PLAN_UNKNOWN", f"{len(found)} plans begin with {start!r}")
        return found[0]

    async def progress(self, plan_hash: str) -> Progress:
        """Return how far a replay has come."""
        row = await self._pool.fetchrow(
            "SELECT done_to, sending_to, did, moved, moved_at FROM operations.replay_cursors"
            " WHERE plan_hash = $1",
            plan_hash,
        )
        return Progress(*row) if row else Progress()


async def advance(
    connection: AnyConnection, plan_hash: str, *, done_to: int, did: int, moved: int
) -> None:
    """Write down that rows were dealt with, in the caller's transaction; counts are in all."""
    await connection.execute(
        "INSERT INTO operations.replay_cursors (plan_hash, done_to, sending_to, did, moved)"
        " VALUES ($1, $2, $2, $3, $4) ON CONFLICT (plan_hash) DO UPDATE SET"
        " done_to = $2, sending_to = $2, did = $3, moved = $4, moved_at = now()",
        plan_hash, done_to, did, moved,
    )  # fmt: skip


async def begin(connection: AnyConnection, plan_hash: str, *, sending_to: int) -> None:
    """Write down that rows are begun whose end cannot be noted in one transaction with it."""
    await connection.execute(
        "INSERT INTO operations.replay_cursors (plan_hash, sending_to) VALUES ($1, $2)"
        " ON CONFLICT (plan_hash) DO UPDATE SET sending_to = $2",
        plan_hash, sending_to,
    )  # fmt: skip


def _stream(plan_hash: str) -> Any:
    return stream_id(f"replay:{plan_hash}")
