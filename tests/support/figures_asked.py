"""Random questions about figures, and what every answer is held against."""

from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

from tests.support.figured import BEGIN, CHANNELS, COUNTRIES, DAYS
from tests.support.figures_by_hand import ALONE, Count, nth_share

Json = dict[str, Any]

BY = {
    "cancellations": (
        "TOTAL", "DAY", "WEEK", "MONTH", "REASON", "SUB_REASON", "PRODUCT", "CHANNEL", "COUNTRY",
        "ACTOR", "STAFF", "FEEDBACK",
    ),
    "refunds": (
        "TOTAL", "DAY", "WEEK", "MONTH", "TENDER", "METHOD", "REASON", "CHANNEL", "COUNTRY",
    ),
    "requests": (
        "TOTAL", "DAY", "WEEK", "MONTH", "KIND", "OUTCOME", "REASON", "CHANNEL", "COUNTRY",
    ),
}  # fmt: skip
OWN: dict[str, dict[str, tuple[Any, ...]]] = {
    "cancellations": {
        "sub_reason": ("CHANGED_MIND", ""), "product": ("SKU-1", "SKU-3"),
        "actor": ("STAFF", "CUSTOMER", "SERVICE"), "staff": ("kim", "lea"),
        "feedback": ("GOOD", "FAIR", "POOR", ""),
    },
    "refunds": {"tender": ("CARD", "CASH"), "method": ("", "cash")},
    "requests": {"kind": ("CUSTOMER_REQUEST", "APPROVAL")},
}  # fmt: skip


def a_question(chance: Random, about: str) -> Json:
    """Ask about some days, some of what there is, grouped somehow."""
    first = BEGIN.date() + timedelta(days=chance.randint(-5, DAYS))
    last = first + timedelta(days=chance.choice((0, 6, 30, 200)))
    asked: Json = {
        "by": chance.choice(BY[about]), "dates": chance.choice(("ORDER", "EVENT")),
        "first": str(first), "last": str(last), "limit": 500,
    }  # fmt: skip
    maybe: dict[str, tuple[Any, ...]] = {
        "currency": ("EUR", "JPY"), "channel": CHANNELS, "country": COUNTRIES,
        "reason": ("CUSTOMER", "OTHER"), **OWN[about],
    }  # fmt: skip
    for name, values in maybe.items():
        if chance.random() < 0.2:
            asked[name] = chance.choice(values) or ""
    return asked


def check_cancellations(told: list[Json], count: Count) -> None:
    """Hold every row against the books."""
    cancelled, placed = count.cancelled(), count.placed()
    asked = count.asked
    alone = asked["by"] in ALONE
    keys = cancelled.keys() if alone or asked["by"] == "PRODUCT" else cancelled.keys() | placed
    assert {(row["currency"], row["key"]) for row in told} == set(keys)
    is_line = asked["by"] == "PRODUCT" or "product" in asked
    for row in told:
        key = row["currency"], row["key"]
        empty: Json = {
            "ids": (), "orders": (), "whole": (), "units": 0, "minor": 0, "answers": (),
        }  # fmt: skip
        gone = cancelled.get(key, empty)
        base = placed.get((row["currency"], "") if alone else key, [0, 0, 0])
        assert list(row["placed"].values()) == base
        assert row["cancelled"] == {
            "cancellations": len(gone["ids"]), "orders": len(gone["orders"]),
            "whole_orders": None if is_line else len(gone["whole"]), "units": gone["units"],
            "cancelled_minor": gone["minor"],
        }  # fmt: skip
        words = [answer for _, answer in gone["answers"]]
        said = {answer.lower(): words.count(answer) for answer in ("GOOD", "FAIR", "POOR")}
        share = round(said["good"] / len(words), 6) if words else None
        assert row["feedback"] == {"answers": len(words), **said, "good_share": share}
        if "net" in row:
            assert row["net"]["net_minor"] == base[2] - gone["minor"]
            assert row["net"]["units"] == base[1] - gone["units"]
        if base[2]:
            assert row["rate"]["value"] == round(gone["minor"] / base[2], 6)


def check_refunds(told: list[Json], count: Count) -> None:
    """Hold every row against the books."""
    expected = count.refunds()
    assert {(row["currency"], row["key"]) for row in told} == expected.keys()
    for row in told:
        found = expected[row["currency"], row["key"]]
        words = {"SUCCEEDED": "succeeded", None: "open", "PENDING": "open", "RETRYING": "open",
                 "OWED": "open"}  # fmt: skip
        by_word: dict[str, list[Json]] = {"succeeded": [], "open": [], "failed": []}
        for one in found:
            by_word[words.get(one["word"], "failed")].append(one)
        assert row["refunds"] == len(found)
        assert row["refund_minor"] == sum(one["minor"] for one in found)
        for word, ones in by_word.items():
            assert row[word] == len(ones)
            assert row[f"{word}_minor"] == sum(one["minor"] for one in ones)
        spans = [one["ended"] - one["at"] for one in by_word["succeeded"]]
        assert (row["median_s"], row["p90_s"]) == (nth_share(spans, 0.5), nth_share(spans, 0.9))


def check_requests(told: list[Json], count: Count) -> None:
    """Hold every row against the books."""
    expected = count.requests()
    assert {(row["currency"], row["key"]) for row in told} == expected.keys()
    for row in told:
        found = expected[row["currency"], row["key"]]
        words = [one["word"] for one in found]
        assert [row["requests"], row["granted"], row["denied"], row["open"]] == [
            len(found), words.count("APPROVED"), words.count("DENIED"), words.count("OPEN"),
        ]  # fmt: skip
        assert row["by_default"] == sum(one.get("by_default", False) for one in found)
        assert row["refund_minor"] == sum(one["minor"] for one in found)
        spans = [one["answered"] - one["at"] for one in found if "answered" in one]
        assert (row["median_s"], row["p90_s"]) == (nth_share(spans, 0.5), nth_share(spans, 0.9))


def number_of(row: Json, name: str) -> int:
    """Return the number an address opens."""
    told = {
        "placed": lambda: row["placed"]["orders"],
        "cancelled": lambda: row["cancelled"]["cancellations"],
        "whole": lambda: row["cancelled"]["whole_orders"],
        "net": lambda: row["net"]["orders"],
        **{
            answer: partial(row.get("feedback", {}).get, answer)
            for answer in ("good", "fair", "poor")
        },
    }
    return int(told[name]() if name in told else row[name])
