"""What this lane is, without a hand on the outside world; replays take it from here."""

from contracts import topics
from kit.effects import effects_of
from kit.roles import ServiceSpec
from services.notifier.webhooks.domain.events import FACTS
from services.notifier.webhooks.domain.lane import LANE
from services.notifier.webhooks.domain.outgoing import OFFERED
from services.notifier.webhooks.effects import intents_of
from services.notifier.webhooks.ledger import rows_of
from services.notifier.webhooks.registered import SCHEMA, Registered
from services.notifier.webhooks.translation import stream_of, translate

ENDPOINTS = Registered()
"""Whom this process sends to."""

SERVICE = ServiceSpec(
    name=SCHEMA,
    facts=FACTS,
    decider=LANE,
    listens_to=tuple(
        topic.name for topic in (topics.CANCELLATION, topics.REFUNDS, topics.INVENTORY)
    ),
    hears=OFFERED,
    stream_of=stream_of,
    publishes=frozenset(),
    translate=translate,
    positions_topic=topics.RELAY_POSITIONS.name,
    message_bytes_max=topics.CANCELLATION.message_bytes_max,
    effects_of=effects_of(intents_of),
    rows_of=rows_of,
    reference=ENDPOINTS.current,
    opens_streams=True,
)
