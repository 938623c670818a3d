"""Rows of an older version are raised when they are read; the rows themselves never change."""

import json
from typing import Any, ClassVar
from uuid import UUID

import pytest

from kit.event_store import LogEntry
from kit.facts import Fact, FactMapper, UnknownFactError, Upcast, upcasts_of
from services.cancellation.projections import folding
from services.cancellation.projections.folding import fold_page
from tests.history.test_golden_bodies import GOLDEN

CAUSE = GOLDEN["order.placed.v1"]["complete"]["cause"]
STREAM = UUID(int=7)


class Paid(Fact):
    """As it is told today: an amount with its currency."""

    NAME: ClassVar[str] = "test.paid.v3"
    OLDER: ClassVar[dict[str, Upcast]] = {
        "test.paid.v1": lambda was: {"amount_minor": was["amount"] * 100, "currency": "EUR"},
        "test.paid.v2": lambda was: {"amount_minor": was["cents"], "currency": was["currency"]},
    }

    amount_minor: int
    currency: str


def stored(fact: Any) -> bytes:
    return json.dumps({"fact": fact, "cause": CAUSE}, separators=(",", ":")).encode()


STORED = {
    "test.paid.v1": stored({"amount": 12}),
    "test.paid.v2": stored({"cents": 1200, "currency": "EUR"}),
    "test.paid.v3": stored({"amount_minor": 1200, "currency": "EUR"}),
}


@pytest.mark.parametrize("name", STORED)
def test_every_version_ever_stored_reads_as_todays(name: str) -> None:
    mapper = FactMapper([Paid])
    today = Paid(amount_minor=1200, currency="EUR")
    fact, cause = mapper.read_body(name, STORED[name])
    assert (fact, mapper.read_fact(name, STORED[name])) == (today, today)
    assert cause.message_id == CAUSE["message_id"]
    assert mapper.names == Paid.stored_names() == STORED.keys()


def test_what_nobody_ever_stored_stops_whoever_reads_it() -> None:
    with pytest.raises(UnknownFactError):
        FactMapper([Paid]).read_fact("test.paid.v4", STORED["test.paid.v3"])


def test_a_name_of_today_is_nobodys_older_one() -> None:
    class Other(Fact):
        NAME: ClassVar[str] = "test.paid.v1"

    with pytest.raises(ValueError, match=r"test\.paid\.v1"):
        FactMapper([Paid, Other])


def test_the_read_model_folds_an_older_version_as_todays(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if captures had once been stored in another shape, under another name."""
    placed, captured = "order.placed.v1", "order.payment-captured.v1"
    today = GOLDEN[captured]["complete"]
    older = {"paid": today["fact"]["message"]}

    class Captured(Fact):
        NAME: ClassVar[str] = captured
        OLDER: ClassVar[dict[str, Upcast]] = {"order.paid.v1": lambda was: {"message": was["paid"]}}

    monkeypatch.setattr(folding, "_OLDER", upcasts_of([Captured]))

    def fold(name: str, fact: Any) -> list[Any]:
        first = LogEntry(1, STREAM, 1, placed, stored(GOLDEN[placed]["complete"]["fact"]))
        return fold_page([first, LogEntry(2, STREAM, 2, name, stored(fact))], {})

    assert fold("order.paid.v1", older) == fold(captured, today["fact"])
    with pytest.raises(UnknownFactError):
        fold("order.paid.v2", older)
