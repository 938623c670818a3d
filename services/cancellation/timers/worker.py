"""Sends the commands of timers that are due, once each, and finds orders that wait for a payment.

Whether a command does anything is looked at first, so a request that was answered or an order that
was paid gets no refusal into its story. What is sent is decided again, by the order as it is then.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from contracts.cancellation import (
    Actor,
    CancelUnpaidOrder,
    EscalateCase,
    ExpireCancellationRequest,
    ReleaseHold,
)
from contracts.message import Command
from kit.clock import Clock
from kit.cloudevents import Incoming, fingerprint
from kit.health import Health
from kit.logs import get_logger
from kit.metrics import TIMERS
from kit.postgres import UNAVAILABLE, Pool
from kit.processor import Processor
from services.cancellation.domain.policy import Rulebook
from services.cancellation.timers.rows import EARLY, command_id_of
from services.cancellation.translation import stream_of

log = get_logger("timers")

BATCH_MAX = 200
POLL_S = 0.25
"""How late a timer is at most when there is little to do."""

PAGE_MAX = 20_000
"""Facts looked through at a time for placed orders."""

TIMER = Actor(type="TIMER", id="timer")

BY_POLICY = frozenset({"MISSING_PERMISSION", "EXCLUDED_BY_POLICY", "APPROVAL_REQUIRED"})
"""Refusals another policy may not repeat."""


class Timer(NamedTuple):
    """A timer that is due."""

    timer_id: UUID
    kind: str
    order_id: str
    armed: int
    correlation_id: str


_DUE = """
    SELECT timer_id, kind, order_id, armed, correlation_id FROM cancellation.timers
    WHERE outcome IS NULL AND (kind <> 'PAYMENT' OR known_at <= $2)
        AND (NOT follows_policy AND moment <= $1 OR follows_policy AND moment <= $3)
    ORDER BY moment LIMIT $4"""

_FOLLOW = """
    WITH reach AS (
        SELECT c.position AS after, least(c.position + $1, p.position) AS up_to
        FROM cancellation.timer_cursor c, cancellation.projection_cursors p
        WHERE p.projection = 'orders' AND p.position > c.position
        FOR UPDATE OF c
    ), found AS (
        INSERT INTO cancellation.timers
            (timer_id, kind, order_id, moment, follows_policy, known_at, correlation_id)
        SELECT s.stream_id, 'PAYMENT', s.order_id, s.placed_at, true, $2, h.correlation_id
        FROM reach, cancellation.cancellation_events e
        JOIN cancellation.order_summaries s ON s.stream_id = e.originator_id
        JOIN cancellation.order_history h ON h.stream_id = s.stream_id AND h.version = 1
        WHERE e.notification_id > reach.after AND e.notification_id <= reach.up_to
            AND e.topic = 'order.placed.v1'
            AND s.state <> 'CANCELLED'
            AND s.captured_minor <= s.refund_due_minor + s.credit_due_minor
        ON CONFLICT DO NOTHING
    )
    UPDATE cancellation.timer_cursor SET position = reach.up_to FROM reach
    RETURNING reach.up_to - reach.after"""

_END = """
    UPDATE cancellation.timers t
    SET outcome = r.outcome, policy_version = $4, ended_at = now()
    FROM unnest($1::uuid[], $2::integer[], $3::text[]) AS r(timer_id, armed, outcome)
    WHERE t.timer_id = r.timer_id AND t.armed = r.armed AND t.outcome IS NULL"""

_OTHER_ID = """
    UPDATE cancellation.timers SET armed = armed + 1 WHERE timer_id = $1 AND armed = $2"""
"""A stranger has used the command's id; the next one is ours."""

_ARM_AGAIN = """
    UPDATE cancellation.timers SET armed = armed + 1, outcome = NULL, ended_at = NULL
    WHERE outcome = ANY ($1::text[]) AND policy_version < $2"""


class TimerWorker:
    """Sends what is due."""

    def __init__(
        self, *, pool: Pool, processor: Processor[Any], health: Health,
        policy: Callable[[], Rulebook], clock: Clock, payment_grace_s: float,
    ) -> None:  # fmt: skip
        self._pool, self._processor, self._policy = pool, processor, policy
        self._clock, self._grace = clock, timedelta(seconds=payment_grace_s)
        self._loop = health.loop("timers")
        self._policy_seen = -1

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                due_count = await self.turn()
            except (*UNAVAILABLE, asyncpg.DeadlockDetectedError) as away:
                log.warning("timers.interrupted", reason=str(away) or type(away).__name__)
                await asyncio.sleep(POLL_S)
                continue
            self._loop.progressed(lag_count=due_count if due_count == BATCH_MAX else 0)
            if due_count < BATCH_MAX:
                await asyncio.sleep(POLL_S)

    async def turn(self) -> int:
        """Send what is due now, and return how many timers that were."""
        book = self._policy()
        if book.version > self._policy_seen:
            await self._pool.execute(_ARM_AGAIN, list(BY_POLICY), book.version)
            self._policy_seen = book.version
        if book.policy.unpaid_after_s is not None:
            await self._follow_placements()
        due = await self._find_due(book)
        if due:
            self._loop.has_work(lag_count=len(due))
            await self._send(due, book)
        return len(due)

    async def _follow_placements(self) -> None:
        """Set a timer for every order nobody paid, whenever it was placed.

        Before a policy sets a time to pay there is no reason to look; then all orders are new.
        """
        while await self._pool.fetchval(_FOLLOW, PAGE_MAX, self._clock()) == PAGE_MAX:
            self._loop.progressed()

    async def _find_due(self, book: Rulebook) -> list[Timer]:
        now, unpaid_after_s = self._clock(), book.policy.unpaid_after_s
        placed_until = None if unpaid_after_s is None else now - timedelta(seconds=unpaid_after_s)
        rows = await self._pool.fetch(_DUE, now, now - self._grace, placed_until, BATCH_MAX)
        return [Timer(*row) for row in rows]

    async def _send(self, due: Sequence[Timer], book: Rulebook) -> None:
        messages = [message_of(timer) for timer in due]
        answers, _ = await self._processor.foresee(messages, {})
        ends: dict[Timer, str] = {}
        to_send: list[tuple[Timer, Incoming]] = []
        for timer, message, answer in zip(due, messages, answers, strict=True):
            codes = {refusal.code for fact in answer.facts for refusal in _refusals(fact)}
            if not codes:
                to_send.append((timer, message))
            elif EARLY.isdisjoint(codes):
                # What lasts comes before what another policy may change.
                ends[timer] = min(codes - BY_POLICY or codes)
        if to_send:
            said = await self._processor.process([message for _, message in to_send])
            for (timer, _), answer in zip(to_send, said, strict=True):
                # What was decided has ended its timer already, in the same transaction.
                if answer.status == "handled":
                    TIMERS.labels(self._processor.service, timer.kind, "sent").inc()
                elif answer.status == "id_reused":
                    await self._pool.execute(_OTHER_ID, timer.timer_id, timer.armed)
                else:
                    ends[timer] = "ANSWERED_BEFORE"
        await self._end(ends, book)

    async def _end(self, ends: Mapping[Timer, str], book: Rulebook) -> None:
        """End timers that have nothing to do, unless one was armed anew meanwhile."""
        if not ends:
            return
        ids, armed = [timer.timer_id for timer in ends], [timer.armed for timer in ends]
        await self._pool.execute(_END, ids, armed, list(ends.values()), book.version)
        for timer in ends:
            TIMERS.labels(self._processor.service, timer.kind, "nothing to do").inc()


def _refusals(fact: Any) -> Sequence[Any]:
    return getattr(fact, "refusals", ())


def message_of(timer: Timer) -> Incoming:
    """Return the command of a timer."""
    command = _COMMANDS[timer.kind](timer)
    return Incoming(
        id=command_id_of(timer.timer_id, timer.armed),
        type=command.TYPE,
        data=command,
        stream=stream_of(command)[1],
        fingerprint=fingerprint(command.TYPE, command),
        correlation_id=timer.correlation_id,
    )


_COMMANDS: dict[str, Callable[[Timer], Command]] = {
    "HOLD": lambda timer: ReleaseHold(
        order_id=timer.order_id, cancellation_id=timer.timer_id, actor=TIMER
    ),
    "REQUEST": lambda timer: ExpireCancellationRequest(
        order_id=timer.order_id, request_id=timer.timer_id, actor=TIMER
    ),
    "CASE": lambda timer: EscalateCase(
        order_id=timer.order_id, case_id=timer.timer_id, actor=TIMER
    ),
    "PAYMENT": lambda timer: CancelUnpaidOrder(order_id=timer.order_id, actor=TIMER),
}
