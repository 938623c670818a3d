"""What this service is, without a hand on the outside world; replays work with it."""

from dataclasses import replace
from typing import Any

from contracts import topics
from kit.postgres import Pool
from kit.processor import Processor
from kit.roles import ServiceSpec
from kit.settings import KitSettings
from services.cancellation.along import rows_along
from services.cancellation.domain.decisions import DECISIONS, ORDER
from services.cancellation.domain.decisions.plans import PLAN
from services.cancellation.domain.events import FACTS
from services.cancellation.policies import Policies
from services.cancellation.translation import PUBLISHES, SAYS, stream_of, translate

POLICIES = Policies()
"""What this process decides by."""

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
    says=SAYS,
    positions_topic=topics.RELAY_POSITIONS.name,
    rows_of=rows_along,
    reference=POLICIES.current,
)


def plan_processor(settings: KitSettings, pool: Pool) -> Processor[Any]:
    """Return the processor of bulk plans: the same log, decided upon otherwise."""
    return replace(SERVICE.processor(settings, pool), decider=PLAN)


def forgetful_processor(settings: KitSettings, pool: Pool) -> Processor[Any]:
    """Return the processor of roles that meet each order once and need not remember it."""
    return replace(SERVICE.processor(settings, pool), remembered_max=0)
