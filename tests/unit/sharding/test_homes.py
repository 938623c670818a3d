"""Where a stream lives: the same for ever, for all of its messages, and evenly spread."""

from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.ids import stream_id
from sharding.homes import SHARDS_MAX, home_of, log_of, logs_of, share_out

GOLDEN = {
    "order:536365": (0, 0, 4),
    "order:C536379": (0, 0, 28),
    "inventory:536365": (1, 1, 29),
    "refunds:536365": (0, 0, 0),
    "notifier:536365": (0, 2, 22),
}
"""Shards of 2, 4 and 32 logs. Stored facts lie there; a change here would lose them."""


@pytest.mark.parametrize("key", GOLDEN)
def test_a_stream_lives_where_it_always_lived(key: str) -> None:
    stream = stream_id(key)
    assert tuple(home_of(stream, count) for count in (2, 4, 32)) == GOLDEN[key]
    assert home_of(stream, 1) == 0


def test_logs_are_called_as_they_always_were() -> None:
    assert logs_of("refunds", 1) == ["refunds"]
    assert logs_of("refunds", 2) == ["refunds_0_of_2", "refunds_1_of_2"]
    assert log_of("refunds", 3, 4) == "refunds_3_of_4"


@pytest.mark.parametrize("count", range(2, SHARDS_MAX + 1))
def test_no_log_has_much_more_than_another(count: int) -> None:
    homes = Counter(home_of(UUID(int=byte), count) for byte in range(256))
    assert len(homes) == count
    assert max(homes.values()) * 8 <= min(homes.values()) * 9


def test_numbers_in_a_row_are_spread() -> None:
    homes = Counter(home_of(stream_id(f"order:{number}"), 4) for number in range(536_365, 546_365))
    assert max(homes.values()) < 1.05 * 10_000 / 4


@given(st.lists(st.integers(0, 40)), st.integers(1, SHARDS_MAX))
def test_a_batch_is_shared_out_whole_and_each_stream_keeps_its_sequence(
    numbers: list[int], count: int
) -> None:
    streams = [stream_id(str(number)) for number in numbers]
    shares = share_out(streams, count)
    assert sorted(place for places in shares.values() for place in places) == [*range(len(streams))]
    for shard, places in shares.items():
        assert places == sorted(places)
        assert {home_of(streams[place], count) for place in places} == {shard}
