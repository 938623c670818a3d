"""What the bench of reads shows a person."""

import pytest

from countermand import screen
from countermand.bench.reads import Measured, show

WIDTH = 80
KINDS = ("cancellations by sub_reason", "all of it, with commands", "list, newest")
TIMES_MS = (2.345, 415.016, 12_345.6)


def test_each_kind_takes_one_line_of_a_terminal_of_80_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(screen.console, "_width", WIDTH)
    measured = [
        Measured(kind, 200, *TIMES_MS, 1.234, 33.8, 300.0, 12.5) for kind in KINDS
    ]  # fmt: skip

    show(1_000_000, measured, (0.061, 0.0649))

    told = capsys.readouterr().err
    assert "1,000,000 orders read" in told
    assert "read after 0.06 s (p99), 0.06 s at most" in told
    assert max(map(len, told.splitlines())) <= WIDTH
    for kind in KINDS:
        (line,) = [line for line in told.splitlines() if kind in line]
        cells = [cell.strip() for cell in line.strip("│").split("│")]
        assert cells == [kind, "200", "2.3", "415", "12,346", "300", "12.5", "✗"]
