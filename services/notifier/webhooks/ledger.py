"""The deliveries as rows, written in the transaction of their facts; see `write_along`."""

from collections.abc import Mapping, Sequence
from typing import Any

from kit.facts import RecordedFact
from services.notifier.webhooks.domain import events
from services.notifier.webhooks.domain.lane import effect_id_of


def rows_of(recorded: RecordedFact) -> Sequence[Mapping[str, Any]]:
    """Return the row of one fact, or none."""
    fact, at = recorded.fact, recorded.cause.recorded_at
    match fact:
        case events.DeliveryRequested():
            about = fact.model_dump(exclude={"body", "who", "why"})
            effect_id = effect_id_of(fact.delivery_id, fact.round)
            return [{**about, "effect_id": effect_id, "outcome": "PENDING", "at": at}]
        case events.DeliveryEnded():
            return [{**fact.model_dump(), "at": at}]
        case _:
            return []
