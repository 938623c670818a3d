"""The reconciliation on the screen: what was decided, beside what the other book says."""

from rich.table import Table

from contracts.values import format_money
from countermand.screen import console, fail
from countermand.verify.report import Books

MISMATCHES_SHOWN_MAX = 10


def books_table(books: Books) -> Table:
    """Draw all books."""
    table = Table(title="The books, reconciled from outside", title_style="bold", pad_edge=False)
    table.add_column("Book")
    table.add_column("Decided", justify="right")
    table.add_column("Found there", justify="right")
    table.add_column("")
    _add_commands(table, books)
    _add_money(table, books)
    _add_row(table, "Lines put back on a shelf", books.restocks_decided, books.restocks)
    _add_row(table, "  units", books.restock_units_decided, books.restock_units)
    if "the mailbox" not in books.unchecked:
        messages = books.messages_decided - books.messages_failed
        is_equal = messages - books.uncertain <= books.messages <= messages
        _add_row(table, "Mails accepted by the SMTP server", messages, books.messages, is_equal)
    _add_figures(
        table,
        {
            "  nobody was to be told": books.silent,
            "Webhooks delivered": books.webhooks.get("SUCCEEDED", 0),
            "  failed": books.webhooks.get("FAILED", 0),
            "  on their way": books.webhooks.get("PENDING", 0),
            "Cancellations held": books.held,
            "  undone": books.undone,
            "  reinstated": books.reinstated,
            "Cases for somebody to look at": books.cases_open,
            "Legs that failed, recorded as such": books.failed,
            "  of unknown fate, not re-sent": books.uncertain,
        },
    )
    if books.dead_letters:
        table.add_row("Dead letters", "", f"{books.dead_letters:,}", "")
    return table


def _add_row(
    table: Table, name: str, decided: object, found: object, is_equal: bool | None = None
) -> None:
    is_equal = decided == found if is_equal is None else is_equal
    cells = [f"{value:,}" if isinstance(value, int) else str(value) for value in (decided, found)]
    table.add_row(name, *cells, "[green]✓[/]" if is_equal else "[bold red]✗[/]")


def _add_figures(table: Table, figures: dict[str, int]) -> None:
    """Show what has no other side to compare with, where there is any of it."""
    for name, count in figures.items():
        if count:
            table.add_row(name, f"{count:,}", "", "")


def _add_commands(table: Table, books: Books) -> None:
    _add_row(table, "Commands received = answered", books.answered, books.commands)
    table.add_row("  cancelled", f"{books.cancelled:,}", "", "")
    table.add_row("  refused", f"{books.refused:,}", "", "")
    _add_figures(table, {f"    {code}": count for code, count in books.refused_by_code.items()})
    others = books.answered - books.cancelled - books.refused
    _add_figures(table, {"  answered otherwise": others})


def _add_money(table: Table, books: Books) -> None:
    if "the payment provider" not in books.unchecked:
        refunds = books.refunds_decided - books.refunds_failed
        _add_row(table, "Refunds at the payment provider", refunds, books.refunds)
    for currency, money in books.money.items():
        if "the payment provider" not in books.unchecked:
            decided_minor = money.decided - money.failed - money.uncertain
            made_minor = money.made
            _add_row(
                table, "  money", format_money(decided_minor, currency),
                format_money(made_minor, currency),
            )  # fmt: skip
        for name, amount_minor in (
            ("  owed, to be settled later", money.owed),
            ("  due as store credit, not given yet", money.credit_due),
            ("  to be given back by hand", money.owed_by_hand),
        ):
            if amount_minor:
                table.add_row(name, format_money(amount_minor, currency), "", "")
    _add_figures(table, {"  payments to release": books.voids_due})


def print_books(books: Books) -> None:
    """Show the reconciliation and every mismatch, ten at most."""
    console.print(books_table(books))
    for mismatch in books.mismatches[:MISMATCHES_SHOWN_MAX]:
        fail(f"{mismatch.kind}: {mismatch.detail}")
    if len(books.mismatches) > MISMATCHES_SHOWN_MAX:
        more = len(books.mismatches) - MISMATCHES_SHOWN_MAX
        fail(f"and {more} more; `countermand verify --json` lists all")
    if books.is_ok:
        console.print(f"[bold green]✓ All {'checked ' if books.unchecked else ''}books agree.[/]")
    for book in books.unchecked:
        console.print(f"[yellow]Not checked: {book}; nobody told us where it is.[/]")
