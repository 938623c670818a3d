"""The verbs that measure, and those that break things on purpose."""

import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

from cyclopts import App, Parameter

from countermand import screen, verb
from countermand.verb import Json

T = TypeVar("T")

bench = App(name="bench", help="Measure.")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, as every verb does; whoever presses Ctrl-C is told that all is stopped."""
    try:
        return verb.run(work)
    except KeyboardInterrupt:
        screen.say(verb.STOPPED)
        sys.exit(verb.INTERRUPTED)


@bench.command(name="pipeline")
def bench_pipeline(
    rounds: Annotated[int, Parameter(help="The median of so many is reported.")] = 3,
    orders: Annotated[int, Parameter(help="Orders per intake round.")] = 20_000,
    json: Json = False,
) -> None:
    """Measure the pipeline beside the raw limit, in one run."""
    from countermand.bench.pipeline import run as run_bench  # noqa: PLC0415

    figures = run(run_bench(rounds=rounds, order_count=orders))
    if json:
        screen.print_json(figures)


@bench.command(name="bulk")
def bench_bulk(
    file: Annotated[
        Path | None, Parameter(help="Of the Online Retail kind; left out, the demo's month.")
    ] = None,
    *,
    orders: Annotated[int, Parameter(help="So many; the file is used again as needed.")] = 50_000,
    json: Json = False,
) -> None:
    """Measure one bulk plan over real orders: preview, run, and what came of it."""
    from countermand.bench.bulk import run as run_bench  # noqa: PLC0415
    from countermand.demo import DEMO_FILE  # noqa: PLC0415

    figures = run(run_bench(file=file or DEMO_FILE, order_count=orders))
    if json:
        screen.print_json(figures)
    sys.exit(0 if figures["as_foreseen"] and figures["answered_once"] else 1)


@bench.command(name="operations")
def bench_operations(
    file: Annotated[
        Path | None, Parameter(help="Of the Online Retail kind; left out, the demo's month.")
    ] = None,
    *,
    events: Annotated[int, Parameter(help="About so many facts.")] = 1_000_000,
    json: Json = False,
) -> None:
    """Measure rebuilds, plans and a replay to Kafka over a long log of real orders."""
    from countermand.bench.operations import run as run_bench  # noqa: PLC0415
    from countermand.demo import DEMO_FILE  # noqa: PLC0415

    figures = run(run_bench(file=file or DEMO_FILE, event_count=events))
    if json:
        screen.print_json(figures)


@bench.command(name="reads")
def bench_reads(
    file: Annotated[
        Path | None, Parameter(help="Of the Online Retail kind; left out, the demo's month.")
    ] = None,
    *,
    orders: Annotated[
        int, Parameter(help="So many; the file is used again as needed.")
    ] = 1_000_000,
    rate: Annotated[int, Parameter(help="Requests per second.")] = 200,
    seconds: Annotated[int, Parameter(help="For each kind of question.")] = 10,
    keep: Annotated[
        Path | None, Parameter(help="Keep the filled shop here, and use it again.")
    ] = None,
    json: Json = False,
) -> None:
    """Fill a shop with two years of real orders; measure lists, searches, filters and figures."""
    from countermand.bench.reads import run as run_bench  # noqa: PLC0415
    from countermand.demo import DEMO_FILE  # noqa: PLC0415

    figures = run(
        run_bench(file=file or DEMO_FILE, order_count=orders, rate=rate, seconds=seconds, keep=keep)
    )
    if json:
        screen.print_json(figures)
    sys.exit(0 if figures["ok"] else 1)


@bench.command(name="shards")
def bench_shards(
    orders: Annotated[int, Parameter(help="Orders per run.")] = 2_000,
    counts: Annotated[
        tuple[int, ...], Parameter(name="--shards", negative=(), help="A run for each number.")
    ] = (1, 2, 4),
    json: Json = False,
) -> None:
    """Measure event stores of one log and of several, and compare all books after each run."""
    from countermand.bench.shards import run as run_bench  # noqa: PLC0415

    figures = run(run_bench(order_count=orders, counts=counts))
    if json:
        screen.print_json(figures)
    sys.exit(0 if all(one["verify_ok"] for one in figures["runs"]) else 1)


def chaos(
    *,
    seconds: int = 60,
    kills_per_minute: int = 30,
    rate: Annotated[int, Parameter(help="Cancellations per second.")] = 20,
    seed: int | None = None,
    without_guard: Annotated[str | None, Parameter(help="Control run: `inbox`.")] = None,
    shards: Annotated[int, Parameter(help="Logs of every event store.")] = 1,
    json: Json = False,
) -> None:
    """Cancel orders while processes are killed at random; then reconcile every book."""
    from countermand.chaos import run as run_chaos  # noqa: PLC0415

    figures = run(
        run_chaos(
            seconds=seconds, kills_per_minute=kills_per_minute, rate=rate,
            seed=seed, without_guard=without_guard, shards=shards,
        )
    )  # fmt: skip
    if json:
        screen.print_json(figures)
    sys.exit(0 if figures["ok"] else 1)


def outage(
    *,
    seconds: Annotated[int, Parameter(help="How long each leg is down.")] = 60,
    rate: Annotated[int, Parameter(help="Cancellations per second.")] = 20,
    leg: Annotated[
        tuple[str, ...], Parameter(negative=(), help="Only this one; may be repeated.")
    ] = ("inventory", "refunds", "notifier"),
    seed: int | None = None,
    json: Json = False,
) -> None:
    """Take each leg down for a while under load: the others must not notice; reconcile."""
    from countermand.chaos.outage import run_outage  # noqa: PLC0415

    figures = run(run_outage(seconds=seconds, rate=rate, legs=leg, seed=seed))
    if json:
        screen.print_json(figures)
    sys.exit(0 if figures["ok"] else 1)
