"""The runner of everything: a red step makes the whole red, and nothing is counted twice."""

import sys
import time
from pathlib import Path

import pytest

from tests import run

OK, RED = (sys.executable, "-c", "print('well')"), (sys.executable, "-c", "raise SystemExit(3)")
REPORT = """<testsuites><testsuite>
<testcase classname="tests.unit.kit.test_ids" name="test_a" time="0.5"/>
<testcase classname="tests.unit.kit.test_ids" name="test_b[1]" time="2"><failure/></testcase>
<testcase classname="tests.e2e.test_chaos" name="test_c" time="9"><skipped/></testcase>
<testcase classname="tests.e2e.test_chaos" name="test_d" time="1"><error/></testcase>
</testsuite></testsuites>"""


def test_a_step_is_as_good_as_its_exit_status() -> None:
    later = time.monotonic() + 60
    heard: list[str] = []
    assert run.run_step(run.Step("good", OK), later, heard.append).is_ok
    assert not run.run_step(run.Step("bad", RED), later, heard.append).is_ok
    assert "── good ──" in heard[0]
    assert heard[1] == "well"


def test_a_step_that_outlasts_the_budget_is_stopped_and_red() -> None:
    sleepy = (sys.executable, "-c", "import time; time.sleep(30)")
    result = run.run_step(run.Step("sleepy", sleepy), time.monotonic() + 1.0, print)
    assert not result.is_ok
    assert result.took_s < 15


@pytest.mark.parametrize(("steps", "status"), [((OK, OK), 0), ((OK, RED), 1), ((RED, OK), 1)])
def test_one_red_step_makes_the_whole_red(
    steps: tuple[tuple[str, ...], ...], status: int, *, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "CHECKS", [run.Step("step", step) for step in steps])
    assert run.main(["check"]) == status


@pytest.mark.parametrize("arguments", [[], ["al"], ["all", "check"]])
def test_tells_how_it_is_used(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(arguments) == 2
    assert "usage: python -m tests.run" in capsys.readouterr().out


def test_counts_tests_by_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "report.xml").write_text(REPORT, "utf-8")
    cases = run.read_report(tmp_path / "report.xml")
    run.sum_up([run.Result("tests", is_ok=False, took_s=12.0)], cases)
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["unit", "2", "1", "1", "0", "2.5"] in rows
    assert ["e2e", "2", "0", "1", "1", "10.0"] in rows
    assert ["all", "4", "1", "2", "1", "12.5"] in rows
    assert ["9.00", "s", "tests.e2e.test_chaos::test_c"] in rows
    assert ["tests", "FAILED", "12.0", "s"] in rows


def test_every_test_is_in_one_lane_and_a_red_lane_makes_the_whole_red(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = integration\n e2e\n", "utf-8")
    (tmp_path / "tests/unit").mkdir(parents=True)
    (tmp_path / "tests/unit/test_lanes.py").write_text(
        "import pytest\n"
        "def test_plain(): pass\n"
        "@pytest.mark.integration\n"
        "def test_on_servers(): assert False\n"
        "@pytest.mark.e2e\n"
        "def test_all_of_it(): pass\n",
        "utf-8",
    )
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "CHECKS", ())
    assert run.main(["all"]) == 1
    printed = capsys.readouterr().out.rstrip()
    assert printed.splitlines()[-1].startswith("1 failed, 2 passed in ")
    assert printed.index("tests of whole systems") < printed.index("tests of parts")
