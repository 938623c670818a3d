"""A process that publishes: its failure is told in words, and it ends with its starter."""

import base64
import pickle
import subprocess
import sys
from typing import Any, cast

import pytest

from countermand.replay.publishing import ELSEWHERE_FROM, Job, PublishingError, publishing
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


def test_it_ends_with_whoever_started_it() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "countermand.replay.publishing"], stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdin
    process.stdin.write(base64.b64encode(pickle.dumps(UNKNOWN)) + b"\n")
    process.stdin.close()
    assert process.wait(timeout=20) == 1
