"""Takes the commands about plans, and answers each one the same for ever."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from contracts.message import Command
from kit.deciding import Answer
from kit.event_store import EventStore
from kit.facts import Fact, RecordedFact
from kit.ids import stream_id
from kit.postgres import Pool
from kit.processor import Processor
from services.cancellation.answers import describe
from services.cancellation.bulk.rows import chosen
from services.cancellation.bulk.selection import select
from services.cancellation.bulk.sending import about_plan
from services.cancellation.domain import events
from services.cancellation.domain.plan_commands import (
    CancelBulkPlan,
    PauseBulkPlan,
    ResumeBulkPlan,
    StartBulkPlan,
)
from services.cancellation.domain.plan_terms import OrderFilter, Target, digest_of, plan_key

OUTCOMES: dict[type[Command], str] = {
    StartBulkPlan: "STARTED",
    PauseBulkPlan: "PAUSED",
    ResumeBulkPlan: "RUNNING",
    CancelBulkPlan: "CANCELLED",
}
"""What a command that is not refused comes to; also when there was nothing to do."""


class IdReusedError(Exception):
    """The command's id belongs to another command."""


@dataclass(frozen=True, slots=True)
class PlanDesk:
    """Takes commands about plans."""

    pool: Pool
    store: EventStore
    orders: Processor[Any]
    plans: Processor[Any]

    async def find(
        self, order_ids: Sequence[str] | None, wanted: OrderFilter | None
    ) -> list[Target]:
        """Return the orders of a selection."""
        return await select(self.pool, order_ids, wanted)

    async def start(
        self, request: BaseModel, targets: Sequence[Target], key: str, correlation_id: str,
        **said: Any,
    ) -> dict[str, Any]:  # fmt: skip
        """Start a plan and keep its orders, both or nothing.

        The same id must repeat the request, not what it found: a filter may find other orders the
        second time, and the first answer stands.

        Raises:
            IdReusedError: the id was used for another request.
        """
        command = StartBulkPlan(
            plan_id=key, order_count=len(targets), digest=digest_of(targets), **said
        )
        rows_of = self.plans.rows_of
        assert rows_of is not None  # noqa: S101 - this service has rows along

        def with_orders(recorded: RecordedFact) -> list[Any]:
            rows = list(rows_of(recorded))
            if isinstance(recorded.fact, events.BulkPlanStarted):
                rows += chosen(key, targets)
            return rows

        message = about_plan(command, key, request, correlation_id)
        (answer,) = await replace(self.plans, rows_of=with_orders).process([message])
        return await self._say(command, key, answer)

    async def change(self, command: Any, key: str, correlation_id: str) -> dict[str, Any]:
        """Pause, resume or cancel a plan.

        Raises:
            IdReusedError: the id was used for another command.
        """
        message = about_plan(command, key, correlation_id=correlation_id)
        (answer,) = await self.plans.process([message])
        return await self._say(command, key, answer)

    async def _say(self, command: Any, key: str, answer: Answer) -> dict[str, Any]:
        if answer.status == "id_reused":
            raise IdReusedError(answer.detail)
        facts: Sequence[Fact] = answer.facts
        if answer.status == "duplicate":
            facts = await self._recall(command.plan_id, key)
        for fact in facts:
            if isinstance(fact, events.CommandRejected):
                return describe(fact)
        said = {"outcome": OUTCOMES[type(command)], "plan_id": command.plan_id}
        for fact in facts:
            if isinstance(fact, events.BulkPlanStarted):
                said |= {"order_count": fact.order_count, "digest": fact.digest}
            if isinstance(fact, events.BulkPlanStarted | events.BulkPlanResumed):
                said["orders_per_s"] = fact.orders_per_s
        return said

    async def _recall(self, plan_id: str, key: str) -> list[Fact]:
        async with self.pool.acquire() as connection:
            story = await self.store.load(connection, stream_id(plan_key(plan_id)))
        return [recorded.fact for recorded in story if recorded.cause.message_id == key]
