"""How far plans are, and what came of each order, by the rows that facts have left."""

from collections import Counter, defaultdict
from typing import Any, NamedTuple

import orjson

from kit.postgres import Pool

Row = dict[str, Any]

LATELY_S = 10
"""The pace of a plan is that of so many seconds."""

_PLAN = """plan_id, state, order_count, orders_per_s, digest, wish, selection, started_by,
    started_at, changed_at"""


class Sums(NamedTuple):
    """What came of the orders of one plan so far."""

    outcomes: dict[str, int]
    money: dict[str, dict[str, int]]
    """Per currency: `refund_minor`."""
    units: int
    messages: int
    handled: int
    lately: int
    """Handled within the last few seconds."""


async def sums_of(pool: Pool, plan_id: str) -> Sums:
    """Add up what came of a plan's orders."""
    rows = await pool.fetch(
        "SELECT outcome, currency, count(*) AS orders, sum(refund_minor) AS refund_minor,"
        " sum(units) AS units, count(*) FILTER (WHERE is_told) AS messages,"
        " count(*) FILTER (WHERE handled_at > now() - make_interval(secs => $2)) AS lately"
        " FROM cancellation.plan_items WHERE plan_id = $1 AND outcome IS NOT NULL"
        " GROUP BY outcome, currency",
        plan_id, LATELY_S,
    )  # fmt: skip
    outcomes: Counter[str] = Counter()
    money: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        outcomes[row["outcome"]] += row["orders"]
        if row["outcome"] == "CANCELLED":
            money[row["currency"]]["refund_minor"] += int(row["refund_minor"])
    return Sums(
        dict(outcomes),
        {currency: dict(amounts) for currency, amounts in money.items()},
        sum(int(row["units"] or 0) for row in rows),
        sum(row["messages"] for row in rows),
        sum(outcomes.values()),
        sum(row["lately"] for row in rows),
    )


async def list_plans(pool: Pool, limit: int) -> list[Row]:
    """List plans, newest first."""
    rows = await pool.fetch(
        "SELECT p.plan_id, p.state, p.order_count, p.orders_per_s, p.started_at, p.changed_at,"
        " (SELECT count(*) FROM cancellation.plan_items i"
        "  WHERE i.plan_id = p.plan_id AND i.outcome IS NOT NULL) AS handled"
        " FROM cancellation.bulk_plans p ORDER BY p.started_at DESC, p.plan_id LIMIT $1",
        limit,
    )
    return [dict(row) for row in rows]


async def find_plan(pool: Pool, plan_id: str) -> Row | None:
    """Return one plan and how far it is, None when there is none."""
    plan = await pool.fetchrow(
        f"SELECT {_PLAN} FROM cancellation.bulk_plans WHERE plan_id = $1", plan_id
    )
    if plan is None:
        return None
    sums = await sums_of(pool, plan_id)
    refusals = await pool.fetch(
        "SELECT code, count(*) AS orders FROM cancellation.plan_items, unnest(codes) AS code"
        " WHERE plan_id = $1 AND outcome IN ('REFUSED', 'SET_ASIDE')"
        " GROUP BY code ORDER BY orders DESC, code",
        plan_id,
    )
    left = plan["order_count"] - sums.handled
    is_running = plan["state"] == "RUNNING"
    per_s = sums.lately / LATELY_S or plan["orders_per_s"]
    return {
        **dict(plan),
        **{name: orjson.loads(plan[name] or "null") for name in ("wish", "selection")},
        "started_by": orjson.loads(plan["started_by"]),
        "handled": sums.handled,
        "left": left,
        "outcomes": sums.outcomes,
        "money": sums.money,
        "units": sums.units,
        "messages": sums.messages,
        "refusals": [dict(row) for row in refusals],
        "lately_per_s": sums.lately / LATELY_S,
        "eta_s": round(left / per_s, 1) if is_running else None,
    }


async def list_outcomes(
    pool: Pool, plan_id: str, *, outcome: str | None, code: str | None, after: int, limit: int
) -> list[Row]:
    """List what came of the orders of a plan, in its own sequence.

    Args:
        pool: where to.
        plan_id: the plan.
        outcome: only these; `WAITING` for orders not handled yet.
        code: only those refused by this rule.
        after: number of the last one seen.
        limit: so many at most.
    """
    rows = await pool.fetch(
        "SELECT number, order_id, coalesce(outcome, 'WAITING') AS outcome, codes, currency,"
        " refund_minor, units, is_told, handled_at FROM cancellation.plan_items"
        " WHERE plan_id = $1 AND number > $2"
        " AND ($3::text IS NULL OR coalesce(outcome, 'WAITING') = $3)"
        " AND ($4::text IS NULL OR $4 = ANY (codes)) ORDER BY number LIMIT $5",
        plan_id, after, outcome, code, limit,
    )  # fmt: skip
    return [dict(row) for row in rows]
