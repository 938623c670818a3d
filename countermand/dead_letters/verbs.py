"""The verbs `dead-letters list`, `show`, `redrive`, `park` and `edit`."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from countermand import screen
from countermand.endpoints import DEFAULT_DATA_DIR
from countermand.verb import DataDir, Json, run

dead_letters = App(name="dead-letters", help="Look after messages that were set aside.")

Service = Literal["cancellation", "inventory", "refunds", "notifier", "webhooks"]
Name = Annotated[str, Parameter(help="SERVICE/NUMBER, as `list` shows it.")]
Who = Annotated[str, Parameter(name="--by", help="Who does it: a person's name.")]
Why = Annotated[str, Parameter(name="--why", help="Why; kept for ever.")]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which letters are meant; options left out let every one through."""

    service: Annotated[Service | None, Parameter(help="Set aside by this service.")] = None
    cause: Annotated[str | None, Parameter(help="Code, as ORDER_NOT_FOUND.")] = None
    type: Annotated[str | None, Parameter(help="Message type, as the record said it.")] = None
    topic: Annotated[str | None, Parameter(help="Topic it came by.")] = None
    key: Annotated[str | None, Parameter(help="Key of the record, usually the order.")] = None
    since: Annotated[str | None, Parameter(help="Set aside since: a time, or 10m ago.")] = None
    until: Annotated[str | None, Parameter(help="Set aside before.")] = None


ANYTHING = Wanted()


@dead_letters.command(name="list")
def list_letters(
    *,
    wanted: Annotated[Wanted, Parameter(name="*")] = ANYTHING,
    state: Annotated[
        Literal["open", "parked", "redriven", "all"], Parameter(help="Where they are.")
    ] = "open",
    each: Annotated[bool, Parameter(negative=(), help="Every letter, not every cause.")] = False,
    limit: Annotated[int, Parameter(help="Letters shown with --each.")] = 50,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Show what was set aside: by cause, with counts and a sample; or letter by letter."""
    from countermand.dead_letters import shown  # noqa: PLC0415 - keeps other verbs quick

    causes, letters = run(shown.look(data_dir, wanted, state, limit if each else 0))
    if json:
        screen.print_json(
            {"causes": [one._asdict() for one in causes], "letters": shown.to_json(letters)}
        )
    elif each:
        shown.print_letters(letters)
    else:
        shown.print_causes(causes)


@dead_letters.command
def show(
    letter: Name,
    /,
    *,
    whole: Annotated[bool, Parameter(negative=(), help="All bytes, not the first 512.")] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Show one letter: why it was set aside, its bytes, what was done to it, what would be now."""
    from countermand.dead_letters import shown  # noqa: PLC0415

    story = run(shown.tell(data_dir, letter))
    if json:
        screen.print_json(story.to_json())
    else:
        shown.print_story(story, bytes_max=None if whole else 512)


@dead_letters.command
def redrive(
    *letters: Annotated[str, Parameter(help="SERVICE/NUMBER; or say which with options.")],
    wanted: Annotated[Wanted, Parameter(name="*")] = ANYTHING,
    who: Who,
    why: Why,
    dry_run: Annotated[bool, Parameter(negative=(), help="Tell what would come of it.")] = False,
    wait_s: Annotated[float, Parameter(help="Wait so long for an answer.")] = 30.0,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Send letters back where they came from, those of one key one after the other.

    A letter goes only after the earlier ones of its key. Status 1 unless every one was handled.
    """
    from countermand.dead_letters import desk, shown  # noqa: PLC0415

    if not letters and wanted == ANYTHING:
        screen.fail("Say which: letters by name, or --cause, --service or another option.")
        sys.exit(2)
    meant = desk.meant_by(letters, wanted)
    if dry_run:
        foretold = run(desk.foretell(data_dir, meant))
        if json:
            screen.print_json({"letters": foretold})
        else:
            shown.print_foretold(foretold)
        return
    with screen.steps() as on_step:
        result = run(
            desk.redrive(
                data_dir, meant, who=who, why=why, wait_s=wait_s,
                on_step=lambda done, total: on_step("Letters answered", done, total),
            )
        )  # fmt: skip
    if json:
        screen.print_json(shown.result_to_json(result))
    else:
        shown.print_result(result)
    sys.exit(0 if result.is_clean else 1)


@dead_letters.command
def park(
    *letters: Name,
    who: Who,
    why: Why,
    undo: Annotated[bool, Parameter(negative=(), help="Open them again.")] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Take letters out of the way: nobody has to look at them, and none waits behind them."""
    from countermand.dead_letters import desk  # noqa: PLC0415

    if not letters:
        screen.fail("Say which letters, as SERVICE/NUMBER.")
        sys.exit(2)
    moved = run(desk.park(data_dir, letters, who=who, why=why, undo=undo))
    if json:
        screen.print_json({"opened" if undo else "parked": moved})
    else:
        screen.say(f"[green]✓[/] {'Opened' if undo else 'Parked'}: {', '.join(moved) or 'none'}.")
    sys.exit(0 if len(moved) == len(set(letters)) else 1)


@dead_letters.command
def edit(
    letter: Name,
    /,
    *,
    who: Who,
    why: Why,
    set_: Annotated[
        tuple[str, ...], Parameter(name="--set", negative=(), help="PATH=JSON: lines.0.quantity=2.")
    ] = (),
    value_file: Annotated[Path | None, Parameter(help="The whole value, from a file.")] = None,
    key: Annotated[str | None, Parameter(help="The record's key.")] = None,
    header: Annotated[
        tuple[str, ...], Parameter(negative=(), help="NAME=VALUE; NAME= leaves it out.")
    ] = (),
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Mend a letter: what a redrive sends. The letter itself stays as it came."""
    from countermand.dead_letters import desk, shown  # noqa: PLC0415

    changes = desk.Changes(set_, value_file, key, header)
    story = run(desk.edit(data_dir, letter, changes, who=who, why=why))
    if json:
        screen.print_json(story.to_json())
    else:
        shown.print_edit(story)
