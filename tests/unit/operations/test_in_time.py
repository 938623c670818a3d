"""Upstream's partitions as one line: by time, facts before commands, each in its own sequence."""

from typing import Any, NamedTuple

from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from contracts.topics import COMMANDS, ORDERS
from countermand.recovery.deciding import in_time

FACTS, WISHES = TopicPartition(ORDERS.name, 0), TopicPartition(COMMANDS.name, 0)


class Record(NamedTuple):
    """What is looked at of a record."""

    partition: TopicPartition
    offset: int
    timestamp: int


class Kafka:
    """A consumer of partitions with these times; a fetch brings three records, or none at first."""

    def __init__(self, times: dict[TopicPartition, list[int]]) -> None:
        self._records = {
            p: [Record(p, number, at) for number, at in enumerate(some)]
            for p, some in times.items()
        }
        self._positions = dict.fromkeys(times, 0)
        self._calls = 0

    async def position(self, partition: TopicPartition) -> int:
        return self._positions[partition]

    async def getmany(self, partition: TopicPartition, **_: Any) -> dict[TopicPartition, Any]:
        self._calls += 1
        if self._calls % 2:
            return {}
        start = self._positions[partition]
        some = self._records[partition][start : start + 3]
        self._positions[partition] += len(some)
        return {partition: some}


async def line_of(times: dict[TopicPartition, list[int]]) -> list[Record]:
    ends = {partition: len(some) for partition, some in times.items()}
    return [record async for record in in_time(Kafka(times), ends)]


async def test_a_command_comes_behind_what_happened_before_it_or_at_that_moment() -> None:
    line = await line_of({WISHES: [5, 20], FACTS: [1, 2, 3, 4, 5, 6]})
    assert [(r.timestamp, r.partition == WISHES) for r in line] == [
        (1, False), (2, False), (3, False), (4, False), (5, False), (5, True), (6, False),
        (20, True),
    ]  # fmt: skip


@given(st.lists(st.lists(st.integers(0, 9), max_size=8), min_size=1, max_size=4))
async def test_nothing_is_left_out_and_every_partition_keeps_its_sequence(
    times: list[list[int]],
) -> None:
    asked = {TopicPartition(ORDERS.name, number): some for number, some in enumerate(times)}
    line = await line_of(asked)
    for partition, some in asked.items():
        own = [record for record in line if record.partition == partition]
        assert [record.offset for record in own] == list(range(len(some)))
    if all(some == sorted(some) for some in times):
        assert [r.timestamp for r in line] == sorted(r.timestamp for r in line)
