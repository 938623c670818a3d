"""All measurements in one run, interleaved, medians of the rounds."""

from collections.abc import Sequence
from typing import Any

from countermand.bench import announced, intake, latency, rebuild, settled
from countermand.bench.intake import Rate
from countermand.bench.latency import Latency
from countermand.bench.world import World, median, open_world
from countermand.screen import print_rows, say

CORE_COUNT = 6_000
REAL_COUNT = 2_000
ANNOUNCED_COUNT = 5_000
STORED_COUNT = 3_000
RATES_PER_S = (20, 50, 100)
"""Latency is measured at each; the last is the goal's, the others show where queues begin."""
LATENCY_SECONDS = 20


async def run(*, rounds: int, order_count: int) -> dict[str, Any]:
    """Measure everything and return the figures; prints them for people too."""
    async with open_world() as world:
        figures = await _measure(world, rounds, order_count)
    _print(figures)
    return figures


async def _measure(world: World, rounds: int, order_count: int) -> dict[str, Any]:
    ours, raw, core, real, rebuilt, read = [], [], [], [], [], []
    *_, at_goal = by_rate = await _measure_latency(world)
    say("Orders announced, and what they take in store")
    told, order_bytes = await announced.measure(world, "told", ANNOUNCED_COUNT)
    cancelled_bytes = await announced.measure_cancelled(world, "kept", STORED_COUNT)
    for n in range(1, rounds + 1):
        say(f"Round {n} of {rounds}: settled, calls in-process and real")
        core.append(await settled.measure(world, f"core{n}", CORE_COUNT, calls="in-process"))
        real.append(await settled.measure(world, f"real{n}", REAL_COUNT, calls="real"))
    # Intake comes late: it runs without the legs and leaves them a backlog.
    await intake.prepare_raw(world)
    for n in range(1, rounds + 1):
        say(f"Round {n} of {rounds}: intake, raw and ours")
        raw.append(await intake.measure_raw(world, f"raw{n}", order_count))
        ours.append(await intake.measure_ours(world, f"ours{n}", order_count))
    for n in range(1, rounds + 1):
        say(f"Round {n} of {rounds}: rebuild")
        read.append(await rebuild.measure_raw(world))
        rebuilt.append(await rebuild.measure_ours(world))
    intake_per_s, raw_per_s = (median(r.per_s for r in some) for some in (ours, raw))
    return {
        "intake_per_s": round(intake_per_s),
        "raw_intake_per_s": round(raw_per_s),
        "intake_of_raw": round(intake_per_s / raw_per_s, 2),
        "settled_core_per_s": round(median(r.per_s for r in core)),
        "settled_per_s": round(median(r.per_s for r in real)),
        "rebuild_per_s": round(median(rebuilt)),
        "raw_read_per_s": round(median(read)),
        "announced_per_s": round(told.per_s),
        "order_bytes": order_bytes._asdict(),
        "cancelled_order_bytes": cancelled_bytes._asdict(),
        "p50_ms": at_goal.quantile_ms(0.5),
        "p99_ms": at_goal.quantile_ms(0.99),
        "by_rate": [one.figures() for one in by_rate],
        "stages": {
            "latency_since_due_ms": at_goal.stages_ms,
            "latency_cpu_us": at_goal.cpu_us,
            "intake_cpu_us": ours[-1].cpu_us,
            "raw_intake_cpu_us": raw[-1].cpu_us,
            "announced_cpu_us": told.cpu_us,
            "settled_core_cpu_us": core[-1].cpu_us,
            "settled_cpu_us": real[-1].cpu_us,
        },
        "rounds": rounds,
        "all": {
            **_each(intake=ours, raw_intake=raw, settled_core=core, settled=real),
            "rebuild_per_s": [round(r) for r in rebuilt],
        },
    }


async def _measure_latency(world: World) -> list[Latency]:
    by_rate = []
    for rate_per_s in RATES_PER_S:
        say(f"Latency: {rate_per_s} a second, open loop, {LATENCY_SECONDS} s")
        by_rate.append(await latency.measure(world, rate_per_s=rate_per_s, seconds=LATENCY_SECONDS))
    return by_rate


def _each(**rounds: Sequence[Rate]) -> dict[str, list[int]]:
    """Return each round's figure."""
    return {f"{name}_per_s": [round(r.per_s) for r in some] for name, some in rounds.items()}


def _print(figures: dict[str, Any]) -> None:
    goals = {
        "intake_per_s": "≥ 8,000", "raw_intake_per_s": "the limit", "intake_of_raw": "≥ 0.35",
        "settled_core_per_s": "≥ 1,000", "settled_per_s": "≥ 250", "rebuild_per_s": "≥ 60,000",
        "raw_read_per_s": "the limit", "p50_ms": "≤ 60", "p99_ms": "≤ 250",
    }  # fmt: skip
    print_rows(
        f"Pipeline, medians of {figures['rounds']}",
        ("Figure", "Measured", "Goal"),
        [(name, f"{figures[name]:,}", goal) for name, goal in goals.items()],
    )
    print_rows(
        "Latency by rate",
        ("Per second", "p50 ms", "p99 ms", "Cores busy"),
        [list(one.values()) for one in figures["by_rate"]],
    )
    for title, stages in figures["stages"].items():
        print_rows(title.replace("_", " "), ("Stage", "Value"), list(stages.items()))
