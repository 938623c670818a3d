"""Everything about a running system in one value; what cannot be asked is named, not left out."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import asyncpg
from aiokafka.errors import KafkaError

from countermand.endpoints import Endpoints
from countermand.status.lag import Lag, open_kafka
from countermand.status.processes import read_processes
from countermand.status.receivers import read_receivers, read_undelivered
from countermand.status.waiting import (
    Waiting,
    oldest_of,
    read_calls,
    read_cases,
    read_dead_letters,
    read_projections,
    read_relays,
)
from kit.clock import utc_now
from kit.postgres import UNAVAILABLE, OwnConnection

TIMEOUT_S = 10.0


@dataclass(slots=True)
class Report:
    """What runs and what waits at one moment."""

    at: datetime
    processes: list[dict[str, Any]] = field(default_factory=list)
    """Empty when nobody told us where they are."""
    undecided: Waiting | None = None
    """Commands without an answer; None when it could not be asked."""
    calls: list[Waiting] = field(default_factory=list)
    dead_letters: list[Waiting] = field(default_factory=list)
    cases: list[Waiting] = field(default_factory=list)
    """What needs a person, by kind; how many are overdue stands in `about`."""
    undelivered: Waiting | None = None
    """Webhooks on their way; nothing of ours waits for them."""
    receivers: list[Waiting] = field(default_factory=list)
    """Endpoints that fail, and those that were disabled for it."""
    lag: list[Waiting] = field(default_factory=list)
    away: dict[str, str] = field(default_factory=dict)
    """Servers that did not answer, and what was seen of it."""

    def calls_of(self, service: str) -> Waiting | None:
        """Return all calls of a service as one; None when it could not be asked."""
        own = [each for each in self.calls if each.service == service]
        if not own:
            return None
        return replace(oldest_of(own) or own[0], count=sum(each.count for each in own))

    def to_json(self) -> dict[str, Any]:
        """Return it for `--json`; ages in seconds, None when nothing waits."""

        def told(waiting: Waiting | None) -> dict[str, Any] | None:
            return None if waiting is None else waiting.to_json(self.at)

        return {
            "at": self.at,
            "oldest": {
                "undecided_command": told(self.undecided),
                "unpaid_refund": told(self.calls_of("refunds")),
                "unsent_message": told(self.calls_of("notifier")),
                "undelivered_webhook": told(self.undelivered),
                "dead_letter": told(oldest_of(self.dead_letters)),
                "case": told(oldest_of(self.cases)),
            },
            "receivers": [told(each) for each in self.receivers],
            "cases": [told(each) for each in self.cases],
            "dead_letters": [told(each) for each in self.dead_letters],
            "lag": [told(each) for each in self.lag],
            "away": self.away,
            "processes": self.processes,
        }


class Observer:
    """Reads reports, one after the other."""

    def __init__(self, endpoints: Endpoints, state: dict[str, Any] | None) -> None:
        """Take the addresses and, of a local system, what it wrote about its processes."""
        self._endpoints, self._state = endpoints, state
        self._lag = Lag()

    async def read(self) -> Report:
        """Read everything there is to know now."""
        report = Report(utc_now())
        if self._state is not None:
            report.processes = await read_processes(self._state)
        try:
            connection = await asyncpg.connect(
                self._endpoints.postgres_dsn, timeout=TIMEOUT_S, command_timeout=TIMEOUT_S
            )
        except (*UNAVAILABLE, asyncpg.PostgresError) as away:
            report.away["PostgreSQL"] = str(away) or type(away).__name__
            return report
        try:
            await _unless_away(report, "PostgreSQL", self._read_tables(connection, report))
            await _unless_away(report, "Kafka", self._read_topics(connection, report))
        finally:
            connection.terminate()
        return report

    async def _read_tables(self, connection: OwnConnection, report: Report) -> None:
        report.calls = await read_calls(connection)
        report.dead_letters = await read_dead_letters(connection)
        report.cases = await read_cases(connection)
        report.undelivered = await read_undelivered(connection)
        report.receivers = await read_receivers(connection)
        report.lag = await read_projections(connection)

    async def _read_topics(self, connection: OwnConnection, report: Report) -> None:
        async with open_kafka(self._endpoints.kafka_bootstrap) as kafka:
            positions = await self._lag.relay_positions(kafka, connection)
            consumers = await self._lag.consumers(kafka, connection)
            undecided = await self._lag.undecided(kafka, connection)
        relays = await read_relays(connection, positions)
        report.lag = [*consumers, *relays, *report.lag]
        report.undecided = undecided


async def _unless_away(report: Report, server: str, reading: Awaitable[None]) -> None:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            await reading
    except (*UNAVAILABLE, asyncpg.PostgresError, KafkaError) as away:
        report.away[server] = str(away) or type(away).__name__
