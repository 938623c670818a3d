"""What waits in PostgreSQL: calls not made, messages set aside, facts not yet relayed or projected.

Asked of the tables themselves, so it is true when every process is dead.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from audit.tables import audit_schema
from countermand.specs import SPECS, find_logs
from kit.moments import recorded_at
from kit.postgres import OwnConnection


@dataclass(frozen=True, slots=True)
class Waiting:
    """Work of one kind that is not done."""

    service: str
    what: str
    """`consumer`, `relay`, a projection, a kind of call or a code."""
    count: int
    oldest_at: datetime | None
    """Since when the oldest of it waits; None when nothing does."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """What is known of the oldest."""

    def to_json(self, now: datetime) -> dict[str, Any]:
        """Return it with its age."""
        age_s = None if self.oldest_at is None else (now - self.oldest_at).total_seconds()
        return {
            "service": self.service, "what": self.what, "count": self.count,
            "oldest_at": self.oldest_at, "oldest_age_s": age_s, **self.about,
        }  # fmt: skip


def oldest_of(found: list[Waiting]) -> Waiting | None:
    """Return what has waited longest."""
    waiting = [each for each in found if each.oldest_at]
    return min(waiting, key=lambda each: (each.oldest_at, each.service), default=None)


async def read_calls(connection: OwnConnection) -> list[Waiting]:
    """Return the calls not finished, by service and kind; one row where there are none."""
    found: list[Waiting] = []
    for service, spec in SPECS.items():
        if spec.effects_of is None:
            continue
        rows = await connection.fetch(
            "SELECT DISTINCT ON (kind) kind, count(*) OVER (PARTITION BY kind), created_at,"
            f" request, status, attempts, last_error FROM {service}.effects"
            " WHERE status <> 'done' ORDER BY kind, created_at"
        )
        found += [
            Waiting(
                service, row["kind"], row["count"], row["created_at"],
                {
                    "order_id": orjson.loads(row["request"]).get("order_id"),
                    "attempts": row["attempts"], "last_error": row["last_error"],
                },
            )
            for row in rows
        ] or [Waiting(service, "call", 0, None)]  # fmt: skip
    return found


async def read_dead_letters(connection: OwnConnection) -> list[Waiting]:
    """Return what each service has set aside, the most frequent code first."""
    return [
        Waiting(service, row["code"], row["count"], row["oldest"])
        for service in SPECS
        for row in await connection.fetch(
            f"SELECT code, count(*), min(recorded_at) AS oldest FROM {service}.dead_letters"
            " WHERE state = 'OPEN' GROUP BY code ORDER BY count(*) DESC, code"
        )
    ]


async def read_cases(connection: OwnConnection) -> list[Waiting]:
    """Return the open cases by kind, the most urgent first, with how many are overdue."""
    return [
        Waiting(
            "cancellation", row["kind"], row["count"], row["oldest"],
            {"overdue": row["overdue"], "order_id": row["order_id"]},
        )
        for row in await connection.fetch(
            "SELECT kind, count(*), min(opened_at) AS oldest,"
            " count(*) FILTER (WHERE due_at <= now()) AS overdue,"
            " (array_agg(order_id ORDER BY opened_at))[1] AS order_id"
            " FROM cancellation.cases WHERE state = 'OPEN' GROUP BY kind ORDER BY min(due_at), kind"
        )
    ]  # fmt: skip


async def read_projections(connection: OwnConnection) -> list[Waiting]:
    """Return how far each projection, the audit history among them, is behind its log."""
    found: list[Waiting] = []
    for service in SPECS:
        for schema in (service, audit_schema(service)):
            cursors = f"{schema}.projection_cursors"
            if await connection.fetchval("SELECT to_regclass($1)", cursors):
                rows = await connection.fetch(
                    f"SELECT projection, position FROM {cursors} ORDER BY projection"
                )
                found += [
                    await _behind(connection, service, f"projection {name}", position)
                    for name, position in rows
                ]
    return found


async def read_relays(connection: OwnConnection, positions: Mapping[str, int]) -> list[Waiting]:
    """Return how far the relays of each service are behind; facts that stay private do not wait."""
    found: list[Waiting] = []
    for service, logs in (await find_logs(connection)).items():
        names = list(SPECS[service].publishes)
        each = [await _behind(connection, log, "relay", positions.get(log, 0), names)
                for log in logs]  # fmt: skip
        oldest = oldest_of(each)
        count = sum(one.count for one in each)
        found.append(Waiting(service, "relay", count, oldest.oldest_at if oldest else None))
    return found


async def _behind(
    connection: OwnConnection, service: str, what: str, position: int,
    names: list[str] | None = None,
) -> Waiting:  # fmt: skip
    condition = "notification_id > $1 AND ($2::text[] IS NULL OR topic = ANY($2))"
    count, first = await connection.fetchrow(  # type: ignore[misc]
        f"SELECT count(*), min(notification_id) FROM {service}.{service}_events WHERE {condition}",
        position, names,
    )  # fmt: skip
    oldest = first and await connection.fetchval(
        f"SELECT state FROM {service}.{service}_events WHERE notification_id = $1", first
    )
    return Waiting(service, what, count, recorded_at(oldest) if oldest else None)
