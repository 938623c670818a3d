"""Follows the order log while everything dies: which command was answered, how often, and when.

Up to its head the log is complete, so a cursor over it misses nothing.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg
import orjson

from kit.postgres import UNAVAILABLE, OwnConnection
from services.cancellation.bootstrap import SERVICE
from sharding.stores import followed

ANSWERS = ("order.cancelled.v1", "order.cancellation-rejected.v1")
COMPLETION = "order.cancellation-completed.v1"
FALLBACK = "order.refund-fallback-chosen.v1"
FOLLOW_EVERY_S = 0.25
RECONNECT_AFTER_S = 0.5
PAGE_MAX = 2_000


@dataclass(slots=True)
class AnswerLog:
    """What has become of the commands so far."""

    dsn: str
    answers: Counter[str] = field(default_factory=Counter)
    """How often each command was answered."""
    answered_at: dict[str, float] = field(default_factory=dict)
    """Unix time of each command's first answer."""
    cancelled_count: int = 0
    completed: set[str] = field(default_factory=set)
    """Cancellations none of whose legs is open."""
    owing: set[str] = field(default_factory=set)
    """Cancellations that owe a refund again which failed; a person settles it."""
    failed_late_count: int = 0
    """Refunds that failed after the provider had called them succeeded."""
    doubled_minor: int = 0
    """Money to give back that a command was granted a second time."""
    _position: int = 0

    @property
    def ended_count(self) -> int:
        """Cancellations nothing becomes of by itself any more."""
        return len(self.completed | self.owing)

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                connection = await asyncpg.connect(self.dsn)
                try:
                    while True:
                        await self.catch_up(connection)
                        await asyncio.sleep(FOLLOW_EVERY_S)
                finally:
                    connection.terminate()
            except (asyncpg.PostgresError, *UNAVAILABLE):
                await asyncio.sleep(RECONNECT_AFTER_S)

    async def catch_up(self, connection: OwnConnection) -> None:
        """Read what is new."""
        head = await (await followed(connection, SERVICE.store)).head(connection)
        while True:
            rows = await connection.fetch(
                "SELECT notification_id, topic, state FROM cancellation.cancellation_events"
                " WHERE notification_id > $1 AND topic = ANY($2::text[])"
                " AND notification_id <= $4 ORDER BY notification_id LIMIT $3",
                self._position, [*ANSWERS, COMPLETION, FALLBACK], PAGE_MAX, head,
            )  # fmt: skip
            for position, name, body in rows:
                self._count(name, body)
                self._position = position
            if len(rows) < PAGE_MAX:
                return

    def _count(self, name: str, body: bytes) -> None:
        stored = orjson.loads(body)
        fact = stored["fact"]
        if name == COMPLETION:
            self.completed.add(fact["cancellation_id"])
            return
        if name == FALLBACK:
            self.failed_late_count += fact["after_success"]
            if fact["balance_minor"]:
                self.owing.add(fact["cancellation_id"])
            return
        command_id = fact["command_id"]
        if name == ANSWERS[0]:
            self.cancelled_count += 1
            self.doubled_minor += fact["refund_minor"] if self.answers[command_id] else 0
        self.answers[command_id] += 1
        recorded_at = datetime.fromisoformat(stored["cause"]["recorded_at"])
        self.answered_at.setdefault(command_id, recorded_at.timestamp())
