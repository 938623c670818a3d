"""Connection pools, advisory locks and wake-ups on PostgreSQL.

A pool refuses a server that may forget acknowledged commits: `fsync` and `synchronous_commit`
must be on.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from kit.logs import get_logger

log = get_logger("postgres")

T = TypeVar("T")

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
    OwnConnection = asyncpg.Connection[asyncpg.Record]
    AnyConnection = OwnConnection | PoolConnectionProxy[asyncpg.Record]
else:  # the stubs are generic, the classes are not
    Pool, OwnConnection, AnyConnection = asyncpg.Pool, asyncpg.Connection, asyncpg.Connection

STATEMENT_TIMEOUT_MS = 30_000
"""A batch takes milliseconds; half a minute means something is wrong."""

UNAVAILABLE = (
    OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError, asyncpg.CrashShutdownError, asyncpg.QueryCanceledError,
    asyncpg.TooManyConnectionsError, TimeoutError,
    # A pooled connection the server has just ended, before asyncpg has noticed.
    asyncpg.InternalClientError,
)  # fmt: skip
"""What PostgreSQL being away looks like; the work is tried again, its outcome being unknown."""


class UnsafeServerError(RuntimeError):
    """The server may lose acknowledged commits; switch the named setting on."""


@asynccontextmanager
async def open_pool(dsn: str, *, size_max: int = 4, name: str) -> AsyncIterator[Pool]:
    """Open a pool of at most `size_max` connections; waits until the server answers.

    Raises:
        UnsafeServerError: `fsync` or `synchronous_commit` is off.
    """
    pool = await until_available(
        lambda: asyncpg.create_pool(
            dsn, min_size=1, max_size=size_max, max_inactive_connection_lifetime=0,
            # Nobody here leaves a session changed, and putting it in order costs a round trip.
            reset=_leave_as_it_is,
            server_settings={
                "application_name": name, "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                "idle_in_transaction_session_timeout": "60000",
                # Neither pays for statements this short.
                "jit": "off", "max_parallel_workers_per_gather": "0",
            },
        )
    )  # fmt: skip
    try:
        for setting in ("fsync", "synchronous_commit"):
            if await pool.fetchval(f"SHOW {setting}") == "off":
                raise UnsafeServerError(f"PostgreSQL runs with {setting} off")
        yield pool
    finally:
        with suppress(TimeoutError):
            await asyncio.wait_for(pool.close(), 3)
        pool.terminate()


async def _leave_as_it_is(_: object) -> None: ...


async def until_available(call: Callable[[], Awaitable[T]]) -> T:
    """Call until PostgreSQL is there, waiting 0.1 s to 2 s between tries."""
    wait_s = 0.1
    while True:
        try:
            return await call()
        except UNAVAILABLE as away:
            log.warning("postgres.unavailable", reason=str(away) or type(away).__name__)
            await asyncio.sleep(wait_s)
            wait_s = min(2.0, wait_s * 1.6)


class Wakeup:
    """Wakes a loop when a channel is notified, and every so often in case that was lost."""

    def __init__(self, dsn: str, *channels: str, poll_s: float = 0.25) -> None:
        self._dsn, self._channels, self._poll_s = dsn, channels, poll_s
        self._event = asyncio.Event()

    async def wait(self) -> None:
        """Return soon after a notification, and after `poll_s` at the latest."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._poll_s):  # `wait_for` may forget it was cancelled
                await self._event.wait()
        self._event.clear()

    def wake(self) -> None:
        """Wake the loop from this process."""
        self._event.set()

    async def listen(self) -> None:
        """Keep a listening connection until cancelled; reconnects by itself."""
        while True:
            try:
                connection = await asyncpg.connect(self._dsn)
                try:
                    for channel in self._channels:
                        await connection.add_listener(channel, lambda *_: self._event.set())
                    while not connection.is_closed():  # noqa: ASYNC110 - no other sign
                        await asyncio.sleep(1)
                finally:
                    connection.terminate()
            except UNAVAILABLE:
                await asyncio.sleep(0.5)


async def try_hold(connection: AnyConnection, name: str) -> bool:
    """Take the advisory lock `name` until the session ends; False while another holds it."""
    key = zlib.crc32(name.encode())
    return bool(await connection.fetchval("SELECT pg_try_advisory_lock($1)", key))


@asynccontextmanager
async def sole_holder(dsn: str, name: str) -> AsyncIterator[OwnConnection]:
    """Hold the advisory lock `name` on a connection of its own; waits until it is free.

    Whoever uses the lock must do its database work on the yielded connection: when the session
    is lost so is the lock, and the work fails with it.
    """
    connection = await until_available(lambda: asyncpg.connect(dsn))
    try:
        while not await try_hold(connection, name):  # noqa: ASYNC110 - the other is elsewhere
            await asyncio.sleep(0.2)
        yield connection
    finally:
        connection.terminate()
