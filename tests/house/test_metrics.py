"""Names and units of metrics, as Prometheus advises: a prefix, base units, the unit last."""

import importlib
import re

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from tests.house.known import METRIC_MODULES

NAME = re.compile(r"countermand(?:_[a-z]+)+")
OTHER_UNITS = re.compile(
    r"_(?:ms|us|ns|milliseconds?|micros(?:econds?)?|minutes?|hours?|days?|second|s|kb|mb|kib|mib|byte"
    r"|percent|percentage|bps)(?:_|$)"
)
"""What is no base unit: seconds, bytes and ratios are."""

UNITS = ("_seconds", "_bytes", "_ratio", "_messages", "_open", "_overdue", "_endpoints", "_info")
"""What a gauge or a histogram counts, last in its name."""

PERSONAL = re.compile(r"(?:.*_)?(?:order|order_id|email|customer|name|id|key|path|url|address)")
"""Labels with as many values as there are orders or persons."""


def find_faults(metric: MetricWrapperBase) -> list[str]:
    """List what is wrong with the names of a metric."""
    [family] = metric.describe()
    name, kind = family.name, family.type
    faults = []
    if not NAME.fullmatch(name) or OTHER_UNITS.search(name):
        faults.append("name")
    # The library takes `_total` off a counter's name, and puts it on each sample.
    if name.endswith("_total") or (kind != "counter" and not name.endswith(UNITS)):
        faults.append("unit")
    if not family.documentation.strip():
        faults.append("meaning")
    faults += [label for label in metric._labelnames if PERSONAL.fullmatch(label)]
    return faults


METRICS = {
    name: value
    for module in METRIC_MODULES
    for name, value in vars(
        importlib.import_module(module.removesuffix(".py").replace("/", "."))
    ).items()
    if isinstance(value, MetricWrapperBase)
}


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_is_named_by_convention(name: str) -> None:
    assert find_faults(METRICS[name]) == []


def test_every_metric_is_looked_at() -> None:
    assert len(METRICS) > 15
    kinds = {type(metric) for metric in METRICS.values()}
    assert kinds == {Counter, Gauge, Histogram}


@pytest.mark.parametrize(
    ("kind", "name", "labels", "faults"),
    [
        (Histogram, "countermand_call_ms", [], ["name", "unit"]),
        (Gauge, "countermand_lag_minutes", [], ["name", "unit"]),
        (Gauge, "lag_messages", [], ["name"]),
        (Gauge, "countermand_handled_total", [], ["unit"]),
        (Histogram, "countermand_call", [], ["unit"]),
        (Counter, "countermand_sent_total", ["service", "order_id"], ["order_id"]),
        (Counter, "countermand_sent_total", ["customer_email"], ["customer_email"]),
        (Histogram, "countermand_call_seconds", ["service", "route"], []),
    ],
)
def test_a_name_against_the_convention_is_found(
    kind: type[MetricWrapperBase], name: str, labels: list[str], faults: list[str]
) -> None:
    metric = kind(name, "words", labels, registry=CollectorRegistry())
    assert find_faults(metric) == faults
