"""Arranges an event store as one log or several, in one transaction.

Nothing but the place of a fact changes: what each row says, its position among them, is compared
before and after, and whoever remembers a position goes on from it.
"""

from pathlib import Path

from kit.postgres import OwnConnection
from sharding.homes import SHARDS_MAX, log_of, logs_of
from sharding.stores import count_shards

_TEXTS = Path(__file__).parent / "sql"


class ArrangementError(RuntimeError):
    """The event store cannot be arranged so, and was left as it is."""


async def prepare_shards(connection: OwnConnection, service: str, count: int | None) -> bool:
    """Give an empty event store so many logs; returns whether that changed anything.

    Where nothing is to be changed nobody is kept out, and None changes nothing.

    Raises:
        ArrangementError: it holds facts and has another number of logs.
    """
    async with connection.transaction():
        await connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"shards {service}"
        )
        now = await count_shards(connection, service)
        if count in (None, now):
            # A newer release may route otherwise.
            if now > 1:
                await _carry_out(connection, "routing", service, now)
            return False
        now = await _alone(connection, service)
        if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {service}.{service}_events)"):
            raise ArrangementError(
                f"The event store of {service} holds facts in {now} log{'s' * (now > 1)}, and"
                f" {count} were asked for. See docs/guides/scale-out.md."
            )
        await _arrange(connection, service, now, count)
        return True


async def arrange(connection: OwnConnection, service: str, count: int) -> int:
    """Move an event store to so many logs inside the caller's transaction.

    Nobody may be at work on it. Returns how many facts it holds.

    Raises:
        ArrangementError: what was read afterwards is not what was read before.
    """
    now = await _alone(connection, service)
    before = await _digest(connection, service)
    if now != count:
        await _arrange(connection, service, now, count)
    if await _digest(connection, service) != before:
        raise ArrangementError(f"The event store of {service} does not read the same any more.")
    return int(before[0])


async def _alone(connection: OwnConnection, service: str) -> int:
    """Keep everybody else out until the transaction ends; returns how many logs there are."""
    await connection.execute("SET LOCAL statement_timeout = 0")
    await connection.execute(f"LOCK TABLE {service}.{service}_events IN ACCESS EXCLUSIVE MODE")
    return await count_shards(connection, service)


async def _arrange(connection: OwnConnection, service: str, now: int, count: int) -> None:
    if not 1 <= count <= SHARDS_MAX:
        raise ArrangementError(f"{count} logs: choose 1 to {SHARDS_MAX}.")
    if count > 1:
        for shard in range(count):
            await _carry_out(connection, "shard", service, count, shard)
    if now > 1:
        await _carry_out(connection, "unroute", service, now)
    if count == 1:
        await _carry_out(connection, "gather", service, 1)
    for log in logs_of(service, now) if now > 1 else ():
        await connection.execute(f"DROP TABLE {log}.{log}_events")
        await connection.execute(f"DROP SCHEMA {log}")
    if count > 1:
        await _carry_out(connection, "route", service, count)
        for log in logs_of(service, count):
            table = f"{log}.{log}_events"
            await connection.execute(f"ALTER TABLE {table} INHERIT {service}.{service}_events")
            await connection.execute(f"ANALYZE {table}")
        await _carry_out(connection, "routing", service, count)


async def _carry_out(
    connection: OwnConnection, name: str, service: str, count: int, shard: int = 0
) -> None:
    text = (_TEXTS / f"{name}.sql").read_text("utf-8")
    for mark, value in {
        "{schema}": service, "{log}": log_of(service, shard, count), "{count}": str(count),
        "{shard}": str(shard),
    }.items():  # fmt: skip
        text = text.replace(mark, value)
    await connection.execute(text)


async def _digest(connection: OwnConnection, service: str) -> tuple[int, str]:
    """Return how many rows there are, and a figure that depends on every one of them."""
    row = await connection.fetchrow(
        "SELECT count(*), coalesce(sum(hash_record_extended(ROW(originator_id, originator_version,"
        " topic, state, notification_id), 0)::numeric), 0)::text"
        f" FROM {service}.{service}_events"
    )
    return tuple(row)  # type: ignore[arg-type]
