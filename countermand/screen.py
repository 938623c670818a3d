"""What people see in the terminal; with `--json`, one object on the last line of standard output.

Everything but that object goes to standard error, so a script can pipe a command safely. What is
shown may come from anybody: nothing of it commands the terminal, and none of it is markup but ours.
"""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
from rich.console import Console, ConsoleOptions, RenderableType
from rich.errors import MarkupError
from rich.live import Live
from rich.markup import RE_TAGS
from rich.panel import Panel
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

OnStep = Callable[[str, int, int], None]
"""Called with a step's name, how much is done, and how much there is; below 0: nobody knows."""

OUR_TAGS = frozenset(
    {"[/]", "[bold]", "[dim]", "[green]", "[yellow]", "[red]", "[bold green]", "[bold red]"}
)
"""What is markup in a text; everything else in brackets is what it says."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What a terminal obeys, and what turns the sense of writing."""

_C1 = re.compile(r"[\x7f-\x9f]")
"""What JSON leaves as it is, and a terminal obeys."""


class _Screen(Console):
    """A console that shows what it is given and does nothing else with it."""

    def render_str(self, text: str, **how: Any) -> Text:
        """Read a text with our markup in it; what does not add up is no markup."""
        try:
            return super().render_str(RE_TAGS.sub(_unless_ours, text), **how)
        except MarkupError:
            return super().render_str(text, **{**how, "markup": False})

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render, and leave nothing in a text that commands the terminal."""
        for segment in super().render(renderable, options):
            if segment.control or not _CONTROLS.search(segment.text):
                yield segment
            else:
                yield segment._replace(text=_CONTROLS.sub("\ufffd", segment.text))


def _unless_ours(tag: re.Match[str]) -> str:
    whole, slashes, name = tag[0], tag[2], tag[3]
    is_escaped = len(slashes) % 2
    return whole if is_escaped or f"[{name}]" in OUR_TAGS else f"{slashes}\\{whole}"


console = _Screen(stderr=True, emoji=False)


def print_json(value: dict[str, Any]) -> None:
    """Write one object on one line of standard output."""
    sys.stdout.write(json_line(value))
    sys.stdout.flush()


def json_line(value: Any) -> str:
    """Write a value as one line of JSON that no terminal obeys."""
    text = orjson.dumps(value, default=str).decode()
    return _C1.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def drop_stdout() -> None:
    """Write into the void from now on: nobody reads our standard output any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(text: str) -> None:
    """Tell a person something."""
    console.print(text, highlight=False)


def fail(text: str) -> None:
    """Tell a person what went wrong and what to do next."""
    console.print(f"[bold red]✗[/] {text}", highlight=False)


class _Count(ProgressColumn):
    """How much is done, of how much."""

    def render(self, task: Task) -> Text:
        total = "?" if task.total is None else f"{task.total:,.0f}"
        return Text(f"{task.completed:,.0f}/{total}", style="progress.download")


class _Left(TimeRemainingColumn):
    """The time that is left, as long as some is."""

    def render(self, task: Task) -> Text:
        is_known = task.total is not None and not task.finished
        return super().render(task).append(" left") if is_known else Text("")


BAR_FROM, TIMES_FROM = 76, 60
"""Columns of a terminal that are enough for a bar, and for how long it takes."""


@contextmanager
def steps() -> Iterator[OnStep]:
    """Show progress bars, as far as there is room; yields a function (step, done, total)."""
    columns: list[ProgressColumn] = [TextColumn("{task.description}", markup=False), _Count()]
    if console.width >= BAR_FROM:
        named = TextColumn("{task.description:<24}", markup=False)
        columns = [named, BarColumn(bar_width=36), _Count()]
    if console.width >= TIMES_FROM:
        columns += [TimeElapsedColumn(), _Left()]
    with Progress(*columns, console=console) as progress:
        tasks: dict[str, TaskID] = {}

        def show(step: str, done: int, total: int) -> None:
            known = None if total < 0 else max(total, done)
            if step not in tasks:
                tasks[step] = progress.add_task(step, completed=done, total=known)
            else:
                progress.update(tasks[step], completed=done, total=known)

        yield show
        for task in progress.tasks:
            progress.update(task.id, total=task.completed)


def print_rows(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Show a plain table."""
    table = Table(title=title, title_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=number == 0)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    console.print(table)


@contextmanager
def live(first: RenderableType) -> Iterator[Callable[[RenderableType], None]]:
    """Show one thing after the other in the same place; what was on the screen comes back."""
    if not console.is_terminal:
        console.print(first)
        yield console.print
        return
    with Live(first, console=console, screen=True, auto_refresh=False) as shown:
        yield lambda following: shown.update(following, refresh=True)


def panel(title: str, lines: Sequence[str]) -> None:
    """Show a few lines in a frame."""
    console.print(Panel("\n".join(lines), title=Text(title), expand=False))
