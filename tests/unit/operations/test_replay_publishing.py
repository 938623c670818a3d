"""A process that publishes: its failure is told in words, and it ends with its starter."""

import asyncio
import base64
import pickle
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, cast

import pytest

from countermand.replay.publishing import (
    ELSEWHERE_FROM,
    Job,
    Publisher,
    PublishingError,
    publishing,
)
from kit.settings import KitSettings

NOWHERE = KitSettings(
    postgres_dsn="postgresql://nobody@127.0.0.1:1/none", kafka_bootstrap="127.0.0.1:1"
)
UNKNOWN = Job(NOWHERE, "nobody", "topic", "hash")


async def test_what_fails_elsewhere_is_told_in_words() -> None:
    async with publishing(UNKNOWN._replace(service="cancellation"), rows=ELSEWHERE_FROM) as found:
        process = cast("Any", found).helper.process
        process.kill()
        with pytest.raises(PublishingError, match="has died"):
            await found.publish([1])
    assert process.returncode is not None


async def test_one_chunk_is_written_ahead_however_many_are_wanted() -> None:
    publisher = SlowWriter(cast("Any", None), Told())
    for first in (1, 2, 3, 4):
        publisher.prepare([first])
    await asyncio.sleep(0)
    assert publisher.begun == [1]
    await publisher.publish([1])
    await asyncio.sleep(0)
    assert publisher.begun == [1, 2]
    await publisher.publish([3])
    assert publisher.begun == [1, 2, 3, 4], "what comes before it is thrown away, and no more"
    await publisher.publish([9])
    assert publisher.begun == [1, 2, 3, 4, 9]
    assert publisher.told.sent == [1, 3, 9]


class Told:
    """A producer that sends at once."""

    def __init__(self) -> None:
        self.sent: list[int] = []

    async def send_batch(self, builder: int, _topic: str, *, partition: int) -> Any:
        self.sent.append(builder)
        sent = asyncio.get_running_loop().create_future()
        sent.set_result(partition)
        return sent


class SlowWriter(Publisher):
    """Notes what it begins to write."""

    def __init__(self, pool: Any, told: Told) -> None:
        super().__init__(UNKNOWN._replace(service="cancellation"), pool, told)
        self.told, self.begun = told, list[int]()

    async def _make_batches(self, positions: Sequence[int]) -> list[tuple[int, Any]]:
        self.begun += positions
        await asyncio.sleep(0)
        return [(0, positions[0])]


def test_it_ends_with_whoever_started_it() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "countermand.replay.publishing"], stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdin
    process.stdin.write(base64.b64encode(pickle.dumps(UNKNOWN)) + b"\n")
    process.stdin.close()
    assert process.wait(timeout=20) == 1
