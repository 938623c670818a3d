"""What is kept of a what-if: its policy, how far it is, its sums, and every flip up to a limit."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from contracts.cancellation import Policy
from kit.postgres import AnyConnection, Pool

KEPT_MAX = 50
"""What-ifs kept; the oldest go first."""

FLIPS_MAX = 20_000
"""Flips kept of each; the sums count all."""


class WhatIf(NamedTuple):
    """One of them."""

    what_if_id: UUID
    policy: Policy
    base_version: int
    since: datetime
    asked_by: str
    asked_at: datetime
    state: str
    """`RUNNING`, `DONE`, `STOPPED` or `FAILED`."""
    checked: int
    """Orders looked at."""
    total: int
    """Orders to look at."""
    is_cut: bool
    """True when there were more orders than are looked at; the newest are."""
    sums: dict[str, Any]
    moved_at: datetime


_COLUMNS = (
    "what_if_id, policy, base_version, since, asked_by, asked_at, state, checked, total, is_cut,"
    " sums, moved_at"
)


async def begin(
    pool: Pool, what_if_id: UUID, policy: Policy, *, base_version: int, since: datetime,
    asked_by: str,
) -> None:  # fmt: skip
    """Write down that somebody wants to know."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "DELETE FROM cancellation.what_ifs WHERE what_if_id IN (SELECT what_if_id FROM"
            " cancellation.what_ifs ORDER BY asked_at DESC OFFSET $1)",
            KEPT_MAX - 1,
        )
        await connection.execute(
            "INSERT INTO cancellation.what_ifs (what_if_id, policy, base_version, since, asked_by)"
            " VALUES ($1, $2, $3, $4, $5)",
            what_if_id, policy.model_dump_json().encode(), base_version, since, asked_by,
        )  # fmt: skip


async def find(pool: Pool | AnyConnection, what_if_id: UUID) -> WhatIf | None:
    """Return one; None when there is none, or none any more."""
    row = await pool.fetchrow(
        f"SELECT {_COLUMNS} FROM cancellation.what_ifs WHERE what_if_id = $1", what_if_id
    )
    if row is None:
        return None
    found = dict(row)
    policy = Policy.model_validate_json(found.pop("policy"))
    return WhatIf(**found | {"policy": policy, "sums": orjson.loads(found["sums"] or b"{}")})


async def move(
    connection: AnyConnection, what_if_id: UUID, *, state: str, checked: int, total: int,
    is_cut: bool, sums: dict[str, Any],
) -> bool:  # fmt: skip
    """Write down how far it is; False when somebody has stopped it."""
    found = await connection.fetchval(
        "UPDATE cancellation.what_ifs SET state = $2, checked = $3, total = $4, is_cut = $5,"
        " sums = $6, moved_at = now() WHERE what_if_id = $1 AND state = 'RUNNING' RETURNING 1",
        what_if_id, state, checked, total, is_cut, orjson.dumps(sums),
    )  # fmt: skip
    return bool(found)


async def stop(pool: Pool, what_if_id: UUID, state: str = "STOPPED") -> None:
    """End one that runs; what was counted stays."""
    await pool.execute(
        "UPDATE cancellation.what_ifs SET state = $2, moved_at = now()"
        " WHERE what_if_id = $1 AND state = 'RUNNING'",
        what_if_id, state,
    )  # fmt: skip


async def keep_flips(
    connection: AnyConnection, what_if_id: UUID, first: int, flips: Sequence[dict[str, Any]]
) -> None:
    """Keep flips, numbered from `first` on."""
    await connection.executemany(
        "INSERT INTO cancellation.what_if_flips (what_if_id, number, flip) VALUES ($1, $2, $3)",
        [(what_if_id, number, orjson.dumps(flip)) for number, flip in enumerate(flips, first)],
    )


async def list_flips(
    pool: Pool, what_if_id: UUID, *, after: int, limit: int
) -> list[dict[str, Any]]:
    """Return flips in their sequence, each with its number."""
    rows = await pool.fetch(
        "SELECT number, flip FROM cancellation.what_if_flips WHERE what_if_id = $1"
        " AND number > $2 ORDER BY number LIMIT $3",
        what_if_id, after, limit,
    )  # fmt: skip
    return [{"number": row["number"], **orjson.loads(row["flip"])} for row in rows]
