"""All that the services keep about one order: facts, effects, messages heard and set aside."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from countermand.history.event import Event, of_entry
from countermand.history.logs import stream_in
from countermand.specs import LOGS
from kit.event_store import LogEntry
from kit.postgres import OwnConnection


class Effect(NamedTuple):
    """A call to the outside world, as its row tells."""

    service: str
    effect_id: str
    kind: str
    status: str
    attempts: int
    last_error: str | None
    created_at: datetime
    finished_at: datetime | None


class Heard(NamedTuple):
    """A message that one service has handled."""

    service: str
    message_id: str
    handled_at: datetime


class Letter(NamedTuple):
    """A message that one service has set aside."""

    service: str
    message_id: str
    code: str
    detail: str
    recorded_at: datetime


@dataclass(slots=True)
class Story:
    """What is known about one order."""

    order_id: str | None
    """None when no order is known, only a message that was set aside."""
    facts: list[Event] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)


async def read_story(
    connection: OwnConnection, about: str, *, until: datetime | None = None
) -> Story | None:
    """Read the story of an order, or of the order a message is about; None when neither is known.

    Args:
        connection: its snapshot should be one for all reads.
        about: an order's number, or the id of any message: a command, an event, a report.
        until: leave out what came later.
    """
    story = Story(about)
    story.facts = await _read_facts(connection, about)
    if not story.facts:
        story.order_id = order_id = await _find_order(connection, about)
        if order_id is not None:
            story.facts = await _read_facts(connection, order_id)
    story.effects = await _read_effects(connection, ids_in(fact.data for fact in story.facts))
    messages = {about, *_texts(f.id for f in story.facts)}
    messages |= set(_texts(fact.causation_id for fact in story.facts))
    await _read_messages(connection, story, sorted(messages))
    if until is not None:
        _forget_later(story, until)
    return story if story.facts or story.heard or story.letters else None


def _texts(values: Iterable[str | None]) -> list[str]:
    return [value for value in values if value is not None]


async def _read_facts(connection: OwnConnection, order_id: str) -> list[Event]:
    facts: list[Event] = []
    for service in LOGS:
        rows = await connection.fetch(
            "SELECT notification_id, originator_id, originator_version, topic, state"
            f" FROM {service}.{service}_events WHERE originator_id = $1"
            " ORDER BY originator_version",
            stream_in(service, order_id),
        )
        facts += [of_entry(service, LogEntry(*row)) for row in rows]
    return facts


async def _find_order(connection: OwnConnection, message_id: str) -> str | None:
    """Return the order a message is about, by the stream it was handled for."""
    for service in LOGS:
        row = await connection.fetchrow(
            "SELECT e.notification_id, e.originator_id, e.originator_version, e.topic, e.state"
            f" FROM {service}.inbox i JOIN {service}.{service}_events e"
            " ON e.originator_id = i.stream_id AND e.originator_version = 1"
            " WHERE i.message_id = $1",
            message_id,
        )
        if row is not None:
            return of_entry(service, LogEntry(*row)).order_id
    return None


def ids_in(values: Iterable[Any]) -> set[UUID]:
    """Return every UUID that stands anywhere in some JSON."""
    found: set[UUID] = set()
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str) and len(value) == len(str(UUID(int=0))):
            try:
                found.add(UUID(value))
            except ValueError:
                continue
    return found


async def _read_effects(connection: OwnConnection, ids: set[UUID]) -> list[Effect]:
    effects: list[Effect] = []
    for service in LOGS:
        if await connection.fetchval("SELECT to_regclass($1)", f"{service}.effects"):
            rows = await connection.fetch(
                "SELECT effect_id::text, kind, status, attempts, last_error, created_at,"
                f" finished_at FROM {service}.effects WHERE effect_id = ANY($1::uuid[])",
                list(ids),
            )
            effects += [Effect(service, *row) for row in rows]
    return effects


async def _read_messages(connection: OwnConnection, story: Story, messages: Sequence[str]) -> None:
    for service in LOGS:
        rows = await connection.fetch(
            f"SELECT message_id, handled_at FROM {service}.inbox"
            " WHERE message_id = ANY($1::text[])",
            messages,
        )
        story.heard += [Heard(service, *row) for row in rows]
        rows = await connection.fetch(
            f"SELECT message_id, code, detail, recorded_at FROM {service}.dead_letters"
            " WHERE message_id = ANY($1::text[]) ORDER BY dead_letter_id",
            messages,
        )
        story.letters += [Letter(service, *row) for row in rows]


def _forget_later(story: Story, until: datetime) -> None:
    story.facts = [fact for fact in story.facts if fact.recorded_at <= until]
    story.heard = [heard for heard in story.heard if heard.handled_at <= until]
    story.letters = [letter for letter in story.letters if letter.recorded_at <= until]
    story.effects = [
        effect if effect.finished_at is None or effect.finished_at <= until
        else effect._replace(status="running", finished_at=None)
        for effect in story.effects
        if effect.created_at <= until
    ]  # fmt: skip
