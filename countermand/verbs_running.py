"""The verbs that start, stop, fill and compare a whole system."""

import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from countermand import screen
from countermand.books import print_books
from countermand.endpoints import DEFAULT_DATA_DIR, Endpoints
from countermand.running import up as run_up
from countermand.verb import DataDir, Json, run
from countermand.verify.report import verify as run_verify
from deploy.local.state import stop_running

imports = App(name="import", help="Import orders and cancellations from files.")

Shards = Annotated[
    int | None,
    Parameter(
        show_default=False,
        help="Logs of every event store, and relays; left out, the logs are as they are.",
        env_var="COUNTERMAND_EVENT_STORE_SHARDS",
    ),
]
HttpPort = Annotated[int, Parameter(help="Port of the API; the next free one when taken.")]


def up(
    *command: Annotated[str, Parameter(allow_leading_hyphen=True, help="Run this, then stop.")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
    http_port: HttpPort = 8080,
    fresh: Annotated[bool, Parameter(negative=(), help="Throw earlier data away.")] = False,
    without: Annotated[
        tuple[str, ...],
        Parameter(negative=(), show_default=False, help="Leave out a role, or `all` services."),
    ] = (),
    consumers: Annotated[int, Parameter(help="Consumers of every service, 1 to 4.")] = 1,
    training: Annotated[
        bool, Parameter(negative=(), help="A sandbox shop: made-up orders, and exercises.")
    ] = False,
    shards: Shards = None,
) -> None:
    """Start everything and stay; or, as `up -- COMMAND …`, run a command against it.

    External servers: COUNTERMAND_POSTGRES_DSN and COUNTERMAND_KAFKA_BOOTSTRAP.
    """
    sys.exit(
        run(
            run_up(
                data_dir, http_port=http_port, fresh=fresh, command=command, without=without,
                consumers=consumers, shards=shards, training=training,
            )
        )
    )  # fmt: skip


def down(data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Stop a system that runs on a data directory."""
    screen.say("Stopped." if stop_running(data_dir) else f"Nothing runs on {data_dir}.")


def demo(
    data_dir: DataDir = DEFAULT_DATA_DIR,
    http_port: HttpPort = 8080,
    *,
    exit: Annotated[bool, Parameter(negative=(), help="End after the table.")] = False,  # noqa: A002
    keep: Annotated[bool, Parameter(negative=(), help="Go on with earlier data.")] = False,
    running: Annotated[
        bool, Parameter(negative=(), help="Feed the system that runs; start and stop nothing.")
    ] = False,
    shards: Shards = None,
    json: Json = False,
) -> None:
    """Cancel a month of real orders end to end and reconcile every book."""
    from countermand.demo import demo as run_demo  # noqa: PLC0415
    from countermand.demo import demo_on_running  # noqa: PLC0415

    if running:
        books = run(demo_on_running(data_dir))
    else:
        books = run(
            run_demo(data_dir, http_port=http_port, keep=keep, stay=not exit, shards=shards)
        )
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
        report = run(work())
    except RetailFileError as unreadable:
        screen.fail(str(unreadable))
        sys.exit(1)
    if json:
        screen.print_json(report)


def verify(data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False) -> None:
    """Reconcile all books from outside; exit status 1 and each mismatch by name otherwise."""

    async def work() -> Any:
        with screen.console.status("Reconciling …") as line:
            return await run_verify(
                Endpoints.find(data_dir), lambda book: line.update(f"Reconciling {book} …")
            )

    books = run(work())
    print_books(books)
    if json:
        screen.print_json(books.to_json())
    sys.exit(0 if books.is_ok else 1)
