"""The verb `countermand capacity`."""

from pathlib import Path
from typing import Annotated

import orjson
from cyclopts import Parameter

from countermand import screen
from countermand.capacity import scenarios
from countermand.capacity.model import Prices, recall, shop, size
from countermand.capacity.page import MEASURED, read_measured
from countermand.capacity.simulation import play
from countermand.errors import KnownError
from countermand.verb import Json


def capacity(
    *,
    orders_per_day: Annotated[float, Parameter(help="On average over the year.")] = 20_000,
    cancelled: Annotated[float, Parameter(help="Share of orders.")] = scenarios.CANCELLED,
    peak: Annotated[
        float, Parameter(help="How many times the average the busiest hour has.")
    ] = round(scenarios.PEAK, 1),
    recalled: Annotated[int, Parameter(help="Orders called back at once.")] = 0,
    within_s: Annotated[float, Parameter(help="Time for that.")] = 3600,
    core_hour: Annotated[float, Parameter(help="Price of a core.")] = Prices().core_hour,
    gb_month: Annotated[float, Parameter(help="Price of a gigabyte.")] = Prices().gb_month,
    measured: Annotated[
        Path | None, Parameter(help="Output of `bench pipeline --json`; ours when left out.")
    ] = None,
    json: Json = False,
) -> None:
    """Say what a shop takes: deployments, processes, shards, cores, storage, cost; play its day."""
    if min(orders_per_day, within_s, peak) <= 0 or not 0 <= cancelled <= 1:
        raise KnownError("Orders, time and peak are above 0; the share cancelled is 0 to 1.")
    try:
        figures = read_measured(measured or MEASURED)
    except (OSError, KeyError, IndexError, orjson.JSONDecodeError) as unreadable:
        raise KnownError(
            f"{measured} is not what `countermand bench pipeline --json` prints ({unreadable})."
        ) from None
    load = shop("yours", orders_per_day, cancelled=cancelled, peak=peak)
    if recalled:
        load = recall("yours, and the recall", recalled, within_s=within_s, beside=load)
    need = size(figures, load, prices=Prices(core_hour, gb_month))
    played = play(figures, need, scenarios.curve(load, cancelled))
    told = {
        "orders_per_s": round(load.orders_per_s, 2),
        "cancellations_per_s": round(load.cancellations_per_s, 2),
        "deployments": need.deployments, "shards": need.shards, "partitions": need.partitions,
        "cores": need.cores,
        "processes": dict(need.processes),
        "postgres_gb_per_year": round(need.postgres_gb_per_year, 1),
        "kafka_gb": round(need.kafka_gb, 1), "cost_per_year": round(need.cost_per_year),
        "played": played._asdict(),
    }  # fmt: skip
    shown = {**told, "processes": sum(need.processes.values()), "played": played.wait_max_s}
    names = {"played": "longest wait when played, s"}
    screen.print_rows(
        load.name, ("Figure", "Value"),
        [(names.get(name, name.replace("_", " ")), f"{value:,}") for name, value in shown.items()],
    )  # fmt: skip
    if json:
        screen.print_json(told)
