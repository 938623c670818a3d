"""Composition root of the lane: the only file that knows every concrete part of it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import asyncpg

from kit.clock import utc_now
from kit.cloudevents import Incoming, Undecodable
from kit.consumer import BatchConsumer
from kit.deciding import Answer
from kit.effects import EffectWorker, Policy
from kit.health import Health
from kit.logs import get_logger
from kit.postgres import UNAVAILABLE, Pool
from kit.settings import KitSettings
from services.notifier.webhooks.adapters.sender import GuardedSender
from services.notifier.webhooks.adapters.tables import Tables
from services.notifier.webhooks.desk import Desk
from services.notifier.webhooks.domain.outgoing import moment_of
from services.notifier.webhooks.effects import Patience, Turnstile, execute_with, give_up
from services.notifier.webhooks.ports import Sender
from services.notifier.webhooks.service import ENDPOINTS, SERVICE
from services.notifier.webhooks.settings import WebhookSettings

log = get_logger("webhooks")

LOOK_EVERY_S = 1.0
POLICY = Policy(concurrency=64, attempts_max=1_000_000, backoff_s=0.5, backoff_max_s=600.0)
"""Waits double from half a second to ten minutes. When to stop is told by age, because a call that
waits behind others is taken up, too."""


async def run(
    settings: KitSettings, health: Health, more: Callable[[Pool], Any] | None = None
) -> None:
    """Role `webhooks`: hears, sends, and answers people; nobody else waits for any of it.

    Args:
        settings: of every process.
        health: of this one.
        more: what else people ask this service for, over a database; `api.More`.
    """
    from httpx2 import AsyncClient  # noqa: PLC0415 - half a second no other role needs

    from services.notifier.webhooks import api  # noqa: PLC0415 - as above
    from web.serving import serve  # noqa: PLC0415

    own = WebhookSettings()
    sender = GuardedSender(own.guard, connections_max=own.concurrency)
    try:
        async with (
            SERVICE.pool(settings, "webhooks", size_max=8) as pool,
            AsyncClient(base_url=own.api_url, timeout=own.api_timeout_s, trust_env=False) as asked,
        ):
            processor = replace(SERVICE.processor(settings, pool), remembered_max=0)
            desk = Desk(pool, ENDPOINTS, processor, own.guard)
            app = api.build(
                desk,
                body_bytes_max=own.http_body_bytes_max,
                api=asked,
                access=own.access,
                more=more(pool) if more else None,
            )
            async with asyncio.TaskGroup() as group:
                group.create_task(hear(settings, health, pool))
                group.create_task(send_with(sender, settings, health, pool, own))
                group.create_task(serve(app, own.http_host, own.http_port, health))
    finally:
        await sender.close()


async def hear(settings: KitSettings, health: Health, pool: Pool) -> None:
    """Write down what somebody wants to hear; until the first endpoint there is, read nothing.

    Everything is still there to be read then, and nobody is told of what became true before.
    """
    await _until_somebody_is_there(pool)
    processor = SERVICE.processor(settings, pool)

    async def process(
        messages: Sequence[Incoming], *, dead_letters: Sequence[Undecodable],
        aside: Callable[[Incoming, str, str], Undecodable],
    ) -> list[Answer]:  # fmt: skip
        # Whoever was registered before an event happened is known when the event is read.
        await ENDPOINTS.refresh(pool)
        endpoints = ENDPOINTS.current()
        wanted = [
            message
            for message in messages
            if endpoints.wanting(message.type, moment_of(message.data))
        ]
        if not wanted and not dead_letters:
            return []
        return await processor.process(wanted, dead_letters=dead_letters, aside=aside)

    consumer = BatchConsumer(
        settings, health, group=SERVICE.name, topics=SERVICE.listens_to, models=SERVICE.hears,
        stream_of=SERVICE.stream_of, process=process, read_ahead=_read_nothing_ahead,
        message_bytes_max=SERVICE.message_bytes_max,
    )  # fmt: skip
    await consumer.run()


async def _read_nothing_ahead(_: Sequence[Incoming]) -> None:
    """Most streams begin with what is decided here."""


async def _until_somebody_is_there(pool: Pool) -> None:
    while True:
        try:
            await ENDPOINTS.refresh(pool)
        except (*UNAVAILABLE, asyncpg.PostgresError) as away:
            log.warning("postgres.unavailable", reason=str(away) or type(away).__name__)
        if ENDPOINTS.current().known:
            return
        await asyncio.sleep(LOOK_EVERY_S)


async def send_with(
    sender: Sender, settings: KitSettings, health: Health, pool: Pool, own: WebhookSettings
) -> None:
    """Make the calls until cancelled."""
    processor = replace(SERVICE.processor(settings, pool), remembered_max=0)
    patience = Patience(own.give_up_after_s, own.disable_after_s)
    await EffectWorker(
        service=SERVICE.name,
        dsn=settings.postgres_dsn,
        pool=pool,
        processor=processor,
        health=health,
        policy=replace(POLICY, concurrency=own.concurrency),
        execute=execute_with(
            sender, Tables(pool, ENDPOINTS, processor), Turnstile(own.per_receiver), patience,
            utc_now,
        ),
        give_up=give_up,
    ).run()  # fmt: skip
