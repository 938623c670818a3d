"""Moves all facts to another number of logs, while nothing runs; all services at once or none.

New relays go on behind the newest fact of their log. They are told so before the facts are moved:
a log's name holds how many there are, so until then nobody looks at what they were told.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import asyncpg

from countermand.errors import KnownError
from countermand.recovery.rewinding import write_positions
from countermand.specs import SPECS, find_logs
from countermand.status.lag import Lag, open_kafka
from countermand.status.waiting import read_relays
from kit.postgres import OwnConnection, try_hold
from rebuild.rebuilding import OnStep
from sharding.homes import logs_of
from sharding.making import arrange


class AtWorkError(KnownError):
    """Something runs or is not published yet; nothing was moved."""


class Log(NamedTuple):
    """One log as it is."""

    service: str
    name: str
    facts: int
    newest: int
    """Position of its last fact, 0 for none."""


async def read_logs(connection: OwnConnection) -> list[Log]:
    """Return every log there is, service by service."""
    return [
        await _read(connection, service, name)
        for service, names in (await find_logs(connection)).items()
        for name in names
    ]


async def move(postgres_dsn: str, kafka_bootstrap: str, count: int, on_step: OnStep) -> list[Log]:
    """Share all facts out over `count` logs per service; returns the logs.

    Raises:
        AtWorkError: stop what it names, and do it again.
        ArrangementError: the number is none, or the facts do not read the same; nothing was moved.
    """
    connection = await asyncpg.connect(postgres_dsn)
    try:
        old = await find_logs(connection)
        await _have_alone(connection, old)
        await _see_all_published(connection, kafka_bootstrap)
        async with connection.transaction():
            for number, service in enumerate(SPECS, 1):
                await arrange(connection, service, count)
                on_step("Event stores moved", number, len(SPECS))
            logs = [
                await _read(connection, service, name)
                for service in SPECS
                for name in logs_of(service, count)
                if name not in old[service]
            ]
            await write_positions(kafka_bootstrap, {log.name: log.newest for log in logs})
        return await read_logs(connection)
    finally:
        await connection.close()


async def _read(connection: OwnConnection, service: str, name: str) -> Log:
    row = await connection.fetchrow(
        f"SELECT count(*), coalesce(max(notification_id), 0) FROM {name}.{name}_events"
    )
    return Log(service, name, *row)  # type: ignore[misc]


async def _have_alone(connection: OwnConnection, logs: Mapping[str, Sequence[str]]) -> None:
    """Be the only one at work, and the only relay, as long as this connection stands."""
    rows = await connection.fetch(
        "SELECT DISTINCT application_name FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND split_part(application_name, '-', 1) = ANY ($1::text[]) ORDER BY 1",
        list(SPECS),
    )
    names = [name for some in logs.values() for name in some]
    relays = [name for name in names if not await try_hold(connection, f"relay-{name}")]
    running = [*(row[0] for row in rows), *(f"the relay of {name}" for name in relays)]
    if running:
        raise AtWorkError(f"Stop these first, then do it again: {', '.join(running)}.")


async def _see_all_published(connection: OwnConnection, kafka_bootstrap: str) -> None:
    async with open_kafka(kafka_bootstrap) as kafka:
        positions = await Lag().relay_positions(kafka, connection)
    for relay in await read_relays(connection, positions):
        if relay.count:
            raise AtWorkError(
                f"{relay.count:,} facts of {relay.service} are not on Kafka yet. Let its relay run"
                " until `countermand status` shows none, then stop it and do this again."
            )
