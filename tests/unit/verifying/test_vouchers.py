"""The books of the vouchers: each thing that can be wrong with them is named."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import orjson
import pytest

from countermand.verify.vouchers import Drawn, VoucherBook, compare
from kit.event_store import LogEntry
from kit.facts import Fact
from services.notifier.domain import commands
from services.notifier.domain.messages import MESSAGES
from services.notifier.domain.stationery import Stationery, VoucherTerms
from services.notifier.domain.voucher_events import VoucherIssued, VoucherWanted
from tests.support.messages import cancelled
from tests.support.spec import story_of

TERMS = VoucherTerms(
    budget="SORRY", budget_minor=1_000, amount_minor=500, currency="EUR", reasons=("CUSTOMER",)
)
story = story_of(MESSAGES).under(Stationery(version=1, voucher=TERMS)).given(cancelled("1"))
(WANTED,) = story_of(MESSAGES).under(Stationery(version=1, voucher=TERMS)).when(
    cancelled("1")
).facts  # fmt: skip
assert isinstance(WANTED, VoucherWanted)
ID = WANTED.voucher_id
ISSUED, MAIL = story.when(commands.RecordVoucher(voucher_id=ID, code="AB-CD")).facts
REFUSED, PLAIN = story.when(commands.RecordVoucher(voucher_id=ID)).facts
PURSE = {ID: Drawn("SORRY/EUR", 500)}
BUDGET = {"SORRY/EUR": 500}


def book_of(facts: Sequence[Fact]) -> VoucherBook:
    book = VoucherBook()
    book.read_page(
        LogEntry(n, UUID(int=1), n, fact.NAME, b'{"fact":' + orjson.dumps(told(fact)) + b"}")
        for n, fact in enumerate(facts, 1)
    )
    return book


def told(fact: Fact) -> dict[str, Any]:
    return fact.model_dump(mode="json")


def kinds(facts: Sequence[Any], rows: Any = None, budgets: Any = None) -> list[str]:
    purse = PURSE if rows is None else rows
    drawn = BUDGET if budgets is None else budgets
    return [mismatch.kind for mismatch in compare(book_of(facts), purse, drawn)]


def test_what_agrees_is_not_named() -> None:
    assert kinds([WANTED, ISSUED, MAIL]) == []
    assert kinds([WANTED, REFUSED, PLAIN], {}, {}) == []
    again = MAIL.model_copy(update={"message_id": UUID(int=9), "resend_of": MAIL.message_id})
    assert kinds([WANTED, ISSUED, MAIL, again]) == []


def test_what_is_lost_doubled_wrong_or_foreign_is_named() -> None:
    assert kinds([WANTED], {}, {}) == ["lost"]
    assert kinds([WANTED, ISSUED, MAIL], {}, {}) == ["lost"]
    assert kinds([WANTED, ISSUED]) == ["lost"]
    assert kinds([WANTED, ISSUED, ISSUED, MAIL]) == ["doubled", "doubled"]
    assert kinds([WANTED, REFUSED, PLAIN]) == ["wrong"]
    assert kinds([WANTED, ISSUED, PLAIN]) == ["wrong"]
    assert kinds([]) == ["foreign", "wrong"]


def less(row: Drawn) -> Drawn:
    return row._replace(amount_minor=400)


def elsewhere(row: Drawn) -> Drawn:
    return row._replace(budget="SPRING/EUR")


@pytest.mark.parametrize("change", [less, elsewhere])
def test_a_voucher_of_another_worth_or_budget_is_wrong(change: Callable[[Drawn], Drawn]) -> None:
    row = change(PURSE[ID])
    found = kinds([WANTED, ISSUED, MAIL], {ID: row}, {row.budget: row.amount_minor})
    assert found[0] == "wrong"


def test_a_budget_that_is_overdrawn_or_does_not_add_up_is_wrong() -> None:
    assert kinds([WANTED, ISSUED, MAIL], PURSE, {"SORRY/EUR": 700}) == ["wrong"]
    small = WANTED.model_copy(update={"budget_minor": 400})
    assert kinds([small, ISSUED, MAIL]) == ["wrong"]


def test_two_vouchers_under_one_code_are_named() -> None:
    other = UUID(int=7)
    assert isinstance(ISSUED, VoucherIssued)
    mail = MAIL.model_copy(update={"message_id": other})
    wanted = WANTED.model_copy(update={"voucher_id": other, "mail": mail})
    facts = [WANTED, ISSUED, MAIL, wanted, ISSUED.model_copy(update={"voucher_id": other}), mail]
    rows = {**PURSE, other: PURSE[ID]}
    assert kinds(facts, rows, {"SORRY/EUR": 1_000}) == ["doubled"]
