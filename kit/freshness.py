"""Reference data that a process keeps fresh: read again and again beside what works with it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg

from kit.logs import get_logger
from kit.postgres import UNAVAILABLE

log = get_logger("freshness")

Refresh = Callable[[], Awaitable[None]]
"""Takes up what is new; raises as the store does when it is away, and then changes nothing."""


@asynccontextmanager
async def kept_fresh(refresh: Refresh, *, every_s: float) -> AsyncIterator[None]:
    """Refresh again and again inside this context; begins once that has worked.

    A store that is away is waited for. Any other error ends the context: nobody decides by what
    may be out of date.
    """
    await _until_read(refresh, every_s)
    async with asyncio.TaskGroup() as group:
        following = group.create_task(_follow(refresh, every_s))
        yield
        following.cancel()


async def _follow(refresh: Refresh, every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        await _until_read(refresh, every_s)


async def _until_read(refresh: Refresh, every_s: float) -> None:
    while True:
        try:
            return await refresh()
        except (*UNAVAILABLE, asyncpg.PostgresError) as away:
            log.warning("postgres.unavailable", reason=str(away) or type(away).__name__)
            await asyncio.sleep(every_s)
