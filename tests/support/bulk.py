"""Bulk plans in one process: the service, orders to cancel, and a policy of the test's choosing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from contracts.cancellation import Actor, Policy
from kit.health import Health
from kit.postgres import Pool, open_pool
from kit.processor import Processor
from kit.projector import Projector
from kit.settings import KitSettings
from services.cancellation.bootstrap import SERVICE, plan_processor
from services.cancellation.bulk import reading
from services.cancellation.bulk.desk import PlanDesk
from services.cancellation.bulk.requests import BulkPlanBody
from services.cancellation.bulk.worker import BulkWorker
from services.cancellation.domain.default_policy import DEFAULT_POLICY
from services.cancellation.domain.policy import Rulebook
from services.cancellation.projections.orders import OrdersProjection
from tests.support.messages import captured, incoming, placed
from tests.support.stack import fetch

EVENTS = "cancellation.cancellation_events"
STAFF = Actor(type="STAFF", id="ada", role="MANAGER")


@dataclass
class BulkWorld:
    """The service in one process, with a policy of the test's choosing."""

    dsn: str
    pool: Pool
    orders: Processor[Any]
    plans: Processor[Any]
    policy: Policy = DEFAULT_POLICY

    @property
    def desk(self) -> PlanDesk:
        return PlanDesk(self.pool, SERVICE.store, self.orders, self.plans)

    def worker(self) -> BulkWorker:
        """Return one copy of the role."""
        return BulkWorker(
            pool=self.pool, orders=self.orders, plans=self.plans, health=Health("test", 60)
        )

    async def say(self, *messages: Any) -> None:
        """Have messages handled."""
        numbered = [incoming(m, f"{type(m).__name__}-{m.order_id}") for m in messages]
        for start in range(0, len(numbered), 500):
            await self.orders.process(numbered[start : start + 500])

    async def shop(self, *order_ids: str, **more: Any) -> None:
        """Place and pay default orders."""
        for order_id in order_ids:
            await self.say(placed(order_id, **more), captured(order_id))

    async def project(self) -> None:
        """Bring the read models up to date."""
        projector = Projector(
            schema="cancellation", pool=self.pool, store=SERVICE.store,
            projection=OrdersProjection(),
        )  # fmt: skip
        while await projector.advance():
            pass

    async def start(self, plan_id: str, *order_ids: str, **more: Any) -> dict[str, Any]:
        """Start a plan as fast as it goes, as HTTP does."""
        body = BulkPlanBody.model_validate(
            {
                "wish": {"reason": "INVENTORY"}, "actor": STAFF, "orders_per_s": 10_000,
                **({"order_ids": order_ids} if order_ids else {}), **more,
            }
        )  # fmt: skip
        targets = await self.desk.find(body.order_ids, body.filter)
        return await self.desk.start(
            body, targets, plan_id, plan_id, wish=body.wish, selection=body.filter,
            orders_per_s=body.orders_per_s, expected_digest=body.expected_digest,
            actor=body.actor,
        )  # fmt: skip

    async def change(self, model: Any, plan_id: str, key: str, **more: Any) -> dict[str, Any]:
        command = model(plan_id=plan_id, **{"actor": STAFF, **more})
        return await self.desk.change(command, key, key)

    async def finish(self, plan_id: str) -> dict[str, Any]:
        """Let the role work until the plan has ended; return the plan."""
        worker = self.worker()
        async with asyncio.timeout(60):
            while (plan := await self.find(plan_id))["state"] == "RUNNING":  # noqa: ASYNC110
                await asyncio.sleep(await worker.turn())
        return plan

    async def find(self, plan_id: str) -> dict[str, Any]:
        plan = await reading.find_plan(self.pool, plan_id)
        assert plan is not None
        return plan

    async def outcomes(self, plan_id: str) -> dict[str, tuple[str, list[str] | None]]:
        """Return what came of each order, with the codes."""
        found = await reading.list_outcomes(
            self.pool, plan_id, outcome=None, code=None, after=0, limit=1_000
        )
        return {row["order_id"]: (row["outcome"], row["codes"]) for row in found}


@asynccontextmanager
async def open_bulk_world(settings: KitSettings) -> AsyncIterator[BulkWorld]:
    """Open the service on a test's database."""
    async with open_pool(settings.postgres_dsn, size_max=8, name="test") as pool:
        orders, plans = SERVICE.processor(settings, pool), plan_processor(settings, pool)
        made = BulkWorld(settings.postgres_dsn, pool, orders, plans)

        def reference() -> Rulebook:
            return Rulebook(made.policy)

        made.orders = replace(orders, reference=reference)
        made.plans = replace(plans, reference=reference)
        yield made


async def answered_by_plan(world: BulkWorld, plan_id: str) -> dict[str, int]:
    """Count, per order, the facts that carry the plan's command id."""
    rows = await fetch(
        world.dsn,
        f"SELECT fact->>'order_id', count(*) FROM (SELECT convert_from(state, 'UTF8')::json"
        f" -> 'fact' AS fact FROM {EVENTS} WHERE topic IN ('order.cancelled.v1',"
        " 'order.cancellation-rejected.v1', 'order.cancellation-requested.v1')) AS f"
        " WHERE fact->>'command_id' LIKE 'bulk:%' GROUP BY 1",
    )
    return {row[0]: row[1] for row in rows}
