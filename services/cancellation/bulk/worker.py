"""Works plans off: a batch of orders at a time, no faster than told, each order once.

An order is marked in the transaction that decides about it, and its command has the same id for
ever. So this process may be killed at any moment, and may run twice. Whoever pauses a plan and got
the answer knows that no further order is touched: batch and pause wait for each other.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import asyncpg
import orjson

from contracts.cancellation import Actor
from kit.deciding import Answer
from kit.health import Health
from kit.ids import child_id, stream_id
from kit.logs import get_logger
from kit.metrics import PLAN_ITEMS
from kit.postgres import UNAVAILABLE, AnyConnection, Pool
from kit.processor import Processor
from services.cancellation.bulk import reading
from services.cancellation.bulk.sending import about_plan, messages_of
from services.cancellation.domain import events
from services.cancellation.domain.plan_commands import CompleteBulkPlan
from services.cancellation.domain.plan_terms import BulkWish, Target, plan_key

log = get_logger("bulk")

BATCH_MAX = 200
TURN_S = 0.25
"""A slow plan sends so much time's worth of orders at once: one of 40 a second sends ten."""

POLL_S = 0.5
"""How late a plan is noticed at most."""

MEASURE_S = 1.0


class NotRunningError(Exception):
    """The plan was paused or ended meanwhile; nothing was done."""


class Running(NamedTuple):
    """A plan to be worked off."""

    plan_id: str
    wish: BulkWish
    actor: Actor
    """Who started it."""
    orders_per_s: int


class BulkWorker:
    """Works off every plan that runs, in turns."""

    def __init__(
        self, *, pool: Pool, orders: Processor[Any], plans: Processor[Any], health: Health
    ) -> None:
        self._pool, self._orders, self._plans = pool, orders, plans
        self._loop = health.loop("bulk")
        self._next_at: dict[str, float] = {}
        """Per plan: when it may go on, by the monotonic clock."""
        self._measured_at = 0.0

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                pause_s = await self.turn()
                await self._measure()
            except (*UNAVAILABLE, asyncpg.DeadlockDetectedError) as away:
                log.warning("bulk_plan.interrupted", reason=str(away) or type(away).__name__)
                pause_s = POLL_S
            await asyncio.sleep(pause_s)

    async def turn(self) -> float:
        """Send the next batch of each plan that may go on; returns how long to rest."""
        plans = await self._find_running()
        self._next_at = {p.plan_id: self._next_at.get(p.plan_id, 0.0) for p in plans}
        for plan in plans:
            due_at = self._next_at[plan.plan_id]
            if due_at <= time.monotonic():
                started = time.monotonic()
                count = await self._send_batch(plan)
                # Time lost, to a crash or a slow store, is not made up for by a burst.
                self._next_at[plan.plan_id] = max(due_at, started) + count / plan.orders_per_s
        if not plans:
            return POLL_S
        return max(0.0, min(self._next_at.values()) - time.monotonic())

    async def _find_running(self) -> list[Running]:
        rows = await self._pool.fetch(
            "SELECT plan_id, wish, started_by, orders_per_s FROM cancellation.bulk_plans"
            " WHERE state = 'RUNNING' ORDER BY started_at"
        )
        return [
            Running(
                row[0], BulkWish.model_validate_json(row[1]), Actor.model_validate_json(row[2]),
                row[3],
            )
            for row in rows
        ]  # fmt: skip

    async def _send_batch(self, plan: Running) -> int:
        """Send the next orders of a plan, or note that there are none; returns how many."""
        size = max(1, min(BATCH_MAX, round(plan.orders_per_s * TURN_S)))
        rows = await self._pool.fetch(
            "SELECT order_id, lines FROM cancellation.plan_items"
            " WHERE plan_id = $1 AND outcome IS NULL ORDER BY number LIMIT $2",
            plan.plan_id, size,
        )  # fmt: skip
        if not rows:
            await self._complete(plan.plan_id)
            return 0
        targets = [Target(row[0], _lines(row[1])) for row in rows]
        messages = messages_of(plan.plan_id, plan.wish, plan.actor.role, targets)

        async def unless_stopped(connection: AnyConnection) -> None:
            await _check_running(connection, plan.plan_id)

        try:
            answers = await self._orders.process(messages, also=unless_stopped)
        except NotRunningError:
            return 0
        await self._set_aside(plan.plan_id, targets, answers)
        self._count(answers)
        return len(targets)

    async def _set_aside(
        self, plan_id: str, targets: Sequence[Target], answers: Sequence[Answer]
    ) -> None:
        """Mark orders whose command was not decided now: its id was used before.

        A second copy of this process may have been faster; then they are marked already.
        """
        strange = [
            (target.order_id, answer.code or "ANSWERED_BEFORE")
            for target, answer in zip(targets, answers, strict=True)
            if answer.status != "handled"
        ]
        if strange:
            order_ids, codes = zip(*strange, strict=True)
            await self._pool.execute(
                "UPDATE cancellation.plan_items i"
                " SET outcome = 'SET_ASIDE', codes = ARRAY[s.code], handled_at = now()"
                " FROM unnest($2::text[], $3::text[]) AS s (order_id, code)"
                " WHERE i.plan_id = $1 AND i.order_id = s.order_id AND i.outcome IS NULL",
                plan_id, order_ids, codes,
            )  # fmt: skip

    async def _complete(self, plan_id: str) -> None:
        sums = await reading.sums_of(self._pool, plan_id)
        command = CompleteBulkPlan(
            plan_id=plan_id,
            outcomes=sums.outcomes,
            refund_minor={currency: m["refund_minor"] for currency, m in sums.money.items()},
        )
        id_ = f"bulk:{child_id(stream_id(plan_key(plan_id)), 'complete')}"

        async def unless_stopped(connection: AnyConnection) -> None:
            await _check_running(connection, plan_id)

        try:
            await self._plans.process([about_plan(command, id_)], also=unless_stopped)
        except NotRunningError:
            return
        log.info("bulk_plan.completed", plan_id=plan_id, outcomes=sums.outcomes)

    def _count(self, answers: Sequence[Answer]) -> None:
        outcomes = Counter(
            _OUTCOMES.get(type(answer.facts[0]), "set aside") if answer.facts else "set aside"
            for answer in answers
        )
        for outcome, count in outcomes.items():
            PLAN_ITEMS.labels(self._orders.service, outcome).inc(count)

    async def _measure(self) -> None:
        """Tell, now and then, how many orders wait."""
        if time.monotonic() - self._measured_at < MEASURE_S:
            return
        waiting_count = await self._pool.fetchval(
            "SELECT count(*) FROM cancellation.plan_items i"
            " JOIN cancellation.bulk_plans p USING (plan_id)"
            " WHERE p.state = 'RUNNING' AND i.outcome IS NULL"
        )
        self._loop.progressed(lag_count=waiting_count)
        self._measured_at = time.monotonic()


_OUTCOMES = {
    events.OrderCancelled: "cancelled",
    events.CancellationRequested: "requested",
    events.CancellationRejected: "refused",
}


def _lines(stored: str | None) -> tuple[tuple[str, int], ...] | None:
    return None if stored is None else tuple((n, q) for n, q in orjson.loads(stored))


async def _check_running(connection: AnyConnection, plan_id: str) -> None:
    """Hold the plan's state still until the commit.

    Raises:
        NotRunningError: the plan was paused or ended.
    """
    state = await connection.fetchval(
        "SELECT state FROM cancellation.bulk_plans WHERE plan_id = $1 FOR SHARE", plan_id
    )
    if state != "RUNNING":
        raise NotRunningError
