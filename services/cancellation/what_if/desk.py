"""What the API does about what-ifs: begins one at a time, tells how far it is, stops it."""

from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from uuid import UUID, uuid4

from contracts.cancellation import Policy
from kit.clock import utc_now
from kit.event_store import EventStore
from kit.postgres import Pool
from services.cancellation.projections.policies import find_policies
from services.cancellation.what_if import rows
from services.cancellation.what_if.rows import WhatIf
from services.cancellation.what_if.running import start

SILENT_S = 60
"""One that runs and has not moved for so long is over: its process has died."""


class BusyError(Exception):
    """Another one is running."""


class WhatIfDesk:
    """Begins what-ifs, one at a time in each process of the API."""

    def __init__(self, pool: Pool, store: EventStore, dsn: str) -> None:
        self.pool, self._store, self._dsn = pool, store, dsn
        self._running: BaseProcess | None = None

    async def begin(self, policy: Policy, days: int, asked_by: str) -> UUID:
        """Begin one; returns its id.

        Raises:
            BusyError: another one is running.
            LookupError: there was no policy that this one follows.
        """
        async with self.pool.acquire() as connection:
            known = [one.policy.version for one in await find_policies(connection, self._store)]
        base_version = policy.version - 1
        if base_version not in known:
            raise LookupError(base_version)
        if self._running is not None and self._running.is_alive():
            raise BusyError
        what_if_id = uuid4()
        since = utc_now() - timedelta(days=days)
        await rows.begin(
            self.pool, what_if_id, policy, base_version=base_version, since=since, asked_by=asked_by
        )
        # A fresh interpreter: nothing of ours, no loop and no connection, goes along.
        self._running = get_context("spawn").Process(
            target=start, args=(self._dsn, what_if_id), daemon=True
        )
        self._running.start()
        return what_if_id

    async def find(self, what_if_id: UUID) -> WhatIf | None:
        """Return one, as far as it is."""
        found = await rows.find(self.pool, what_if_id)
        if found and found.state == "RUNNING" and _is_silent(found.moved_at):
            await rows.stop(self.pool, what_if_id, "FAILED")
            return await rows.find(self.pool, what_if_id)
        return found


def _is_silent(moved_at: datetime) -> bool:
    return utc_now() - moved_at > timedelta(seconds=SILENT_S)
