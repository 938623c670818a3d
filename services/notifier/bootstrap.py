"""Composition root: the only file that knows every concrete part of this service."""

from dataclasses import replace

from kit.effects import EffectWorker, Policy
from kit.health import Health
from kit.postgres import Pool
from kit.process import Main
from kit.settings import KitSettings, SettingsError
from services.notifier.adapters.purse import PostgresPurse
from services.notifier.adapters.smtp import SmtpMailer
from services.notifier.desk import Desk
from services.notifier.domain.stationery import Stationery
from services.notifier.effects import execute_with, give_up
from services.notifier.mime import encode_sender
from services.notifier.ports import Mailer
from services.notifier.service import SERVICE, STATIONERIES
from services.notifier.settings import NotifierSettings
from sharding import roles
from telemetry.calls import watched

__all__ = ["ROLES", "SERVICE", "work_with"]


async def work_with(
    mailer: Mailer,
    settings: KitSettings,
    health: Health,
    *,
    concurrency: int,
    sender: str,
    secret: bytes = b"",
    link_key: str = "",
) -> None:
    """Send mail through `mailer` until cancelled."""
    async with SERVICE.pool(settings, "worker") as pool:

        async def stationery_of(version: int) -> Stationery:
            return await STATIONERIES.of_version(pool, version)

        await EffectWorker(
            service=SERVICE.name,
            dsn=settings.postgres_dsn,
            pool=pool,
            processor=SERVICE.processor(settings, pool),
            health=health,
            policy=Policy(concurrency=concurrency),
            execute=watched(
                execute_with(
                    mailer,
                    sender=sender,
                    stationery_of=stationery_of,
                    purse=PostgresPurse(pool),
                    secret=secret,
                    link_key=link_key,
                ),
                SERVICE.name,
            ),
            give_up=give_up,
        ).run()


async def consume(settings: KitSettings, health: Health) -> None:
    """Role `consumer`: Kafka to facts, by the stationery in force."""
    async with (
        SERVICE.pool(settings, "stationery", size_max=1) as pool,
        STATIONERIES.kept_fresh(pool),
    ):
        await roles.consume(SERVICE, settings, health)


async def work(settings: KitSettings, health: Health) -> None:
    """Role `worker`: hands mail to the server."""
    own = NotifierSettings()
    encode_sender(own.sender)  # a sender that is none ends the process now, not at the first mail
    mailer = SmtpMailer(
        own.smtp_host,
        own.smtp_port,
        sender=own.envelope_sender,
        connections_max=own.concurrency,
    )
    try:
        await work_with(
            mailer,
            settings,
            health,
            concurrency=own.concurrency,
            sender=own.sender,
            secret=own.secret.get_secret_value().encode(),
            link_key=next(iter(own.linking), ""),
        )
    finally:
        await mailer.close()


async def send_webhooks(settings: KitSettings, health: Health) -> None:
    """Role `webhooks`: the second channel, in a lane of its own; and what staff ask for."""
    from services.notifier import api  # noqa: PLC0415 - no other role needs these
    from services.notifier.webhooks import bootstrap  # noqa: PLC0415
    from services.notifier.webhooks.api import More  # noqa: PLC0415

    def beside(pool: Pool) -> More:
        processor = replace(SERVICE.processor(settings, pool), remembered_max=0)
        return More(api.router(Desk(pool, processor)), api.right_of, api.LARGER)

    await bootstrap.run(settings, health, beside)


async def serve(settings: KitSettings, health: Health) -> None:
    """Role `api`: takes what customers answer, and tells their page how the shop speaks."""
    from services.notifier import feedback  # noqa: PLC0415 - no other role serves HTTP
    from web.serving import serve as serve_app  # noqa: PLC0415

    own = NotifierSettings()
    if not (secret := own.secret.get_secret_value().encode()):
        raise SettingsError("NOTIFIER_SECRET: is empty. Set it in the environment.")
    async with SERVICE.pool(settings, "api") as pool, STATIONERIES.kept_fresh(pool):
        processor = replace(SERVICE.processor(settings, pool), remembered_max=0)
        app = feedback.build(pool, SERVICE.store, processor, secret, own.linking)
        await serve_app(app, own.http_host, own.http_port, health)


ROLES: dict[str, Main] = {
    "api": serve,
    "consumer": consume,
    "worker": work,
    "relay": roles.relaying(SERVICE),
    "webhooks": send_webhooks,
}
