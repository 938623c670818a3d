"""Whatever somebody writes commands no terminal, and is no formula of a spreadsheet."""

import csv
import io
import json
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.text import Text

from countermand import screen
from countermand.bulk.shown import write_outcomes
from countermand.history.event import Event
from countermand.history.rendering import CsvSink, JsonSink, TableSink
from services.cancellation.figures_csv import to_csv
from tests.support.injections import FAMILIES, NEUTRAL, PAYLOADS

COMMANDS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
FORMULA = re.compile(r"\s*[=+\-@]")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What reaches a terminal that shows no colours."""
    shown = io.StringIO()
    monkeypatch.setattr(screen.console, "file", shown)
    monkeypatch.setattr(screen.console, "width", 100)
    return shown


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_shown_commands_the_terminal(family: str, terminal: io.StringIO) -> None:
    for text in FAMILIES[family]:
        screen.say(f"[green]✓[/] {text}")
        screen.fail(text)
        screen.print_rows(text, (text, "B"), [(text, text)])
        screen.panel(text, [text])
        screen.console.print(Text(text))
        TableSink(screen.console, has_data=True).show(an_event(text))
    assert not COMMANDS.search(terminal.getvalue())


def test_only_our_markup_is_markup_and_nothing_breaks_off(terminal: io.StringIO) -> None:
    screen.say("[green]✓[/] [link=https://evil.example]here[/link] [blink]")
    screen.print_rows("", ("A",), [("[@click=app.bell]x",), ("[/]",), ("\\[red]",)])
    shown = terminal.getvalue()
    assert "✓ [link=https://evil.example]here[/link] [blink]" in shown
    for text in ("[@click=app.bell]x", "[/]", "[red]"):
        assert text in shown


def test_json_has_no_character_a_terminal_obeys_and_says_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for text in PAYLOADS:
        screen.print_json({"said": text})
        written = capsys.readouterr().out
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", written)
        assert json.loads(written) == {"said": text}
        JsonSink().show(an_event(text))
        assert json.loads(capsys.readouterr().out)["order_id"] == text


def test_no_cell_of_a_table_is_a_formula(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes: list[dict[str, Any]] = [
        {
            "order_id": text, "outcome": text, "codes": [text], "currency": text,
            "refund_minor": -5, "units": 1, "is_told": True, "handled_at": None,
        }
        for text in PAYLOADS
    ]  # fmt: skip
    write_outcomes(tmp_path / "outcomes.csv", outcomes, is_first=True)
    sink = CsvSink()
    for text in PAYLOADS:
        sink.show(an_event(text))
    tables = [
        to_csv([{"what": text, "nested": {"name": text}, "minor": -5} for text in PAYLOADS]),
        (tmp_path / "outcomes.csv").read_text("utf-8"),
        capsys.readouterr().out,
    ]
    for table in tables:
        rows = list(csv.reader(io.StringIO(table, newline="")))
        assert len(rows) == len(PAYLOADS) + 1
        assert len({len(row) for row in rows}) == 1, "no text is two cells"
        for row in rows:
            for one in row:
                assert one == "-5" or not FORMULA.match(one), one
        assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", table)


def an_event(text: str) -> Event:
    """Return an event whose writer did what they liked."""
    at = datetime(2026, 11, 2, tzinfo=UTC)
    return Event(
        **{
            name: {"recorded_at": at, "happened_at": at, "data": {"said": text}}.get(name, text)
            for name in Event._fields
        }
        | {"source": NEUTRAL, "position": 1}
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (100, "Facts folded             ━━━ 1,200/4,000 0:00:00 -:--:-- left"),
        (80, "Facts folded             ━━━ 1,200/4,000 0:00:00 -:--:-- left"),
        (60, "Facts folded 1,200/4,000 0:00:00 -:--:-- left"),
        (40, "Facts folded 1,200/4,000"),
    ],
)
def test_a_bar_says_how_much_is_done_at_every_width(
    width: int, shown: str, terminal: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen.console, "width", width)
    with suppress(KeyboardInterrupt), screen.steps() as on_step:
        on_step("Facts folded", 1_200, 4_000)
        raise KeyboardInterrupt
    [line] = terminal.getvalue().splitlines()
    assert len(line) <= width
    assert re.sub(r"━+╸? +", "━━━ ", line).rstrip() == shown
