"""The merchant's endpoints, as they are set up: what decisions look up."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from services.notifier.webhooks.domain.events import EndpointSet


class Endpoints(NamedTuple):
    """All of them, enabled or not."""

    known: Mapping[UUID, EndpointSet] = MappingProxyType({})

    def after(self, fact: EndpointSet) -> "Endpoints":
        """Return them after one was set."""
        return Endpoints({**self.known, fact.endpoint_id: fact})

    def wanting(self, type_: str, moment: datetime) -> list[UUID]:
        """Return who is to hear of something of this type that became true at this moment."""
        return [
            endpoint.endpoint_id
            for endpoint in self.known.values()
            if endpoint.is_enabled and moment >= endpoint.registered_at and wants(endpoint, type_)
        ]


def wants(endpoint: EndpointSet, type_: str) -> bool:
    """Tell whether an endpoint asked for a type."""
    return not endpoint.types or type_ in endpoint.types


NOBODY = Endpoints()
