"""The command `countermand`: every verb a person or a script needs.

With `--json` a command writes one JSON object on the last line of standard output; everything meant
for people goes to standard error.
"""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import asyncpg
import httpx2
from cyclopts import App, Parameter

from countermand import orders as orders_client
from countermand import screen
from countermand.endpoints import Endpoints, NothingRunsError
from countermand.progress import StalledError
from countermand.running import DEFAULT_DATA_DIR
from countermand.running import up as run_up
from countermand.verify.report import verify as run_verify
from deploy.local.errors import LocalRuntimeError
from deploy.local.stack import load_state, stop_running

T = TypeVar("T")
app = App(
    name="countermand",
    help="Call an order back: stop it, refund it, restock it, tell the customer, once each.",
)
imports = App(name="import", help="Import orders and cancellations from files.")
orders = App(name="orders", help="Look at orders.")
bench = App(name="bench", help="Measure.")
for group in (imports, orders, bench):
    app.command(group)

DataDir = Annotated[Path, Parameter(help="Where the local system keeps its data.")]
Json = Annotated[bool, Parameter(name="--json", negative=(), help="One JSON object on stdout.")]
HttpPort = Annotated[int, Parameter(help="Port of the API; the next free one when taken.")]


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; known failures become words and exit status 1."""
    try:
        return asyncio.run(work)
    except (NothingRunsError, StalledError, LocalRuntimeError, orders_client.ApiError) as known:
        screen.fail(str(known))
    except (OSError, httpx2.TransportError, asyncpg.PostgresError) as away:
        screen.fail(f"The system did not answer ({away}). `countermand status` tells what runs.")
    sys.exit(1)


@app.command
def up(
    *command: Annotated[str, Parameter(allow_leading_hyphen=True, help="Run this, then stop.")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
    http_port: HttpPort = 8080,
    fresh: Annotated[bool, Parameter(negative=(), help="Throw earlier data away.")] = False,
) -> None:
    """Start everything and stay; or, as `up -- COMMAND …`, run a command against it.

    External servers: COUNTERMAND_POSTGRES_DSN and COUNTERMAND_KAFKA_BOOTSTRAP.
    """
    sys.exit(_run(run_up(data_dir, http_port=http_port, fresh=fresh, command=command)))


@app.command
def down(data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Stop a system that runs on a data directory."""
    screen.say("Stopped." if stop_running(data_dir) else f"Nothing runs on {data_dir}.")


@app.command
def status(data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False) -> None:
    """Tell what runs, where, and how far behind it is."""
    from countermand.status import read_status  # noqa: PLC0415 - keeps other verbs quick

    state = load_state(data_dir)
    if state is None:
        if json:
            screen.print_json({"running": False})
        screen.fail(f"Nothing runs on {data_dir}. Start it with `countermand up`.")
        sys.exit(1)
    rows = _run(read_status(state))
    if json:
        screen.print_json({"running": True, **state, "processes": rows})
        return
    screen.print_rows(
        "Processes",
        ("Process", "Pid", "Ready", "Lag", "Oldest s", "Dead", "Doubled", "Calls"),
        [tuple(_cell(value) for value in row.values()) for row in rows],
    )


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else value


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
    state: Literal["PLACED", "PARTIALLY_CANCELLED", "CANCELLED"] | None = None,
    limit: int = 20,
    before: str | None = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """List orders, newest first; cancelled ones stay, struck through."""
    wanted = {"state": state, "limit": limit, "before": before}
    parameters = {name: value for name, value in wanted.items() if value is not None}
    answer = _run(_call(data_dir, "GET", "/v1/orders", params=parameters))
    if json:
        screen.print_json(answer)
    else:
        orders_client.print_list(answer)


@orders.command(name="show")
def show_order(order_id: str, data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False) -> None:
    """Show one order: its state and its whole story."""

    async def work() -> dict[str, Any]:
        return await orders_client.show(Endpoints.find(data_dir).api_url, order_id)

    answer = _run(work())
    if json:
        screen.print_json(answer)
    else:
        orders_client.print_order(answer)


@app.command
def cancel(
    order_id: str,
    *,
    reason: Literal["CUSTOMER", "INVENTORY", "FRAUD", "DECLINED", "STAFF", "OTHER"],
    line: Annotated[
        tuple[str, ...], Parameter(negative=(), help="LINE=QUANTITY; leave out to cancel all.")
    ] = (),
    refund: Literal["NOW", "NONE"] = "NOW",
    restock: bool = True,
    notify: bool = True,
    note: Annotated[str | None, Parameter(help="For staff only.")] = None,
    command_id: Annotated[str | None, Parameter(help="Repeat it to ask again safely.")] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Cancel an order, or some of its lines."""
    body: dict[str, Any] = {
        "reason": reason, "refund": refund, "restock": restock, "notify": notify,
        "staff_note": note, "requested_by": "cli",
    }  # fmt: skip
    if line:
        try:
            pairs = [text.rsplit("=", 1) for text in line]
            body["lines"] = [{"line_id": id_, "quantity": int(units)} for id_, units in pairs]
        except ValueError:
            screen.fail("Write lines as LINE=QUANTITY, for example --line 3=2.")
            sys.exit(2)

    async def work() -> dict[str, Any]:
        url = Endpoints.find(data_dir).api_url
        return await orders_client.cancel(url, order_id, command_id=command_id, body=body)

    answer = _run(work())
    if json:
        screen.print_json(answer)
    else:
        screen.say(f"[green]✓[/] {answer['outcome']}: cancellation {answer['cancellation_id']}")


@app.command
def verify(data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False) -> None:
    """Reconcile all books from outside; exit status 1 and each mismatch by name otherwise."""

    async def work() -> Any:
        with screen.console.status("Reconciling …") as line:
            return await run_verify(
                Endpoints.find(data_dir), lambda book: line.update(f"Reconciling {book} …")
            )

    books = _run(work())
    screen.print_books(books)
    if json:
        screen.print_json(books.to_json())
    sys.exit(0 if books.is_ok else 1)


@app.command
def rebuild(data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False) -> None:
    """Build the read models anew from the log, beside the old ones, and swap."""
    from countermand.rebuild import rebuild_orders  # noqa: PLC0415

    async def work() -> dict[str, Any]:
        return await rebuild_orders(Endpoints.find(data_dir).postgres_dsn)

    figures = _run(work())
    screen.say(f"[green]✓[/] Built from {figures['facts']:,} facts in {figures['seconds']:.1f} s.")
    if json:
        screen.print_json(figures)


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


async def _call(data_dir: Path, method: str, path: str, **more: Any) -> dict[str, Any]:
    return await orders_client.call(Endpoints.find(data_dir).api_url, method, path, **more)


def main() -> None:
    """Entry point."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
