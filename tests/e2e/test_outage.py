"""Each leg down for a while under load: the others go on, and afterwards all books agree."""

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from countermand.chaos.outage import ALL_UP, LEGS, Outcome, Stretch, noticed, run_outage
from deploy.local.errors import LocalRuntimeError

SECONDS = 4
"""In continuous integration; `make outage` takes the full minute."""

HOME_LEAST = 0.5
"""Seconds on a shared machine tell little about speed: here the others only have to go on, and the
campaign itself holds them to what they were before."""


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_while_one_leg_is_down_the_others_go_on_and_all_books_agree(tmp_path: Path) -> None:
    start = "from countermand.cli import main; main()"
    words = f"outage --seconds {SECONDS} --rate 20 --seed 5 --json"
    ended = subprocess.run(
        [sys.executable, "-c", start, *words.split()],
        cwd=Path(__file__).parents[2],
        env={"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        check=False,
        timeout=170,
    )
    figures = orjson.loads(ended.stdout.splitlines()[-1])
    is_slow = [" while " in mismatch for mismatch in figures["mismatches"]]
    assert all(is_slow), figures["mismatches"]
    assert (ended.returncode, figures["ok"]) == (int(any(is_slow)), not is_slow)
    assert list(figures["stretches"]) == [ALL_UP, *LEGS]
    for name, legs in figures["stretches"].items():
        for leg, measured in legs.items():
            assert measured["outcomes"] > 20, (name, leg)
            assert measured["home"] == 0 if leg == name else measured["home"] >= HOME_LEAST
    if not is_slow:
        assert list(tmp_path.iterdir()) == [], "a clean campaign leaves nothing behind"


CALM = [Outcome(leg, due_at, due_at + 0.1) for leg in LEGS for due_at in range(10)]


def during(leg: str, wait_s: float) -> list[Outcome]:
    """Have refunds be down from 10 to 20, and another leg take so long meanwhile."""
    late = [Outcome(leg, at, at + wait_s) for at in range(10, 19)]
    others = [leg_ for leg_ in LEGS if leg_ not in (leg, "refunds")]
    down = [Outcome("refunds", at, 21.0) for at in range(10, 19)]
    return [
        *CALM,
        *late,
        *down,
        *(Outcome(x, at, at + 0.1) for x in others for at in range(10, 19)),
    ]


STRETCHES = [Stretch(ALL_UP, 0, 10), Stretch("refunds", 10, 20)]


def test_a_leg_as_fast_as_before_has_not_noticed() -> None:
    assert noticed(STRETCHES, during("inventory", 0.2)) == []


@pytest.mark.parametrize("wait_s", [0.4, 15.0])
def test_a_leg_that_waits_for_another_is_named(wait_s: float) -> None:
    found = noticed(STRETCHES, during("notifier", wait_s))
    assert found
    assert all(x.detail.startswith("notifier while refunds was down") for x in found)


def test_a_leg_that_was_not_down_at_all_is_named() -> None:
    outcomes = [
        x._replace(home_at=x.due_at + 0.1) if x.leg == "refunds" else x
        for x in during("inventory", 0.1)
    ]
    (found,) = noticed(STRETCHES, outcomes)
    assert found.detail.startswith("refunds while refunds was down")


async def test_an_unknown_leg_is_named_beside_those_there_are() -> None:
    with pytest.raises(LocalRuntimeError, match=r"arm.*inventory"):
        await run_outage(seconds=1, rate=1, legs=["arm"], seed=1)
