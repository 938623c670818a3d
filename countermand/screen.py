"""What people see in the terminal; with `--json`, one object on the last line of standard output.

Everything but that object goes to standard error, so a script can pipe a command safely.
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
from rich.console import Console, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

OnStep = Callable[[str, int, int], None]
"""Called with a step's name, how much is done, and how much there is; below 0: nobody knows."""

console = Console(stderr=True)


def print_json(value: dict[str, Any]) -> None:
    """Write one object on one line of standard output."""
    sys.stdout.write(orjson.dumps(value, default=str).decode() + "\n")
    sys.stdout.flush()


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
    console.print(Panel("\n".join(lines), title=title, expand=False, highlight=False))
