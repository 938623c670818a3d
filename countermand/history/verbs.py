"""The verbs `events` and `trace`."""

import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from countermand import screen
from countermand.endpoints import DEFAULT_DATA_DIR, Endpoints
from countermand.verb import DataDir, Json, run

if TYPE_CHECKING:  # at run time only when asked for: other verbs stay quick
    from countermand.history.asking import Answer, Question
    from countermand.history.rendering import Sink

Many = tuple[str, ...]
Moment = str | None

At = Annotated[Moment, Parameter(help="As of then: a position, a time, or 10m ago.")]

SHOWN = 50
"""Events a table shows unless told otherwise."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is shown; options left out let everything through."""

    order: Annotated[
        Many, Parameter(negative=(), show_default=False, help="About it; may be repeated.")
    ] = ()
    type: Annotated[
        Many,
        Parameter(negative=(), show_default=False, help="Name, with `*` and `?`; may be repeated."),
    ] = ()
    since: Annotated[Moment, Parameter(help="Recorded since: a time, or 10m ago.")] = None
    until: Annotated[Moment, Parameter(help="Recorded until.")] = None
    happened_since: Annotated[Moment, Parameter(help="Since, by the fact's own time.")] = None
    happened_until: Annotated[Moment, Parameter(help="Until, by the fact's own time.")] = None
    correlation: Annotated[str | None, Parameter(help="Of the story this message began.")] = None
    causation: Annotated[str | None, Parameter(help="Brought about by this message.")] = None
    after: Annotated[str | None, Parameter(help="Behind this position or offset.")] = None
    up_to: Annotated[str | None, Parameter(help="Up to this position or offset.")] = None
    limit: Annotated[int | None, Parameter(help="So many; 50 in a table, else all.")] = None
    follow: Annotated[
        bool, Parameter(negative=(), show_default=False, help="Wait for more until Ctrl-C.")
    ] = False


@dataclass(frozen=True, kw_only=True)
class Form:
    """How it is shown."""

    data: Annotated[
        bool, Parameter(negative=(), show_default=False, help="Show what each one says, too.")
    ] = False
    csv: Annotated[
        bool, Parameter(negative=(), show_default=False, help="CSV with a head on stdout.")
    ] = False
    json: Annotated[
        bool,
        Parameter(
            negative=(), show_default=False, help="One JSON object per line; the last one sums up."
        ),
    ] = False


def events(
    *sources: Annotated[str, Parameter(help="Services or topics; all services if left out.")],
    wanted: Annotated[Wanted, Parameter(name="*")] = Wanted(),
    form: Annotated[Form, Parameter(name="*")] = Form(),
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Show what happened: the last events, or the first ones after a position."""
    from countermand.history.asking import Answer  # noqa: PLC0415
    from countermand.history.rendering import NobodyListensError, sink_for  # noqa: PLC0415
    from countermand.history.selection import QuestionError  # noqa: PLC0415

    told = Answer()
    try:
        question = _question(sources, wanted, has_table=not (form.json or form.csv))
        sink = sink_for(data=form.data, csv=form.csv, json=form.json)
        run(_ask(data_dir, question, sink, told))
    except QuestionError as unclear:
        screen.fail(str(unclear))
        sys.exit(2)
    except NobodyListensError:
        screen.drop_stdout()
        return
    except KeyboardInterrupt:
        if not wanted.follow:
            raise
    _sum_up(told, form, follow=wanted.follow)


async def _ask(data_dir: Path, question: "Question", sink: "Sink", told: "Answer") -> None:
    from countermand.history.asking import ask  # noqa: PLC0415

    endpoints = Endpoints.find(data_dir)
    if question.follow:
        screen.say("[dim]Following; Ctrl-C ends it.[/]")
    await ask(endpoints, question, sink, told)


def _question(sources: Many, wanted: Wanted, *, has_table: bool) -> "Question":
    from countermand.history.asking import Question  # noqa: PLC0415
    from countermand.history.selection import Selection, read_place, read_time  # noqa: PLC0415
    from kit.clock import utc_now  # noqa: PLC0415

    now = utc_now()
    since, until, happened_since, happened_until = (
        None if text is None else read_time(text, now)
        for text in (wanted.since, wanted.until, wanted.happened_since, wanted.happened_until)
    )
    is_short = has_table and not (wanted.follow and wanted.after)
    return Question(
        sources=sources,
        selection=Selection(
            orders=frozenset(wanted.order), types=wanted.type, since=since, until=until,
            happened_since=happened_since, happened_until=happened_until,
            correlation=wanted.correlation, causation=wanted.causation,
        ),
        after=read_place(wanted.after),
        up_to=read_place(wanted.up_to),
        limit=SHOWN if wanted.limit is None and is_short else wanted.limit,
        follow=wanted.follow,
    )  # fmt: skip


def _sum_up(told: "Answer", form: Form, *, follow: bool) -> None:
    if form.json:
        screen.print_json(told.to_json())
        return
    where = ", ".join(f"{source} {position}" for source, position in told.as_of.items())
    screen.say(f"[dim]{told.count} events{f', as of {where}' if where else ''}.[/]")
    if told.is_more and not follow:
        screen.say(f"[dim]More: --after {told.next_after}[/]")


def read_at(text: str | None) -> str | None:
    """Write a moment as the API reads it; ends the program when it cannot be understood."""
    if text is None or text.isdigit():
        return text
    return _read_time(text).isoformat()


def _read_time(text: str) -> datetime:
    from countermand.history.selection import QuestionError, read_time  # noqa: PLC0415
    from kit.clock import utc_now  # noqa: PLC0415

    try:
        return read_time(text, utc_now())
    except QuestionError as unclear:
        screen.fail(str(unclear))
        sys.exit(2)


def trace(
    about: Annotated[str, Parameter(help="An order, or the id of a command or any message.")],
    *,
    at: Annotated[Moment, Parameter(help="Leave out what was recorded later.")] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Show what brought what about, from the command to the mail, over all services."""
    from countermand.history.drawing import draw  # noqa: PLC0415
    from countermand.history.tracing import Traced  # noqa: PLC0415
    from countermand.history.tracing import trace as run_trace  # noqa: PLC0415

    until = _read_time(at or "now")

    async def work() -> Traced | None:
        return await run_trace(Endpoints.find(data_dir).postgres_dsn, about, until=until)

    traced = run(work())
    if traced is None:
        screen.fail(f"Nothing was recorded about {about!r} by {until:%Y-%m-%d %H:%M:%S} (UTC).")
        sys.exit(1)
    if json:
        screen.print_json(traced.to_json())
        return
    draw(traced.title, traced.roots)
    where = ", ".join(f"{source} {position}" for source, position in traced.as_of.items())
    screen.say(f"[dim]As of {until:%Y-%m-%d %H:%M:%S} (UTC), {where}.[/]")
