"""The verbs `recover wait`, `note`, `rewind` and `reconcile`."""

import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from countermand import screen
from countermand.endpoints import DEFAULT_DATA_DIR, Endpoints
from countermand.errors import KnownError
from countermand.verb import DataDir, Json, run

SHOWN_MAX = 20

recover = App(name="recover", help="After a server was lost, step by step as the guide says.")

File = Annotated[Path, Parameter(help="What `recover note` wrote.")]


@recover.command
def wait(
    *,
    leave_calls: Annotated[
        bool, Parameter(negative=(), help="Calls may stay undone: no worker runs.")
    ] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Wait until all is handled, published, projected and carried out."""
    from countermand.recovery.waiting import wait_until_level  # noqa: PLC0415

    async def work(on_step: Any) -> None:
        await wait_until_level(Endpoints.find(data_dir), on_step, leaves_calls=leave_calls)

    with screen.steps() as on_step:
        run(work(on_step))
    screen.say("[green]✓[/] Nothing waits.")
    if json:
        screen.print_json({"level": True})


@recover.command
def note(
    file: Annotated[Path, Parameter(help="Write them here; only its owner reads it.")],
    /, *, data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False,
) -> None:  # fmt: skip
    """Write down what Kafka heard of us and the restored log does not know."""
    from countermand.recovery.lost import note_lost  # noqa: PLC0415
    from kit.postgres import open_pool  # noqa: PLC0415

    async def work(on_step: Any) -> int:
        endpoints = Endpoints.find(data_dir)
        async with open_pool(endpoints.postgres_dsn, name="recover") as pool:
            return await note_lost(pool, endpoints.kafka_bootstrap, file, on_step)

    with screen.steps() as on_step:
        count = run(work(on_step))
    screen.say(f"[green]✓[/] {count:,} events are in no log; they stand in {file}.")
    if json:
        screen.print_json({"lost": count, "file": str(file)})


@recover.command
def rewind(
    *,
    empty_our_topics: Annotated[
        bool, Parameter(negative=(), help="Yes: our topics are emptied and filled anew.")
    ] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Let relays and consumers begin again; refused while a consumer runs."""
    from countermand.recovery.rewinding import rewind as set_back  # noqa: PLC0415
    from countermand.specs import find_logs  # noqa: PLC0415
    from kit.postgres import open_pool  # noqa: PLC0415

    async def work(on_step: Any) -> int:
        if not empty_our_topics:
            raise KnownError(
                "This empties our own topics; the relays fill them anew from the logs."
                " Say --empty-our-topics if that is what you want."
            )
        endpoints = Endpoints.find(data_dir)
        async with (
            open_pool(endpoints.postgres_dsn, size_max=1, name="recover") as pool,
            pool.acquire() as connection,
        ):
            found = await find_logs(connection)
        logs = [log for some in found.values() for log in some]
        return await set_back(endpoints.kafka_bootstrap, logs, on_step)

    with screen.steps() as on_step:
        count = run(work(on_step))
    screen.say(f"[green]✓[/] {count:,} records deleted; everybody begins again.")
    if json:
        screen.print_json({"deleted": count})


@recover.command
def decide(*, data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False) -> None:
    """Let the restored logs hear upstream again, in the sequence of time; no call is made."""
    from countermand.recovery.deciding import decide_again  # noqa: PLC0415

    async def work(on_step: Any) -> int:
        endpoints = Endpoints.find(data_dir)
        settings = endpoints.settings()
        return await decide_again(settings, on_step)

    with screen.steps() as on_step:
        count = run(work(on_step))
    screen.say(f"[green]✓[/] {count:,} records of upstream were heard again.")
    if json:
        screen.print_json({"heard": count})


@recover.command
def reconcile(
    file: File, /, *,
    mails: Annotated[
        Path | None, Parameter(help="Ids of mails the server took, one a line.")
    ] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False,
) -> None:  # fmt: skip
    """Hold what is about to be done against what was done; before any worker runs.

    Status 1 when an answer the world was given did not come out again.
    """
    from countermand.recovery import lost  # noqa: PLC0415
    from countermand.recovery.effects import reconcile as settle  # noqa: PLC0415
    from countermand.verify.peers import count_mails, read_lines  # noqa: PLC0415
    from kit.postgres import open_pool  # noqa: PLC0415

    async def work() -> tuple[Any, Any, int]:
        endpoints, noted = Endpoints.find(data_dir), lost.read_noted(file)
        settings = endpoints.settings()
        taken = None
        if mails is not None:
            taken = {line.strip("<> ").partition("@")[0] for line in mails.read_text().split()}
        elif endpoints.mailbox_url:
            taken = set(count_mails(await read_lines(f"{endpoints.mailbox_url}/api/index")))
        async with open_pool(endpoints.postgres_dsn, name="recover") as pool:
            done = await settle(pool, settings, taken)
            return done, await lost.find_missing(pool, noted), len(noted)

    done, missing, noted_count = run(work())
    _print(done, missing, noted_count)
    if json:
        told = [{"order_id": one.key, "type": one.type, "command_id": one.command_id}
                for one in missing]  # fmt: skip
        screen.print_json({"calls": [one._asdict() for one in done], "missing": told})
    sys.exit(1 if missing else 0)


def _print(done: Any, missing: Any, noted_count: int) -> None:
    screen.print_rows(
        "Calls about to be made",
        ("Service", "Made before", "Not made", "Worker looks"),
        [tuple(one) for one in done],
    )
    if missing:
        screen.fail(f"{len(missing):,} answers to commands did not come out again:")
        screen.print_rows(
            "", ("Order", "Type", "Command"),
            [(one.key, one.type, one.command_id) for one in missing[:SHOWN_MAX]],
        )  # fmt: skip
        screen.say("Send those commands again, under their ids; what they did is done once.")
    else:
        screen.say(f"[green]✓[/] All that was answered came out again ({noted_count:,} events).")
