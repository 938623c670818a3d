"""Composition root: the only file that knows every concrete part of this service."""

from kit.effects import EffectWorker, Policy
from kit.health import Health
from kit.process import Main
from kit.settings import KitSettings
from services.refunds.adapters.stripe_refunds import StripeRefunds
from services.refunds.effects import execute_with, give_up
from services.refunds.ports import RefundGateway
from services.refunds.service import SERVICE
from services.refunds.settings import RefundsSettings

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
            execute=execute_with(gateway, looks=settings.has_guard("lookup")),
            give_up=give_up,
        ).run()


async def work(settings: KitSettings, health: Health) -> None:
    """Role `worker`: asks the payment provider."""
    own = RefundsSettings()
    gateway = StripeRefunds(own.gateway_url, own.gateway_api_key.get_secret_value())
    try:
        await work_with(gateway, settings, health, concurrency=own.concurrency)
    finally:
        await gateway.close()


ROLES: dict[str, Main] = {"consumer": SERVICE.consume, "worker": work, "relay": SERVICE.relay}
