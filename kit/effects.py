"""Calls to the outside world: rows written with the facts that want them, carried out afterwards.

A row is claimed under a lease, called outside any transaction, and finished in the transaction that
records the outcome. A call whose worker died is called again only when that is harmless at the
other party; otherwise its outcome is `Uncertain`, and nobody guesses.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from pydantic import BaseModel

from kit.cloudevents import Incoming, fingerprint
from kit.deciding import EffectRow, EffectsOf
from kit.facts import Cause, RecordedFact
from kit.health import Health
from kit.logs import get_logger
from kit.metrics import EFFECTS, EFFECTS_OPEN, OLDEST_EFFECT_AGE_S
from kit.postgres import UNAVAILABLE, Pool, Wakeup
from kit.processor import Processor

log = get_logger("effects")


FEW, REST_S = 8, 0.01
"""With more calls than so many under way their outcomes are recorded together."""


class Intent(NamedTuple):
    """A call that a fact wants made."""

    effect_id: UUID
    """Derived from our own ids; the root of the other party's idempotency key."""
    kind: str
    request: BaseModel


class Effect(NamedTuple):
    """A claimed call."""

    effect_id: UUID
    kind: str
    stream: UUID
    request: bytes
    """The intent's request, JSON."""
    cause: Cause
    attempts: int
    """This one included."""
    is_abandoned: bool
    """True when an earlier attempt ended nobody knows how."""
    age_s: float = 0.0
    """Since the call was first wanted, by the database's clock."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The call has a final outcome; `report` is the command that records it."""

    report: BaseModel


@dataclass(frozen=True, slots=True)
class RetryLater:
    """The call did not settle; it is made again."""

    reason: str


Execute = Callable[[Effect], Awaitable[Finished | RetryLater]]
"""Makes the call. Must not raise; must finish within the lease."""

GiveUp = Callable[[Effect, str], BaseModel]
"""Makes the final command once attempts are used up."""


def effects_of(intents_of: Callable[[RecordedFact], Iterable[Intent]]) -> EffectsOf:
    """Return what turns the calls new facts want into rows; recording them wakes the worker."""

    def rows(recorded: RecordedFact) -> Iterable[EffectRow]:
        return [
            EffectRow(
                intent.effect_id, intent.kind, recorded.originator_id,
                _json(intent.request), _json(recorded.cause),
            )
            for intent in intents_of(recorded)
        ]  # fmt: skip

    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How calls of one service are made."""

    concurrency: int
    """Calls in flight at most; also the most a crash can leave uncertain."""
    lease_s: float = 30.0
    """After this long a call without outcome counts as abandoned; far above its time-out."""
    attempts_max: int = 900
    """With doubling waits from 0.2 s up to five minutes this is two to three days: a provider's
    worst week-end, and as long as mail servers keep trying (RFC 5321, 4.5.4.1)."""
    backoff_s: float = 0.2
    backoff_max_s: float = 300.0

    def wait_s(self, attempts: int) -> float:
        """Return how long to wait before the next attempt, with jitter of one half."""
        wait_s: float = min(self.backoff_max_s, self.backoff_s * 2 ** (attempts - 1))
        return wait_s * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret


class EffectWorker:
    """Makes one service's calls and records what came of them."""

    def __init__(
        self, *, service: str, dsn: str, pool: Pool, processor: Processor[Any], health: Health,
        policy: Policy, execute: Execute, give_up: GiveUp,
    ) -> None:  # fmt: skip
        self._service, self._pool, self._processor = service, pool, processor
        self._policy, self._execute, self._give_up = policy, execute, give_up
        self._wakeup = Wakeup(dsn, f"{service}_effects")
        self._loop = health.loop("effects")
        self._calls: set[asyncio.Task[None]] = set()
        self._claimed_count = 0
        """Claimed and not yet recorded: what a crash now would leave uncertain."""
        self._outcomes: list[tuple[Effect, Finished | RetryLater]] = []
        self._has_outcomes = asyncio.Event()
        self._has_waiting = False
        """True when the last claim took all it was allowed to, so that more may be due."""
        self._token = uuid4()
        self._claim_sql = f"""
            WITH open AS (
                SELECT effect_id, status = 'running' AS abandoned FROM {service}.effects
                WHERE status = 'due' AND due_at <= now()
                   OR status = 'running' AND lease_until < now()
                ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED
            )
            UPDATE {service}.effects e
            SET status = 'running', attempts = e.attempts + 1, lease_token = $1,
                lease_until = now() + make_interval(secs => $3)
            FROM open WHERE e.effect_id = open.effect_id
            RETURNING e.effect_id, e.kind, e.stream_id, e.request, e.cause, e.attempts,
                      open.abandoned, extract(epoch FROM now() - e.created_at)::float8"""

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._wakeup.listen())
            group.create_task(self._record_regularly())
            group.create_task(self._watch())
            await self._claim_regularly()

    async def _claim_regularly(self) -> None:
        while True:
            free = self._policy.concurrency - self._claimed_count
            if free < max(1, self._policy.concurrency // 4):
                # Claiming one by one would cost a transaction each.
                await self._wakeup.wait()
                continue
            try:
                claimed = await self._claim(free)
            except UNAVAILABLE as away:
                log.warning("postgres.unavailable", reason=str(away) or type(away).__name__)
                await asyncio.sleep(0.5)
                continue
            self._claimed_count += len(claimed)
            for effect in claimed:
                call = asyncio.create_task(self._call(effect))
                self._calls.add(call)
                call.add_done_callback(self._calls.discard)
            self._has_waiting = len(claimed) == free
            if not self._has_waiting:
                await self._wakeup.wait()

    async def _claim(self, limit: int) -> list[Effect]:
        rows = await self._pool.fetch(self._claim_sql, self._token, limit, self._policy.lease_s)
        return [
            Effect(r[0], r[1], r[2], r[3], Cause.model_validate_json(r[4]), *r[5:8]) for r in rows
        ]

    async def _call(self, effect: Effect) -> None:
        self._loop.has_work()
        try:
            outcome = await asyncio.wait_for(self._execute(effect), self._policy.lease_s / 2)
        except Exception:
            # Tells nothing about the other side. The row stays claimed until its lease ends and is
            # then taken up as abandoned, which is exactly what it is.
            log.exception("effect.failed", effect_id=str(effect.effect_id))
            self._claimed_count -= 1
            return
        if isinstance(outcome, RetryLater) and effect.attempts >= self._policy.attempts_max:
            outcome = Finished(self._give_up(effect, outcome.reason))
        self._outcomes.append((effect, outcome))
        self._has_outcomes.set()

    async def _record_regularly(self) -> None:
        while True:
            await self._has_outcomes.wait()
            self._has_outcomes.clear()
            if self._claimed_count > len(self._outcomes):
                # Others are under way: a moment's rest lets more of them share one transaction.
                await asyncio.sleep(REST_S if self._claimed_count > FEW else REST_S / 2)
            batch, self._outcomes = self._outcomes, []
            wait_s = 0.05
            while True:
                try:
                    await self._record(batch)
                except UNAVAILABLE as away:
                    log.warning("postgres.unavailable", reason=str(away) or type(away).__name__)
                    await asyncio.sleep(wait_s)
                    wait_s = min(2.0, wait_s * 1.6)
                else:
                    break
            self._claimed_count -= len(batch)
            if self._has_waiting:
                self._wakeup.wake()
            self._loop.progressed(lag_count=self._claimed_count)

    async def _record(self, batch: Sequence[tuple[Effect, Finished | RetryLater]]) -> None:
        reports = [(e, o.report) for e, o in batch if isinstance(o, Finished)]
        retries = [(e, o) for e, o in batch if isinstance(o, RetryLater)]
        if reports:
            messages = [_incoming(effect, report) for effect, report in reports]
            done = [effect.effect_id for effect, _ in reports]
            await self._processor.process(messages, finished=done)
        if retries:
            # Only while the lease is ours: a successor may have settled it meanwhile.
            await self._pool.execute(
                f"UPDATE {self._service}.effects e SET status = 'due', last_error = t.reason,"
                " due_at = now() + make_interval(secs => t.wait_s)"
                " FROM unnest($2::uuid[], $3::text[], $4::float8[]) AS t(id, reason, wait_s)"
                " WHERE e.effect_id = t.id AND e.lease_token = $1 AND e.status = 'running'",
                self._token, [effect.effect_id for effect, _ in retries],
                [retry.reason for _, retry in retries],
                [self._policy.wait_s(effect.attempts) for effect, _ in retries],
            )  # fmt: skip
        EFFECTS.labels(self._service, "finished").inc(len(reports))
        EFFECTS.labels(self._service, "retried").inc(len(retries))

    async def _watch(self) -> None:
        while True:
            try:
                rows = await self._pool.fetch(
                    "SELECT kind, count(*), extract(epoch FROM now() - min(created_at))::float8"
                    f" FROM {self._service}.effects WHERE status <> 'done' GROUP BY kind"
                )
                EFFECTS_OPEN.labels(self._service).set(sum(row[1] for row in rows))
                OLDEST_EFFECT_AGE_S.clear()
                for kind, _, age_s in rows:
                    OLDEST_EFFECT_AGE_S.labels(self._service, kind).set(age_s)
                if not self._claimed_count:
                    self._loop.progressed()
            except UNAVAILABLE:
                pass
            await asyncio.sleep(2)


def _incoming(effect: Effect, report: BaseModel) -> Incoming:
    type_ = type(report).__name__
    return Incoming(
        f"effect:{effect.effect_id}", type_, report, effect.stream, fingerprint(type_, report),
        effect.cause.correlation_id, effect.cause.traceparent,
    )  # fmt: skip


def _json(model: BaseModel) -> bytes:
    return model.__pydantic_serializer__.to_json(model)
