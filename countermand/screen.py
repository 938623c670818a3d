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
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
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


@contextmanager
def steps() -> Iterator[OnStep]:
    """Show progress bars; yields a function (step, done, total)."""
    columns = (
        TextColumn("{task.description:<24}"),
        BarColumn(bar_width=36),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        tasks: dict[str, Any] = {}

        def show(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = progress.add_task(step, total=None)
            known = None if total < 0 else max(total, done)
            progress.update(tasks[step], completed=done, total=known)

        yield show
        for step, task in tasks.items():
            finished = progress.tasks[list(tasks).index(step)].completed
            progress.update(task, total=finished)


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
