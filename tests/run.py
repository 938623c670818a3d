"""Runs every check in one go: `python -m tests.run all`, or `check` for what needs no test.

Each step prints under its own heading, a table sums up, and a closing line like pytest's comes
last. Tests of whole systems run in one process, so their servers start once; beside them, at a
lower priority, run all others, so that both cores have work to the end. Everything must end within
`BUDGET_S`.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
TOOLS = Path(sys.executable).parent
BUDGET_S = 45 * 60.0
"""The whole suite on two slow cores, where 30 minutes is the aim; what runs longer is stopped."""

WIDTH = 78
SLOWEST_COUNT = 10
WHOLE_SYSTEMS = "e2e"
"""Marker of the tests of the first lane; the second has all others."""

BESIDE = ("nice", "-n", "10")
"""How the second lane is started: what is timed is timed in the first, and has the cores first."""


class Step(NamedTuple):
    """One check: what it is called and how it is started."""

    title: str
    command: Sequence[str]


class Result(NamedTuple):
    """What came of a step."""

    title: str
    is_ok: bool
    took_s: float


class Case(NamedTuple):
    """One test as pytest reported it."""

    kind: str
    name: str
    outcome: str
    took_s: float


CHECKS = (
    Step("format", (str(TOOLS / "ruff"), "format", "--check", ".")),
    Step("lint", (str(TOOLS / "ruff"), "check", ".")),
    Step("types", (str(TOOLS / "mypy"),)),
    Step("import walls", (str(TOOLS / "lint-imports"),)),
    Step("generated files", (sys.executable, "-m", "countermand.generate", "--check")),
)


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for and return the exit status."""
    if list(arguments) not in (["all"], ["check"]):
        say("usage: python -m tests.run {all|check}")
        return 2
    started = time.monotonic()
    deadline = started + BUDGET_S
    results = [run_step(step, deadline, say) for step in CHECKS]
    cases: list[Case] = []
    if arguments[0] == "all":
        lanes, cases = run_tests(deadline)
        results += lanes
    sum_up(results, cases)
    if cases:
        say(f"\n{closing(cases, time.monotonic() - started)}")
    return 0 if all(result.is_ok for result in results) else 1


def say(text: str) -> None:
    """Print one line at once, so that it never overtakes a tool's own output."""
    print(text, flush=True)  # noqa: T201 - this module is a command


def heading(title: str) -> str:
    """Return a section's heading."""
    return f"\n── {title} {'─' * (WIDTH - len(title) - 4)}"


def run_step(step: Step, deadline: float, listen: Callable[[str], None]) -> Result:
    """Run one step; `listen` hears every line of its output."""
    listen(heading(step.title))
    started = time.monotonic()
    with subprocess.Popen(
        step.command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:  # fmt: skip
        # SIGINT, so that pytest still stops the servers it has started.
        left_s = max(0.0, deadline - started)
        watch = threading.Timer(left_s, process.send_signal, [signal.SIGINT])
        watch.start()
        assert process.stdout is not None
        for line in process.stdout:
            listen(line.rstrip())
        status = process.wait()
        watch.cancel()
    is_late = time.monotonic() > deadline
    if is_late:
        listen(f"stopped: everything together must end within {BUDGET_S / 60:.0f} minutes")
    return Result(step.title, status == 0 and not is_late, time.monotonic() - started)


def run_tests(deadline: float) -> tuple[list[Result], list[Case]]:
    """Run every test, in two lanes at once; return the lanes' results and all cases."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor() as beside:
        whole, parts = (Path(folder) / name for name in ("whole.xml", "parts.xml"))
        heard: list[str] = []
        others = beside.submit(
            run_step,
            Step("tests of parts", (*BESIDE, *pytest(f"not {WHOLE_SYSTEMS}", parts))),
            deadline,
            heard.append,
        )
        systems = Step("tests of whole systems", pytest(WHOLE_SYSTEMS, whole))
        results = [run_step(systems, deadline, say)]
        results.append(others.result())
        for line in heard:
            say(line)
        cases = [
            case for report in (whole, parts) if report.exists() for case in read_report(report)
        ]
    return results, cases


def pytest(marked: str, report: Path) -> tuple[str, ...]:
    """Return the command that runs the tests so marked and writes `report`."""
    return (
        sys.executable, "-m", "pytest", "tests", "-rs", "--color=no", "-m", marked,
        f"--junitxml={report}",
    )  # fmt: skip


def read_report(report: Path) -> list[Case]:
    """Read pytest's XML report; a test's kind is the folder it lies in."""
    cases = []
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314 - our own file
        place = case.get("classname", "")  # tests.unit.kit.test_ids, whatever file defines it
        outcome = next((e.tag for e in case if e.tag in ("failure", "error", "skipped")), "passed")
        cases.append(
            Case(
                kind=place.split(".")[1] if place.count(".") > 1 else "other",
                name=f"{place}::{case.get('name')}",
                outcome=outcome,
                took_s=float(case.get("time", 0)),
            )
        )
    return cases


def sum_up(results: Sequence[Result], cases: Sequence[Case]) -> None:
    """Print the tables: tests by kind, the slowest, and every step."""
    if cases:
        say(heading("tests by kind"))
        say(f"{'kind':<14}{'tests':>7}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>10}")
        for kind in [*sorted({case.kind for case in cases}), "all"]:
            say(_kind_row(kind, [case for case in cases if kind in (case.kind, "all")]))
        say(heading(f"slowest {SLOWEST_COUNT}"))
        for case in sorted(cases, key=lambda case: -case.took_s)[:SLOWEST_COUNT]:
            say(f"{case.took_s:8.2f} s  {case.name}")
    say(heading("summary"))
    for result in results:
        say(f"{result.title:<24}{'ok' if result.is_ok else 'FAILED':<10}{result.took_s:8.1f} s")


def closing(cases: Sequence[Case], took_s: float) -> str:
    """Say how it ended as pytest does, for example `1 failed, 1874 passed in 312.40s`."""
    words = {"failure": "failed", "error": "error", "passed": "passed", "skipped": "skipped"}
    counts = Counter(case.outcome for case in cases)
    told = ", ".join(f"{counts[kind]} {word}" for kind, word in words.items() if counts[kind])
    return f"{told} in {took_s:.2f}s ({timedelta(seconds=round(took_s))})"


def _kind_row(kind: str, cases: Sequence[Case]) -> str:
    outcomes = Counter(case.outcome for case in cases)
    failed = outcomes["failure"] + outcomes["error"]
    took_s = sum(case.took_s for case in cases)
    return (
        f"{kind:<14}{len(cases):>7}{outcomes['passed']:>8}{failed:>8}"
        f"{outcomes['skipped']:>9}{took_s:>10.1f}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
