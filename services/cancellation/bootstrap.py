"""Composition root: the only file that knows every concrete part of this service."""

from contracts import topics
from kit.health import Health
from kit.process import Main
from kit.projector import Projector
from kit.roles import ServiceSpec
from kit.settings import KitSettings
from services.cancellation.domain.decisions import DECISIONS, ORDER
from services.cancellation.domain.events import FACTS
from services.cancellation.projections.orders import OrdersProjection
from services.cancellation.settings import CancellationSettings
from services.cancellation.translation import PUBLISHES, stream_of, translate

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
)


async def project(settings: KitSettings, health: Health) -> None:
    """Role `projector`: facts to read models."""
    async with SERVICE.pool(settings, "projector", size_max=2) as pool:
        projector = Projector(
            schema=SERVICE.name, pool=pool, store=SERVICE.store, projection=OrdersProjection()
        )
        await projector.run(settings.postgres_dsn, health)


async def serve(settings: KitSettings, health: Health) -> None:
    """Role `api`: commands in and reads out, by HTTP."""
    from services.cancellation import api  # noqa: PLC0415 - half a second no other role needs

    async with SERVICE.pool(settings, "api", size_max=8) as pool:
        app = api.build(
            pool=pool,
            store=SERVICE.store,
            processor=SERVICE.processor(settings, pool),
            settings=CancellationSettings(),
        )
        await api.run(app, CancellationSettings(), health)


ROLES: dict[str, Main] = {
    "api": serve,
    "consumer": SERVICE.consume,
    "relay": SERVICE.relay,
    "projector": project,
}
