"""Plans and runs on the screen; what others wrote is shown without acting on the terminal."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.values import format_money
from countermand.dead_letters.shown import clean
from countermand.replay.plan import Plan
from countermand.replay.running import Ended
from countermand.replay.seen import Seen
from countermand.screen import fail, print_rows, say


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """Return a plan for scripts, without its rows."""
    return {**plan._asdict(), "path": str(plan.path)}


def print_plan(plan: Plan, *, needs_approval: bool) -> None:
    """Say what a plan comes to and what to do next."""
    totals = plan.totals
    print_rows(
        f"Plan {plan.hash[:12]}: {plan.target}",
        ("What", "How many"),
        [
            ("Rows looked at", f"{totals['rows']:,}"),
            *((f"  {state}", f"{count:,}") for state, count in totals["states"].items()),
            ("Rows to do", f"{totals['do']:,}"),
            *((f"  {kind}: missing, would be done", f"{n:,}")
              for kind, n in totals["effects"].items()),
            *((f"  {kind}: already, stays as it is", f"{n:,}")
              for kind, n in totals["effects_already"].items()),
            *((f"  money that would move, {currency}", format_money(minor, currency))
              for currency, minor in totals["amount_minor"].items()),
            ("Takes about", f"{timedelta(seconds=round(plan.estimate_s))}"),
        ],
    )  # fmt: skip
    say(f"Written to {plan.path}. Row by row: countermand replay show {plan.path}")
    if not totals["do"]:
        say("[green]✓[/] Nothing to do.")
    elif needs_approval:
        say("[yellow]A second person has to agree:[/] countermand replay approve, then run.")


def print_rows_of(plan: Plan, limit: int, *, has_all: bool) -> None:
    """Show the rows of a plan."""
    shown: list[tuple[str, ...]] = []
    for row in plan.rows():
        if len(shown) == limit:
            break
        if row["do"] or has_all:
            about = clean(row.get("key") or row.get("type") or row.get("stream"))
            shown.append((clean(row["row"]), about, clean(row["state"]), _consequence(row)))
    print_rows(f"Plan {plan.hash[:12]}: {plan.target}", ("Row", "About", "Is", "Would be"), shown)
    say(f"{plan.totals['do']:,} rows to do of {plan.totals['rows']:,}; shown: {len(shown):,}.")


def _consequence(row: dict[str, Any]) -> str:
    parts = [*row.get("facts", ())]
    for effect in row.get("effects", ()):
        money = (
            f" {format_money(effect['amount_minor'], effect['currency'])}"
            if "amount_minor" in effect
            else ""
        )
        parts.append(f"{effect['kind']}{money} ({effect['status']})")
    for column, (before, after) in row.get("changes", {}).items():
        parts.append(f"{column}: {before} → {after}")
    return clean("; ".join(parts))


def ended_to_json(plan: Plan, ended: Ended) -> dict[str, Any]:
    """Return a run's end for scripts."""
    return {
        "plan": plan.hash, "outcome": ended.outcome, "clean": ended.is_clean,
        "did": ended.progress.did, "left_alone": ended.progress.moved,
        "done_to": ended.progress.done_to, "to_do": plan.totals["do"],
        "took_s": round(ended.took_s, 3), "moved": list(ended.moved),
        "moved_count": ended.moved_count,
    }  # fmt: skip


def print_ended(plan: Plan, ended: Ended) -> None:
    """Say how a run ended."""
    progress, total = ended.progress, plan.totals["do"]
    match ended.outcome:
        case "refused":
            fail(f"Nothing was done: the world has moved at {ended.moved_count:,} rows.")
            for name in ended.moved:
                say(f"  {clean(name)}")
            say("Make a new plan.")
        case "completed before":
            say(f"[green]✓[/] It was completed before: {progress.did:,} done. Nothing to do.")
        case "completed":
            say(f"[green]✓[/] {progress.did:,} of {total:,} done in {ended.took_s:.1f} s.")
        case stopped:
            say(f"It is {stopped} behind row {progress.done_to:,} of {total:,}.")
    if progress.moved and ended.outcome != "refused":
        fail(f"{progress.moved:,} rows were left alone: they had moved when their turn came.")


def print_status(seen: list[Seen]) -> None:
    """Show every replay, newest first."""
    print_rows(
        "Replays",
        ("Plan", "Target", "Status", "Done", "Of", "Left alone", "Planned by", "Ready"),
        [
            (one.plan_hash[:12], one.planned.target, one.state.status,
             f"{one.progress.did:,}", f"{one.planned.totals['do']:,}",
             f"{one.progress.moved:,}", clean(one.state.planner), _when(one.eta))
            for one in seen
        ],
    )  # fmt: skip


def print_history(seen: Seen) -> None:
    """Show who did what to one replay."""
    print_status([seen])
    print_rows(
        "History",
        ("When", "What", "Who", "Why"),
        [
            (_when(one.cause.recorded_at), one.fact.NAME.split(".")[1],
             clean(getattr(one.fact, "who", "")), clean(_why(one.fact)))
            for one in seen.history
        ],
    )  # fmt: skip


def _why(fact: Any) -> str:
    if hasattr(fact, "moved_count"):
        return f"{fact.why}; moved: {', '.join(fact.moved)}"
    return getattr(fact, "why", "") or f"{fact.did:,} done, {fact.moved:,} left alone"


def _when(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
