"""Composition root: the only file that knows every concrete part of this service."""

import asyncio

from audit.trail import keep_audit
from kit.clock import utc_now
from kit.health import Health
from kit.process import Main
from kit.settings import KitSettings
from rebuild.following import follow
from services.cancellation.bulk.worker import BulkWorker
from services.cancellation.projections.orders import OrdersProjection
from services.cancellation.service import (
    POLICIES,
    SERVICE,
    forgetful_processor,
    plan_processor,
)
from services.cancellation.settings import CancellationSettings
from services.cancellation.timers.cases import keep_counting
from services.cancellation.timers.worker import TimerWorker
from sharding import roles
from sharding.stores import followed

__all__ = ["POLICIES", "ROLES", "SERVICE", "forgetful_processor", "plan_processor"]


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
    from services.cancellation.people.openid import open_identity_provider  # noqa: PLC0415
    from services.cancellation.people.settings import OpenIdSettings  # noqa: PLC0415
    from web.serving import serve as serve_app  # noqa: PLC0415

    own = CancellationSettings()
    async with (
        SERVICE.pool(settings, "api", size_max=8) as pool,
        POLICIES.kept_fresh(pool),
        open_identity_provider(OpenIdSettings()) as provider,
    ):
        app = api.build(
            pool=pool,
            store=SERVICE.store,
            processor=SERVICE.processor(settings, pool),
            plans=plan_processor(settings, pool),
            settings=own,
            dsn=settings.postgres_dsn,
            provider=provider,
        )
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
