"""The chaos campaign: clean in its short form, red without its guard, repeatable by its seed."""

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest

from contracts.orders import OrderPlaced
from countermand.chaos import run
from countermand.chaos.answer_log import AnswerLog
from countermand.chaos.checks import check_answers
from countermand.chaos.journal import Journal
from countermand.chaos.killer import plan_kills
from countermand.chaos.workload import plan_workload
from deploy.local.errors import LocalRuntimeError
from deploy.local.processes import service_names
from kit.clock import utc_now
from kit.decider import Context
from services.cancellation.domain.decisions import ORDER
from services.cancellation.domain.events import OrderCancelled
from services.cancellation.domain.order import Order

CLEAN_SEED = 24
"""Among its victims are the API, three consumers, both workers (early), two relays and `bulk`."""
CONTROL_SEED = 52
"""Among its victims is no effect worker, whose lease would have to be waited for."""


def chaos(words: str, tmp_path: Path) -> tuple[int, dict[str, Any]]:
    """Run `countermand chaos` as a person would; its data goes below `tmp_path`."""
    start = "from countermand.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", start, "chaos", *words.split(), "--json"],
        cwd=Path(__file__).parents[2],
        env={"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        check=False,
        timeout=170,
    )
    return ended.returncode, orjson.loads(ended.stdout.splitlines()[-1])


@pytest.mark.e2e
def test_nothing_is_lost_or_doubled_while_processes_and_servers_are_killed(tmp_path: Path) -> None:
    status, figures = chaos(
        f"--seconds 14 --kills-per-minute 40 --rate 20 --seed {CLEAN_SEED}", tmp_path
    )

    assert figures["mismatches"] == []
    assert (status, figures["ok"]) == (0, True)
    assert figures["kills"] == 9
    assert set(figures["hard_stops"]) == {"PostgreSQL", "Kafka"}
    assert figures["commands"] == 14 * 20
    assert figures["cancelled"] > 200
    assert figures["duplicates_sent"] > 0
    assert figures["failed_late"] > 0
    assert figures["offset_looks"] > 0
    assert (figures["lost"], figures["doubled"], figures["seed"]) == (0, 0, CLEAN_SEED)
    assert list(tmp_path.iterdir()) == [], "a clean campaign leaves nothing behind"


@pytest.mark.e2e
def test_without_the_inbox_the_same_campaign_gives_money_back_twice(tmp_path: Path) -> None:
    words = f"--seconds 6 --kills-per-minute 40 --rate 20 --seed {CONTROL_SEED}"
    status, figures = chaos(f"{words} --without-guard inbox", tmp_path)

    assert (status, figures["ok"]) == (1, False)
    assert figures["doubled"] > 0
    assert figures["doubled_minor"] > 0
    assert len(list(tmp_path.iterdir())) == 1, "the logs are kept when something is wrong"


@pytest.mark.e2e
def test_without_the_look_refunds_whose_answers_are_lost_are_made_twice(tmp_path: Path) -> None:
    words = f"--seconds 10 --kills-per-minute 6 --rate 20 --seed {CONTROL_SEED}"
    status, figures = chaos(f"{words} --without-guard lookup", tmp_path)

    assert (status, figures["ok"]) == (1, False)
    assert figures["doubled"] > 0
    assert any("was made 2 times" in mismatch for mismatch in figures["mismatches"])


async def test_an_unknown_guard_is_named_beside_those_there_are() -> None:
    with pytest.raises(LocalRuntimeError, match=r"helmet.*inbox"):
        await run(seconds=1, kills_per_minute=0, rate=1, seed=1, without_guard="helmet")


def test_the_same_seed_plans_the_same_campaign_and_another_seed_another_one() -> None:
    first, again, other = (plan_workload(seed, seconds=5, rate=20) for seed in (7, 7, 8))

    assert (first.facts, first.sendings) == (again.facts, again.sendings)
    assert first.sendings != other.sendings
    kills = [plan_kills(seed, seconds=60, kills_per_minute=30) for seed in (7, 7, 8)]
    assert kills[0] == kills[1] != kills[2]


def test_every_process_of_a_service_is_killed_before_any_is_killed_again() -> None:
    plan = plan_kills(3, seconds=60, kills_per_minute=30)

    assert len(plan) == 30
    assert all(0 <= kill.at_s <= 60 for kill in plan)
    times = Counter(kill.victim for kill in plan)
    assert set(times) == set(service_names())
    assert max(times.values()) - min(times.values()) <= 1


def test_commands_are_due_at_the_given_rate_and_some_go_through_both_doors() -> None:
    workload = plan_workload(3, seconds=30, rate=20)

    first = [s for s in workload.sendings if not s.is_repeat]
    assert [s.at_s for s in first] == pytest.approx([i / 20 for i in range(600)])
    assert len({s.command_id for s in workload.sendings}) == 600
    doors: dict[str, set[str]] = {}
    for sending in workload.sendings:
        doors.setdefault(sending.command_id, set()).add(sending.door)
    assert any(len(used) == 2 for used in doors.values())


def test_a_command_done_twice_would_always_show_as_money_or_units() -> None:
    """Decide with and without the repetitions, as a service without an inbox would."""
    workload = plan_workload(5, seconds=60, rate=20)

    once = decide(workload, [s for s in workload.sendings if not s.is_repeat])
    twice = decide(workload, workload.sendings)

    assert sum(refund_minor(fact) for fact in twice) > sum(refund_minor(fact) for fact in once)
    assert len(twice) > len(once) + 20


def decide(workload: Any, sendings: Any) -> list[OrderCancelled]:
    """Return the cancellations that come of `sendings`."""
    orders: dict[str, Order] = {}

    def handle(message: Any, message_id: str) -> list[Any]:
        order = orders.get(message.order_id, ORDER.initial)
        facts = list(ORDER.decide(order, message, Context(utc_now(), message_id, uuid4(), 0)))
        for fact in facts:
            order = ORDER.evolve(order, fact)
        orders[message.order_id] = order
        return facts

    for outgoing in workload.facts:
        handle(outgoing.message, outgoing.message_id)
    assert sum(isinstance(o.message, OrderPlaced) for o in workload.facts) == len(orders)
    decided = [fact for s in sendings for fact in handle(s.command, s.command_id)]
    return [fact for fact in decided if isinstance(fact, OrderCancelled)]


def refund_minor(fact: OrderCancelled) -> int:
    """Return what one cancellation gives back."""
    return fact.refund_minor


def test_a_command_acknowledged_and_not_answered_is_lost_and_an_answer_unasked_is_foreign() -> None:
    journal, log = Journal(), AnswerLog("unused")
    journal.sent = {"kept": 0.0, "forgotten": 0.0, "refused-at-the-door": 0.0}
    journal.acknowledged = {"kept", "forgotten"}
    log.answers.update({"kept": 1, "invented": 1})

    found = check_answers(journal, log)

    assert [(mismatch.kind, mismatch.detail.split()[1]) for mismatch in found] == [
        ("lost", "forgotten"), ("lost", "refused-at-the-door"), ("foreign", "invented"),
    ]  # fmt: skip
