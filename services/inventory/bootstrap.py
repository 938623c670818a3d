"""Composition root: the only file that knows every concrete part of this service."""

from contracts import topics
from contracts.cancellation import OrderCancelled
from kit.process import Main
from kit.roles import ServiceSpec
from services.inventory.domain.events import FACTS
from services.inventory.domain.restocks import RESTOCKS
from services.inventory.ledger import write_movements
from services.inventory.translation import PUBLISHES, stream_of, translate

SERVICE = ServiceSpec(
    name="inventory",
    facts=FACTS,
    decider=RESTOCKS,
    listens_to=(topics.CANCELLATION.name,),
    hears=(OrderCancelled,),
    stream_of=stream_of,
    publishes=PUBLISHES,
    translate=translate,
    positions_topic=topics.RELAY_POSITIONS.name,
    message_bytes_max=topics.CANCELLATION.message_bytes_max,
    write_along=write_movements,
)

ROLES: dict[str, Main] = {"consumer": SERVICE.consume, "relay": SERVICE.relay}
