"""Composition root: the only file that knows every concrete part of this service."""

from contracts import topics
from kit.health import Health
from kit.process import Main
from kit.roles import ServiceSpec
from kit.settings import KitSettings
from services.inventory.domain.decisions import DECISIONS, STOCK
from services.inventory.domain.events import FACTS
from services.inventory.ledger import movements_of
from services.inventory.shelves import Shelves
from services.inventory.translation import PUBLISHES, SAYS, stream_of, translate
from sharding import roles

SHELVES = Shelves()
"""Where this process puts units."""

SERVICE = ServiceSpec(
    name="inventory",
    facts=FACTS,
    decider=STOCK,
    listens_to=tuple(
        topic.name for topic in (topics.ORDERS, topics.CANCELLATION, topics.STOCK_COMMANDS)
    ),
    hears=tuple(DECISIONS),
    stream_of=stream_of,
    publishes=PUBLISHES,
    translate=translate,
    says=SAYS,
    positions_topic=topics.RELAY_POSITIONS.name,
    message_bytes_max=topics.CANCELLATION.message_bytes_max,
    rows_of=movements_of,
    reference=SHELVES.current,
    opens_streams=True,
)


async def consume(settings: KitSettings, health: Health) -> None:
    """Role `consumer`: Kafka to facts, with the locations as they are set up."""
    async with SERVICE.pool(settings, "shelves", size_max=1) as pool, SHELVES.kept_fresh(pool):
        await roles.consume(SERVICE, settings, health)


ROLES: dict[str, Main] = {"consumer": consume, "relay": roles.relaying(SERVICE)}
