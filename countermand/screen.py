"""What people see in the terminal; with `--json`, one object on the last line of standard output.

Everything but that object goes to standard error, so a script can pipe a command safely.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from contracts.values import format_money
from countermand.feed import OnStep
from countermand.verify.report import Books

console = Console(stderr=True)


def print_json(value: dict[str, Any]) -> None:
    """Write one object on one line of standard output."""
    sys.stdout.write(orjson.dumps(value, default=str).decode() + "\n")
    sys.stdout.flush()


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


def books_table(books: Books, currency: str) -> Table:
    """Draw the reconciliation: what was decided, beside what the other book says."""
    table = Table(title="The books, reconciled from outside", title_style="bold", pad_edge=False)
    table.add_column("Book")
    table.add_column("Decided", justify="right")
    table.add_column("Found there", justify="right")
    table.add_column("")

    def row(name: str, decided: str, found: str, *, is_equal: bool) -> None:
        table.add_row(name, decided, found, "[green]✓[/]" if is_equal else "[bold red]✗[/]")

    answered = books.cancelled + books.refused
    row("Cancel commands received = decided", f"{answered:,}", f"{books.commands:,}",
        is_equal=answered == books.commands)  # fmt: skip
    table.add_row("  cancelled", f"{books.cancelled:,}", "", "")
    table.add_row("  refused", f"{books.refused:,}", "", "")
    for code, count in books.refused_by_code.items():
        table.add_row(f"    {code}", f"{count:,}", "", "")
    refunds, money = (
        books.refunds_decided - books.refunds_failed,
        books.refund_minor_decided - books.refund_minor_failed,
    )
    if "the payment provider" not in books.unchecked:
        row("Refunds at the payment provider", f"{refunds:,}", f"{books.refunds:,}",
            is_equal=refunds == books.refunds)  # fmt: skip
        row("  money", format_money(money, currency), format_money(books.refund_minor, currency),
            is_equal=money == books.refund_minor)  # fmt: skip
    row("Stock movements", f"{books.restocks_decided:,}", f"{books.restocks:,}",
        is_equal=books.restocks_decided == books.restocks)  # fmt: skip
    row("  units", f"{books.restock_units_decided:,}", f"{books.restock_units:,}",
        is_equal=books.restock_units_decided == books.restock_units)  # fmt: skip
    if "the mailbox" not in books.unchecked:
        messages = books.messages_decided - books.messages_failed
        row("Mails accepted by the SMTP server", f"{messages:,}", f"{books.messages:,}",
            is_equal=messages - books.uncertain <= books.messages <= messages)  # fmt: skip
    if books.failed:
        table.add_row("Legs that failed, recorded as such", f"{books.failed:,}", "", "")
    if books.uncertain:
        table.add_row("  of unknown fate, not re-sent", f"{books.uncertain:,}", "", "")
    if books.dead_letters:
        table.add_row("Dead letters", "", f"{books.dead_letters:,}", "")
    return table


def print_books(books: Books, currency: str = "GBP") -> None:
    """Show the reconciliation and every mismatch, ten at most."""
    console.print(books_table(books, currency))
    for mismatch in books.mismatches[:10]:
        fail(f"{mismatch.kind}: {mismatch.detail}")
    if len(books.mismatches) > 10:  # noqa: PLR2004 - as the docstring says
        fail(f"and {len(books.mismatches) - 10} more; `countermand verify --json` lists all")
    if books.is_ok:
        console.print(f"[bold green]✓ All {'checked ' if books.unchecked else ''}books agree.[/]")
    for book in books.unchecked:
        console.print(f"[yellow]Not checked: {book}; nobody told us where it is.[/]")


def print_rows(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Show a plain table."""
    table = Table(title=title, title_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=number == 0)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    console.print(table)


def panel(title: str, lines: Sequence[str]) -> None:
    """Show a few lines in a frame."""
    console.print(Panel("\n".join(lines), title=title, expand=False, highlight=False))
