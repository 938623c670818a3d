"""The roles every service has, over one log or several: consumer and relay."""

import asyncio

from kit.health import Health
from kit.postgres import open_pool
from kit.process import Main
from kit.relay import Relay
from kit.roles import ServiceSpec
from kit.settings import KitSettings, SettingsError
from sharding.dividing import Divided, Handling
from sharding.stores import count_shards, stores_of
from telemetry import tracing


async def consume(spec: ServiceSpec, settings: KitSettings, health: Health) -> None:
    """Role `consumer`: Kafka to facts; every consumer writes to all logs."""
    from kit.consumer import BatchConsumer  # noqa: PLC0415 - only this role loads FastStream

    count = await _count(spec, settings)
    async with spec.pool(settings, "consumer", size_max=max(4, 2 * count)) as pool:
        processor = spec.processor(settings, pool)
        handling: Handling = processor
        if count > 1:
            handling = Divided.over(processor, stores_of(spec.store, count))
        consumer = BatchConsumer(
            settings, health, group=spec.name, topics=spec.listens_to, models=spec.hears,
            stream_of=spec.stream_of, process=tracing.process(handling.process, spec.name),
            read_ahead=handling.read_ahead, message_bytes_max=spec.message_bytes_max,
        )  # fmt: skip
        await consumer.run()


def relaying(spec: ServiceSpec) -> Main:
    """Return the role `relay`: facts to Kafka, of all logs or of the one the process is told."""

    async def relay(settings: KitSettings, health: Health) -> None:
        stores = stores_of(spec.store, await _count(spec, settings))
        if settings.shard is not None:
            if settings.shard >= len(stores):
                raise SettingsError(
                    f"COUNTERMAND_SHARD: {spec.name} has {len(stores)} logs, from 0 on, and none"
                    f" with the number {settings.shard}."
                )
            stores = [stores[settings.shard]]
        relays = [
            Relay(
                settings, health, service=spec.name, store=store, publishes=spec.publishes,
                writer=spec.writer(), positions_topic=spec.positions_topic,
            )
            for store in stores
        ]  # fmt: skip
        await asyncio.gather(*(one.run() for one in relays))

    return relay


async def _count(spec: ServiceSpec, settings: KitSettings) -> int:
    async with open_pool(settings.postgres_dsn, size_max=1, name=f"{spec.name}-start") as pool:
        return await count_shards(pool, spec.name)
