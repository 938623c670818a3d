"""Many writers share one fsync, in order, and nobody is told too early."""

import asyncio
from collections.abc import Sequence
from threading import Event

import pytest

from deploy.simulators.group_commit import GroupCommit, WriteRefusedError


class Disk:
    """A disk that can be held up."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.free = Event()
        self.error: OSError | None = None

    def write(self, batch: Sequence[int]) -> None:
        assert self.free.wait(5)
        if self.error is not None:
            raise self.error
        self.batches.append(list(batch))


async def test_nobody_is_told_before_the_disk_has_it() -> None:
    disk = Disk()
    commit: GroupCommit[int] = GroupCommit(disk.write)
    waiter = commit.submit(1)
    await asyncio.sleep(0.02)
    assert not waiter.done()
    disk.free.set()
    await waiter
    assert disk.batches == [[1]]
    await commit.close()


async def test_what_arrives_during_a_write_shares_the_next_in_order() -> None:
    disk = Disk()
    commit: GroupCommit[int] = GroupCommit(disk.write)
    first = commit.submit(0)
    await asyncio.sleep(0.01)
    others = [commit.submit(n) for n in range(1, 100)]
    disk.free.set()
    await asyncio.gather(first, *others)
    assert disk.batches == [[0], list(range(1, 100))]
    await commit.close()


async def test_a_waiter_that_leaves_takes_nothing_back() -> None:
    disk = Disk()
    commit: GroupCommit[int] = GroupCommit(disk.write)
    gone, stays = commit.submit(1), commit.submit(2)
    await asyncio.sleep(0.01)
    gone.cancel()
    disk.free.set()
    await stays
    assert disk.batches == [[1, 2]]
    await commit.close()


async def test_after_a_refused_write_nothing_more_is_accepted() -> None:
    disk, failures = Disk(), list[OSError]()
    disk.error = OSError(28, "No space left on device")
    commit: GroupCommit[int] = GroupCommit(disk.write, failures.append)
    first = commit.submit(1)
    await asyncio.sleep(0.01)
    during = commit.submit(2)
    disk.free.set()
    for waiter in (first, during):
        with pytest.raises(WriteRefusedError, match="No space left"):
            await waiter
    disk.error = None
    with pytest.raises(WriteRefusedError):
        await commit.submit(3)
    assert [failure.errno for failure in failures] == [28]
    assert disk.batches == []
    await commit.close()
