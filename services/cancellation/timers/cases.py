"""Counts the cases that wait for a person, for whoever looks at metrics."""

import asyncio

from kit.clock import Clock
from kit.logs import get_logger
from kit.postgres import UNAVAILABLE, Pool
from services.cancellation.domain.case_kinds import KINDS
from services.cancellation.metrics import CASES_OPEN, CASES_OVERDUE

log = get_logger("cases")

EVERY_S = 10.0

_COUNT = """
    SELECT kind, count(*), count(*) FILTER (WHERE due_at < $1) FROM cancellation.cases
    WHERE state = 'OPEN' GROUP BY kind"""


async def count_cases(pool: Pool, clock: Clock) -> None:
    """Set both gauges once; kinds of which none is open become 0."""
    found = {row[0]: (row[1], row[2]) for row in await pool.fetch(_COUNT, clock())}
    for kind in KINDS:
        open_count, overdue_count = found.get(kind, (0, 0))
        CASES_OPEN.labels(kind).set(open_count)
        CASES_OVERDUE.labels(kind).set(overdue_count)


async def keep_counting(pool: Pool, clock: Clock) -> None:
    """Count until cancelled."""
    while True:
        try:
            await count_cases(pool, clock)
        except UNAVAILABLE as away:
            log.warning("postgres.unavailable", reason=str(away) or type(away).__name__)
        await asyncio.sleep(EVERY_S)
