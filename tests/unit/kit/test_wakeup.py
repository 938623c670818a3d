"""A loop that is told to stop stops, also when it is woken at that very moment."""

import asyncio

import pytest

from kit.postgres import Wakeup


@pytest.mark.parametrize("turns", range(5))
async def test_a_wait_that_is_cancelled_as_it_is_woken_is_over(turns: int) -> None:
    wakeup = Wakeup("postgresql://nobody.invalid", poll_s=10)
    waiting = asyncio.create_task(wakeup.wait())
    for _ in range(3):
        await asyncio.sleep(0)
    wakeup.wake()
    for _ in range(turns):
        await asyncio.sleep(0)
    was_over = not waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert was_over or waiting.cancelled()
