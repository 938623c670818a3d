"""Carries a plan out: exactly its rows, at its own pace, beside live traffic.

First the whole plan is held against the world; if a row is not as the plan saw it, nothing is done.
Then row after row is looked at once more and done. The cursor is the plan's own; whatever dies,
the next run goes on behind it.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from itertools import islice
from math import ceil
from typing import Any, Literal, NamedTuple

from countermand.errors import KnownError
from countermand.replay import decisions
from countermand.replay.facts import ReplayCompleted
from countermand.replay.journal import Journal, Progress, advance, begin, check
from countermand.replay.plan import Plan
from countermand.replay.targets import Advance, NotForetoldError, Row, Target
from countermand.screen import OnStep
from kit.postgres import AnyConnection, Pool

SHOWN_MAX = 10
"""Rows named when the world has moved."""

LOOKED_AHEAD = 2
"""Chunks looked at before their turn: while one is done, the next is got ready for, and whoever
gets ready must not wait for the one after it."""

Looked = list[Row | None]
"""Rows as they are now."""

Look = Callable[[list[Row]], Coroutine[Any, Any, Looked]]


class BusyError(KnownError):
    """Somebody else runs this plan right now."""


class Ended(NamedTuple):
    """How a run ended."""

    outcome: Literal["completed", "completed before", "paused", "cancelled", "refused"]
    progress: Progress
    took_s: float = 0.0
    moved: tuple[str, ...] = ()
    """Rows that are not as the plan saw them, the first ones."""
    moved_count: int = 0

    @property
    def is_clean(self) -> bool:
        """True when every row is done, by this run or an earlier one."""
        return self.outcome.startswith("completed") and self.progress.moved == 0


class Run:
    """One run of one plan."""

    def __init__(
        self, pool: Pool, journal: Journal, plan: Plan, target: Target, *, who: str, why: str,
        rate: float | None, on_step: OnStep,
    ) -> None:  # fmt: skip
        self._pool, self._journal, self._plan, self._target = pool, journal, plan, target
        self._who, self._why = who, why
        self._rate, self._on_step = rate, on_step
        self._total = plan.totals["do"]
        # Whoever is slow on purpose looks as late as he can.
        self._ahead = 1 if rate else LOOKED_AHEAD
        self._prepared: list[Row] = []

    async def run(self) -> Ended:
        """Carry the plan out, or go on with it.

        Raises:
            RefusedError: the plan is unknown, cancelled, or not approved.
            BusyError: another run of it is under way.
        """
        hash_ = self._plan.hash
        async with _alone(self._pool, hash_):
            state = await self._journal.state(hash_)
            if state.status == "COMPLETED":
                return Ended("completed before", await self._journal.progress(hash_))
            before = (await self._journal.progress(hash_)).done_to
            start = decisions.Start(who=self._who, why=self._why, done_to=before)
            # Asked first: what may not be done need not be compared with the world.
            check(state, start)
            moved, moved_count = await self._compare()
            if moved_count:
                refusal = decisions.Refuse(
                    who=self._who, why=self._why, moved=moved, moved_count=moved_count
                )
                await self._journal.record(hash_, refusal)
                progress = await self._journal.progress(hash_)
                return Ended("refused", progress, 0.0, moved, moved_count)
            await self._journal.record(hash_, start)
            return await self._act()

    async def _compare(self) -> tuple[tuple[str, ...], int]:
        """Return the rows left to do that are not as the plan saw them."""
        progress = await self._journal.progress(self._plan.hash)
        self._target.forget()
        moved: list[str] = []
        compared = 0
        async with aclosing(self._looked(progress.done_to, self._target.look)) as looked:
            async for chunk, now in looked:
                if self._target.prepare and not compared:
                    # Their messages are written while the others are compared.
                    self._prepared = _unmoved(chunk, now)
                    self._target.prepare(self._prepared)
                moved += [
                    row["row"]
                    for n, (row, is_) in enumerate(zip(chunk, now, strict=True), compared)
                    # Rows a run that died had begun are finished, however they look now.
                    if row != is_ and n >= progress.sending_to - progress.done_to
                ]
                compared += len(chunk)
                self._on_step("Compared with the world", compared, self._total - progress.done_to)
        self._target.forget()
        return tuple(moved[:SHOWN_MAX]), len(moved)

    def _chunks(self, behind: int) -> Iterator[list[Row]]:
        """Return the rows to do behind a number of them."""
        rows = (row for row in self._plan.rows() if row["do"])
        for _ in islice(rows, behind):
            pass
        # Slow runs look up once a second, to see whether somebody wants them to stop.
        size = min(self._target.chunk, ceil(self._rate or self._target.chunk))
        while chunk := list(islice(rows, size)):
            yield chunk

    async def _act(self) -> Ended:
        hash_, started = self._plan.hash, time.monotonic()
        progress = await self._journal.progress(hash_)
        first = progress.done_to
        async with aclosing(self._looked(first, self._look)) as looked:
            async for chunk, now in looked:
                progress = await self._do(chunk, now, progress)
                self._on_step("Done", progress.done_to, self._total)
                status = (await self._journal.state(hash_)).status
                if status in ("PAUSED", "CANCELLED") and progress.done_to < self._total:
                    outcome: Literal["paused", "cancelled"] = (
                        "paused" if status == "PAUSED" else "cancelled"
                    )
                    return Ended(outcome, progress, time.monotonic() - started)
                if self._rate:
                    due_s = (progress.done_to - first) / self._rate
                    await asyncio.sleep(max(0.0, started + due_s - time.monotonic()))
        took_s = round(time.monotonic() - started, 3)
        facts = await self._journal.record(
            hash_,
            decisions.Complete(
                who=self._who, why=self._why, did=progress.did, moved=progress.moved, took_s=took_s
            ),
        )
        is_completed = any(isinstance(fact, ReplayCompleted) for fact in facts)
        return Ended("completed" if is_completed else "cancelled", progress, took_s)

    async def _looked(self, behind: int, look: Look) -> AsyncGenerator[tuple[list[Row], Looked]]:
        """Return the rows to do as they are now, chunk by chunk."""
        chunks = self._chunks(behind)
        if self._target.prepare is None:
            for chunk in chunks:
                yield chunk, await look(chunk)
            return
        turn, ahead = asyncio.Lock(), deque[tuple[list[Row], asyncio.Task[Looked]]]()

        async def look_in_turn(chunk: list[Row]) -> Looked:
            async with turn:
                return await look(chunk)

        try:
            for chunk in chunks:
                ahead.append((chunk, asyncio.create_task(look_in_turn(chunk))))
                if len(ahead) > self._ahead:
                    here, looking = ahead.popleft()
                    yield here, await looking
            while ahead:
                here, looking = ahead.popleft()
                yield here, await looking
        finally:
            for _, looking in ahead:
                looking.cancel()

    async def _look(self, chunk: Sequence[Row]) -> Looked:
        final = self._target.final
        movable = [row for row in chunk if row["state"] not in final]
        now = iter(await self._target.look(movable) if movable else ())
        self._target.forget()
        looked = [row if row["state"] in final else next(now) for row in chunk]
        unmoved = _unmoved(chunk, looked)
        if self._target.prepare and unmoved and unmoved != self._prepared:
            self._target.prepare(unmoved)
        self._prepared = []
        return looked

    async def _do(self, chunk: Sequence[Row], now: Looked, progress: Progress) -> Progress:
        """Do rows that are as the plan saw them and leave the others alone."""
        end = progress.done_to + len(chunk)
        good = _unmoved(chunk, now, begun=progress.sending_to - progress.done_to)
        after = progress._replace(
            done_to=end, sending_to=end, did=progress.did + len(good),
            moved=progress.moved + len(chunk) - len(good),
        )  # fmt: skip
        if not self._target.is_atomic:
            async with self._pool.acquire() as connection:
                await begin(connection, self._plan.hash, sending_to=end)
        try:
            did = await self._target.act(good, self._advance(after)) if good else 0
        except NotForetoldError:
            if len(chunk) > 1:
                for row in chunk:
                    progress = await self._do([row], await self._look([row]), progress)
                return progress
            did, good = 0, []
        if did == len(good) and good:
            return after
        # Somebody else did the rest at the same moment, or nothing was left to do.
        after = after._replace(did=progress.did + did, moved=progress.moved + len(chunk) - did)
        async with self._pool.acquire() as connection:
            await self._advance(after)(connection)
        return after

    def _advance(self, to: Progress) -> Advance:
        async def move(connection: AnyConnection) -> None:
            await advance(
                connection, self._plan.hash, done_to=to.done_to, did=to.did, moved=to.moved
            )

        return move


def _unmoved(chunk: Sequence[Row], now: Looked, *, begun: int = 0) -> list[Row]:
    """Return rows that are as the plan saw them, and those that were begun, however they are."""
    return [
        row
        for n, (row, is_) in enumerate(zip(chunk, now, strict=True))
        if row is is_ or row == is_ or n < begun
    ]


async def is_under_way(pool: Pool, plan_hash: str) -> bool:
    """Tell whether somebody runs a plan right now; a run that died has let go of its lock."""
    found = await pool.fetchval(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory'"
        " AND (classid::bigint << 32 | objid::bigint) = hashtextextended($1, 0))",
        _lock_of(plan_hash),
    )
    return bool(found)


def _lock_of(plan_hash: str) -> str:
    return f"replay-{plan_hash}"


@asynccontextmanager
async def _alone(pool: Pool, plan_hash: str) -> AsyncIterator[None]:
    """Be the only one who runs a plan; the lock ends with the process."""
    name = _lock_of(plan_hash)
    async with pool.acquire() as connection:
        if not await connection.fetchval(
            "SELECT pg_try_advisory_lock(hashtextextended($1, 0))", name
        ):
            raise BusyError(f"Somebody else runs the plan {plan_hash[:12]} right now.")
        try:
            yield
        finally:
            await connection.execute("SELECT pg_advisory_unlock(hashtextextended($1, 0))", name)
