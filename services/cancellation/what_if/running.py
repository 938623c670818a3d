"""Goes through the past in a process of its own, so that no request waits for it.

It reads the log and writes to tables of its own, and holds nothing that could write to a stream.
"""

import asyncio
import logging
import os
from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

from kit.event_store import EventStore, LogEntry
from kit.facts import FactMapper, RecordedFact
from kit.moments import span_of
from kit.postgres import AnyConnection, open_pool
from services.cancellation.domain import events
from services.cancellation.domain.events import FACTS
from services.cancellation.domain.policy import Rulebook
from services.cancellation.projections.policies import find_policies
from services.cancellation.what_if import rows
from services.cancellation.what_if.judging import Judged, judge
from services.cancellation.what_if.rows import WhatIf
from services.cancellation.what_if.sums import Sums, flip_to_json

ORDERS_MAX = 100_000
"""Orders looked at; of more, those asked about last."""

BATCH = 200
NICENESS = 10
"""Whoever waits for a request goes first."""

STORE = EventStore("cancellation", FactMapper(FACTS))

_ASKED = (
    "SELECT originator_id FROM cancellation.cancellation_events WHERE notification_id > $1"
    " AND topic = ANY ($2::text[]) GROUP BY originator_id"
    " ORDER BY max(notification_id) DESC LIMIT $3"
)
_ANSWERS = [
    fact.NAME
    for fact in (
        events.OrderCancelled, events.CancellationRequested, events.CancellationRejected,
        events.CommandRejected,
    )
]  # fmt: skip


def start(dsn: str, what_if_id: UUID) -> None:
    """Run one what-if; the whole life of a process."""
    os.nice(NICENESS)
    asyncio.run(_run(dsn, what_if_id))


async def _run(dsn: str, what_if_id: UUID) -> None:
    async with open_pool(dsn, size_max=2, name="cancellation-what-if") as pool:
        try:
            async with pool.acquire() as connection:
                await run(connection, what_if_id)
        except Exception:
            logging.getLogger(__name__).exception("what-if %s failed", what_if_id)
            await rows.stop(pool, what_if_id, "FAILED")
            raise


async def run(connection: AnyConnection, what_if_id: UUID) -> None:
    """Go through the past and write down what comes of it."""
    asked = await rows.find(connection, what_if_id)
    if asked is None:
        return
    now = await _in_force(connection, asked.base_version)
    after, _ = await span_of(connection, "cancellation", asked.since, None)
    found = await connection.fetch(_ASKED, after, _ANSWERS, ORDERS_MAX + 1)
    streams = [row[0] for row in found[:ORDERS_MAX]]
    sums, kept, is_cut = Sums(), 0, len(found) > ORDERS_MAX
    head = await STORE.head(connection)
    for first in range(0, len(streams), BATCH):
        batch = streams[first : first + BATCH]
        entries = await STORE.read_of(connection, batch, up_to=head)
        flips = [one for one in _judge(entries, asked, now) if _add(sums, one)]
        flips = flips[: rows.FLIPS_MAX - kept]
        await rows.keep_flips(connection, what_if_id, kept + 1, [flip_to_json(f) for f in flips])
        kept += len(flips)
        is_on = await rows.move(
            connection, what_if_id, state="RUNNING", checked=first + len(batch),
            total=len(streams), is_cut=is_cut, sums=sums.to_json(),
        )  # fmt: skip
        if not is_on:
            return
    await rows.move(
        connection, what_if_id, state="DONE", checked=len(streams), total=len(streams),
        is_cut=is_cut, sums=sums.to_json(),
    )  # fmt: skip


async def _in_force(connection: AnyConnection, version: int) -> Rulebook:
    found = await find_policies(connection, STORE)
    return next(Rulebook(one.policy) for one in found if one.policy.version == version)


def _judge(entries: Sequence[LogEntry], asked: WhatIf, now: Rulebook) -> list[Judged]:
    then = Rulebook(asked.policy)
    judged: list[Judged] = []
    for stream, of_one in groupby(entries, lambda one: one.stream):
        recorded = [
            RecordedFact(stream, one.version, *STORE.mapper.read_body(one.name, one.body))
            for one in of_one
        ]
        judged += judge(recorded, asked.since, now, then)
    return judged


def _add(sums: Sums, one: Judged) -> bool:
    sums.add(one)
    return one.is_flip
