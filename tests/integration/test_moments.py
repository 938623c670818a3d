"""Times and positions on a real log whose clocks disagree, against a look at every fact."""

import random
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from kit import moments
from kit.moments import DISORDER, position_at, recorded_at, span_of, time_of
from tests.support.logs import write_log

pytestmark = pytest.mark.integration

START = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
COUNT = 400


@pytest.fixture
async def connection(database: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection to the test's database."""
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


def disordered(seed: int) -> list[datetime]:
    """Return times that rise by seconds and waver by at most what clocks may."""
    chance = random.Random(seed)
    waver_s = DISORDER.total_seconds() / 2
    return [
        START + timedelta(seconds=number * 3 + chance.uniform(-waver_s, waver_s))
        for number in range(COUNT)
    ]


def expected(times: Sequence[datetime], positions: Sequence[int], moment: datetime) -> int:
    """Look at every fact."""
    before = 0
    for time, position in zip(times, positions, strict=True):
        if time > moment:
            break
        before = position
    return before


@pytest.mark.parametrize("seed", range(4))
async def test_a_time_is_the_position_before_the_first_later_fact(
    connection: "asyncpg.Connection[asyncpg.Record]",
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    monkeypatch.setattr(moments, "PAGE_MAX", 7)
    times = disordered(seed)
    positions = await write_log(connection, times, gaps=random.Random(seed))
    asked = [START - timedelta(days=1), *times[::9], times[-1] + timedelta(days=1)]
    for moment in asked:
        found = await position_at(connection, "cancellation", moment)
        assert found == expected(times, positions, moment)


@pytest.mark.parametrize("seed", range(4))
async def test_nothing_recorded_in_a_time_lies_outside_its_span(
    connection: "asyncpg.Connection[asyncpg.Record]", seed: int
) -> None:
    times = disordered(seed)
    positions = await write_log(connection, times, gaps=random.Random(seed))
    chance = random.Random(seed)
    widths = []
    for _ in range(40):
        since, until = sorted(chance.sample(times, 2))
        after, up_to = await span_of(connection, "cancellation", since, until)
        within = [p for t, p in zip(times, positions, strict=True) if since <= t <= until]
        assert after < min(within)
        assert up_to is None or up_to >= max(within)
        widths.append((up_to or positions[-1]) - after - (max(within) - min(within)))
    assert min(widths) < 300, "the span is not simply everything"
    assert await span_of(connection, "cancellation", None, None) == (0, None)


async def test_a_position_tells_when_it_was_recorded(
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    assert await time_of(connection, "cancellation", 5) is None
    positions = await write_log(connection, [START, START + timedelta(seconds=9)])
    assert await time_of(connection, "cancellation", positions[0] - 1) is None
    assert await time_of(connection, "cancellation", positions[0]) == START
    assert await time_of(connection, "cancellation", 10**9) == START + timedelta(seconds=9)
    assert await position_at(connection, "inventory", START) == 0, "an empty log"


def test_the_moment_is_found_at_the_end_of_a_body_whatever_the_fact_says() -> None:
    body = (
        b'{"fact":{"recorded_at":"1999-01-01T00:00:00Z","note":"\\"recorded_at\\":\\"x\\""},'
        b'"cause":{"message_id":"\\"recorded_at\\":\\"y\\"","recorded_at":"2026-11-02T09:30:00Z"}}'
    )
    assert recorded_at(body) == START
    assert recorded_at(body[-60:]) == START
