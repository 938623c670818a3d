"""From a load to processes, partitions, shards, cores, storage and cost; pure.

Every figure comes from one run of `countermand bench pipeline --json` on one machine: so many
microseconds of a process per order or cancellation keep it busy for so long, and how many processes
are needed follows.
"""

from collections.abc import Mapping
from math import ceil
from typing import Any, NamedTuple, Self

SERVERS = ("postgres", "kafka")
"""Not ours; they use as many cores as they need."""

RELAY, PROJECTOR = "relay", "projector"
"""Of the first one per log works at a time; where one is too few, orders need several logs. Of the
second one per deployment; where one is too few, there have to be several."""

BUSY_MAX = 0.6
"""How busy a process may be on average: with random arrivals a queue is then 1.5 long on average,
at 0.9 it is 9 (M/M/1). The rest is for peaks within the peak hour, restarts and rebuilds."""

SECONDS_PER_YEAR = 365 * 86_400
COPIES = 3
"""Of every byte in PostgreSQL (one primary, two standbys) and Kafka (replication factor 3)."""
GB = 1_000_000_000
PARTITIONS_STEP = 4


class Measured(NamedTuple):
    """What one order and one cancellation cost."""

    order_cpu_us: Mapping[str, float]
    """CPU per process and order that is placed and paid."""
    cancellation_cpu_us: Mapping[str, float]
    """CPU per process and cancellation, all three legs done, every call real."""
    order_bytes: Mapping[str, int]
    """Per server."""
    cancellation_bytes: Mapping[str, int]
    appends_per_s: float
    """Batches of one log at best: the raw limit of the intake."""

    @classmethod
    def of_bench(cls, figures: Mapping[str, Any]) -> Self:
        """Take the figures of a benchmark."""
        stages = figures["stages"]
        own, both = figures["order_bytes"], figures["cancelled_order_bytes"]
        return cls(
            order_cpu_us=stages["announced_cpu_us"],
            cancellation_cpu_us=stages["settled_cpu_us"],
            order_bytes=own,
            cancellation_bytes={name: max(0, both[name] - own[name]) for name in SERVERS},
            appends_per_s=figures["raw_intake_per_s"],
        )


class Load(NamedTuple):
    """What comes in."""

    name: str
    orders_per_s: float
    """At the peak."""
    cancellations_per_s: float
    """At the peak."""
    orders_per_year: float
    cancellations_per_year: float


class Prices(NamedTuple):
    """What machines cost; an assumption, to be replaced by your own."""

    core_hour: float = 0.04
    gb_month: float = 0.10


PRICES = Prices()


class Need(NamedTuple):
    """What it takes."""

    load: Load
    processes: Mapping[str, int]
    """How many of each process, over all deployments."""
    deployments: int
    """Each with topics and a database of its own."""
    shards: int
    """Logs of each event store of a deployment."""
    partitions: int
    """Per topic of a deployment."""
    cores: int
    """Of all processes and servers, none busier than `BUSY_MAX`."""
    postgres_gb_per_year: float
    kafka_gb: float
    """For as long as topics keep records."""
    cost_per_year: float


def busy_cores(measured: Measured, load: Load) -> dict[str, float]:
    """Return how many cores each process and server keeps busy at the peak."""
    names = sorted({*measured.order_cpu_us, *measured.cancellation_cpu_us})
    return {
        name: (
            load.orders_per_s * measured.order_cpu_us.get(name, 0)
            + load.cancellations_per_s * measured.cancellation_cpu_us.get(name, 0)
        )
        / 1e6
        for name in names
    }


FACTS_PER_ORDER, FACTS_PER_CANCELLATION = 2, 5
"""Of the cancellation service's log: placed, paid; cancelled, three legs, completed."""


def size(
    measured: Measured, load: Load, *, prices: Prices = PRICES, retention_days: float = 30
) -> Need:
    """Return what a load takes."""
    busy = busy_cores(measured, load)
    appended = (
        load.orders_per_s * FACTS_PER_ORDER + load.cancellations_per_s * FACTS_PER_CANCELLATION
    )
    deployments = max(ceil(_busiest(busy, PROJECTOR) / BUSY_MAX), 1)
    logs = max(
        ceil(_busiest(busy, RELAY) / BUSY_MAX), ceil(appended / (BUSY_MAX * measured.appends_per_s))
    )
    shards = max(ceil(logs / deployments), 1)
    least = {PROJECTOR: deployments, RELAY: deployments * shards}
    processes = {
        name: least.get(name.partition(".")[2]) or max(deployments, ceil(cores / BUSY_MAX))
        for name, cores in busy.items()
        if name not in SERVERS
    }
    of_one = max(ceil(count / deployments) for count in processes.values())
    servers = sum(ceil(busy[name] / BUSY_MAX) for name in SERVERS if name in busy)
    cores = ceil(sum(busy[name] for name in processes) / BUSY_MAX) + servers
    postgres_gb, kafka_gb = (
        (
            load.orders_per_year * measured.order_bytes[name]
            + load.cancellations_per_year * measured.cancellation_bytes[name]
        )
        * COPIES
        / GB
        for name in SERVERS
    )
    kafka_kept_gb = kafka_gb * min(1.0, retention_days / 365)
    cost = cores * prices.core_hour * 24 * 365
    cost += (postgres_gb + kafka_kept_gb) * prices.gb_month * 12
    return Need(
        load, processes, deployments, shards,
        ceil(of_one / PARTITIONS_STEP) * PARTITIONS_STEP, cores, postgres_gb, kafka_kept_gb, cost,
    )  # fmt: skip


def _busiest(busy: Mapping[str, float], role: str) -> float:
    return max(cores for name, cores in busy.items() if name.partition(".")[2] == role)


def shop(name: str, orders_per_day: float, *, cancelled: float, peak: float) -> Load:
    """Return the load of a shop.

    Args:
        name: what it is called.
        orders_per_day: on average over the year.
        cancelled: share of orders that are.
        peak: how many times the average a second of the busiest hour has.
    """
    per_s = orders_per_day / 86_400 * peak
    per_year = orders_per_day * 365
    return Load(name, per_s, per_s * cancelled, per_year, per_year * cancelled)


def recall(name: str, orders: float, *, within_s: float, beside: Load) -> Load:
    """Return the load of calling many orders back at once, beside the usual."""
    return Load(
        name, beside.orders_per_s, beside.cancellations_per_s + orders / within_s,
        beside.orders_per_year, beside.cancellations_per_year + orders,
    )  # fmt: skip
