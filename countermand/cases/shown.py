"""Cases on the screen."""

from typing import Any

from rich.markup import escape
from rich.table import Table

from contracts.values import format_money
from countermand.screen import console, say
from countermand.status.drawing import write_age
from countermand.timeline import line_of

Json = dict[str, Any]


def stake_of(case: Json) -> str:
    """Write what may be lost."""
    if case["stake_minor"] is None:
        return ""
    return format_money(case["stake_minor"], case["currency"])


def print_list(answer: Json) -> None:
    """Show cases, one a line."""
    table = Table(title="What needs a person", title_style="bold", header_style="dim")
    for heading in ("opened", "order", "kind", "whose", "due", "case"):
        table.add_column(heading)
    table.add_column("at stake", justify="right")
    for case in answer["cases"]:
        style = "red" if case["is_overdue"] else "dim" if case["state"] == "CLOSED" else ""
        table.add_row(
            f"{write_age(case['age_s'])} ago" if case["state"] == "OPEN" else case["resolution"],
            case["order_id"], case["kind"], _whose(case),
            f"{case['due_at'][:16].replace('T', ' ')}{' overdue' if case['is_overdue'] else ''}",
            case["case_id"], stake_of(case), style=style,
        )  # fmt: skip
    console.print(table)
    more = f"; more with --after '{answer['next_after']}'" if answer["next_after"] else ""
    say(f"[dim]{len(answer['cases'])} cases, as of position {answer['as_of']}{more}[/]")


def _whose(case: Json) -> str:
    return f"{case['owner']}, {case['role']}" if case["owner"] else str(case["role"])


def print_case(answer: Json) -> None:
    """Show one case: what, since when, what is at stake, whose, what may be done, its story."""
    case = answer["case"]
    console.print(f"[bold]{case['kind']}[/] of order {case['order_id']}: {escape(case['detail'])}")
    facts = {
        "state": case["resolution"] if case["state"] == "CLOSED" else case["state"],
        "since": f"{case['opened_at'][:19].replace('T', ' ')} ({write_age(case['age_s'])})",
        "at stake": stake_of(case) or "nothing that can be counted",
        "whose": _whose(case),
        "due": case["due_at"][:19].replace("T", " ")
        + (" [red]overdue[/]" if case["is_overdue"] else ""),
        "units": ", ".join(f"{count} of line {line}" for line, count in case["lines"].items()),
    }
    for name, value in facts.items():
        if value:
            console.print(f"  {name:<9} {value}", highlight=False)
    for entry in answer["story"]:
        line = line_of({**entry, "message_id": ""}, case["currency"])
        console.print(f"  {line.when}  {line.what}: {line.detail}", highlight=False)
    console.print("[bold]What may be done[/]")
    for action in case["next_actions"]:
        console.print(f"  {escape(action['what'])}", highlight=False)
        console.print(
            f"    [cyan]{escape(action['command_line'])}[/]", highlight=False, soft_wrap=True
        )
