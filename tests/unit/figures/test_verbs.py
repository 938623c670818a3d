"""Figures in the terminal: the questions the API knows, and its answer as table, JSON or CSV."""

import json

import httpx2
import pytest

from countermand.cli import app
from countermand.figures import asking
from countermand.figures.asking import Form
from services.cancellation.domain.decisions import ORDER
from services.cancellation.figures_csv import to_csv
from services.cancellation.reads_figures import EntriesFilter
from tests.support.console_figures import entries_of, figures_of
from tests.support.mothers import a_cancel_command, a_capture, an_order
from tests.support.rows import told
from tests.support.spec import story_of

ASKED: list[dict[str, str]] = []


@pytest.fixture(autouse=True)
def api(monkeypatch: pytest.MonkeyPatch) -> None:
    """An API over one order; what it is asked must be a question of the real one."""
    cancelled = a_cancel_command(lines=[("1", 1)])
    order, _ = told(story_of(ORDER), an_order(), a_capture(), cancelled)
    ASKED.clear()

    async def fetch(_: Form, path: str, asked: dict[str, str]) -> httpx2.Response:
        ASKED.append(asked)
        name = path.removeprefix("/v1/figures/")
        if name == "entries":
            EntriesFilter.model_validate(asked)
            answer = entries_of(order)
        else:
            answer = figures_of(order, name, asked)
        if asked["format"] == "csv":
            return httpx2.Response(200, text=to_csv(answer["rows"]))
        return httpx2.Response(200, content=json.dumps({**answer, "as_of": 9}, default=str))

    monkeypatch.setattr(asking, "_fetch", fetch)


def typed(line: str) -> int:
    """Run a command line and return its exit status."""
    try:
        app(["figures", *line.split()], result_action="return_value", exit_on_error=False)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_rows_are_shown_with_what_customers_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("cancellations --by REASON --visits 500") == 0
    shown = capsys.readouterr()
    assert shown.out == ""
    for words in ("CUSTOMER", "5.00 EUR", "1 well", "As of position 9", "Conversion of 500"):
        assert words in " ".join(shown.err.split())
    for line, words in (
        ("refunds --by TENDER --tender CARD --method=", "9.00 EUR"),
        ("requests --by KIND --kind APPROVAL", "APPROVAL"),
        ("entries CANCELLED --feedback GOOD --after x", "489434"),
    ):
        assert typed(line) == 0
        assert words in capsys.readouterr().err
    assert ASKED[1]["method"] == ""


def test_json_is_the_answer_and_csv_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("cancellations --by REASON --json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["rows"][0]["feedback"]["good"] == 1
    assert typed("cancellations --by REASON --csv") == 0
    head, row = capsys.readouterr().out.splitlines()
    assert dict(zip(head.split(","), row.split(","), strict=True))["feedback_good"] == "1"
    assert typed("cancellations --json --csv") == 2
    assert "Choose one" in capsys.readouterr().err
