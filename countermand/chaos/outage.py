"""Each leg of a cancellation down for a while under load: the two others must not notice.

Load goes on at a fixed rate throughout. First everything is up: what is measured then is what the
rest is compared with. Then the processes of each leg are ended in turn, stay away, come back, and
catch up. Latency counts from the moment a command was due until its leg's outcome is recorded.
"""

import asyncio
import secrets
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from statistics import quantiles
from typing import Any, NamedTuple

import asyncpg
import orjson

from countermand.books import print_books
from countermand.chaos.answer_log import AnswerLog
from countermand.chaos.checks import check_answers
from countermand.chaos.driver import drive
from countermand.chaos.journal import Journal
from countermand.chaos.kafka_watch import open_kafka_watch
from countermand.chaos.quiet import wait_until_quiet
from countermand.chaos.workload import plan_workload
from countermand.feed import Feed, feed
from countermand.running import endpoints_of
from countermand.screen import console, fail, say, steps
from countermand.verify.mismatch import Mismatch
from countermand.verify.report import Books, verify
from deploy.local.errors import LocalRuntimeError
from deploy.local.ports import free_ports
from deploy.local.processes import service_names
from deploy.local.stack import Stack, StackSettings

LEGS = {
    "inventory": "order.restock-reported.v1",
    "refunds": "order.refund-reported.v1",
    "notifier": "order.notification-reported.v1",
}
"""The service of each leg, and the fact that says how the leg ended."""

ALL_UP = "all up"
CATCH_UP_SHARE = 0.5
"""Time to catch up after an outage, of the length of the outage; the load goes on."""
CATCH_UP_LEAST_S = 4.0
STARTS_WITHIN_S = 20.0
"""Load is planned for so much longer per leg than it is down, because ends and starts take time."""
SETTLING_S = 1.0
"""What is due so shortly before the end of a stretch may come home after it."""

SLOWER_MAX = 1.5
"""While another leg is down, half the outcomes may take so many times as long as before …"""
SLACK_MS = 100.0
"""… and so much more: one machine runs all of it, and restarts compete for its cores."""
HOME_LEAST = 0.99
"""So many of the outcomes must be home before the outage is over."""


class Stretch(NamedTuple):
    """A part of the load, in seconds of Unix time."""

    name: str
    """The leg that was down, or `all up`."""
    begin: float
    end: float


class Outcome(NamedTuple):
    """One leg of one cancellation came home."""

    leg: str
    due_at: float
    home_at: float


async def run_outage(
    *, seconds: int, rate: int, legs: Sequence[str], seed: int | None
) -> dict[str, Any]:
    """Run the campaign and return its figures; `ok` tells whether nobody noticed and books agree.

    Args:
        seconds: how long each leg is down, and how long it is measured before.
        rate: commands per second.
        legs: the services taken down, one after the other.
        seed: repeats the commands; None draws one.

    Raises:
        LocalRuntimeError: no such leg, or the system could not be started.
    """
    if unknown := set(legs) - LEGS.keys():
        raise LocalRuntimeError(
            f"No leg is called {', '.join(unknown)}; there are {', '.join(LEGS)}."
        )
    if min(seconds, rate) < 1:
        raise LocalRuntimeError("An outage needs at least one second and one command in each.")
    drawn = secrets.randbelow(1_000_000) if seed is None else seed
    data_dir = Path(tempfile.mkdtemp(prefix="countermand-outage-"))
    is_clean = False
    try:
        figures = await _run_in(data_dir, seconds=seconds, rate=rate, legs=legs, seed=drawn)
        is_clean = figures["ok"]
    finally:
        if is_clean:
            shutil.rmtree(data_dir, ignore_errors=True)
        else:
            fail(f"Logs and data are kept in {data_dir}")
    return figures


async def _run_in(
    data_dir: Path, *, seconds: int, rate: int, legs: Sequence[str], seed: int
) -> dict[str, Any]:
    catch_up_s = max(CATCH_UP_LEAST_S, seconds * CATCH_UP_SHARE)
    total_s = int(seconds + len(legs) * (seconds + catch_up_s + STARTS_WITHIN_S)) + 1
    workload = plan_workload(seed, seconds=total_s, rate=rate)
    settings = StackSettings(data_dir=data_dir, http_port=free_ports(1)[0])
    journal = Journal()
    async with Stack(settings, on_progress=lambda text: say(f"[dim]  {text}[/]")) as stack:
        endpoints = endpoints_of(stack)
        with steps() as show:
            orders = Feed(facts=workload.facts, commands=(), payments=workload.payments)
            await feed(endpoints, orders, show)
        log = AnswerLog(endpoints.postgres_dsn)
        async with AsyncExitStack() as resources:
            watch = await resources.enter_async_context(
                open_kafka_watch(endpoints.kafka_bootstrap, endpoints.postgres_dsn)
            )
            load = asyncio.create_task(drive(endpoints, workload, journal))
            stretches = await _take_down_each(stack, legs, seconds, catch_up_s)
            # Ends and starts took what they took; what is planned beyond is not sent.
            del workload.sendings[journal.sendings_count + 1 :]
            await load
            open_work = await wait_until_quiet(
                endpoints.postgres_dsn, journal, log, watch,
                without_guard=None, payments_url=stack.payments_url,
            )  # fmt: skip
        with console.status("Reconciling …"):
            books = await verify(endpoints)
        outcomes = await _read_outcomes(endpoints.postgres_dsn, journal)
    found = [
        *books.mismatches,
        *(Mismatch("lost", f"not at rest: {n} {what}") for what, n in open_work.items()),
        *check_answers(journal, log),
        *noticed(stretches, outcomes),
    ]
    seen = Seen(seed, stretches, outcomes, len(journal.acknowledged), books, found)
    figures = figures_of(seen)
    _print(figures, seen)
    return figures


async def _take_down_each(
    stack: Stack, legs: Sequence[str], seconds: int, catch_up_s: float
) -> list[Stretch]:
    """End each leg in turn and bring it back; returns what was when."""
    await asyncio.sleep(SETTLING_S)
    stretches = [await _let_run(ALL_UP, seconds)]
    for leg in legs:
        processes = [name for name in service_names() if name.split(".")[0] == leg]
        await stack.supervisor.take_down(processes)
        say(f"[dim]  {leg} is down for {seconds} s[/]")
        stretches.append(await _let_run(leg, seconds))
        await stack.supervisor.bring_back(processes)
        await asyncio.sleep(catch_up_s)
    return stretches


async def _let_run(name: str, seconds: int) -> Stretch:
    begin = time.time()
    await asyncio.sleep(seconds)
    return Stretch(name, begin, time.time())


async def _read_outcomes(dsn: str, journal: Journal) -> list[Outcome]:
    """Return when each leg of each cancellation was due and came home."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "SELECT topic, state FROM cancellation.cancellation_events"
            " WHERE topic = ANY($1) ORDER BY notification_id",
            ["order.cancelled.v1", *LEGS.values()],
        )
    finally:
        await connection.close()
    due: dict[str, float] = {}
    found = []
    service = {name: leg for leg, name in LEGS.items()}
    for name, body in rows:
        stored = orjson.loads(body)
        fact = stored["fact"]
        if name not in service:
            due[fact["cancellation_id"]] = journal.sent[fact["command_id"]]
            continue
        home_at = datetime.fromisoformat(stored["cause"]["recorded_at"]).timestamp()
        due_at = due[fact["message"]["cancellation_id"]]
        found.append(Outcome(service[name], due_at, home_at))
    return found


class Measured(NamedTuple):
    """What became of one leg in one stretch."""

    outcomes: int
    """Those of commands that were due in it."""
    home: float
    """Share of them that was home before it was over."""
    p50_ms: float
    p95_ms: float


def _measure(stretch: Stretch, leg: str, outcomes: Iterable[Outcome]) -> Measured:
    own = [
        outcome
        for outcome in outcomes
        if outcome.leg == leg and stretch.begin <= outcome.due_at < stretch.end - SETTLING_S
    ]
    waits_ms = sorted(1000 * (outcome.home_at - outcome.due_at) for outcome in own)
    home = sum(outcome.home_at <= stretch.end for outcome in own)
    cuts = quantiles(waits_ms, n=100) if len(waits_ms) > 1 else [0.0] * 99
    return Measured(len(own), home / len(own) if own else 0.0, cuts[49], cuts[94])


def noticed(stretches: Sequence[Stretch], outcomes: Sequence[Outcome]) -> list[Mismatch]:
    """Name legs that were slower while another was down, and those that were not down at all."""
    found = []
    before = {leg: _measure(stretches[0], leg, outcomes) for leg in LEGS}
    for stretch in stretches[1:]:
        for leg in LEGS:
            now = _measure(stretch, leg, outcomes)
            about = f"{leg} while {stretch.name} was down:"
            if leg == stretch.name:
                if now.home:
                    found.append(Mismatch("wrong", f"{about} {now.home:.0%} came home"))
                continue
            limit_ms = before[leg].p50_ms * SLOWER_MAX + SLACK_MS
            if now.home < HOME_LEAST:
                found.append(Mismatch("wrong", f"{about} only {now.home:.1%} came home"))
            if now.p50_ms > limit_ms:
                detail = f"p50 {now.p50_ms:.0f} ms, {before[leg].p50_ms:.0f} ms before"
                found.append(Mismatch("wrong", f"{about} {detail}"))
    return found


class Seen(NamedTuple):
    """Everything seen during one campaign."""

    seed: int
    stretches: Sequence[Stretch]
    outcomes: Sequence[Outcome]
    commands_count: int
    """Acknowledged."""
    books: Books
    mismatches: Sequence[Mismatch]


def figures_of(seen: Seen) -> dict[str, Any]:
    """Return the figures of a campaign, ready for JSON."""
    stretched: dict[str, dict[str, Any]] = defaultdict(dict)
    for stretch in seen.stretches:
        for leg in LEGS:
            count, home, p50_ms, p95_ms = _measure(stretch, leg, seen.outcomes)
            stretched[stretch.name][leg] = {
                "outcomes": count, "home": round(home, 4), "p50_ms": round(p50_ms, 1),
                "p95_ms": round(p95_ms, 1),
            }  # fmt: skip
    return {
        "ok": not seen.mismatches,
        "commands": seen.commands_count,
        "cancelled": seen.books.cancelled,
        "refused": seen.books.refused,
        "stretches": dict(stretched),
        "uncertain": seen.books.uncertain,
        "dead_letters": seen.books.dead_letters,
        "seed": seen.seed,
        "mismatches": [f"{mismatch.kind}: {mismatch.detail}" for mismatch in seen.mismatches],
    }


def _print(figures: dict[str, Any], seen: Seen) -> None:
    print_books(seen.books)
    for name, legs in figures["stretches"].items():
        told = ", ".join(
            f"{leg} {measured['home']:.1%} home, p50 {measured['p50_ms']:.0f} ms"
            f" p95 {measured['p95_ms']:.0f} ms"
            for leg, measured in legs.items()
            if leg != name
        )
        say(f"{name if name == ALL_UP else f'{name} down'}: {told}")
    for mismatch in seen.mismatches:
        if mismatch not in seen.books.mismatches:
            fail(f"{mismatch.kind}: {mismatch.detail}")
    say("[bold green]✓[/] Nobody noticed." if figures["ok"] else "[bold red]✗[/] Somebody noticed.")
