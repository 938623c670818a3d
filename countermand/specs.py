"""Every service as a value, without a hand on the outside world.

Replays and redrives work with these: they can record facts and write effect rows, and there is
nothing here that could carry one out.
"""

from collections.abc import Mapping

from kit.postgres import AnyConnection, Pool
from kit.roles import ServiceSpec
from services.cancellation.service import POLICIES
from services.cancellation.service import SERVICE as CANCELLATION
from services.inventory.bootstrap import SERVICE as INVENTORY
from services.inventory.bootstrap import SHELVES
from services.notifier.service import SERVICE as NOTIFIER
from services.notifier.service import STATIONERIES
from services.notifier.webhooks.service import ENDPOINTS
from services.notifier.webhooks.service import SERVICE as WEBHOOKS
from services.refunds.service import ARRIVALS
from services.refunds.service import SERVICE as REFUNDS
from sharding.homes import logs_of
from sharding.stores import count_shards

SPECS: Mapping[str, ServiceSpec] = {
    spec.name: spec for spec in (CANCELLATION, INVENTORY, REFUNDS, NOTIFIER)
}
"""By name."""

LOGS: Mapping[str, ServiceSpec] = {**SPECS, WEBHOOKS.name: WEBHOOKS}
"""Every log, that of the notifier's second channel among them."""


async def find_logs(connection: AnyConnection) -> dict[str, list[str]]:
    """Return the names of each service's logs, as they are arranged now; each has a relay."""
    return {name: logs_of(name, await count_shards(connection, name)) for name in SPECS}


async def take_up_reference(spec: ServiceSpec, pool: Pool) -> None:
    """Decide by what is in force now; whoever decides or foretells for a service calls it first."""
    if spec is CANCELLATION:
        await POLICIES.refresh(pool)
    elif spec is INVENTORY:
        await SHELVES.refresh(pool)
    elif spec is WEBHOOKS:
        await ENDPOINTS.refresh(pool)
    elif spec is REFUNDS:
        await ARRIVALS.refresh(pool)
    elif spec is NOTIFIER:
        await STATIONERIES.refresh(pool)
