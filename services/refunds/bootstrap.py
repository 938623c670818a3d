"""Composition root: the only file that knows every concrete part of this service."""

import asyncio
from dataclasses import replace
from functools import partial

from kit.clock import utc_now
from kit.effects import EffectWorker, Policy
from kit.health import Health
from kit.process import Main
from kit.settings import KitSettings, SettingsError
from services.refunds.adapters.stripe_refunds import StripeRefunds
from services.refunds.catching_up import CatchingUp
from services.refunds.effects import execute_with, give_up
from services.refunds.intake import Intake
from services.refunds.ports import RefundGateway
from services.refunds.service import ARRIVALS, SERVICE
from services.refunds.settings import RefundsSettings
from sharding import roles
from telemetry.calls import watched

__all__ = ["ROLES", "SERVICE", "work_with"]


async def work_with(
    gateway: RefundGateway, settings: KitSettings, health: Health, *, concurrency: int
) -> None:
    """Make refunds through `gateway` until cancelled."""
    async with SERVICE.pool(settings, "worker") as pool:
        await EffectWorker(
            service=SERVICE.name,
            dsn=settings.postgres_dsn,
            pool=pool,
            processor=SERVICE.processor(settings, pool),
            health=health,
            policy=Policy(concurrency=concurrency),
            execute=watched(
                execute_with(gateway, looks=settings.has_guard("lookup")), SERVICE.name
            ),
            give_up=give_up,
        ).run()


async def work(settings: KitSettings, health: Health) -> None:
    """Role `worker`: asks the payment provider, and what it said that never arrived."""
    own = RefundsSettings()
    gateway = StripeRefunds(own.gateway_url, own.gateway_api_key.get_secret_value())
    try:
        async with (
            SERVICE.pool(settings, "catching-up", size_max=1) as pool,
            ARRIVALS.kept_fresh(pool),
        ):
            intake = Intake(SERVICE.processor(settings, pool))
            catching_up = CatchingUp(pool, gateway, intake, health, utc_now)
            async with asyncio.TaskGroup() as group:
                group.create_task(catching_up.run(own.catch_up_every_s))
                await work_with(gateway, settings, health, concurrency=own.concurrency)
    finally:
        await gateway.close()


async def serve(settings: KitSettings, health: Health) -> None:
    """Role `api`: takes the provider's webhooks."""
    from services.refunds import api  # noqa: PLC0415 - no other role serves HTTP
    from web.serving import serve as serve_app  # noqa: PLC0415

    own = RefundsSettings()
    if not own.signing_keys:
        raise SettingsError("REFUNDS_WEBHOOK_SECRETS: names no secret. Set it in the environment.")
    async with SERVICE.pool(settings, "api") as pool, ARRIVALS.kept_fresh(pool):
        intake = Intake(replace(SERVICE.processor(settings, pool), remembered_max=0))
        app = api.build(intake, own.signing_keys, body_bytes_max=own.http_body_bytes_max)
        await serve_app(app, own.http_host, own.http_port, health)


ROLES: dict[str, Main] = {
    "api": serve,
    "consumer": partial(roles.consume, SERVICE),
    "worker": work,
    "relay": roles.relaying(SERVICE),
}
