"""Alerts and dashboards: of metrics that exist, each alert tested and with its runbook."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.processes import ROLES
from services.cancellation.domain.case_kinds import KINDS
from tests.house.known import METRICS
from tests.house.pages import anchors, pages, section
from tests.house.tree import ROOT
from tests.support.promtool import PromtoolMissingError, install

PROMETHEUS = ROOT / "deploy" / "observability" / "prometheus"
DASHBOARDS = sorted((ROOT / "deploy" / "observability" / "grafana" / "dashboards").glob("*.json"))
RUNBOOKS = "docs/guides/runbooks.md"
FOREIGN = {"up", "kube_job_status_failed"}
"""What Prometheus itself and the cluster's own exporter say."""

METRIC = re.compile(r"\b(?:countermand|kube)_\w+\b|\bup\b(?=\{)")
RULES = [
    rule
    for path in sorted(PROMETHEUS.glob("rules/*.yaml"))
    for group in yaml.safe_load(path.read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
TESTS = [
    case
    for path in sorted(PROMETHEUS.glob("tests/*.yaml"))
    for test in yaml.safe_load(path.read_text("utf-8"))["tests"]
    for case in test["alert_rule_test"]
]
ALERTS = {rule["alert"]: rule for rule in RULES}


def strange_metrics(expression: str) -> set[str]:
    """Return the metrics an expression names and nobody exports."""
    named = set(METRIC.findall(expression))
    known = METRICS | FOREIGN | {f"{name}_{part}" for name in METRICS for part in (
        "bucket", "sum", "count"
    )}  # fmt: skip
    assert named, expression
    return named - known


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_says_what_to_do(alert: str) -> None:
    rule = ALERTS[alert]
    assert rule["labels"] in ({"severity": "page"}, {"severity": "ticket"})
    assert rule["annotations"]["summary"].endswith(".")
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert (page, anchor) == (RUNBOOKS, alert.lower())
    assert anchor in anchors(pages()[page])
    assert section(RUNBOOKS, alert).strip().startswith(f"*{rule['labels']['severity']}.*")


def test_every_runbook_has_its_alert() -> None:
    titles = re.findall(r"^## (\w+)$", pages()[RUNBOOKS], re.MULTILINE)
    assert titles == list(ALERTS)


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_is_about_metrics_that_exist(alert: str) -> None:
    assert strange_metrics(ALERTS[alert]["expr"]) == set()


def test_a_metric_nobody_exports_is_found() -> None:
    assert strange_metrics("rate(countermand_luck_total[5m]) > 0") == {"countermand_luck_total"}


def test_what_alerts_pick_out_exists() -> None:
    told = " ".join(rule["expr"] for rule in RULES)
    services = set(re.findall(r'service=~?"([^"]+)"', told))
    assert {one for group in services for one in group.split("|")} <= {*ROLES, "webhooks"}
    assert any(kind.endswith("_UNCERTAIN") for kind in KINDS)


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_is_tested_to_come_and_not_to_come(alert: str) -> None:
    cases = [case for case in TESTS if case["alertname"] == alert]
    assert {bool(case["exp_alerts"]) for case in cases} == {True, False}


@pytest.mark.timeout(600)
def test_every_alert_comes_when_it_should_and_only_then() -> None:
    try:
        promtool = install()
    except PromtoolMissingError as missing:
        print(f"\n*** NOT TESTED BY PROMTOOL: {missing} ***")  # noqa: T201
        pytest.skip(f"NOT TESTED BY PROMTOOL: {missing}")
    for words in (["check", "rules", "--lint-fatal"], ["test", "rules"]):
        folder = PROMETHEUS / ("rules" if "check" in words else "tests")
        files = [str(path) for path in sorted(folder.glob("*.yaml"))]
        done = subprocess.run(
            [promtool, *words, *files], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.timeout(600)
def test_a_rule_that_is_wrong_is_found(tmp_path: Path) -> None:
    try:
        promtool = install()
    except PromtoolMissingError as missing:
        pytest.skip(f"NOT TESTED BY PROMTOOL: {missing}")
    for kind in ("rules", "tests"):
        (tmp_path / kind).mkdir()
        for path in (PROMETHEUS / kind).glob("*.yaml"):
            text = path.read_text("utf-8").replace("> 900", "> 9000")
            (tmp_path / kind / path.name).write_text(text, "utf-8")
    files = [str(path) for path in (tmp_path / "tests").glob("*.yaml")]
    done = subprocess.run(
        [promtool, "test", "rules", *files], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "RefundsUnpaid" in done.stdout + done.stderr


def panels(board: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return the panels that show something."""
    for panel in board["panels"]:
        if panel["type"] != "row":
            yield panel


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_shows_metrics_that_exist_with_title_and_unit(path: Path) -> None:
    board = json.loads(path.read_text("utf-8"))
    assert board["uid"] == f"countermand-{path.stem}"
    assert board["title"]
    shown = list(panels(board))
    assert len({panel["id"] for panel in shown}) == len(shown) >= 6
    for panel in shown:
        assert panel["title"], panel
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        for target in panel["targets"]:
            assert strange_metrics(target["expr"]) == set(), panel["title"]
            assert target["refId"]
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]


def test_the_dashboards_are_three() -> None:
    assert [path.stem for path in DASHBOARDS] == ["business", "operations", "pipeline"]
