"""The verbs `replay plan`, `show`, `approve`, `run`, `pause`, `resume`, `cancel` and `status`."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from countermand import screen
from countermand.endpoints import DEFAULT_DATA_DIR
from countermand.verb import DataDir, Json, run

if TYPE_CHECKING:
    from countermand.replay.decisions import Command

replay = App(name="replay", help="Plan a replay, look at what would change, then do exactly that.")

File = Annotated[Path, Parameter(help="The plan's file.")]
FileOrHash = Annotated[str, Parameter(help="The plan's file, or the beginning of its hash.")]
Who = Annotated[str, Parameter(name="--by", help="Who does it: a person's name.")]
Why = Annotated[str, Parameter(name="--why", help="Why; kept for ever.")]
Rate = Annotated[float | None, Parameter(help="Rows per second at most.")]
Many = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a plan is about; options left out let everything through."""

    order: Annotated[
        Many, Parameter(negative=(), show_default=False, help="About it; may be repeated.")
    ] = ()
    type: Annotated[
        Many,
        Parameter(negative=(), show_default=False, help="Stored name, with `*`; may be repeated."),
    ] = ()
    since: Annotated[str | None, Parameter(help="Recorded since: a time, or 10m ago.")] = None
    until: Annotated[str | None, Parameter(help="Recorded before.")] = None
    from_position: Annotated[int | None, Parameter(help="From this position of the log.")] = None
    to_position: Annotated[int | None, Parameter(help="Up to this position of the log.")] = None
    reason: Annotated[str | None, Parameter(help="Cancelled for this reason.")] = None
    correlation: Annotated[str | None, Parameter(help="Of the story this message began.")] = None
    cause: Annotated[str | None, Parameter(help="Dead letters with this code.")] = None
    older_than_s: Annotated[float, Parameter(help="What is younger is under way, not missing.")] = (
        30.0
    )


@replay.command(name="plan")
def make(
    target: Annotated[
        str, Parameter(help="leg:SERVICE, topic:NAME, projection:NAME, webhook:ENDPOINT.")
    ],
    /,
    *,
    wanted: Annotated[Wanted, Parameter(name="*")] = Wanted(),
    who: Who,
    why: Why,
    out: Annotated[Path | None, Parameter(help="Write the plan here.")] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Write down what would change, what is missing and what is done already; change nothing."""
    from countermand.replay import desk, shown  # noqa: PLC0415 - keeps other verbs quick

    with screen.steps() as on_step:
        made, needs_approval = run(
            desk.plan(data_dir, target, wanted, who=who, why=why, out=out, on_step=on_step)
        )
    if json:
        screen.print_json(shown.plan_to_json(made) | {"needs_approval": needs_approval})
    else:
        shown.print_plan(made, needs_approval=needs_approval)


@replay.command
def show(
    file: File,
    /,
    *,
    rows: Annotated[int, Parameter(help="Rows shown.")] = 20,
    all_: Annotated[
        bool, Parameter(name="--all", negative=(), help="Also rows that are done already.")
    ] = False,
    json: Json = False,
) -> None:
    """Show a plan, row by row; needs no running system."""
    from countermand.replay import shown  # noqa: PLC0415
    from countermand.replay.plan import Plan, read_plan  # noqa: PLC0415

    async def work() -> Plan:
        return read_plan(file)

    known = run(work())
    if json:
        screen.print_json(shown.plan_to_json(known))
    else:
        shown.print_rows_of(known, rows, has_all=all_)


@replay.command
def approve(
    plan: FileOrHash, /, *, who: Who, why: Why,
    data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False,
) -> None:  # fmt: skip
    """Agree to a plan that somebody else made."""
    from countermand.replay.decisions import Approve  # noqa: PLC0415

    _decide(data_dir, plan, Approve(who=who, why=why), "approved", json=json)


@replay.command(name="run")
def carry_out(
    file: File, /, *, who: Who, why: Why, rate: Rate = None,
    data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False,
) -> None:  # fmt: skip
    """Do exactly what the plan says, unless the world has moved. Again, it does nothing.

    Beside live traffic, with a cursor of its own; after a crash or a pause it goes on behind it.
    Status 1 unless every row is done.
    """
    from countermand.replay import desk, shown  # noqa: PLC0415

    with screen.steps() as on_step:
        plan, ended = run(desk.run(data_dir, file, who=who, why=why, rate=rate, on_step=on_step))
    if json:
        screen.print_json(shown.ended_to_json(plan, ended))
    else:
        shown.print_ended(plan, ended)
    sys.exit(0 if ended.is_clean else 1)


@replay.command
def resume(
    file: File, /, *, who: Who, why: Why, rate: Rate = None,
    data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False,
) -> None:  # fmt: skip
    """Go on with a plan that was paused or whose run has died; the same as `run`."""
    carry_out(file, who=who, why=why, rate=rate, data_dir=data_dir, json=json)


@replay.command
def pause(
    plan: FileOrHash, /, *, who: Who, why: Why,
    data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False,
) -> None:  # fmt: skip
    """Let a run stand still after the rows at hand; `resume` goes on."""
    from countermand.replay.decisions import Pause  # noqa: PLC0415

    _decide(data_dir, plan, Pause(who=who, why=why), "paused", json=json)


@replay.command
def cancel(
    plan: FileOrHash, /, *, who: Who, why: Why,
    data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False,
) -> None:  # fmt: skip
    """End a plan for good; what is done stays done."""
    from countermand.replay.decisions import Cancel  # noqa: PLC0415

    _decide(data_dir, plan, Cancel(who=who, why=why), "cancelled", json=json)


@replay.command
def status(
    plan: Annotated[str | None, Parameter(help="The plan's file or hash; all without it.")] = None,
    /,
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Tell who planned, approved and ran what, how far it is, and when it will be done."""
    from countermand.replay import desk, shown  # noqa: PLC0415

    seen = run(desk.status(data_dir, plan))
    if json:
        screen.print_json({"replays": [one.to_json() for one in seen]})
    elif plan:
        shown.print_history(seen[0])
    else:
        shown.print_status(seen)


def _decide(data_dir: Path, plan: str, command: "Command", word: str, *, json: bool) -> None:
    from countermand.replay import desk  # noqa: PLC0415

    hash_ = run(desk.decide(data_dir, plan, command))
    if json:
        screen.print_json({"plan": hash_, word: True})
    else:
        screen.say(f"[green]✓[/] Plan {hash_[:12]} is {word}.")
