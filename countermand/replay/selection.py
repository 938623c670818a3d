"""Which facts a replay is about: asked of the database as far as it can tell, then of each fact.

The database may let too much through and never too little.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict

from countermand.screen import OnStep
from kit.event_store import LogEntry
from kit.moments import span_of
from kit.postgres import AnyConnection
from kit.roles import ServiceSpec

PAGE_MAX = 1_000
LOOKED_AT = "Facts looked at"
"""What is told about reading a log."""

WINDOW = 20_000
"""Positions one statement looks through, so that none takes long."""


class Selection(BaseModel):
    """Every condition must hold; what is left out does not matter."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    orders: tuple[str, ...] = ()
    """About one of these orders."""
    types: tuple[str, ...] = ()
    """Stored name, or type of a dead letter's message; `*` and `?` stand for anything."""
    since: datetime | None = None
    """Recorded then or later."""
    until: datetime | None = None
    """Recorded before."""
    from_position: int | None = None
    """At this position of the log or behind it."""
    to_position: int | None = None
    """At this position of the log or before it."""
    reason: str | None = None
    """Reason of the cancellation, where the fact says one."""
    correlation: str | None = None
    """Of the story that this message began."""
    cause: str | None = None
    """Set aside with this code: selects dead letters instead of facts."""

    @property
    def is_everything(self) -> bool:
        """True when nothing is left out."""
        return self == Selection()

    def canonical(self) -> dict[str, Any]:
        """Return what was asked for, without what was left out."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def wants_type(self, name: str | None) -> bool:
        """Tell whether a name fits."""
        return not self.types or any(fnmatchcase(name or "", pattern) for pattern in self.types)

    def wants_time(self, recorded_at: datetime) -> bool:
        """Tell whether a moment fits."""
        is_late_enough = self.since is None or recorded_at >= self.since
        return is_late_enough and (self.until is None or recorded_at < self.until)

    def wants_story(self, correlation_id: str, content: Any) -> bool:
        """Tell whether correlation and reason fit."""
        if self.correlation not in (None, correlation_id):
            return False
        return self.reason is None or self.reason == _reason_of(content)


def _reason_of(content: Any) -> Any:
    if not isinstance(content, dict):
        return None
    heard = content.get("message")
    return content.get("reason") or (heard.get("reason") if isinstance(heard, dict) else None)


class Span(NamedTuple):
    """The part of one log a plan is about; fixed when it is made."""

    after: int
    up_to: int

    @property
    def size(self) -> int:
        """How many positions it has."""
        return max(0, self.up_to - self.after)


def stream_in(spec: ServiceSpec, order_id: str) -> UUID:
    """Return the stream of an order as one service sees it."""
    return spec.stream_of(SimpleNamespace(order_id=order_id))[1]


async def span_in(
    connection: AnyConnection, spec: ServiceSpec, selection: Selection, up_to: int
) -> Span:
    """Return the positions worth looking at, up to a given one."""
    after, until = await span_of(connection, spec.name, selection.since, selection.until)
    ends = [up_to, *(end for end in (until, selection.to_position) if end is not None)]
    return Span(max(after, (selection.from_position or 1) - 1), min(ends))


async def read_facts(
    connection: AnyConnection, spec: ServiceSpec, selection: Selection, span: Span,
    *, names: Collection[str] | None = None,
) -> AsyncIterator[list[LogEntry]]:  # fmt: skip
    """Read the facts of a log that are wanted, page by page, in log order.

    Args:
        connection: to the log's database.
        spec: whose log it is.
        selection: which facts.
        span: between which positions.
        names: stored names that matter; the rest, and its bodies, are not read.
    """
    conditions, arguments = _conditions(spec, selection, names)
    columns = "notification_id, originator_id, originator_version, topic, state"
    wanted = (
        f"SELECT {columns} FROM {spec.name}.{spec.name}_events"
        f" WHERE notification_id BETWEEN $1 AND $2{conditions}"
    )
    if selection.orders:
        # Materialized: asked for in sequence, the planner would walk the whole log for one stream.
        wanted = f"WITH wanted AS MATERIALIZED ({wanted}) SELECT * FROM wanted"
    sql = f"{wanted} ORDER BY notification_id LIMIT $3"
    start = span.after + 1
    while start <= span.up_to:
        last = span.up_to if selection.orders else min(span.up_to, start + WINDOW - 1)
        rows = await connection.fetch(sql, start, last, PAGE_MAX, *arguments)
        entries = [LogEntry(*row) for row in rows]
        if page := [entry for entry in entries if _is_wanted(selection, entry)]:
            yield page
        start = (entries[-1].position if len(entries) == PAGE_MAX else last) + 1


async def read_logs(
    connection: AnyConnection, sources: Sequence[ServiceSpec], selection: Selection,
    scope: Mapping[str, Any], on_step: OnStep,
) -> AsyncIterator[tuple[ServiceSpec, list[LogEntry]]]:  # fmt: skip
    """Read what some services publish and is wanted, log after log, up to the plan's scope."""
    spans = [await span_in(connection, one, selection, scope[one.name]) for one in sources]
    whole = sum(span.size for span in spans)
    before = 0
    for source, span in zip(sources, spans, strict=True):
        async for page in read_facts(connection, source, selection, span, names=source.publishes):
            on_step(LOOKED_AT, before + page[-1].position - span.after, whole)
            yield source, page
        before += span.size
    on_step(LOOKED_AT, before, whole)


def _conditions(
    spec: ServiceSpec, selection: Selection, names: Collection[str] | None
) -> tuple[str, list[Any]]:
    found: list[tuple[str, Any]] = []
    if names is not None:
        found.append(("topic = ANY({}::text[])", list(names)))
    if selection.orders:
        streams = [stream_in(spec, order) for order in selection.orders]
        found.append(("originator_id = ANY({}::uuid[])", streams))
    for field, value in (
        ("correlation_id", selection.correlation),
        ("reason", selection.reason),
    ):
        if value is not None:
            needle = f'"{field}":'.encode() + orjson.dumps(value)
            found.append(("position({}::bytea IN state) > 0", needle))
    sql = "".join(f" AND {text.format(f'${n}')}" for n, (text, _) in enumerate(found, 4))
    return sql, [argument for _, argument in found]


def _is_wanted(selection: Selection, entry: LogEntry) -> bool:
    if not selection.wants_type(entry.name):
        return False
    inside = (selection.since, selection.until, selection.correlation, selection.reason)
    if not any(inside):
        return True
    stored = orjson.loads(entry.body)
    cause = stored["cause"]
    return selection.wants_time(
        datetime.fromisoformat(cause["recorded_at"])
    ) and selection.wants_story(cause["correlation_id"], stored["fact"])


async def read_at(
    connection: AnyConnection, spec: ServiceSpec, positions: list[int], *, has_bodies: bool = True
) -> dict[int, LogEntry]:
    """Read facts by their positions; or only where they stand, which is a fraction of the work."""
    body = "state" if has_bodies else "''::bytea"
    rows = await connection.fetch(
        f"SELECT notification_id, originator_id, originator_version, topic, {body}"
        f" FROM {spec.name}.{spec.name}_events WHERE notification_id = ANY($1::bigint[])",
        positions,
    )
    return {row[0]: LogEntry(*row) for row in rows}
