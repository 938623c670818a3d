"""What a load takes, and a day played against it."""

from collections import Counter
from typing import Any

import pytest

from contracts.orders import OrderPlaced
from countermand.capacity import scenarios
from countermand.capacity.model import BUSY_MAX, Measured, busy_cores, recall, shop, size
from countermand.capacity.page import read_measured
from countermand.capacity.simulation import play
from countermand.demo import DEMO_FILE
from countermand.retail.plan import read_plan

MEASURED = Measured(
    order_cpu_us={"cancellation.consumer": 200, "cancellation.projector": 300, "postgres": 400},
    cancellation_cpu_us={
        "cancellation.consumer": 800, "cancellation.relay": 250, "cancellation.projector": 500,
        "refunds.worker": 1000, "notifier.worker": 900, "postgres": 2000, "kafka": 900,
    },
    order_bytes={"postgres": 8_000, "kafka": 2_000},
    cancellation_bytes={"postgres": 20_000, "kafka": 6_000},
    appends_per_s=15_000,
)  # fmt: skip

SMALL = shop("small", 20_000, cancelled=0.05, peak=4)
LARGE = recall("large", 5e6, within_s=3600, beside=shop("", 1e7, cancelled=0.05, peak=4))


@pytest.mark.parametrize("load", [SMALL, LARGE], ids=lambda load: str(load.name))
def test_no_process_is_busier_than_agreed(load: Any) -> None:
    need = size(MEASURED, load)
    for name, cores in busy_cores(MEASURED, load).items():
        if name in need.processes:
            assert cores / need.processes[name] <= BUSY_MAX
    assert need.partitions >= max(need.processes.values()) / need.deployments
    assert sum(need.processes.values()) >= need.deployments * len(need.processes)


def test_a_small_shop_has_one_of_each_and_one_log() -> None:
    need = size(MEASURED, SMALL)
    assert (need.deployments, need.shards) == (1, 1)
    assert set(need.processes.values()) == {1}


def test_there_are_more_deployments_when_the_one_projector_is_full() -> None:
    need = size(MEASURED, LARGE)
    projector = busy_cores(MEASURED, LARGE)["cancellation.projector"]
    assert need.deployments == need.processes["cancellation.projector"] > projector
    assert need.shards == 1, "their relays suffice"


def test_there_are_more_logs_when_a_relay_is_full() -> None:
    quick = {**MEASURED.cancellation_cpu_us, "cancellation.projector": 10}
    measured = MEASURED._replace(
        order_cpu_us={}, cancellation_cpu_us={**quick, "cancellation.relay": 900}
    )
    need = size(measured, LARGE)
    relay = busy_cores(measured, LARGE)["cancellation.relay"]
    assert need.deployments == 1
    assert need.shards == need.processes["cancellation.relay"] > relay


def test_storage_counts_every_copy() -> None:
    need = size(MEASURED, SMALL)
    bytes_per_year = 20_000 * 365 * (8_000 + 0.05 * 20_000)
    assert need.postgres_gb_per_year == pytest.approx(3 * bytes_per_year / 1e9)


def test_what_the_model_says_keeps_up_and_half_of_it_does_not() -> None:
    need = size(MEASURED, LARGE)
    day = scenarios.curve(LARGE)
    assert play(MEASURED, need, day).wait_max_s < 1
    half = {name: max(1, count // 2) for name, count in need.processes.items()}
    played = play(MEASURED, need._replace(processes=half), day)
    assert played.wait_max_s > scenarios.KEEPS_UP_S


def test_a_process_that_stands_still_is_waited_for_and_caught_up_with() -> None:
    need = size(MEASURED, SMALL)
    day = [(50.0, 5.0)] * 600
    undisturbed = play(MEASURED, need, day)
    held_up = play(MEASURED, need, day, held_up={"refunds.worker": (300, 330)})
    assert undisturbed.wait_max_s < 0.1
    assert held_up.wait_max_s == pytest.approx(30 * 5 * 0.001, rel=0.5)
    assert held_up.tightest == "refunds.worker"
    assert held_up.left == undisturbed.left == 0
    assert held_up.arrived == undisturbed.arrived == pytest.approx(3000, rel=0.1)


def test_the_same_seed_plays_the_same_day() -> None:
    need = size(MEASURED, SMALL)
    day = [(5.0, 1.0)] * 300
    assert play(MEASURED, need, day, seed=7) == play(MEASURED, need, day, seed=7)
    assert play(MEASURED, need, day, seed=7) != play(MEASURED, need, day, seed=8)


def test_the_hours_of_a_day_are_those_of_the_orders_we_ship() -> None:
    placed = [one.message for one in read_plan(DEMO_FILE).facts]
    hours = Counter(m.placed_at.hour for m in placed if isinstance(m, OrderPlaced))
    assert tuple(hours[hour] for hour in range(24)) == scenarios.HOURS


def test_the_shipped_measurement_can_be_read() -> None:
    measured = read_measured()
    assert measured.appends_per_s > 0
    assert measured.cancellation_cpu_us["refunds.worker"] > 0
