"""Rebuilds and repairs on the screen."""

import shlex
from typing import Any

from countermand.rebuilds.desk import Outcome, Refused
from countermand.screen import fail, print_json, print_rows, say
from rebuild.repairing import Repaired

ROWS_MAX = 20


def _outcome_to_json(outcome: Outcome) -> dict[str, Any]:
    """Return a rebuild for scripts."""
    result = outcome.result
    told: dict[str, Any] = {
        "projection": outcome.projection,
        "seconds": round(outcome.took_s, 2),
        "listing": outcome.differences,
    }
    if isinstance(result, Refused):
        unaccepted = sorted(result.unaccepted)
        return told | {"swapped": False, "differences": result.counts, "unaccepted": unaccepted}
    return told | {"swapped": True, **result._asdict()}


def print_outcome(outcome: Outcome, *, is_json: bool) -> None:
    """Say what came of a rebuild, and what to do next when nothing was put in place."""
    if is_json:
        print_json(_outcome_to_json(outcome))
        return
    result = outcome.result
    if not isinstance(result, Refused):
        say(f"[green]✓[/] Built from {result.facts:,} facts in {outcome.took_s:.1f} s.")
        for table, digest in result.digests.items():
            say(f"  {table}: {digest}")
        if result.differences:
            say(f"Accepted differences are listed in {outcome.differences}.")
        return
    fail("The new tables differ from the old; the old ones serve on.")
    print_rows(
        "Differences",
        ("Name", "Rows", "Accepted"),
        [
            (name, f"{count:,}", "no" if name in result.unaccepted else "yes")
            for name, count in sorted(result.counts.items())
        ],
    )
    only = "".join(f" --only {part}" for part in outcome.parts)
    accept = " ".join(f"--accept {shlex.quote(name)}" for name in sorted(result.unaccepted))
    say(f"Row by row: {outcome.differences}. If the new ones are right:")
    say(f"countermand rebuild {outcome.projection}{only} {accept} --by NAME --why …")


def _repaired_to_json(order_id: str, repaired: Repaired) -> dict[str, Any]:
    """Return a repair for scripts."""
    return {
        "order_id": order_id,
        "position": repaired.position,
        "differences": [difference.to_json() for difference in repaired.differences],
    }


def print_repaired(order_id: str, repaired: Repaired, took_s: float, *, is_json: bool) -> None:
    """Show what was put right of one order."""
    if is_json:
        print_json(_repaired_to_json(order_id, repaired))
        return
    rows: list[tuple[str, str, Any, Any]] = []
    for difference in repaired.differences:
        told = difference.to_json()
        if "values" in told:
            rows.append((difference.row, *_of_row(difference.old is None)))
        else:
            rows += [(difference.row, place, *change) for place, change in told["changes"].items()]
    if rows:
        print_rows(f"Order {order_id}", ("Row", "Where", "Was", "Is"), rows[:ROWS_MAX])
    if len(rows) > ROWS_MAX:
        say(f"and {len(rows) - ROWS_MAX} more; --json shows all")
    count = len(repaired.differences)
    what = f"{count} rows were put right" if count else "nothing to put right"
    say(f"[green]✓[/] {what}, as of position {repaired.position:,}, in {took_s:.2f} s.")


def _of_row(is_new: bool) -> tuple[str, str, str]:
    return ("the whole row", "missing", "there") if is_new else ("the whole row", "there", "gone")
