"""The screen of `countermand status`, and the same for programs."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from countermand.status.drawing import draw, write_age
from countermand.status.report import Report
from countermand.status.waiting import Waiting, oldest_of

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def a_report(**more: Any) -> Report:
    """A shop with something of everything."""
    about = {
        "undecided": Waiting(
            "cancellation", "command", 3, ago(2), {"order_id": "489465", "message_id": "c-1"}
        ),
        "calls": [
            Waiting("refunds", "refund", 4, ago(7_300), {"attempts": 9, "last_error": "502"}),
            Waiting("refunds", "void", 1, ago(10), {"attempts": 1}),
            Waiting("notifier", "call", 0, None),
        ],
        "undelivered": Waiting("webhooks", "delivery", 2, ago(70), {"order_id": "489465"}),
        "receivers": [
            Waiting("webhooks", "failing", 1, ago(7_300), {"last_error": "answered 500"}),
        ],
        "dead_letters": [Waiting("cancellation", "ORDER_NOT_FOUND", 12, ago(90_000))],
        "lag": [
            Waiting("refunds", "consumer", 1_234, ago(61)),
            Waiting("refunds", "relay", 0, None),
        ],
        "processes": [
            {"name": "refunds.relay", "pid": 7, "ready": False, "lag": None, "oldest_age_s": None,
             "dead_letters": None, "duplicates": None, "effects_open": None},
        ],
    }  # fmt: skip
    return Report(NOW, **about | more)


def drawn(report: Report, width: int = 80, *, colours: bool = False) -> str:
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=colours).print(draw(report))
    return out.getvalue()


def rows(text: str) -> dict[str, str]:
    """Return the lines by what they begin with, spaces made one."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return {" ".join(line.split()[:2]): line for line in lines if line}


def test_all_of_it_fits_eighty_columns() -> None:
    text = drawn(a_report())
    assert max(len(line) for line in text.splitlines()) <= 80
    told = rows(text)
    assert told["Commands not"] == "Commands not decided 3 2.0 s order 489465, c-1"
    assert told["Refunds not"] == "Refunds not paid 5 2 h 1 min 9 attempts, 502"
    assert told["Messages not"] == "Messages not sent 0"
    assert told["Webhooks not"] == "Webhooks not delivered 2 1 min 10 s order 489465"
    assert told["Receivers failing"] == "Receivers failing 1 2 h 1 min answered 500"
    assert told["Dead letters,"] == "Dead letters, cancellation 12 1 d 1 h ORDER_NOT_FOUND"
    assert told["refunds consumer"] == "refunds consumer 1,234 1 min 1 s"
    assert told["refunds relay"] == "refunds relay 0"
    assert told["refunds.relay 7"] == "refunds.relay 7 no"


def test_what_waits_for_long_is_red_and_what_does_not_is_not() -> None:
    waits = a_report(lag=[Waiting("refunds", "consumer", 1, ago(61))], calls=[], dead_letters=[])
    fresh = a_report(lag=[Waiting("refunds", "consumer", 1, ago(59))], calls=[], dead_letters=[])
    for report, is_red in ((waits, True), (fresh, False)):
        [line] = [line for line in drawn(report, colours=True).splitlines() if "consumer" in line]
        assert ("\x1b[1;31m" in line) is is_red


def test_a_server_that_is_away_is_named_and_nothing_is_invented() -> None:
    report = Report(NOW, away={"PostgreSQL": "refused\x1b[2J"})
    text = drawn(report)
    assert "PostgreSQL does not answer: refused" in text
    assert "\x1b" not in text
    assert rows(text)["Refunds not"] == "Refunds not paid ? ?"
    assert rows(text)["Dead letters"] == "Dead letters ?"
    told = report.to_json()
    assert told["oldest"] == dict.fromkeys(told["oldest"])
    assert told["away"] == {"PostgreSQL": "refused\x1b[2J"}


def test_no_dead_letters_is_a_figure_too() -> None:
    assert rows(drawn(a_report(dead_letters=[])))["Dead letters"] == "Dead letters 0"


def test_programs_get_ages_in_seconds() -> None:
    told = a_report().to_json()
    assert told["oldest"]["unpaid_refund"] == {
        "service": "refunds", "what": "refund", "count": 5, "oldest_at": ago(7_300),
        "oldest_age_s": 7_300, "attempts": 9, "last_error": "502",
    }  # fmt: skip
    assert told["oldest"]["unsent_message"]["oldest_age_s"] is None
    assert told["oldest"]["dead_letter"]["what"] == "ORDER_NOT_FOUND"
    assert [each["count"] for each in told["lag"]] == [1_234, 0]


def test_the_oldest_is_the_one_that_waits_longest() -> None:
    one = Waiting("refunds", "refund", 1, ago(5))
    other = replace(one, oldest_at=ago(6))
    assert oldest_of([one, other, Waiting("refunds", "void", 0, None)]) == other
    assert oldest_of([]) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"), (59.94, "59.9 s"), (60, "1 min 0 s"), (3_599, "59 min 59 s"),
        (3_600, "1 h 0 min"), (86_399, "23 h 59 min"), (90_000, "1 d 1 h"),
    ],
)  # fmt: skip
def test_ages_are_written_in_their_two_largest_units(seconds: float, text: str) -> None:
    assert write_age(seconds) == text
