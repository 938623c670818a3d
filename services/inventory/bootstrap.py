"""Composition root: the only file that knows every concrete part of this service."""

from contracts import topics
from kit.process import Main
from kit.roles import ServiceSpec
from services.inventory.domain.decisions import DECISIONS, STOCK
from services.inventory.domain.events import FACTS
from services.inventory.ledger import movements_of
from services.inventory.translation import PUBLISHES, stream_of, translate

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
    positions_topic=topics.RELAY_POSITIONS.name,
    message_bytes_max=topics.CANCELLATION.message_bytes_max,
    rows_of=movements_of,
    opens_streams=True,
)

ROLES: dict[str, Main] = {"consumer": SERVICE.consume, "relay": SERVICE.relay}
