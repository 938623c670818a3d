"""Figures on the screen."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from contracts.values import format_money
from countermand.screen import print_rows, say

Row = dict[str, Any]


def print_cancellations(answer: Row, by: str) -> None:
    """Show what was placed and cancelled, group by group."""
    _print(
        "Placed and cancelled", answer, by,
        ("Orders", "Gross", "Cancelled", "Worth", "Net", "Rate", "Customers say"),
        (
            (
                row["placed"]["orders"],
                _money(row["placed"]["gross_minor"], row),
                row["cancelled"]["cancellations"],
                _money(row["cancelled"]["cancelled_minor"], row),
                _money(row["net"]["net_minor"], row) if "net" in row else "",
                _share(row["rate"]["value"]),
                _said(row["feedback"]),
            )
            for row in answer["rows"]
        ),
    )  # fmt: skip
    conversion = answer["conversion"]
    say(
        f"Of {conversion['orders']:,} orders {conversion['net_orders']:,} stayed,"
        f" {_share(conversion['kept_share'])}."
    )
    if "visits" in conversion:
        gross, net = _share(conversion["gross_rate"], 2), _share(conversion["net_rate"], 2)
        say(f"Conversion of {conversion['visits']:,} visits: {gross} as it looks, {net} kept.")


def print_refunds(answer: Row, by: str) -> None:
    """Show refunds, group by group."""
    _print(
        "Refunds", answer, by,
        ("Refunds", "Amount", "Succeeded", "Open", "Failed", "Half within", "Nine of ten"),
        (
            (
                row["refunds"], _money(row["refund_minor"], row), row["succeeded"], row["open"],
                row["failed"], _span(row["median_s"]), _span(row["p90_s"]),
            )
            for row in answer["rows"]
        ),
    )  # fmt: skip


def print_requests(answer: Row, by: str) -> None:
    """Show requests, group by group."""
    _print(
        "Requests", answer, by,
        ("Asked", "Granted", "Denied", "Open", "By default", "Half within", "Nine of ten"),
        (
            (
                row["requests"], row["granted"], row["denied"], row["open"], row["by_default"],
                _span(row["median_s"]), _span(row["p90_s"]),
            )
            for row in answer["rows"]
        ),
    )  # fmt: skip


def print_entries(answer: Row) -> None:
    """Show what stands behind a number."""
    rows = [
        (
            row["order_id"], str(row["at"])[:19].replace("T", " "),
            row.get("state") or row.get("outcome") or row.get("status"), row.get("reason"),
            _money(row["amount_minor"], row), row.get("feedback"),
        )
        for row in answer["rows"]
    ]  # fmt: skip
    print_rows(
        _title("Entries", answer), ("Order", "When (UTC)", "State", "Reason", "Amount", "Answer"),
        rows,
    )  # fmt: skip
    more = f" More with --after '{answer['next_after']}'." if answer["next_after"] else ""
    say(f"As of position {answer['as_of']}.{more}")


def _print(
    title: str, answer: Row, by: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Show rows; what none of them has gets no column."""
    named = [(_name(row), *cells) for row, cells in zip(answer["rows"], rows, strict=True)]
    heads = ("" if by == "TOTAL" else by.capitalize().replace("_", " "), *columns)
    kept = [n for n, head in enumerate(heads) if any(cells[n] != "" for cells in named) and head]
    print_rows(
        _title(title, answer), [heads[n] for n in kept],
        [[cells[n] for n in kept] for cells in named],
    )  # fmt: skip
    say(f"As of position {answer['as_of']}.")


def _title(what: str, answer: Row) -> str:
    return f"{what}, {answer['first']} to {answer['last']}"


def _name(row: Row) -> str:
    title = row.get("title")
    return f"{row['key']} {title}" if title else row["key"] or "(not told)"


def _money(amount_minor: int, row: Row) -> str:
    return format_money(amount_minor, row["currency"])


def _share(share: float | None, digits: int = 1) -> str:
    return "" if share is None else f"{share:.{digits}%}"


def _said(feedback: Row) -> str:
    words = {"good": "well", "fair": "so-so", "poor": "badly"}
    return ", ".join(f"{feedback[name]} {word}" for name, word in words.items() if feedback[name])


def _span(seconds: int | None) -> str:
    return "" if seconds is None else str(timedelta(seconds=seconds))
