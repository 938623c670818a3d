"""Reads of requests that wait for a person: SELECT → plain values.

Every request has a timer with its deadline, written along with it. So the timers say which request
is due first, and the order's row what is asked for; nothing is kept twice.
"""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from kit.ids import stream_id
from kit.postgres import Pool
from services.cancellation.projections.placing import LINES
from services.cancellation.projections.queries import SUMMARY
from services.cancellation.projections.shown import in_detail

Row = dict[str, Any]

BATCH = 200
"""Timers looked at in one round trip; of a request that was answered the timer waits on."""

_ABOUT_ORDER = ("order_id", "currency", "customer_id", "country", "channel", "total_minor")
"""What is told of the order."""


class Wanted(NamedTuple):
    """Which requests; None does not ask."""

    kind: str | None = None
    after: tuple[datetime, UUID] | None = None
    """Deadline and id of the last one seen."""


_WAITING = """
    SELECT timer_id, order_id, moment FROM cancellation.timers
    WHERE outcome IS NULL AND kind = 'REQUEST' AND NOT follows_policy
        AND ($1::timestamptz IS NULL OR (moment, timer_id) > ($1, $2::uuid))
    ORDER BY moment, timer_id LIMIT $3"""


async def list_requests(pool: Pool, wanted: Wanted, *, now: datetime, limit: int) -> list[Row]:
    """List what waits for an answer, the one that is due first before the others."""
    found: list[Row] = []
    after = wanted.after
    while True:
        timers = await pool.fetch(_WAITING, *(after or (None, None)), BATCH)
        requests = await _requests_of(pool, {timer["order_id"] for timer in timers})
        for timer in timers:
            request = requests.get(str(timer["timer_id"]))
            if request and wanted.kind in (None, request["kind"]):
                left_s = int((timer["moment"] - now).total_seconds())
                found.append({**request, "left_s": max(0, left_s), "is_overdue": left_s <= 0})
        if len(timers) < BATCH or len(found) >= limit:
            return found[:limit]
        after = timers[-1]["moment"], timers[-1]["timer_id"]


async def _requests_of(pool: Pool, order_ids: set[str]) -> dict[str, Row]:
    """Return the open requests of some orders, by their ids."""
    rows = await pool.fetch(
        f"SELECT {SUMMARY}, {LINES}, details FROM cancellation.order_summaries"
        " WHERE stream_id = ANY($1::uuid[])",
        [stream_id(f"order:{order_id}") for order_id in order_ids],
    )
    return {
        request["request_id"]: {**{name: order[name] for name in _ABOUT_ORDER}, **request}
        for order in map(in_detail, map(dict, rows))
        for request in order["requests"]
        if request["outcome"] is None
    }
