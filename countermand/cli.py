"""The command `countermand`: every verb a person or a script needs.

With `--json` a command writes one JSON object on the last line of standard output; everything meant
for people goes to standard error.
"""

import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from countermand import orders as orders_client
from countermand import screen
from countermand.audit.verbs import audit
from countermand.books import print_books
from countermand.bulk.verbs import bulk
from countermand.cancelling.afterwards import expire, holds, reinstate, restock, settle, undo
from countermand.cancelling.cancel import cancel
from countermand.cancelling.claims import claims
from countermand.cancelling.explain import explain
from countermand.cancelling.policy import policy, reasons
from countermand.cancelling.requests import requests
from countermand.cancelling.sending import answer
from countermand.cases.verbs import cases
from countermand.dead_letters.verbs import dead_letters
from countermand.endpoints import Endpoints
from countermand.history.verbs import At, events, read_at, trace
from countermand.messages.verbs import messages
from countermand.rebuilds.verbs import rebuild
from countermand.recovery.verbs import recover
from countermand.replay.verbs import replay
from countermand.running import DEFAULT_DATA_DIR
from countermand.running import up as run_up
from countermand.staging.verbs import staging
from countermand.status.verbs import status
from countermand.stock.verbs import stock
from countermand.verb import DataDir, Json
from countermand.verb import run as _run
from countermand.verify.report import verify as run_verify
from deploy.local.stack import stop_running
from services.cancellation.projections.row import OrderState

app = App(
    name="countermand",
    help="Call an order back: stop it, refund it, restock it, tell the customer, once each.",
)
imports = App(name="import", help="Import orders and cancellations from files.")
orders = App(name="orders", help="Look at orders.")
bench = App(name="bench", help="Measure.")
for group in (
    imports, orders, stock, requests, holds, claims, cases, policy, messages, bulk, audit,
    dead_letters, replay, recover, staging, bench,
):  # fmt: skip
    app.command(group)
for verb in (
    status, cancel, undo, reinstate, settle, restock, answer, explain, reasons, events, trace,
    rebuild,
):  # fmt: skip
    app.command(verb)
orders.command(expire)

HttpPort = Annotated[int, Parameter(help="Port of the API; the next free one when taken.")]


@app.command
def up(
    *command: Annotated[str, Parameter(allow_leading_hyphen=True, help="Run this, then stop.")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
    http_port: HttpPort = 8080,
    fresh: Annotated[bool, Parameter(negative=(), help="Throw earlier data away.")] = False,
    without: Annotated[
        tuple[str, ...],
        Parameter(negative=(), show_default=False, help="Leave out a role, or `all` services."),
    ] = (),
) -> None:
    """Start everything and stay; or, as `up -- COMMAND …`, run a command against it.

    External servers: COUNTERMAND_POSTGRES_DSN and COUNTERMAND_KAFKA_BOOTSTRAP.
    """
    sys.exit(
        _run(run_up(data_dir, http_port=http_port, fresh=fresh, command=command, without=without))
    )


@app.command
def down(data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Stop a system that runs on a data directory."""
    screen.say("Stopped." if stop_running(data_dir) else f"Nothing runs on {data_dir}.")


@app.command
def demo(
    data_dir: DataDir = DEFAULT_DATA_DIR,
    http_port: HttpPort = 8080,
    exit: Annotated[bool, Parameter(negative=(), help="End after the table.")] = False,  # noqa: A002
    keep: Annotated[bool, Parameter(negative=(), help="Go on with earlier data.")] = False,
    json: Json = False,
) -> None:
    """Cancel a month of real orders end to end and reconcile every book."""
    from countermand.demo import demo as run_demo  # noqa: PLC0415

    books = _run(run_demo(data_dir, http_port=http_port, keep=keep, stay=not exit))
    if json:
        screen.print_json(books.to_json())
    sys.exit(0 if books.is_ok else 1)


@imports.command(name="retail")
def import_retail(file: Path, data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False) -> None:
    """Import a file of the public Online Retail kind: invoices are orders, `C` invoices cancel."""
    from countermand.demo import import_retail as run_import  # noqa: PLC0415
    from countermand.retail.files import RetailFileError  # noqa: PLC0415

    async def work() -> dict[str, Any]:
        plan = await run_import(Endpoints.find(data_dir), file)
        return plan.report.to_json()

    try:
        report = _run(work())
    except RetailFileError as unreadable:
        screen.fail(str(unreadable))
        sys.exit(1)
    if json:
        screen.print_json(report)


@orders.command(name="list")
def list_orders(
    *,
    state: OrderState | None = None,
    limit: int = 20,
    before: str | None = None,
    at: At = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """List orders, newest first; cancelled ones stay, struck through."""
    wanted = {"state": state, "limit": limit, "before": before, "at": read_at(at)}
    parameters = {name: value for name, value in wanted.items() if value is not None}
    answer = _run(_call(data_dir, "GET", "/v1/orders", params=parameters))
    if json:
        screen.print_json(answer)
    else:
        orders_client.print_list(answer, is_past=at is not None)


@orders.command(name="show")
def show_order(
    order_id: str, at: At = None, data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False
) -> None:
    """Show one order: its state and its whole story."""
    then = read_at(at)

    async def work() -> dict[str, Any]:
        return await orders_client.show(Endpoints.find(data_dir).api_url, order_id, at=then)

    answer = _run(work())
    if json:
        screen.print_json(answer)
    else:
        orders_client.print_order(answer)


@app.command
def verify(data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False) -> None:
    """Reconcile all books from outside; exit status 1 and each mismatch by name otherwise."""

    async def work() -> Any:
        with screen.console.status("Reconciling …") as line:
            return await run_verify(
                Endpoints.find(data_dir), lambda book: line.update(f"Reconciling {book} …")
            )

    books = _run(work())
    print_books(books)
    if json:
        screen.print_json(books.to_json())
    sys.exit(0 if books.is_ok else 1)


@bench.command(name="pipeline")
def bench_pipeline(
    rounds: Annotated[int, Parameter(help="The median of so many is reported.")] = 3,
    orders: Annotated[int, Parameter(help="Orders per intake round.")] = 20_000,
    json: Json = False,
) -> None:
    """Measure the pipeline beside the raw limit, in one run."""
    from countermand.bench.pipeline import run as run_bench  # noqa: PLC0415

    figures = _run(run_bench(rounds=rounds, order_count=orders))
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

    figures = _run(run_bench(file=file or DEMO_FILE, order_count=orders))
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

    figures = _run(run_bench(file=file or DEMO_FILE, event_count=events))
    if json:
        screen.print_json(figures)


@app.command
def chaos(
    *,
    seconds: int = 60,
    kills_per_minute: int = 30,
    rate: Annotated[int, Parameter(help="Cancellations per second.")] = 20,
    seed: int | None = None,
    without_guard: Annotated[str | None, Parameter(help="Control run: `inbox`.")] = None,
    json: Json = False,
) -> None:
    """Cancel orders while processes are killed at random; then reconcile every book."""
    from countermand.chaos import run as run_chaos  # noqa: PLC0415

    figures = _run(
        run_chaos(
            seconds=seconds, kills_per_minute=kills_per_minute, rate=rate,
            seed=seed, without_guard=without_guard,
        )
    )  # fmt: skip
    if json:
        screen.print_json(figures)
    sys.exit(0 if figures["ok"] else 1)


@app.command
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

    figures = _run(run_outage(seconds=seconds, rate=rate, legs=leg, seed=seed))
    if json:
        screen.print_json(figures)
    sys.exit(0 if figures["ok"] else 1)


async def _call(data_dir: Path, method: str, path: str, **more: Any) -> dict[str, Any]:
    return await orders_client.call(Endpoints.find(data_dir).api_url, method, path, **more)


def main() -> None:
    """Entry point."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
