"""What this service is, without a hand on the outside world.

Replays and redrives take it from here: nothing imported here can reach the payment provider. The
worker's adapter comes in `bootstrap.py`.
"""

from contracts import topics
from kit.effects import effects_of
from kit.roles import ServiceSpec
from services.refunds.arrivals import Arrivals
from services.refunds.domain.events import FACTS
from services.refunds.domain.ledger import HEARD, LEDGER
from services.refunds.effects import intents_of
from services.refunds.translation import PUBLISHES, SAYS, stream_of, translate

ARRIVALS = Arrivals()
"""How long refunds stay pending, as far as this process knows."""

SERVICE = ServiceSpec(
    name="refunds",
    facts=FACTS,
    decider=LEDGER,
    listens_to=(topics.CANCELLATION.name,),
    hears=HEARD,
    stream_of=stream_of,
    publishes=PUBLISHES,
    translate=translate,
    says=SAYS,
    positions_topic=topics.RELAY_POSITIONS.name,
    message_bytes_max=topics.CANCELLATION.message_bytes_max,
    effects_of=effects_of(intents_of),
    opens_streams=True,
    reference=ARRIVALS.current,
)
