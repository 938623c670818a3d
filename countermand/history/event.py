"""One event as it is shown: a stored fact or a Kafka record, under the same names.

Made from stored names and JSON alone, so a fact nobody has heard of yet is shown like any other.
"""

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from pydantic import AwareDatetime

from contracts.topics import TOPICS
from kit.event_store import LogEntry
from kit.ids import message_id


class Event(NamedTuple):
    """What happened, where it stands, and what brought it about."""

    source: str
    """The service whose log holds it, or `<topic>/<partition>`."""
    position: int
    """Position in the log, or offset in the partition."""
    name: str | None
    """Stored name or message type; None for a record that does not say."""
    order_id: str | None
    happened_at: datetime | None
    """The fact's own time, as whoever saw it happen says; else when it was recorded."""
    recorded_at: datetime
    """When it came into the log or the topic."""
    id: str | None
    """Message id; of a stored fact the one under which it is or would be published."""
    causation_id: str | None
    """The message that brought it about."""
    correlation_id: str | None
    """The first message of the whole story."""
    stream: str | None
    version: int | None
    data: Any
    """The fact, or the record's value; `{"base64": …}` when that is not JSON."""


COLUMNS = Event._fields


_OWN_TIMES = frozenset(
    name
    for topic in TOPICS
    for message in topic.messages
    for name, field in message.model_fields.items()
    if field.annotation is AwareDatetime and field.is_required()
)
"""Names under which messages must say when they became true."""


def of_entry(service: str, entry: LogEntry) -> Event:
    """Read one row of a service's log."""
    stored = orjson.loads(entry.body)
    fact, cause = stored["fact"], stored["cause"]
    message = fact.get("message")
    heard = message if isinstance(message, dict) else {}
    recorded_at = datetime.fromisoformat(cause["recorded_at"])
    return Event(
        source=service,
        position=entry.position,
        name=entry.name,
        order_id=fact.get("order_id") or heard.get("order_id"),
        happened_at=_own_time(heard, entry.name) or _named_after(fact, entry.name) or recorded_at,
        recorded_at=recorded_at,
        id=message_id(entry.stream, entry.version),
        causation_id=cause["message_id"],
        correlation_id=cause["correlation_id"],
        stream=str(entry.stream),
        version=entry.version,
        data=fact,
    )


def of_record(record: Any) -> Event:
    """Read one Kafka record, however malformed."""
    headers = {name: _text(value) for name, value in record.headers}
    data = _read_value(record.value)
    name = headers.get("ce_type")
    told = _own_time(data, name or "") if isinstance(data, dict) else None
    return Event(
        source=f"{record.topic}/{record.partition}",
        position=record.offset,
        name=name,
        order_id=headers.get("ce_subject") or _text(record.key),
        happened_at=told or _time(headers.get("ce_time")),
        recorded_at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        id=headers.get("ce_id"),
        causation_id=headers.get("ce_causationid"),
        correlation_id=headers.get("ce_correlationid"),
        stream=None,
        version=None,
        data=data,
    )


def _read_value(value: bytes | None) -> Any:
    try:
        return None if value is None else orjson.loads(value)
    except orjson.JSONDecodeError:
        return {"base64": base64.b64encode(value or b"").decode()}


def _own_time(data: Mapping[str, Any], name: str) -> datetime | None:
    """Return the time in what somebody told: the one named after it, else the one it must have."""
    told = _named_after(data, name)
    return told or next((_time(data[key]) for key in data if key in _OWN_TIMES), None)


def _named_after(data: Mapping[str, Any], name: str) -> datetime | None:
    """Return the time called as the name ends: `confirmed_at` of `order-confirmed.v1`."""
    told = data.get(_verb_of(name))
    return None if told is None else _time(told)


@lru_cache(maxsize=500)  # names on a topic are anybody's choice
def _verb_of(name: str) -> str:
    verb = re.search(r"(\w+)\.v\d+$", name)
    return f"{verb[1]}_at" if verb else ""


def _time(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="replace")
