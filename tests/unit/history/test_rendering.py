"""Events for people and for programs."""

import csv
import io
import os
from typing import Any

import orjson
import pytest
from rich.console import Console

from countermand.history.event import COLUMNS
from countermand.history.rendering import (
    CsvSink,
    JsonSink,
    NobodyListensError,
    TableSink,
    plain,
    short,
    sink_for,
)
from countermand.history.selection import QuestionError
from tests.unit.history.sources import an_event


def table(*events: Any, width: int = 80, has_data: bool = False) -> list[str]:
    """Return the lines a terminal of this width shows."""
    out = io.StringIO()
    sink = TableSink(Console(file=out, width=width), has_data=has_data)
    for event in events:
        sink.show(event)
    return out.getvalue().splitlines()


def test_a_line_per_event_and_a_head_per_day() -> None:
    lines = table(an_event(1), an_event(2, 5), an_event(3, 86_400))
    assert lines[0] == "2026-11-02, recorded (UTC)"
    assert lines[1].split() == ["09:30:00.000", "cancellation", "1", "1", "order.placed.v1", "m"]
    assert lines[2].startswith("09:30:05.000")
    assert lines[3] == "2026-11-03, recorded (UTC)"
    assert len(lines) == 5


def test_columns_stand_below_each_other_and_fit_eighty_columns() -> None:
    names = ("order.cancellation-completed.v1", "order.placed.v1")
    lines = table(*[an_event(p, name=name, order_id="489465") for p, name in enumerate(names)])
    assert {line.index("489465") for line in lines[1:]} == {32}
    assert {line.index("order.") for line in lines[1:]} == {41}
    assert all(len(line) <= 80 for line in lines)


def test_what_does_not_fit_is_cut_and_never_wrapped() -> None:
    [_, line] = table(an_event(order_id="x" * 200))
    assert line.endswith("…")


def test_data_is_shown_when_asked_for() -> None:
    lines = table(an_event(data={"reason": "FRAUD"}), has_data=True)
    assert lines[2].strip() == '{"reason":"FRAUD"}'


def test_nothing_others_wrote_commands_the_terminal() -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\r\n[red]x[/]"
    event = an_event(name=evil, order_id=evil, causation_id=evil, data={evil: evil})
    text = "\n".join(table(event, width=300, has_data=True))
    assert not {"\x1b", "\x07", "\r"} & set(text)
    assert "[red]x[/]" in text, "markup is text here"
    assert len(text.splitlines()) == 3


@pytest.mark.parametrize(
    ("message_id", "shown"),
    [
        ("5d75626a-b414-5d6c-ad65-e573c9df6311", "5d75626a"),
        ("effect:24d0b033-ee1a-5243-a85d-32105afa2864", "effect 24d0b033"),
        ("retail-C489554", "retail-C489554"),
        ("a:b", "a:b"),
        (None, ""),
    ],
)
def test_our_own_ids_are_shortened(message_id: str | None, shown: str) -> None:
    assert short(message_id) == shown


def test_json_has_a_line_per_event_with_everything(capsys: pytest.CaptureFixture[str]) -> None:
    sink = JsonSink()
    for position in (1, 2):
        sink.show(an_event(position, data={"note": "two\nlines"}))
    lines = [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["position"] for line in lines] == [1, 2]
    assert set(lines[0]) == set(COLUMNS)
    assert lines[0]["recorded_at"] == "2026-11-02T09:30:00+00:00"
    assert lines[0]["data"] == {"note": "two\nlines"}


def test_csv_has_a_head_and_survives_commas_and_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    sink = CsvSink()
    sink.show(an_event(order_id='1,"2', data={"a": 'b,"c'}, happened_at=None))
    head, row = csv.reader(io.StringIO(capsys.readouterr().out))
    assert head == list(COLUMNS)
    told = dict(zip(head, row, strict=True))
    assert (told["order_id"], orjson.loads(told["data"])) == ('1,"2', {"a": 'b,"c'})
    assert (told["happened_at"], told["recorded_at"]) == ("", "2026-11-02T09:30:00+00:00")


def test_one_form_is_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    assert isinstance(sink_for(data=False, csv=True, json=False), CsvSink)
    assert isinstance(sink_for(data=False, csv=False, json=True), JsonSink)
    assert isinstance(sink_for(data=True, csv=False, json=False), TableSink)
    with pytest.raises(QuestionError, match="Choose one"):
        sink_for(data=False, csv=True, json=True)


def test_a_reader_that_leaves_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        monkeypatch.setattr("sys.stdout", pipe)
        sink = JsonSink()
        with pytest.raises(NobodyListensError):
            sink.show(an_event(data="x" * 100_000))
        os.dup2(os.open(os.devnull, os.O_WRONLY), writer)


def test_control_characters_are_made_visible() -> None:
    assert plain("a\x00b\x9bc\nd") == "a\ufffdb\ufffdc\ufffdd"
    assert plain(None) == ""
