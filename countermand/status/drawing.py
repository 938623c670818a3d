"""The screen of `countermand status`: what waits first, then who is behind, then every process."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from countermand.history.rendering import plain, short
from countermand.status.report import Report
from countermand.status.waiting import Waiting

ALARM_S = 60.0
"""What has waited longer is red."""

PROCESS_COLUMNS = ("Process", "Pid", "Ready", "Lag", "Oldest s", "Dead", "Doubled", "Calls")


def draw(report: Report) -> RenderableType:
    """Draw one report."""
    parts: list[RenderableType] = [
        Text(f"As of {report.at:%Y-%m-%d %H:%M:%S} (UTC)", style="dim"),
        *(
            Text(f"{server} does not answer: {plain(reason)}", style="bold red")
            for server, reason in report.away.items()
        ),
        _waiting(report),
        _lag(report),
    ]
    if report.processes:
        parts.append(_processes(report.processes))
    return Group(*parts)


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for number, column in enumerate(columns):
        is_count = column in (
            "Count",
            "Oldest",
            "Pid",
            "Lag",
            "Oldest s",
            "Dead",
            "Doubled",
            "Calls",
        )
        table.add_column(
            column, justify="right" if is_count else "left", no_wrap=number < 1, overflow="fold"
        )
    return table


def _waiting(report: Report) -> Table:
    table = _table("Waiting", "Count", "Oldest", "About the oldest")
    for title, waiting in (
        ("Commands not decided", report.undecided),
        ("Refunds not paid", report.calls_of("refunds")),
        ("Messages not sent", report.calls_of("notifier")),
        ("Webhooks not delivered", report.undelivered),
    ):
        if waiting is None:
            table.add_row(title, "?", "?", "")
        else:
            table.add_row(title, f"{waiting.count:,}", _age(waiting, report.at), _about(waiting))
    for receiver in report.receivers:
        title, age = f"Receivers {receiver.what}", _age(receiver, report.at)
        about = plain(str(receiver.about["last_error"]))
        table.add_row(title, f"{receiver.count:,}", age, Text(about, "bold red"))
    if not report.dead_letters:
        table.add_row("Dead letters", "?" if report.away.get("PostgreSQL") else "0", "", "")
    for letter in report.dead_letters:
        title = f"Dead letters, {letter.service}"
        table.add_row(title, f"{letter.count:,}", _age(letter, report.at), plain(letter.what))
    if not report.cases:
        table.add_row("Cases", "?" if report.away.get("PostgreSQL") else "0", "", "")
    for case in report.cases:
        overdue = case.about["overdue"]
        told = f"{overdue} overdue; " if overdue else ""
        age, about = _age(case, report.at), f"{told}{case.what}, {_about(case)}"
        table.add_row("Cases", f"{case.count:,}", age, Text(about, "bold red" if overdue else ""))
    return table


def _about(waiting: Waiting) -> str:
    told = {
        "order_id": "order {}", "message_id": "{}", "attempts": "{} attempts", "last_error": "{}",
    }  # fmt: skip
    words = [
        text.format(short(str(waiting.about[name])))
        for name, text in told.items()
        if waiting.about.get(name)
    ]
    return ", ".join(words)


def _lag(report: Report) -> Table:
    table = _table("Behind", "Of", "Count", "Oldest")
    for waiting in report.lag:
        table.add_row(waiting.service, waiting.what, f"{waiting.count:,}", _age(waiting, report.at))
    return table


def _age(waiting: Waiting, now: datetime) -> Text:
    if waiting.oldest_at is None:
        return Text("")
    age_s = max(0.0, (now - waiting.oldest_at).total_seconds())
    return Text(write_age(age_s), style="bold red" if age_s > ALARM_S else "")


def write_age(seconds: float) -> str:
    """Write an age for people, in its two largest units."""
    if seconds < 60:  # noqa: PLR2004 - seconds of a minute, and so on
        return f"{seconds:.1f} s"
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86_400)
    if hours < 1:
        return f"{minutes} min {int(seconds) % 60} s"
    return f"{hours} h {minutes % 60} min" if days < 1 else f"{days} d {hours % 24} h"


def _processes(rows: Iterable[dict[str, Any]]) -> Table:
    table = _table(*PROCESS_COLUMNS)
    for row in rows:
        cells = [_cell(value) for value in row.values()]
        table.add_row(*cells, style="bold red" if row["ready"] is False else "")
    return table


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
