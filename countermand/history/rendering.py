"""Events for people and for programs: lines of a table, JSON, CSV.

What others wrote into a record may hold anything; control characters never reach a terminal.
"""

import csv
import re
import sys
from typing import Any, Protocol
from uuid import UUID

import orjson
from rich.console import Console
from rich.text import Text

from countermand.history.event import COLUMNS, Event
from countermand.history.selection import QuestionError
from countermand.screen import console, json_line
from services.cancellation.figures_csv import cell

STYLES = {
    "cancellation": "cyan",
    "inventory": "yellow",
    "refunds": "green",
    "notifier": "magenta",
    "webhooks": "blue",
}

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class NobodyListensError(Exception):
    """Whoever read our standard output has gone, as `head` does when it has enough."""


class Sink(Protocol):
    """Where events are shown."""

    def show(self, event: Event) -> None:
        """Show one event."""

    def flush(self) -> None:
        """Let everything shown so far be seen."""


def plain(value: object) -> str:
    """Write a value so that a terminal shows it and does nothing else."""
    return _CONTROL.sub("\ufffd", "" if value is None else str(value))


def short(message_id: str | None) -> str:
    """Shorten our own ids for the screen; `--json` has them whole."""
    text = plain(message_id)
    kind, _, id_ = text.rpartition(":")
    try:
        return f"{kind} {str(UUID(id_))[:8]}".strip()
    except ValueError:
        return text


class TableSink:
    """One line per event, aligned while it streams: widths never depend on what comes later."""

    def __init__(self, console: Console, *, has_data: bool) -> None:
        self._console, self._has_data = console, has_data
        self._day = ""

    def show(self, event: Event) -> None:
        """Show one event; a new day has a line of its own."""
        day = f"{event.recorded_at:%Y-%m-%d}"
        if day != self._day:
            self._day = day
            self._print(Text(f"{day}, recorded (UTC)", style="bold"))
        service = event.source.partition(".")[0]
        where = f"{plain(event.source)} {event.position}"
        line = Text(f"{event.recorded_at:%H:%M:%S.%f}"[:-3] + " ")
        line.append(f"{where:<18} ", style=STYLES.get(service, ""))
        line.append(f"{plain(event.order_id):<8} ")
        line.append(f"{plain(event.name) or '(no type)':<31} ", style="bold")
        line.append(short(event.causation_id), style="dim")
        self._print(line)
        if self._has_data:
            self._print(
                Text(f"  {plain(orjson.dumps(event.data).decode())}", style="dim"), fold=True
            )

    def flush(self) -> None:
        """Do nothing: the console writes at once."""

    def _print(self, line: Text, *, fold: bool = False) -> None:
        how: Any = "fold" if fold else "ellipsis"
        line.rstrip()
        self._console.print(line, no_wrap=not fold, overflow=how, highlight=False)


class _Output:
    """Standard output, whose reader may leave."""

    def write(self, text: str) -> None:
        try:
            sys.stdout.write(text)
        except BrokenPipeError:
            raise NobodyListensError from None

    def flush(self) -> None:
        """Send what is buffered."""
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            raise NobodyListensError from None


class JsonSink(_Output):
    """One JSON object per line on standard output."""

    def show(self, event: Event) -> None:
        """Write one line."""
        self.write(json_line(event._asdict()))


class CsvSink(_Output):
    """CSV with a head on standard output; `data` is JSON."""

    def __init__(self) -> None:
        self._writer = csv.writer(self, lineterminator="\n")
        self._writer.writerow(COLUMNS)

    def show(self, event: Event) -> None:
        """Write one row."""
        row = event._asdict()
        row["happened_at"] = event.happened_at and event.happened_at.isoformat()
        row["recorded_at"] = event.recorded_at.isoformat()
        row["data"] = orjson.dumps(event.data).decode()
        self._writer.writerow(map(cell, row.values()))


def sink_for(*, data: bool, csv: bool, json: bool) -> Sink:
    """Return the sink asked for.

    Raises:
        QuestionError: two were asked for.
    """
    if csv and json:
        raise QuestionError("Choose one of --csv and --json.")
    if csv:
        return CsvSink()
    return JsonSink() if json else TableSink(console, has_data=data)
