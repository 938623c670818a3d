"""Plans on the screen: what would come, how far it is, what came of each order."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from contracts.values import format_money
from countermand import screen
from countermand.bulk.choices import HEADER
from services.cancellation.figures_csv import cell

Json = dict[str, Any]

AMOUNTS = {
    "refund_minor": "refunded at once",
    "later_minor": "owed, to be settled later",
    "store_credit_minor": "credited",
    "void_minor": "released, never captured",
    "fee_minor": "kept as a fee",
    "kept_minor": "kept as told",
    "awaiting_approval_minor": "if a second person agrees",
}

FIELDS = ("outcome", "codes", "currency", "refund_minor", "units", "is_told", "handled_at")


def print_preview(preview: Json) -> None:
    """Show what a plan would do."""
    rows = [("Orders", f"{preview['orders']:,}")]
    rows += _counted(preview["outcomes"])
    rows += _amounts(preview["money"])
    rows += [
        ("Units cancelled", f"{preview['units']:,}"),
        ("  back on the shelf", f"{preview['restock_units']:,}"),
        ("Customers told", f"{preview['messages']:,}"),
    ]
    if preview["held"]:
        rows.append(("Held first, and can be undone", f"{preview['held']:,}"))
    title = f"What would come of it, by policy version {preview['policy_version']}"
    screen.print_rows(title, ("", "Count or amount"), rows)
    _print_refusals(preview["refusals"])
    screen.say(f"Nothing was written. To start exactly this: --expected-digest {preview['digest']}")


def print_plan(plan: Json) -> None:
    """Show one plan and how far it is."""
    pace = f", {plan['lately_per_s']:g} orders/s lately" if plan["state"] == "RUNNING" else ""
    rows = [
        ("State", plan["state"]),
        ("Orders", f"{plan['order_count']:,}, at most {plan['orders_per_s']:,} a second"),
        ("Handled", f"{plan['handled']:,}, {plan['left']:,} left{pace}"),
        *_counted(plan["outcomes"]),
        *_amounts(plan["money"]),
        ("Units cancelled", f"{plan['units']:,}"),
        ("Customers told", f"{plan['messages']:,}"),
    ]
    if plan["eta_s"] is not None:
        rows.insert(3, ("Ends in about", f"{plan['eta_s']:,.0f} s"))
    screen.print_rows(f"Plan {plan['plan_id']}", ("", ""), rows)
    _print_refusals(plan["refusals"])


def print_plans(plans: Sequence[Json]) -> None:
    """Show all plans."""
    rows = [
        (
            plan["plan_id"],
            plan["state"],
            f"{plan['handled']:,} of {plan['order_count']:,}",
            str(plan["started_at"])[:19].replace("T", " "),
        )
        for plan in plans
    ]
    screen.print_rows("Plans", ("Plan", "State", "Handled", "Started (UTC)"), rows)


def print_outcomes(plan_id: str, outcomes: Sequence[Json], *, has_more: bool) -> None:
    """Show what came of some orders."""
    rows = [
        (
            f"{one['number']:,}",
            one["order_id"],
            one["outcome"],
            ", ".join(one["codes"] or ()),
            format_money(one["refund_minor"], one["currency"])
            if one["refund_minor"] is not None
            else "",
        )
        for one in outcomes
    ]
    screen.print_rows(f"Plan {plan_id}", ("No.", "Order", "Outcome", "Rules", "Refund"), rows)
    if has_more:
        screen.say("More: a larger --limit, or all of them with --to FILE.")


def write_outcomes(file: Path, outcomes: Sequence[Json], *, is_first: bool) -> None:
    """Write outcomes as CSV, the order number first: such a file can select the next plan."""
    with file.open("w" if is_first else "a", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        if is_first:
            writer.writerow((HEADER, *FIELDS))
        for one in outcomes:
            said = {**one, "codes": " ".join(one["codes"] or ())}
            writer.writerow(map(cell, (one["order_id"], *(said[field] for field in FIELDS))))


def _counted(outcomes: Mapping[str, int]) -> list[tuple[str, str]]:
    return [(f"  {outcome}", f"{count:,}") for outcome, count in sorted(outcomes.items())]


def _amounts(money: Mapping[str, Mapping[str, int]]) -> list[tuple[str, str]]:
    return [
        (f"Money {AMOUNTS[name]}", format_money(amounts[name], currency))
        for currency, amounts in sorted(money.items())
        for name in AMOUNTS
        if amounts.get(name) or name == "refund_minor"
    ]


def _print_refusals(refusals: Sequence[Json]) -> None:
    if refusals:
        rows = [(r["code"], f"{r['orders']:,}", ", ".join(r["examples"])) for r in refusals]
        screen.print_rows("Rules in the way", ("Code", "Orders", "For example"), rows)
