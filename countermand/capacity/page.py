"""The capacity model as a page, `docs/capacity.md`, made from `measured.json`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from countermand.capacity.model import BUSY_MAX, COPIES, SERVERS, Measured, Prices
from countermand.capacity.scenarios import (
    CANCELLED,
    HELD_UP_S,
    KEEPS_UP_S,
    PEAK,
    Row,
    rows,
)

SHARDS = Path(__file__).with_name("shards.json")
"""What `countermand bench shards --json` printed."""

MEASURED = Path(__file__).with_name("measured.json")
"""What `countermand bench pipeline --json` printed; replace it and run `make generate`."""

PAGE = """\
# Capacity

Written by `make generate` from one run of the benchmark (`countermand/capacity/measured.json`);
edited by hand it is stale. `countermand capacity` says the same for your own shop, measurement and
prices.

## What one costs

Microseconds of CPU, and bytes in store before copies, on the machine that measured; an order has
three lines.

| process | per order placed and paid | per cancellation, all legs done |
|---|---:|---:|
{costs}

## What it takes

No process is busier than {busy:.0%} in the busiest hour, which has {peak:.1f} times the average as
in our real month; {cancelled:.0%} of orders are cancelled. A core costs {prices.core_hour} an hour
and a gigabyte {prices.gb_month} a month: assumptions, put in your own. Every byte is kept {copies}
times; Kafka keeps a month.

| load | orders/s, cancellations/s at the peak | deployments, logs | processes | partitions \
| cores | PostgreSQL per year | cost per year |
|---|---:|---:|---:|---:|---:|---:|---:|
{needs}

A log has one relay. Where that is full, or the log's lock, orders are shared out over
[several logs](guides/scale-out.md#logs) of one deployment. They share its projector and its
database server; where one of those is full, there have to be several deployments, each with topics
and a database of its own, and whoever sends commands chooses by order number.

Partitions are per topic and deployment, chosen for the peak at the start; what
[adding one later](guides/scale-out.md#adding-partitions) costs.

What is not ours is not counted: a payment provider that takes 100 calls a second needs 14 hours for
5 million refunds. Agree on limits before a recall, or throttle its [plan](guides/bulk.md).

## Several logs on one machine

{shard_orders:,} orders cancelled on {shard_cores} cores by `countermand bench shards --json`
(`countermand/capacity/shards.json`): every run with servers of its own, every call real, a deciding
consumer and a relay for each log; all books were compared after each.

| logs | processes | decided/s | settled/s | of one log | facts/s of each log \
| µs of processor per cancellation | all books |
|---:|---:|---:|---:|---:|---|---:|---|
{shard_runs}

All cores are full with one log already. More processes get no more of them, and cost some: more
and smaller batches, each with its transaction. What more logs share out is the deciding service's
relay, {relay_us:,.0f} µs of the {busy_us:,.0f}: they are worth something where it has a core to
itself and is full, from {relay_per_s:,.0f} cancellations a second on at {busy:.0%}.

## Played

The busiest hours of each day, second by second, random arrivals against the measured times
(`countermand/capacity/simulation.py`). Kept up: no cancellation waited more than {keeps_up:.0f} s.
Held up: all deciding consumers stand still for {held_up} s in the busiest hour, as when their node
dies and another takes over. Half: half of the most numerous process, to show whether the model's
figure is needed or just ample.

| load | cancellations played | longest wait | kept up | held up | half as many |
|---|---:|---:|---|---|---|
{played}
"""


def read_measured(path: Path = MEASURED) -> Measured:
    """Read the figures of a benchmark."""
    return Measured.of_bench(orjson.loads(path.read_bytes().splitlines()[-1]))


def write_capacity() -> str:
    """Write the page."""
    measured = read_measured()
    played = list(rows(measured))
    shards = orjson.loads(SHARDS.read_bytes().splitlines()[-1])
    relay_us = shards["runs"][0]["cpu_us"]["cancellation.relay"]
    return PAGE.format(
        shard_orders=shards["orders"], shard_cores=shards["cores"],
        shard_runs="\n".join(map(_run, shards["runs"])),
        busy_us=sum(shards["runs"][0]["cpu_us"].values()), relay_us=relay_us,
        relay_per_s=BUSY_MAX * 1e6 / relay_us,
        costs="\n".join(_costs(measured)),
        needs="\n".join(map(_need, played)),
        played="\n".join(map(_played, played)),
        busy=BUSY_MAX, peak=PEAK, cancelled=CANCELLED, prices=Prices(), copies=COPIES,
        keeps_up=KEEPS_UP_S, held_up=HELD_UP_S,
    )  # fmt: skip


def _costs(measured: Measured) -> list[str]:
    names = sorted({*measured.order_cpu_us, *measured.cancellation_cpu_us})
    lines = [
        f"| {name} | {measured.order_cpu_us.get(name, 0):,.0f} |"
        f" {measured.cancellation_cpu_us.get(name, 0):,.0f} |"
        for name in names
    ]
    lines += [
        f"| bytes in {name} | {measured.order_bytes[name]:,} |"
        f" {measured.cancellation_bytes[name]:,} |"
        for name in SERVERS
    ]
    return lines


def _run(run: Mapping[str, Any]) -> str:
    logs = ", ".join(f"{log['facts_per_s']:,}" for log in run["logs"])
    return (
        f"| {run['shards']} | {run['processes']} | {run['decided_per_s']:,}"
        f" | {run['settled_per_s']:,} | {run['of_first']:.2f} | {logs}"
        f" | {sum(run['cpu_us'].values()):,.0f}"
        f" | {'agree' if run['verify_ok'] else 'do not agree'} |"
    )


def _need(row: Row) -> str:
    need = row.need
    return (
        f"| {need.load.name} | {need.load.orders_per_s:,.2f}, {need.load.cancellations_per_s:,.2f}"
        f" | {need.deployments}, {need.shards} | {sum(need.processes.values()):,}"
        f" | {need.partitions} | {need.cores:,}"
        f" | {need.postgres_gb_per_year:,.0f} GB | {need.cost_per_year:,.0f} |"
    )


def _played(row: Row) -> str:
    kept = "yes" if row.played.wait_max_s <= KEEPS_UP_S else "no"
    held = "yes" if row.held_up.wait_max_s <= KEEPS_UP_S else "no"
    held += f", waits {row.held_up.wait_max_s:,.0f} s"
    if row.half is None:
        less = "there is one of each"
    elif row.half.wait_max_s <= KEEPS_UP_S:
        less = f"yes, waits {row.half.wait_max_s:,.0f} s"
    else:
        less = f"no, waits {row.half.wait_max_s:,.0f} s, {row.half.left:,} left"
    return (
        f"| {row.need.load.name} | {row.played.arrived:,} | {row.played.wait_max_s:,.1f} s"
        f" | {kept} | {held} | {less} |"
    )
