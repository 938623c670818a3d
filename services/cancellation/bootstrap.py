"""Composition root: the only file that knows every concrete part of this service."""

import asyncio
from dataclasses import replace
from typing import Any

from audit.trail import keep_audit
from contracts import topics
from kit.clock import utc_now
from kit.health import Health
from kit.postgres import Pool
from kit.process import Main
from kit.processor import Processor
from kit.roles import ServiceSpec
from kit.settings import KitSettings
from rebuild.following import follow
from services.cancellation.along import rows_along
from services.cancellation.bulk.worker import BulkWorker
from services.cancellation.domain.decisions import DECISIONS, ORDER
from services.cancellation.domain.decisions.plans import PLAN
from services.cancellation.domain.events import FACTS
from services.cancellation.policies import Policies
from services.cancellation.projections.orders import OrdersProjection
from services.cancellation.settings import CancellationSettings
from services.cancellation.timers.cases import keep_counting
from services.cancellation.timers.worker import TimerWorker
from services.cancellation.translation import PUBLISHES, stream_of, translate
from sharding import roles
from sharding.stores import followed

POLICIES = Policies()
"""What this process decides by."""

SERVICE = ServiceSpec(
    name="cancellation",
    facts=FACTS,
    decider=ORDER,
    listens_to=tuple(
        topic.name
        for topic in (
            topics.ORDERS,
            topics.COMMANDS,
            topics.INVENTORY,
            topics.REFUNDS,
            topics.NOTIFIER,
        )
    ),
    hears=tuple(DECISIONS),
    stream_of=stream_of,
    publishes=PUBLISHES,
    translate=translate,
    positions_topic=topics.RELAY_POSITIONS.name,
    rows_of=rows_along,
    reference=POLICIES.current,
)


def plan_processor(settings: KitSettings, pool: Pool) -> Processor[Any]:
    """Return the processor of bulk plans: the same log, decided upon otherwise."""
    return replace(SERVICE.processor(settings, pool), decider=PLAN)


def forgetful_processor(settings: KitSettings, pool: Pool) -> Processor[Any]:
    """Return the processor of roles that meet each order once and need not remember it."""
    return replace(SERVICE.processor(settings, pool), remembered_max=0)


async def consume(settings: KitSettings, health: Health) -> None:
    """Role `consumer`: Kafka to facts, by the policy in force."""
    async with (
        SERVICE.pool(settings, "policies", size_max=1) as pool,
        POLICIES.kept_fresh(pool),
    ):
        await roles.consume(SERVICE, settings, health)


async def project(settings: KitSettings, health: Health) -> None:
    """Role `projector`: facts to read models."""
    async with SERVICE.pool(settings, "projector", size_max=2) as pool:
        await follow(
            health=health,
            dsn=settings.postgres_dsn,
            pool=pool,
            schema=SERVICE.name,
            store=await followed(pool, SERVICE.store),
            projection=OrdersProjection(),
        )


async def audit(settings: KitSettings, health: Health) -> None:
    """Role `audit`: facts to links and signed roots."""
    own = CancellationSettings()
    async with SERVICE.pool(settings, "audit", size_max=2) as pool:
        await keep_audit(
            health,
            service=SERVICE.name,
            store=await followed(pool, SERVICE.store),
            pool=pool,
            key_file=own.audit_key_file,
            period_s=own.audit_period_s,
            entries_max=own.audit_entries_max,
        )


async def watch_timers(settings: KitSettings, health: Health) -> None:
    """Role `timer`: deadlines to commands; it also counts the cases that wait."""
    async with SERVICE.pool(settings, "timer", size_max=2) as pool, POLICIES.kept_fresh(pool):
        worker = TimerWorker(
            pool=pool,
            processor=forgetful_processor(settings, pool),
            health=health,
            policy=POLICIES.current,
            clock=utc_now,
            payment_grace_s=CancellationSettings().payment_grace_s,
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_counting(pool, utc_now))
            await worker.run()


async def work_plans_off(settings: KitSettings, health: Health) -> None:
    """Role `bulk`: plans to commands."""
    async with SERVICE.pool(settings, "bulk", size_max=2) as pool, POLICIES.kept_fresh(pool):
        worker = BulkWorker(
            pool=pool,
            orders=forgetful_processor(settings, pool),
            plans=plan_processor(settings, pool),
            health=health,
        )
        await worker.run()


async def serve(settings: KitSettings, health: Health) -> None:
    """Role `api`: commands in and reads out, by HTTP."""
    from services.cancellation import api  # noqa: PLC0415 - half a second no other role needs
    from web.serving import serve as serve_app  # noqa: PLC0415

    async with SERVICE.pool(settings, "api", size_max=8) as pool, POLICIES.kept_fresh(pool):
        app = api.build(
            pool=pool,
            store=SERVICE.store,
            processor=SERVICE.processor(settings, pool),
            plans=plan_processor(settings, pool),
            settings=CancellationSettings(),
            dsn=settings.postgres_dsn,
        )
        own = CancellationSettings()
        await serve_app(app, own.http_host, own.http_port, health)


ROLES: dict[str, Main] = {
    "api": serve,
    "consumer": consume,
    "relay": roles.relaying(SERVICE),
    "projector": project,
    "audit": audit,
    "timer": watch_timers,
    "bulk": work_plans_off,
}
