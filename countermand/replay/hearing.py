"""Facts of one log as the messages another service hears, and which of them it has handled."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from contracts.topics import TOPICS
from countermand.specs import SPECS
from kit.cloudevents import Incoming, fingerprint
from kit.event_store import LogEntry
from kit.ids import event_id
from kit.postgres import AnyConnection
from kit.roles import ServiceSpec


class Heard(NamedTuple):
    """A message of one log, as the service would hear it."""

    row: str
    log: str
    position: int
    message: Incoming


def sources_of(spec: ServiceSpec) -> list[ServiceSpec]:
    """Return the services whose facts this one listens to."""
    owners = {topic.owner for topic in TOPICS if topic.name in spec.listens_to}
    return [source for source in SPECS.values() if source.name in owners]


def hear(spec: ServiceSpec, source: ServiceSpec, entry: LogEntry) -> Heard | None:
    """Return the message a fact is published as; None when the service does not listen to it."""
    if entry.name not in source.publishes:
        return None
    fact, cause = source.store.mapper.read_body(entry.name, entry.body)
    topic, _, model = source.translate(fact, cause)
    if topic not in spec.listens_to or type(model) not in spec.hears:
        return None
    # As Kafka would bring it: written and read again.
    data: Any = type(model).model_validate_json(model.model_dump_json())
    message = Incoming(
        str(event_id(entry.stream, entry.version)), data.TYPE, data, spec.stream_of(data)[1],
        fingerprint(data.TYPE, data), cause.correlation_id, cause.traceparent,
    )  # fmt: skip
    return Heard(f"{source.name}@{entry.position}", source.name, entry.position, message)


async def handled_of(connection: AnyConnection, service: str, ids: Sequence[str]) -> set[str]:
    """Return those message ids that a service has in its inbox."""
    rows = await connection.fetch(
        f"SELECT message_id FROM {service}.inbox WHERE message_id = ANY($1::text[])", list(ids)
    )
    return {row[0] for row in rows}
