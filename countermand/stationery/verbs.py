"""The verbs `stationery show`, `list`, `draft`, `preview`, `publish` and `restore`."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from countermand import screen
from countermand.endpoints import DEFAULT_DATA_DIR
from countermand.verb import DataDir, Json, run

stationery = App(name="stationery", help="What mails are written on: name, words, choices.")

File = Annotated[Path, Parameter(help="A draft, as JSON.")]
Who = Annotated[str, Parameter(name="--by", help="Who wants it: a person's name.")]
Why = Annotated[str, Parameter(name="--why", help="Why; kept for ever.")]


@stationery.command
def show(
    version: Annotated[int | None, Parameter(help="Which one; left out, the one in force.")] = None,
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Show a version of the stationery."""
    from countermand.stationery import desk  # noqa: PLC0415 - keeps other verbs quick

    found = run(desk.find(data_dir, version)).model_dump(mode="json")
    if json:
        screen.print_json(found)
    else:
        screen.console.print_json(data=found)


@stationery.command(name="list")
def list_versions(*, data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False) -> None:
    """List every version, newest first."""
    from countermand.stationery import desk  # noqa: PLC0415

    published = [
        {
            "version": fact.stationery.version,
            "by": fact.published_by,
            "why": fact.why,
            "restored_from": fact.restored_from,
            "own_texts": sorted(fact.stationery.texts),
        }
        for fact in reversed(run(desk.list_published(data_dir)))
    ]
    if json:
        screen.print_json({"versions": published})
        return
    rows = [tuple(str(one[key] or "") for key in ("version", "by", "why", "restored_from"))
            for one in published]  # fmt: skip
    rows.append(("0", "", "built in", ""))
    screen.print_rows("Stationery", ("Version", "By", "Why", "Restored from"), rows)


@stationery.command
def draft(file: File, /, *, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Write the next version to a file, every text in it, to be edited."""
    from countermand.stationery import desk  # noqa: PLC0415
    from services.notifier.drafts import draft_of  # noqa: PLC0415

    drafted = draft_of(run(desk.find(data_dir)))
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(drafted.model_dump_json(indent=2) + "\n")
    except OSError as unwritable:
        screen.fail(f"{file} was not written: {unwritable.strerror}.")
        sys.exit(1)
    screen.say(f"[green]✓[/] Version {drafted.version} is drafted in {file}.")


@stationery.command
def preview(
    file: File,
    /,
    *,
    directory: Annotated[Path, Parameter(help="Where the mails are written.")] = Path("preview"),
) -> None:
    """Write every mail as it would be, in each language; nothing is published."""
    from countermand.stationery import desk  # noqa: PLC0415

    async def written() -> int:
        return len(desk.preview(desk.read_draft(file.read_bytes()), directory))

    screen.say(f"[green]✓[/] {run(written())} files are in {directory}.")


@stationery.command
def publish(file: File, /, *, who: Who, why: Why, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Put a draft in force, if each of its mails can be written; within a second it is."""
    from countermand.stationery import desk  # noqa: PLC0415

    async def published() -> int:
        drafted = desk.read_draft(file.read_bytes())
        return await desk.publish(data_dir, drafted, who=who, why=why)

    screen.say(f"[green]✓[/] Version {run(published())} is in force.")


@stationery.command
def restore(
    version: Annotated[int, Parameter(help="The earlier version; 0 is what is built in.")],
    /,
    *,
    who: Who,
    why: Why,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Put an earlier version in force again, as the next one."""
    from countermand.stationery import desk  # noqa: PLC0415

    number = run(desk.restore(data_dir, version, who=who, why=why))
    screen.say(f"[green]✓[/] Version {number} is in force; it is version {version} again.")
