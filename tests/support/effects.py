"""Effects as the tests of both workers look at them: made by facts, settled in the store."""

from collections import Counter

from kit.roles import ServiceSpec
from kit.settings import KitSettings
from tests.support.messages import cancelled, incoming
from tests.support.stack import count, fetch, until


async def hear(spec: ServiceSpec, settings: KitSettings, order_ids: list[str]) -> None:
    """Let a service hear that orders were cancelled, as its consumer does."""
    messages = [
        incoming(cancelled(order_id), f"cancelled-{order_id}", stream_of=spec.stream_of)
        for order_id in order_ids
    ]
    async with spec.pool(settings, "test") as pool:
        await spec.processor(settings, pool).process(messages)


async def outcomes(dsn: str, service: str) -> Counter[str]:
    """Return how many facts of each name a service has recorded."""
    table = f"{service}.{service}_events"
    rows = await fetch(dsn, f"SELECT topic, count(*) FROM {table} GROUP BY topic")
    return Counter({row[0]: row[1] for row in rows})


async def until_done(dsn: str, service: str, which: str = "true", timeout_s: float = 60) -> None:
    async def is_done() -> bool:
        return await count(dsn, f"{service}.effects WHERE status <> 'done' AND {which}") == 0

    await until(is_done, what=f"every effect of {service} is done", timeout_s=timeout_s)


async def expire_leases(dsn: str, service: str) -> int:
    """Let the time pass after which an unfinished call counts as abandoned; returns how many."""
    rows = await fetch(
        dsn, f"UPDATE {service}.effects SET lease_until = now() - interval '1 s'"
        " WHERE status = 'running' RETURNING 1",
    )  # fmt: skip
    return len(rows)
