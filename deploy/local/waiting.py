"""Two ways to wait that asyncio lacks."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import TypeVar

Result = TypeVar("Result")


async def all_or_first_error(waits: Sequence[Coroutine[object, object, None]]) -> None:
    """Wait for all; the first error cancels the others and is raised as it is, not in a group."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def in_daemon_thread(function: Callable[[], Result]) -> Result:
    """Call a blocking `function` in a thread that is abandoned when the caller is cancelled.

    `asyncio.to_thread` would make Ctrl-C wait until a download gives up.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[Result] = loop.create_future()

    def succeed(result: Result) -> None:
        if not outcome.done():
            outcome.set_result(result)

    def fail(error: Exception) -> None:
        if not outcome.done():
            outcome.set_exception(error)

    def work() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone, and the caller with it
            try:
                result = function()
            except Exception as error:  # noqa: BLE001 - raised again where the caller waits
                loop.call_soon_threadsafe(fail, error)
            else:
                loop.call_soon_threadsafe(succeed, result)

    threading.Thread(target=work, daemon=True).start()
    return await outcome
