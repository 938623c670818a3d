"""Waits until nothing is under way any more, because books can only be compared at rest."""

import asyncio
import time

import asyncpg
import httpx2

from countermand.chaos.answer_log import AnswerLog
from countermand.chaos.journal import Journal
from countermand.chaos.kafka_watch import KafkaWatch
from countermand.status.waiting import read_relays
from kit.postgres import OwnConnection

QUIET_WITHIN_S = 120.0
"""The longest part is the lease of a killed worker's calls, 30 s; the rest is slack."""
CONTROL_WITHIN_S = 30.0
"""Without a guard rest may never come, and what is doubled by then is enough."""
LOOK_EVERY_S = 0.5
HEARD = ("refund.updated", "refund.failed")
"""Events of the provider that are told to us, or read from its list."""


async def wait_until_quiet(
    dsn: str,
    journal: Journal,
    log: AnswerLog,
    watch: KafkaWatch,
    *,
    without_guard: str | None,
    payments_url: str,
) -> dict[str, int]:
    """Wait until no work is open; returns what still is when time runs out, by name.

    Without an inbox nobody can tell what a service has handled, so that is not waited for.
    """
    deadline = time.monotonic() + (CONTROL_WITHIN_S if without_guard else QUIET_WITHIN_S)
    has_inbox = without_guard != "inbox"
    connection = await asyncpg.connect(dsn)
    try:
        while True:
            open_work = await _count_open(connection, journal, log, watch, has_inbox=has_inbox)
            open_work |= await _count_untold(connection, payments_url)
            open_work = {name: count for name, count in open_work.items() if count > 0}
            if not open_work or time.monotonic() > deadline:
                return open_work
            await asyncio.sleep(LOOK_EVERY_S)
    finally:
        await connection.close()


async def _count_untold(connection: OwnConnection, payments_url: str) -> dict[str, int]:
    """Count what the provider has still to do, and what it told and nobody here has heard."""
    async with httpx2.AsyncClient(base_url=payments_url, trust_env=False, timeout=30) as client:
        summary = (await client.get("/_sim/summary")).json()
        events = (await client.get("/_sim/events")).json()
    told = [f"stripe:{event['id']}" for event in events if event["type"] in HEARD]
    heard = await connection.fetchval(
        "SELECT count(*) FROM refunds.inbox WHERE message_id = ANY ($1::text[])", told
    )
    return {
        "refunds under way at the provider": summary["on_their_way"],
        "events of the provider not heard": len(told) - heard,
    }


async def _count_open(
    connection: OwnConnection, journal: Journal, log: AnswerLog, watch: KafkaWatch,
    *, has_inbox: bool,
) -> dict[str, int]:  # fmt: skip
    await log.catch_up(connection)
    await watch.read_on()
    open_work = {
        "commands without an answer": len(journal.acknowledged - log.answers.keys()),
        "cancellations not completed": log.cancelled_count - log.ended_count,
        "facts not projected": await connection.fetchval(
            "SELECT coalesce(max(notification_id), 0) - (SELECT coalesce(max(position), 0)"
            " FROM cancellation.projection_cursors) FROM cancellation.cancellation_events"
        ),
    }
    for relay in await read_relays(connection, watch.relayed):
        open_work[f"facts of {relay.service} not relayed"] = relay.count
    for name in ("refunds", "notifier"):
        open_work[f"effects of {name}"] = await connection.fetchval(
            f"SELECT count(*) FROM {name}.effects WHERE status <> 'done'"
        )
    if has_inbox:
        open_work["messages not handled"] = await watch.count_unhandled(connection)
    return open_work
