"""From an id to the trees of its story, read at one instant."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from countermand.history.story import read_story
from countermand.history.tree import Node, grow, subtree, to_json
from countermand.specs import LOGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """What brought what about."""

    order_id: str | None
    roots: list[Node]
    as_of: dict[str, int]
    """Newest position of each log at that instant."""
    as_of_time: datetime
    """Nothing recorded later is in it."""

    @property
    def title(self) -> str:
        """What it is about."""
        return f"Order {self.order_id}" if self.order_id else "No order"

    def to_json(self) -> dict[str, Any]:
        """Return the last line of `--json`."""
        return {
            "order_id": self.order_id, "as_of": self.as_of, "as_of_time": self.as_of_time,
            "roots": [to_json(root) | {"took_s": root.took_s} for root in self.roots],
        }  # fmt: skip


async def trace(postgres_dsn: str, about: str, *, until: datetime) -> Traced | None:
    """Trace an order, or the part of an order's story below one message; None when unknown."""
    connection = await asyncpg.connect(postgres_dsn)
    try:
        # One snapshot, so that no service is seen later than another.
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            story = await read_story(connection, about, until=until)
            as_of = {
                service: await connection.fetchval(
                    f"SELECT coalesce(max(notification_id), 0) FROM {service}.{service}_events"
                )
                for service in LOGS
            }
    finally:
        await connection.close()
    if story is None:
        return None
    roots = grow(story)
    if about != story.order_id:
        roots = subtree(roots, about)
    return Traced(order_id=story.order_id, roots=roots, as_of=as_of, as_of_time=until)
