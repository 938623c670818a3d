"""Facts of one log as the messages another service hears, and which of them it has handled."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from contracts.topics import TOPICS
from countermand.specs import SPECS
from kit.cloudevents import Incoming, fingerprint
from kit.event_store import LogEntry
from kit.facts import Cause
from kit.ids import message_id
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
    return heard_by(spec, source, entry, said(source, entry))


class Said(NamedTuple):
    """What a fact is published as."""

    topic: str
    message: Any
    cause: Cause


def said(source: ServiceSpec, entry: LogEntry) -> Said:
    """Return what a published fact is published as."""
    fact, cause = source.store.mapper.read_body(entry.name, entry.body)
    topic, _, message = source.translate(fact, cause)
    return Said(topic, message, cause)


def heard_by(spec: ServiceSpec, source: ServiceSpec, entry: LogEntry, said: Said) -> Heard | None:
    """Return a published message as a service hears it; None when it does not listen to it."""
    model, cause = said.message, said.cause
    if said.topic not in spec.listens_to or type(model) not in spec.hears:
        return None
    # As Kafka would bring it: written and read again.
    data: Any = type(model).model_validate_json(model.model_dump_json())
    message = Incoming(
        message_id(entry.stream, entry.version), data.TYPE, data, spec.stream_of(data)[1],
        fingerprint(data.TYPE, data), cause.correlation_id, cause.traceparent,
    )  # fmt: skip
    return Heard(f"{source.name}@{entry.position}", source.name, entry.position, message)


async def handled_of(connection: AnyConnection, service: str, ids: Sequence[str]) -> set[str]:
    """Return those message ids that a service has in its inbox."""
    rows = await connection.fetch(
        f"SELECT message_id FROM {service}.inbox WHERE message_id = ANY($1::text[])", list(ids)
    )
    return {row[0] for row in rows}


async def unhandled_by(
    connection: AnyConnection, services: Collection[str], ids: Sequence[str]
) -> dict[str, set[str]]:
    """Return, by service, those message ids that it has not in its inbox; in one statement.

    What is not there is seldom, so little comes back, however much was asked.
    """
    sql = " UNION ALL ".join(
        f"SELECT '{service}', id FROM (SELECT unnest($1::text[]) EXCEPT"
        f" SELECT message_id FROM {service}.inbox WHERE message_id = ANY($1)) AS missing (id)"
        for service in services
    )
    found: dict[str, set[str]] = {service: set() for service in services}
    for service, id_ in await connection.fetch(sql, list(ids)) if sql else ():
        found[service].add(id_)
    return found
