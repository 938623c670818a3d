"""What this service is, without a hand on the outside world.

Replays and redrives take it from here: nothing imported here can reach the mail server. The
worker's adapter comes in `bootstrap.py`.
"""

from contracts import topics
from kit.effects import effects_of
from kit.roles import ServiceSpec
from services.notifier.domain.facts import FACTS
from services.notifier.domain.messages import HEARD, MESSAGES
from services.notifier.effects import intents_of
from services.notifier.stationeries import Stationeries
from services.notifier.translation import PUBLISHES, SAYS, stream_of, translate

STATIONERIES = Stationeries()
"""What this process writes mails on."""

SERVICE = ServiceSpec(
    name="notifier",
    facts=FACTS,
    decider=MESSAGES,
    listens_to=(topics.CANCELLATION.name, topics.REFUNDS.name),
    hears=HEARD,
    stream_of=stream_of,
    publishes=PUBLISHES,
    translate=translate,
    says=SAYS,
    positions_topic=topics.RELAY_POSITIONS.name,
    message_bytes_max=topics.CANCELLATION.message_bytes_max,
    effects_of=effects_of(intents_of),
    opens_streams=True,
    reference=STATIONERIES.current,
)
