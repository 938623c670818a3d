"""One campaign from start to verdict: load, kills, rest, and the comparison of every book.

Runs on a data directory of its own, which is kept, and named, when anything is wrong.
"""

import asyncio
import logging
import secrets
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from countermand.chaos.answer_log import AnswerLog
from countermand.chaos.checks import check_answers, check_http_answers
from countermand.chaos.driver import drive
from countermand.chaos.journal import Journal
from countermand.chaos.kafka_watch import open_kafka_watch
from countermand.chaos.killer import Killer, plan_kills
from countermand.chaos.provider_faults import FORGETFUL, unpleasant_provider
from countermand.chaos.quiet import wait_until_quiet
from countermand.chaos.verdict import Campaign, Observed, figures_of, print_verdict
from countermand.chaos.workload import Workload, plan_workload
from countermand.endpoints import Endpoints
from countermand.feed import Feed, feed
from countermand.running import endpoints_of
from countermand.screen import console, fail, say, steps
from countermand.verify.mismatch import Mismatch
from countermand.verify.report import verify
from deploy.local.child import describe_exit
from deploy.local.errors import LocalRuntimeError
from deploy.local.ports import free_ports
from deploy.local.stack import Stack, StackSettings

GUARDS = ("inbox", "lookup")
"""What `COUNTERMAND_TEST_WITHOUT_GUARD` may name; see `kit.settings`."""
SHOW_EVERY_S = 0.25


async def run(
    *,
    seconds: int,
    kills_per_minute: int,
    rate: int,
    seed: int | None,
    without_guard: str | None,
    shards: int = 1,
) -> dict[str, Any]:
    """Run one campaign and return its figures; `ok` tells whether every book agrees.

    Args:
        seconds: how long commands are sent.
        kills_per_minute: of service processes; PostgreSQL and Kafka are stopped once each besides.
        rate: commands per second.
        seed: repeats the commands, the kills and their moments; None draws one.
        shards: logs of every event store.
        without_guard: switches a guard off to show what it is for; the verdict should be bad.

    Raises:
        LocalRuntimeError: the guard is unknown, or the system could not be started.
    """
    if without_guard is not None and without_guard not in GUARDS:
        raise LocalRuntimeError(
            f"No guard is called {without_guard}; there is {', '.join(GUARDS)}."
        )
    if min(seconds, rate) < 1 or kills_per_minute < 0:
        raise LocalRuntimeError("A campaign needs at least one second and one command in each.")
    drawn = secrets.randbelow(1_000_000) if seed is None else seed
    campaign = Campaign(seconds, kills_per_minute, rate, drawn, without_guard, shards)
    say(f"Repeat with: [bold]{campaign.command}[/]")
    # It reports every refused connection while Kafka is down, which is the point of the exercise.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    data_dir = Path(tempfile.mkdtemp(prefix="countermand-chaos-"))
    is_clean = False
    try:
        figures = await _run_in(data_dir, campaign)
        is_clean = figures["ok"]
    finally:
        if is_clean:
            shutil.rmtree(data_dir, ignore_errors=True)
        else:
            fail(f"Logs and data are kept in {data_dir}")
    return figures


async def _run_in(data_dir: Path, campaign: Campaign) -> dict[str, Any]:
    guard = campaign.without_guard
    settings = StackSettings(
        data_dir=data_dir,
        http_port=free_ports(1)[0],
        shards=campaign.shards,
        env={**FORGETFUL, **({"COUNTERMAND_TEST_WITHOUT_GUARD": guard} if guard else {})},
    )
    workload = plan_workload(campaign.seed, seconds=campaign.seconds, rate=campaign.rate)
    async with Stack(settings, on_progress=lambda text: say(f"[dim]  {text}[/]")) as stack:
        endpoints = endpoints_of(stack)
        with steps() as show:
            orders = Feed(facts=workload.facts, commands=(), payments=workload.payments)
            await feed(endpoints, orders, show)
        observed = await _observe(stack, endpoints, workload, campaign)
    figures = figures_of(campaign, observed)
    print_verdict(observed, figures)
    return figures


async def _observe(
    stack: Stack, endpoints: Endpoints, workload: Workload, campaign: Campaign
) -> Observed:
    has_inbox = campaign.without_guard != "inbox"
    journal, log = Journal(), AnswerLog(endpoints.postgres_dsn)
    plan = plan_kills(
        campaign.seed,
        seconds=campaign.seconds,
        kills_per_minute=campaign.kills_per_minute,
        shards=campaign.shards,
    )
    killer = Killer(stack, plan, campaign.seconds)
    async with open_kafka_watch(endpoints.kafka_bootstrap, endpoints.postgres_dsn) as watch:
        with steps() as show:
            async with _beside(_show(show, workload, journal, log, killer)):
                followers = [log.run(), watch.run()] if has_inbox else [log.run()]
                paid = [payment["payment_id"] for payment in workload.payments]
                async with unpleasant_provider(stack.payments_url, campaign.seed, paid) as faults:
                    async with _beside(*followers):
                        await asyncio.gather(drive(endpoints, workload, journal), killer.run())
                    open_work = await wait_until_quiet(
                        endpoints.postgres_dsn, journal, log, watch,
                        without_guard=campaign.without_guard, payments_url=stack.payments_url,
                    )  # fmt: skip
    with console.status("Reconciling …") as line:
        books = await verify(endpoints, lambda book: line.update(f"Reconciling {book} …"))
        own = [
            *(Mismatch("lost", f"not at rest: {n} {what}") for what, n in open_work.items()),
            *(Mismatch("wrong", text) for text in killer.failures),
            *watch.mismatches,
            *check_answers(journal, log),
        ]
        if has_inbox:  # the API finds answers through it
            own += await check_http_answers(endpoints.api_url, journal)
    distinct = list(dict.fromkeys([*books.mismatches, *own]))
    crashes = [
        f"{end.name} {describe_exit(end.exit_code)}"
        for end in stack.supervisor.exits
        if end.exit_code != -signal.SIGKILL
    ]
    return Observed(journal, log, watch, killer, faults, books, crashes, distinct)


@asynccontextmanager
async def _beside(*loops: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run endless loops while the body runs; one that failed is not passed over in silence."""
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    for failure in ends:
        if isinstance(failure, Exception):
            raise failure


async def _show(
    show: Any, workload: Workload, journal: Journal, log: AnswerLog, killer: Killer
) -> None:
    while True:
        show("Commands sent", journal.sendings_count, len(workload.sendings))
        show("Commands answered", len(log.answers), len(workload.first_at_s))
        show("Cancellations completed", log.ended_count, log.cancelled_count)
        show("Processes killed", killer.kills_count, len(killer.plan))
        show("Servers stopped hard", len(killer.hard_stops), 2)
        await asyncio.sleep(SHOW_EVERY_S)
