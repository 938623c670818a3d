"""Faults strike as ordered, and the same seed strikes the same requests."""

import json

import pytest

from deploy.simulators.faults import FaultPlan, FaultRefusedError


def plan(**order: object) -> FaultPlan:
    faults = FaultPlan("slow", "garbage")
    faults.arm(json.dumps(order).encode())
    return faults


def struck(faults: FaultPlan, count: int) -> list[bool]:
    return [faults.draw() is not None for _ in range(count)]


def test_a_seed_repeats_the_same_strikes() -> None:
    first = struck(plan(mode="garbage", probability=0.3, seed=7), 500)
    assert first == struck(plan(mode="garbage", probability=0.3, seed=7), 500)
    assert first != struck(plan(mode="garbage", probability=0.3, seed=8), 500)
    assert 100 < sum(first) < 200


def test_a_drawn_seed_is_reported_and_repeats_the_run() -> None:
    faults = plan(mode="garbage", probability=0.5)
    seed = faults.describe()[0]["seed"]
    assert struck(faults, 100) == struck(plan(mode="garbage", probability=0.5, seed=seed), 100)


def test_a_count_strikes_the_next_ones_only() -> None:
    faults = plan(mode="garbage", count=2)
    assert struck(faults, 4) == [True, True, False, False]
    assert faults.describe()[0]["fired_count"] == 2


def test_only_the_asked_modes_are_drawn() -> None:
    faults = plan(mode="garbage", count=1)
    assert faults.draw("slow") is None
    assert faults.draw("garbage") is not None


def test_disarming_ends_it() -> None:
    faults = plan(mode="garbage", probability=1)
    faults.clear()
    assert struck(faults, 3) == [False, False, False]


@pytest.mark.parametrize(
    "order",
    [
        {"mode": "garbage"},
        {"mode": "garbage", "count": 1, "probability": 0.5},
        {"mode": "garbage", "count": 0},
        {"mode": "garbage", "probability": 1.5},
        {"mode": "garbage", "count": 1, "delay_ms": 5},
        {"mode": "slow", "count": 1},
        {"mode": "explode", "count": 1},
        {"mode": "garbage", "count": 1, "colour": "red"},
        ["garbage"],
    ],
)
def test_an_order_that_makes_no_sense_is_refused(order: object) -> None:
    with pytest.raises(FaultRefusedError):
        FaultPlan("slow", "garbage").arm(json.dumps(order).encode())
