"""Everybody at the same orders at once: what is written is what one alone would have written.

`make race` runs it with 20,000 messages; every run has a small form of it, and two control runs
that show what protects us.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from kit.facts import RecordedFact
from kit.postgres import open_pool
from kit.settings import KitSettings
from services.cancellation.bootstrap import SERVICE
from services.cancellation.domain.decisions import DECISIONS
from tests.support import racing
from tests.support.judging import Sent, Verdict, judge
from tests.support.stack import count, fetch

pytestmark = pytest.mark.integration

MESSAGES = int(os.environ.get("COUNTERMAND_RACE", "900"))
SELDOM = ("order.restock-requested.v1",) if MESSAGES >= 5_000 else ()
"""Four among 900 messages in the mean, and sometimes none."""

EVENTS = "cancellation.cancellation_events"
MODELS = {model.TYPE: model for model in DECISIONS}


async def race(settings: KitSettings, folder: Path, messages: int, *, without: str = "") -> Verdict:
    """Let them all loose on a new database and judge what they left."""
    dsn, orders = settings.postgres_dsn, racing.orders_for(messages)
    opening = [message for number in range(orders) for message in racing.opening(number)]
    async with open_pool(dsn, name="opening") as pool:
        processor = SERVICE.processor(settings, pool)
        for start in range(0, len(opening), 400):
            await processor.process(opening[start : start + 400])
    sent = {message.id: Sent(message.id, message.data) for message in opening}
    told = [
        racing.Race(
            dsn=dsn, name=f"p{number}", count=-(-messages // racing.PROCESSES), orders=orders,
            seed=20261124, record=str(folder / f"{number}.jsonl"), without=without,
        )
        for number in range(racing.PROCESSES)
    ]  # fmt: skip
    seen = await asyncio.gather(*map(play, told))
    for player in told:
        for line in Path(player.record).read_bytes().splitlines():
            message = orjson.loads(line)
            data = MODELS[message["type"]].model_validate(message["data"])
            sent[message["id"]] = Sent(message["id"], data)
    wrong, happened = judge(await streams_of(dsn), sent)
    for name, each in zip((player.name for player in told), seen, strict=True):
        if each is None:
            wrong = [*wrong, f"{name} could not go on"]
        else:
            happened["messages"] += sum(each["answers"].values())
            happened["conflicts"] += int(each["conflicts"])
    return Verdict(wrong, happened)


async def play(told: racing.Race) -> dict[str, Any] | None:
    """Run one process to its end and return what it saw, None when it met the impossible."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.racing", orjson.dumps(told._asdict()).decode(),
        stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2],
        stderr=asyncio.subprocess.DEVNULL if told.may_fail else None,
    )  # fmt: skip
    stdout, _ = await process.communicate()
    return None if process.returncode else orjson.loads(stdout)


async def streams_of(dsn: str) -> dict[Any, list[RecordedFact]]:
    """Read the log, stream by stream, in the sequence it was written."""
    streams: dict[Any, list[RecordedFact]] = {}
    rows = await fetch(
        dsn, "SELECT originator_id, originator_version, topic, state"
        f" FROM {EVENTS} ORDER BY notification_id",
    )  # fmt: skip
    for stream, version, name, body in rows:
        fact, cause = SERVICE.store.mapper.read_body(name, body)
        streams.setdefault(stream, []).append(RecordedFact(stream, version, fact, cause))
    return streams


@pytest.mark.timeout(1_800)
async def test_everybody_at_once_is_as_if_one_after_the_other(
    settings: KitSettings, database: str, tmp_path: Path
) -> None:
    verdict = await race(settings, tmp_path, MESSAGES)
    assert verdict.wrong == []
    happened = verdict.counts
    assert happened["messages"] >= MESSAGES
    assert happened["conflicts"] > MESSAGES / 100, "they did get in each other's way"
    for name in (
        "order.cancelled.v1", "order.fulfillment-claimed.v1", "order.lines-fulfilled.v1",
        "order.cancellation-rejected.v1", "order.fulfillment-claim-rejected.v1",
        "order.payment-captured.v1", "order.refund-requested.v1", "order.items-returned.v1",
        "order.case-opened.v1", *SELDOM,
    ):  # fmt: skip
        assert happened[name] > 0, name
    assert await count(database, "cancellation.inbox") > 0
    sys.stderr.write(f"\n{dict(sorted(happened.items()))}\n")


async def test_without_unique_versions_units_are_sold_twice(
    settings: KitSettings, database: str, tmp_path: Path
) -> None:
    await fetch(database, f"ALTER TABLE {EVENTS} DROP CONSTRAINT cancellation_events_pkey")
    wrong = " ".join((await race(settings, tmp_path, 900, without="versions")).wrong)
    assert "numbers given twice" in wrong
    assert "cancelled although claimed, shipped or cancelled before" in wrong


async def test_without_reading_again_after_a_lost_race_units_are_sold_twice(
    settings: KitSettings, tmp_path: Path
) -> None:
    wrong = " ".join((await race(settings, tmp_path, 900, without="reload")).wrong)
    assert "numbers given twice" not in wrong, "the versions are in order, the decisions are not"
    assert "alone it would have written" in wrong
    assert "cancelled although claimed, shipped or cancelled before" in wrong
