"""Answers, refusals, previews and explanations on the screen."""

from collections.abc import Sequence
from typing import Any

from rich.markup import escape

from countermand.orders import ApiError
from countermand.screen import console, fail, say

Json = dict[str, Any]

_IDS = {
    "CANCELLED": ("cancellation", "cancellation_id"),
    "CONFIRMED": ("cancellation", "cancellation_id"),
    "UNDONE": ("cancellation", "cancellation_id"),
    "REINSTATED": ("cancellation", "cancellation_id"),
    "REQUESTED": ("request", "request_id"),
    "DENIED": ("request", "request_id"),
    "REFUND_REQUESTED": ("request", "request_id"),
    "MANUAL_REFUND_RECORDED": ("refund", "refund_id"),
    "RESTOCK_REQUESTED": ("request", "request_id"),
    "CASE_ASSIGNED": ("case", "case_id"),
    "CASE_ESCALATED": ("case", "case_id"),
    "CASE_NOTE_ADDED": ("case", "case_id"),
    "CASE_CLOSED": ("case", "case_id"),
    "CLAIMED": ("claim", "claim_id"),
    "CLAIM_RELEASED": ("claim", "claim_id"),
    "POLICY_PUBLISHED": ("version", "version"),
    "DEAD_LETTERED": ("because of", "code"),
}
"""What names the result of each outcome."""


def answer_line(answer: Json) -> str:
    """Return an answer in one line."""
    outcome = answer["outcome"]
    what, field = _IDS.get(outcome, ("command", "command_id"))
    mark = "[green]✓[/]" if outcome != "DEAD_LETTERED" else "[bold red]✗[/]"
    return f"{mark} {outcome}: {what} {answer.get(field, '')}"


def print_problem(problem: ApiError) -> None:
    """Show why a command was not carried out: every failed rule, or what else went wrong."""
    refusals = problem.body.get("refusals")
    if refusals:
        print_refusals(refusals)
    else:
        fail(escape(str(problem)))


def print_refusals(refusals: Sequence[Json]) -> None:
    """Show every failed rule, what it saw and the way out."""
    for refusal in refusals:
        line = f"line {refusal['line_id']}: " if refusal.get("line_id") else ""
        fail(escape(f"{refusal['code']}: {line}{refusal['detail']}. {refusal['remedy']}"))
        if refusal.get("return_proposal"):
            units = ", ".join(
                f"{line['quantity']} of line {line['line_id']} ({line['title']})"
                for line in refusal["return_proposal"]["lines"]
            )
            say(escape(f"  A return can be offered: {units}."))


def print_preview(preview: Json) -> None:
    """Show what a command would do."""
    console.print(f"[bold]Preview: {preview['outcome']}[/]; nothing is done.", highlight=False)
    _print_lines(preview["text"])


def print_explanation(explanation: Json) -> None:
    """Show the whole story of an order."""
    for entry in explanation["entries"]:
        first, *rest = entry["text"]
        console.print(f"[bold]{escape(first)}[/]", highlight=False)
        _print_lines(rest)
        console.print()
    time = str(explanation["as_of_time"] or "")[:19].replace("T", " ")
    say(f"[dim]As of position {explanation['as_of']}, recorded {time} (UTC).[/]")


def _print_lines(lines: Sequence[str]) -> None:
    for line in lines:
        console.print(f"   {escape(line)}", highlight=False, soft_wrap=True)
