"""Many writers, one fsync: what arrives while the disk is busy shares the next write.

Items are written in the order of `submit`, whatever order their waiters wake in. A writer that is
alone waits for one fsync and no timer.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Item = TypeVar("Item")

log = logging.getLogger(__name__)


class WriteRefusedError(Exception):
    """The disk refused a write; nothing after it is accepted until the process starts again."""


class GroupCommit(Generic[Item]):
    """Hands batches of items to `write`, in one thread, one batch at a time.

    Args:
        write: Writes and fsyncs a batch, in a thread of its own.
        on_failure: Called once, in the event loop, when `write` raised `OSError`: the end of the
            file is then unknown, so the process should end and recover on its next start.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Item]], None],
        on_failure: Callable[[OSError], None] = lambda _: None,
    ) -> None:
        self._write = write
        self._on_failure = on_failure
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="group-commit")
        self._items: list[Item] = []
        self._waiters: list[asyncio.Future[None]] = []
        self._idle = asyncio.Event()
        self._idle.set()
        self._failure: OSError | None = None

    def submit(self, item: Item) -> asyncio.Future[None]:
        """Queue `item` now; the future is done when the disk holds it.

        Cancelling the future does not take the item back.

        Raises:
            WriteRefusedError: set on the future when the disk refused this or an earlier batch.
        """
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        if self._failure is not None:
            waiter.set_exception(_refusal(self._failure))
            return waiter
        self._items.append(item)
        self._waiters.append(waiter)
        if self._idle.is_set():
            self._idle.clear()
            loop.call_soon(self._start)
        return waiter

    async def close(self) -> None:
        """Wait for what was submitted, then end the thread."""
        await self._idle.wait()
        self._thread.shutdown()

    def _start(self) -> None:
        """Write what has gathered since the last batch."""
        items, waiters = self._items, self._waiters
        self._items, self._waiters = [], []
        written = asyncio.get_running_loop().run_in_executor(self._thread, self._write, items)
        written.add_done_callback(lambda done: self._finish(done, waiters))

    def _finish(self, done: asyncio.Future[None], waiters: list[asyncio.Future[None]]) -> None:
        error = done.exception()
        if error is None:
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)
            if self._items:
                self._start()
            else:
                self._idle.set()
            return
        self._fail(error if isinstance(error, OSError) else OSError(str(error)), waiters)

    def _fail(self, error: OSError, waiters: list[asyncio.Future[None]]) -> None:
        log.critical("The disk refused a write: %s. Nothing more is accepted.", error)
        self._failure = error
        for waiter in (*waiters, *self._waiters):
            if not waiter.done():
                waiter.set_exception(_refusal(error))
        self._items, self._waiters = [], []
        self._idle.set()
        self._on_failure(error)


def _refusal(error: OSError) -> WriteRefusedError:
    return WriteRefusedError(f"The disk refused a write ({error.strerror or error}).")
