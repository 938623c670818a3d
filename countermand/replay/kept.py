"""A copy of a plan's file in the database: whoever approves or runs it by a page has no file.

The file stays the plan. What is copied is its bytes, and its hash tells whether they are the same.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import orjson

from countermand.errors import KnownError
from countermand.replay.plan import Plan, read_plan
from countermand.replay.targets import Row
from kit.postgres import Pool

KEPT_BYTES_MAX = 64_000_000
"""Larger plans are files alone: some 200,000 rows, more than anybody reads on a page."""

PART_LINES = 200
"""Lines of the file in one row of the table."""


class NotKeptError(KnownError):
    """There is no copy of this plan here."""


class RowsPage(NamedTuple):
    """Some rows of a plan, in their sequence."""

    rows: list[Row]
    next_line: int | None
    """Where the next page begins; None when there is none."""


def _parts(path: Path) -> Iterator[tuple[int, int, bytes]]:
    with path.open("rb") as file:
        number = 0
        while lines := list(islice(file, PART_LINES)):
            todo = sum(1 for line in lines if orjson.loads(line).get("do"))
            yield number, todo, b"".join(lines)
            number += 1


async def keep(pool: Pool, plan: Plan) -> bool:
    """Keep a copy, unless it is too large; returns whether there is one."""
    if plan.path.stat().st_size > KEPT_BYTES_MAX:
        return False
    async with pool.acquire() as connection, connection.transaction():
        await connection.executemany(
            "INSERT INTO operations.replay_plan_parts (plan_hash, part, todo, lines)"
            " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            ((plan.hash, *part) for part in _parts(plan.path)),
        )
    return True


async def fetch(pool: Pool, plan_hash: str, path: Path) -> Plan:
    """Write the copy of a plan to a file and read it.

    Raises:
        NotKeptError: there is none, or it is not what its hash says.
    """
    number, is_there = 0, False
    with path.open("wb") as file:
        while part := await pool.fetchval(
            "SELECT lines FROM operations.replay_plan_parts WHERE plan_hash = $1 AND part = $2",
            plan_hash, number,
        ):  # fmt: skip
            file.write(part)
            number, is_there = number + 1, True
    if not is_there or (found := read_plan(path)).hash != plan_hash:
        raise NotKeptError(
            f"The rows of the plan {plan_hash[:12]} are not kept here; it was too large or was made"
            " before plans were kept. Use its file: `countermand replay run`."
        )
    return found


async def read_rows(
    pool: Pool, plan_hash: str, *, from_line: int, limit: int, only_to_do: bool
) -> RowsPage:
    """Return some rows of the copy, those to do or all; none when there is no copy."""
    rows: list[Row] = []
    part, skipped = divmod(from_line, PART_LINES)
    while True:
        row = await pool.fetchrow(
            "SELECT part, lines FROM operations.replay_plan_parts WHERE plan_hash = $1"
            " AND part >= $2 AND (todo > 0 OR NOT $3) ORDER BY part LIMIT 1",
            plan_hash, part, only_to_do,
        )  # fmt: skip
        if row is None:
            return RowsPage(rows, None)
        skipped = skipped if row["part"] == part else 0
        for number, line in enumerate(row["lines"].splitlines()[skipped:], skipped):
            one = orjson.loads(line)
            if "row" not in one or (only_to_do and not one["do"]):
                continue
            if len(rows) == limit:
                return RowsPage(rows, row["part"] * PART_LINES + number)
            rows.append(one)
        part, skipped = row["part"] + 1, 0
